"""From a file to its documents."""

import re
import stat
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import AnyStr

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import RefusedError, UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.markdown import read_markdown
from askdex.corpus.readers.pdf import read_pdf
from askdex.corpus.readers.plain import read_plain
from askdex.corpus.readers.qa import read_csv, read_jsonl
from askdex.corpus.readers.word import read_word
from askdex.corpus.sources.folder import reason
from askdex.corpus.text import language
from askdex.corpus.text.decoding import decode
from askdex.corpus.types import Document, Metadata, Skipped, Source

_JOINTS = re.compile(r"_|(?<!\d)-|-(?!\d)")

LARGEST_FILE = 256 * 2**20
"""Bytes; a larger file is left out."""

_BINARY: dict[str, tuple[str, Callable[[bytes], DocumentBuilder]]] = {
    ".docx": ("word", read_word),
    ".pdf": ("pdf", read_pdf),
}
_ONE: dict[str, tuple[str, Callable[[str], DocumentBuilder]]] = {
    "": ("text", read_plain),
    ".txt": ("text", read_plain),
    ".text": ("text", read_plain),
    ".md": ("markdown", read_markdown),
    ".markdown": ("markdown", read_markdown),
    ".html": ("html", read_html),
    ".htm": ("html", read_html),
    ".xhtml": ("html", read_html),
}
_MANY: dict[str, tuple[str, Callable[[str], Iterator[tuple[str, DocumentBuilder] | Skipped]]]] = {
    ".csv": ("csv", read_csv),
    ".tsv": ("csv", read_csv),
    ".jsonl": ("jsonl", read_jsonl),
    ".ndjson": ("jsonl", read_jsonl),
}
SUFFIXES = frozenset(_BINARY.keys() | _ONE.keys() | _MANY.keys())
"""Of the files that Askdex reads, in lower case."""


def load(source: Source) -> bytes:
    """The bytes of a file that Askdex reads.

    Raises UnreadableError where it is of another kind or too large, RefusedError where the system does not give it.
    """
    suffix = source.path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UnreadableError(f"not a kind of file that Askdex reads ({suffix})")
    try:
        status = source.path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("not a file")
        if status.st_size > LARGEST_FILE:
            raise UnreadableError(f"larger than {LARGEST_FILE // 2**20} MiB")
        return source.path.read_bytes()
    except OSError as error:
        raise RefusedError(reason(error)) from error


def parse(source: Source, data: bytes) -> Iterator[Document | Skipped]:
    """The documents in a file's bytes, and the parts of it that were left out.

    Raises UnreadableError where the file as a whole cannot be read, RefusedError where that is the fault of Askdex.
    """
    try:
        yield from _parsed(source, data)
    except UnreadableError:
        raise
    except Exception as error:  # one file that nobody thought of must not keep all others out of the index
        raise RefusedError(f"Askdex failed to read it ({type(error).__name__})") from error


def _parsed(source: Source, data: bytes) -> Iterator[Document | Skipped]:
    suffix = source.path.suffix.lower()
    if suffix in _BINARY:
        kind, read_binary = _BINARY[suffix]
        yield from _one(source, read_binary(_not_empty(data)), kind)
        return
    text = _not_empty(decode(data))
    if suffix in _ONE:
        kind, read_one = _ONE[suffix]
        yield from _one(source, read_one(text), kind)
        return
    kind, read_many = _MANY[suffix]
    for found in read_many(text):
        if isinstance(found, Skipped):
            yield _part_of(source, found)
        else:
            yield _document(source, f"{source.uri}#{found[0]}", found[1], kind)


def _not_empty(content: AnyStr) -> AnyStr:
    if not content.strip():
        raise UnreadableError("empty")
    return content


def _one(source: Source, draft: DocumentBuilder, kind: str) -> Iterator[Document | Skipped]:
    if not draft.blocks:
        raise UnreadableError("no text in it")
    if draft.left_out is not None:
        yield _part_of(source, draft.left_out)
    yield _document(source, source.uri, draft, kind)


def _part_of(source: Source, part: Skipped) -> Skipped:
    return Skipped(f"{source.uri}, {part.uri}", part.reason)


def _document(source: Source, uri: str, draft: DocumentBuilder, kind: str) -> Document:
    path = PurePosixPath(source.uri)
    folder: Metadata = {"folder": path.parent.as_posix()} if path.parent.name else {}
    return Document(
        uri=uri,
        title=draft.title or _spoken(path.stem),
        text=draft.text,
        blocks=tuple(draft.blocks),
        language=draft.language or language.detect(draft.text),
        metadata={"format": kind, **folder, **draft.metadata},
    )


def _spoken(stem: str) -> str:
    """A file's name as a title: "lost-social-security-card" is "Lost social security card"; a date keeps its hyphens."""
    words = " ".join(_JOINTS.sub(" ", stem).split()) or stem
    return words[:1].upper() + words[1:]
