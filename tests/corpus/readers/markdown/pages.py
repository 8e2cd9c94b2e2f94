"""Markdown pages for the tests of its reader."""

from askdex.corpus.readers.markdown import read_markdown
from tests.corpus.readers.outline import outline


def outline_of(source: str) -> list[str]:
    return outline(read_markdown(f"{source}\n"))
