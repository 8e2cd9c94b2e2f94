"""A response as text for a terminal."""

import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from indexer.types import Response, Result

_WIDTH = 100
_INDENT = "   "


def printable(text: str, keep: str = "") -> str:
    """The text with all that could move the cursor or change the terminal spelt out, but for the characters to keep."""
    return "".join(char if char.isprintable() or char in keep else repr(char)[1:-1] for char in text)


def rendered(response: "Response") -> str:
    """The results, the best first; the sentence that answers stands between » and «, and in bold on a terminal."""
    shown = [_result(result) for result in response.results] or ["Nothing was found. Try other words, or fewer of them."]
    if response.corrected:
        shown.insert(
            0, f"Showing results for: {printable(response.corrected)}\nWith --as-written the question is left as it is."
        )
    return "\n\n".join(shown)


def _result(result: "Result") -> str:
    passage = result.passage
    way = printable(" › ".join([passage.document.title, *passage.heading_path]))
    heading = click.style(f"{result.rank}. {way}", bold=True)
    source = click.style(printable(passage.document.uri), dim=True)
    return f"{heading}\n{_INDENT}{source}\n{textwrap.indent(_wrapped(_marked(result)), _INDENT)}"


def _marked(result: "Result") -> str:
    text, answer = result.passage.text, result.answer
    if answer is None:
        return printable(text, keep="\n")
    before, sentence, after = (
        printable(part, keep="\n") for part in (text[: answer.start], text[answer.start : answer.end], text[answer.end :])
    )
    return before + click.style(f"»{sentence}«", bold=True) + after


def _wrapped(text: str) -> str:
    return "\n".join(
        textwrap.fill(line, _WIDTH - len(_INDENT), break_on_hyphens=False) for line in text.split("\n") if line.strip()
    )
