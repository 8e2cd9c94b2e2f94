"""A response as text for a terminal."""

import textwrap
from collections.abc import Sequence

import click

from askdex.indexer.types import Response, Result, StoredPassage
from askdex.server.cli.terminal import printable
from askdex.server.places import is_machine_read
from askdex.server.versions import version_text

_WIDTH = 100
"""Columns; longer lines are hard to read."""

_INDENT = "   "
_LAYOUT = "\n\t\u2028\u2029"
"""The characters that separate lines and columns of a passage; wrapping turns them into line ends and spaces."""


def response_text(response: Response) -> str:
    """The results, the best first; the sentence that answers stands between » and «, and is bold on a terminal.

    A text that several documents hold word for word is printed once, with all their uris.
    """
    results_by_text: dict[str, list[Result]] = {}
    for result in response.results:
        results_by_text.setdefault(result.passage.text, []).extend([result, *result.more])
    marks_answer = response.answered is not False
    remarks = []
    if response.corrected:
        remarks += [f"Showing results for: {printable(response.corrected)}\nWith --as-written the question is left as it is."]
    if response.synonyms:
        remarks += [f"Also looked up by: {printable(', '.join(response.synonyms))}"]
    if not response.results:
        remarks += ["Nothing was found. Try other words, or fewer of them."]
    elif not marks_answer:
        remarks += ["No passage seems to answer this. These come nearest:"]
    numbered = enumerate(results_by_text.values(), 1)
    return "\n\n".join([*remarks, *(_entry(number, results, marks_answer=marks_answer) for number, results in numbered)])


def _entry(number: int, results: Sequence[Result], *, marks_answer: bool) -> str:
    """One entry for results that have the same text, with the headings of the first of them."""
    passage = results[0].passage
    path = printable(" › ".join([passage.document.title, *passage.heading_path]))
    heading = click.style(f"{number}. {path}", bold=True)
    uris = dict.fromkeys(_source(result.passage) for result in results)
    sources = "\n".join(_INDENT + click.style(printable(uri), dim=True) for uri in uris)
    if results[0].best_bet is not None:
        sources += f'\n{_INDENT}chosen by the editors for "{printable(results[0].best_bet)}"'
    text = _marked_text(results[0]) if marks_answer else printable(passage.text, keep=_LAYOUT)
    return f"{heading}\n{sources}\n{textwrap.indent(_wrapped(text), _INDENT)}"


def _source(passage: StoredPassage) -> str:
    """Where a document lies, and of which version it is."""
    document = passage.document
    version = version_text(document)
    uri = f"{document.uri}, read by machine" if is_machine_read(passage) else document.uri
    return f"{uri} ({version})" if version else uri


def _marked_text(result: Result) -> str:
    """The text of a passage with its answer marked."""
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
