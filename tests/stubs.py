"""What tests of the index share: encoders that need no model, documents to write, a report in numbers."""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from askdex.corpus.passages import CutDocument, Tokens, cut_document
from askdex.corpus.readers import registry
from askdex.corpus.types import Document, Skipped
from askdex.indexer.ingest.reading import FileToRead
from askdex.indexer.ingest.update import Report
from askdex.indexer.models.encoder import Encoder, Runtime, TokenVectors
from askdex.indexer.types import Result, Vectors

PATIENCE_S = 300
"""The longest that a test waits for something. It is only ever waited for where a test fails, so a busy machine may be slow."""

_Model = TypeVar("_Model")


class StubEncoder:
    """Adds up a fixed direction for each word, so that texts that share words are near; a token is a word, two are special."""

    def __init__(self, name: str = "stub", *, dimension: int = 64, limit: int = 64) -> None:
        self.name = name
        self.fingerprint = f"{name}-{dimension}-{limit}"
        self.dimension = dimension
        self.limit = limit
        self.runtime = Runtime("stub", "a stub needs no other")
        self.encoded: list[str] = []

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 2 for text in texts]

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        return self._vectors(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        return self._vectors(texts)

    def encode_tokens(self, texts: Sequence[str], *, as_questions: bool = False) -> list[TokenVectors] | None:  # noqa: ARG002
        return [self._tokens(text) for text in texts]

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            row += self._tokens(text).vectors.sum(axis=0)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _tokens(self, text: str) -> TokenVectors:
        words = [*re.finditer(r"\S+", text)]
        directions = (_direction(word.group().lower().strip(".,?!:"), self.dimension) for word in words)
        vectors = [np.full(self.dimension, 1e-3, np.float32), *directions]
        return TokenVectors(np.stack(vectors), np.array([(0, 0), *(word.span() for word in words)], np.int64))


@cache
def _direction(word: str, dimension: int) -> Vectors:
    """The direction of a word, of shape (dimension,)."""
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little")
    return np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)


class WordyEncoder(StubEncoder):
    """Has some words whole; any other is two tokens."""

    def __init__(self, *words: str) -> None:
        super().__init__()
        self.words = {"a", *words}

    def count(self, texts: Sequence[str]) -> list[int]:
        return [2 + sum(1 if word in self.words else 2 for word in text.split()) for text in texts]


class FailingEncoder(StubEncoder):
    """Fails from its nth call for documents on."""

    def __init__(self, calls: int, error: type[BaseException] = RuntimeError) -> None:
        super().__init__()
        self.calls = calls
        self.error = error

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        self.calls -= 1
        if self.calls < 0:
            raise self.error("stopped")
        return super().encode_documents(texts)


class PoolHere:
    """Reads files in the process of the test: for all tests that are not about reading in another."""

    def __init__(self, tokens: Callable[[], Tokens] | None, size: int, seconds: int = 0, *, after: object = None) -> None:  # noqa: ARG002  # there is no process
        self.seconds = seconds
        self.tokens = tokens
        self.size = size

    def __enter__(self) -> "PoolHere":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, files: Iterable[FileToRead]) -> Iterator[tuple[FileToRead, Iterator[CutDocument | Skipped]]]:
        for file in files:
            yield file, self.parts(file)

    def parts(self, file: FileToRead) -> Iterator[CutDocument | Skipped]:
        number = 0
        for part in registry.parse(file.entry.item, file.entry.source.read(file.entry.item)):
            number += isinstance(part, Document)
            if isinstance(part, Skipped):
                yield part
            elif number > file.known_documents:
                yield CutDocument(part, [], []) if self.tokens is None else cut_document(part, self.tokens())


class PageReaderHere:
    """Finds out what pages say in the process of the test."""

    hints = staticmethod(registry.SITE_READING.hints)
    regions = staticmethod(registry.regions_of)

    def __enter__(self) -> "PageReaderHere":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class StubReranker:
    """Gives the texts that it is made with their scores, and others another; a token is a word, three are special."""

    def __init__(self, log_odds: Mapping[str, float], other: float = 0.0) -> None:
        self.log_odds = log_odds
        self.other = other
        self.read: list[str] = []

    def count(self, question: str, texts: Sequence[str]) -> list[int]:
        return [len(question.split()) + len(text.split()) + 3 for text in texts]

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:  # noqa: ARG002  # it is all the same to it
        self.read += texts
        return np.array([self.log_odds.get(text, self.other) for text in texts], np.float32)


def loaded_once(model: type[_Model]) -> type[_Model]:
    """The class of a converted model, whose files are its last argument; the same files are loaded only once."""
    models: dict[object, _Model] = {}

    def once(_: object, *arguments: Any) -> _Model:  # noqa: ANN401
        *others, entry = arguments
        files = tuple((file, file.stat().st_mtime_ns) for file in sorted(entry.folder.iterdir()))
        if (*others, files) not in models:
            models[*others, files] = model(*arguments)
        return models[*others, files]

    return type(model.__name__, (model,), {"__new__": once})


def unneeded(name: str) -> Encoder:
    raise AssertionError(f"the model {name} was loaded though nothing had to be embedded")


def write_files(folder: Path, pages: Mapping[str, str]) -> None:
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def rows(number: int) -> str:
    """A CSV file with this many questions; each takes two vectors."""
    return "question,answer\n" + "".join(f"What is item {n}?,Item {n} is number {n}.\n" for n in range(number))


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until a condition holds; fail after `PATIENCE_S`."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def is_running(process: int) -> bool:
    """Whether a process has not ended. One that has may keep its number for as long as nobody reaps it."""
    if Path("/proc/self/stat").exists():
        return process_state(process) not in ("", "Z")
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def process_state(process: int) -> str:
    """What Linux calls the state of a process, such as T for one that is stopped; empty where there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(") ")[2][:1]
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Counts:
    """A report in numbers; `read` counts files that are new, changed or moved."""

    read: int
    moved: int
    unchanged: int
    removed: int
    skipped: tuple[Skipped, ...]
    passages: int
    embedded: int
    tokens_lost: int
    generation: int
    seconds: float


def counts_of(report: Report) -> Counts:
    changes, state = report.changes, report.state
    return Counts(
        len(changes.new) + len(changes.changed) + len(changes.moved),
        len(changes.moved),
        len(changes.unchanged),
        len(changes.removed),
        changes.skipped,
        state.passages,
        report.embedded,
        state.tokens_lost,
        state.generation,
        report.seconds,
    )


def unjudged(results: Sequence[Result]) -> list[Result]:
    """Results without their relevance, which depends on the state in which a collection was measured."""
    return [replace(result, relevance=None, more=tuple(unjudged(result.more))) for result in results]
