"""What a terminal gets: a response as text, JSON for programs."""

import codecs
import json
import sys
import textwrap
import unicodedata
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askdex.indexer.types import Response, Result

_WIDTH = 100
_INDENT = "   "
_LAYOUT = "\n\t\u2028\u2029"
"""What parts the lines and columns of a passage; it is made of line ends and blanks before it is printed."""


def printable(text: str, keep: str = "") -> str:
    """The text with all that could move the cursor or change the terminal spelt out, but for the characters to keep.

    A blank of any width stays as it is, as in names that are copied from the terminal.
    """
    return "".join(
        char if char.isprintable() or char in keep or unicodedata.category(char) == "Zs" else repr(char)[1:-1] for char in text
    )


def print_json(value: object) -> None:
    """Print a value as JSON; in ASCII where the stream does not take every character, which would not be JSON spelt out."""
    takes_all = codecs.lookup(sys.stdout.encoding).name == "utf-8"
    click.echo(json.dumps(value, ensure_ascii=not takes_all, indent=2))


def rendered(response: "Response") -> str:
    """The results, the best first; the sentence that answers stands between » and «, and in bold on a terminal.

    A text that several documents hold word for word is told once, with all of their uris.
    """
    alike: dict[str, list[Result]] = {}
    for result in response.results:
        alike.setdefault(result.passage.text, []).append(result)
    marks_answer = response.answered is not False
    said = []
    if response.corrected:
        said += [f"Showing results for: {printable(response.corrected)}\nWith --as-written the question is left as it is."]
    if not response.results:
        said += ["Nothing was found. Try other words, or fewer of them."]
    elif not marks_answer:
        said += ["No passage seems to answer this. These come nearest:"]
    told = (_told(number, results, marks_answer=marks_answer) for number, results in enumerate(alike.values(), 1))
    return "\n\n".join([*said, *told])


def _told(number: int, alike: "Sequence[Result]", *, marks_answer: bool) -> str:
    """Results with the same text, as the first of them."""
    passage = alike[0].passage
    way = printable(" › ".join([passage.document.title, *passage.heading_path]))
    heading = click.style(f"{number}. {way}", bold=True)
    uris = dict.fromkeys(result.passage.document.uri for result in alike)
    sources = "\n".join(_INDENT + click.style(printable(uri), dim=True) for uri in uris)
    text = _marked(alike[0]) if marks_answer else printable(passage.text, keep=_LAYOUT)
    return f"{heading}\n{sources}\n{textwrap.indent(_wrapped(text), _INDENT)}"


def _marked(result: "Result") -> str:
    text, answer = result.passage.text, result.answer
    if answer is None:
        return printable(text, keep=_LAYOUT)
    before, sentence, after = (
        printable(part, keep=_LAYOUT) for part in (text[: answer.start], text[answer.start : answer.end], text[answer.end :])
    )
    return before + click.style(f"»{sentence}«", bold=True) + after


def _wrapped(text: str) -> str:
    return "\n".join(
        textwrap.fill(line, _WIDTH - len(_INDENT), break_on_hyphens=False) for line in text.splitlines() if line.strip()
    )
