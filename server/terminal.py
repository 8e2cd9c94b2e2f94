"""A response as text for a terminal."""

import textwrap

import click

from indexer.types import Response, Result

_WIDTH = 100
_INDENT = "   "


def rendered(response: Response) -> str:
    """The results, the best first; the sentence that answers stands between » and «, and in bold on a terminal."""
    if not response.results:
        return "Nothing was found. Try other words, or fewer of them."
    return "\n\n".join(_result(result) for result in response.results)


def _result(result: Result) -> str:
    passage = result.passage
    way = " › ".join([passage.document.title, *passage.heading_path])
    heading = click.style(f"{result.rank}. {way}", bold=True)
    source = click.style(passage.document.uri, dim=True)
    return f"{heading}\n{_INDENT}{source}\n{textwrap.indent(_wrapped(_marked(result)), _INDENT)}"


def _marked(result: Result) -> str:
    text, answer = result.passage.text, result.answer
    if answer is None:
        return text
    sentence = click.style(f"»{text[answer.start : answer.end]}«", bold=True)
    return text[: answer.start] + sentence + text[answer.end :]


def _wrapped(text: str) -> str:
    return "\n".join(
        textwrap.fill(line, _WIDTH - len(_INDENT), break_on_hyphens=False) for line in text.split("\n") if line.strip()
    )
