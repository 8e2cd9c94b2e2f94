"""Addresses of passages: of the pages of sites (https://wicg.github.io/scroll-to-text-fragment/), and in documents here."""

import hashlib
import re
from typing import Any
from urllib.parse import quote

from flask import url_for

from askdex.corpus.text.rows import cells
from askdex.corpus.types import CELL_JOINT
from askdex.indexer.types import Result, Span, StoredPassage

_WITH_FRAGMENTS = frozenset(("html", "text", "markdown"))
"""The formats in which browsers look for a text."""
_MARK = re.compile(r"(?:[-*•·–—▪]|\(?\d{1,3}[.)]|\(?[A-Za-z][.)])\s+")
"""The number or bullet before an item; a page shows it, but does not have it in its text."""
_MOST_WORDS = 12
"""Words of a text that is named as a whole; of a longer one its first and last words are."""
_WORDS_AT_END = 5
_LONGEST_WORD = 40
"""Characters; what is longer is a sentence of a language without blanks."""
_DIGEST_BYTES = 4
"""What tells the texts of one document apart, and keeps addresses short."""


def result_address(result: Result) -> str | None:
    """The address of a result's page, at the sentence that answers; None for a file."""
    return passage_address(result.passage, result.answer)


def passage_address(passage: StoredPassage, answer: Span | None = None) -> str | None:
    """The address of a passage's page, at its answer or else at its beginning; None for a file."""
    document = passage.document
    if document.url is None:
        return None
    if document.uri.partition("#")[0] != document.url:
        return document.url  # a file in an archive
    if document.metadata.get("format") == "pdf" and passage.page is not None:
        return f"{document.url}#page={passage.page}"
    if document.metadata.get("format") not in _WITH_FRAGMENTS:
        return document.url
    text = passage.text[answer.start : answer.end] if answer is not None else passage.text
    fragment = _fragment([_MARK.sub("", line.strip(), count=1) for line in text.splitlines() if line.strip()])
    return f"{document.url}#:~:text={fragment}" if fragment else document.url


def document_address(passage: StoredPassage, answer: Span | None = None, **more: Any) -> str:  # noqa: ANN401  # as url_for has it
    """The address of a passage in its document on this server, with its answer marked, and with more in the query string."""
    marked = None if answer is None else f"{answer.start}-{answer.end}"
    return url_for(
        "pages.document_page",
        document_id=passage.document.id,
        passage=passage.ordinal,
        digest=text_digest(passage.text),
        answer=marked,
        **more,
        _anchor="passage",
    )


def text_digest(text: str) -> str:
    """What an address tells the text of a passage by, so that it is found again in a document that has changed."""
    return hashlib.blake2s(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _fragment(lines: list[str]) -> str:
    """What leads to a text: the whole of it, or "first words,last words"."""
    if not lines:
        return ""
    (first, *_), (*_, last) = ([cell.split() for cell in cells(line) if cell] or [[line]] for line in (lines[0], lines[-1]))
    is_one = len(lines) == 1 and CELL_JOINT not in lines[0]
    if is_one and (len(first) <= _MOST_WORDS or max(map(len, first)) > _LONGEST_WORD):
        return _escaped(first)
    return f"{_escaped(first[:_WORDS_AT_END])},{_escaped(last[-_WORDS_AT_END:])}"


def _escaped(words: list[str]) -> str:
    """Words in which nothing stands for itself that parts them in a fragment."""
    return quote(" ".join(words), safe="").replace("-", "%2D")
