"""A response as text for a terminal."""

import textwrap
import unicodedata
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from indexer.types import Response, Result

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


def rendered(response: "Response") -> str:
    """The results, the best first; the sentence that answers stands between » and «, and in bold on a terminal."""
    said = []
    if response.corrected:
        said += [f"Showing results for: {printable(response.corrected)}\nWith --as-written the question is left as it is."]
    if not response.results:
        said += ["Nothing was found. Try other words, or fewer of them."]
    elif response.answered is False:
        said += ["No passage seems to answer this. These come nearest:"]
    return "\n\n".join([*said, *(_result(result, marks_answer=response.answered is not False) for result in response.results)])


def _result(result: "Result", *, marks_answer: bool) -> str:
    passage = result.passage
    way = printable(" › ".join([passage.document.title, *passage.heading_path]))
    heading = click.style(f"{result.rank}. {way}", bold=True)
    source = click.style(printable(passage.document.uri), dim=True)
    text = _marked(result) if marks_answer else printable(passage.text, keep=_LAYOUT)
    return f"{heading}\n{_INDENT}{source}\n{textwrap.indent(_wrapped(text), _INDENT)}"


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
