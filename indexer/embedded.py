"""The embedded engine: FAISS for vectors and tantivy for words, in one folder that is derived from the truth."""

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from indexer import store
from indexer.engine import Entry, Hits, Ids, Vectors
from indexer.keywords import KeywordIndex
from indexer.vectors import VectorIndex

FORMAT = 1
"""Raised when what is derived changes in kind, such as the terms of a text; what is of another format is made anew."""

_VECTORS = "vectors.faiss"
_KEYWORDS = "keywords"
_STAMP = "stamp.json"
_BATCH = 4_096


class StaleError(Exception):
    """What is derived is missing, damaged, or was made from another state of the truth."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which state of the truth an engine was made from, and what it must hold."""

    token: str
    passages: int
    vectors: int


class EmbeddedEngine:
    """One state of an index, read from a folder that `build` made."""

    def __init__(self, folder: Path, stamp: Stamp) -> None:
        """Open a folder after every check of it. Raises StaleError where it is not what the stamp says."""
        _verify(folder, stamp)
        try:
            self._vectors = VectorIndex.load(folder / _VECTORS)
            self._keywords = _opened_anywhere(folder / _KEYWORDS)
        except (RuntimeError, ValueError) as error:
            raise StaleError(str(error)) from error
        if (len(self._keywords), len(self._vectors)) != (stamp.passages, stamp.vectors):
            raise StaleError("the numbers of passages and vectors do not agree")

    def __len__(self) -> int:
        return len(self._keywords)

    @property
    def ids(self) -> tuple[Ids, Ids]:
        """The id of each vector, and the ids of the passages whose words are known; both in no order."""
        return self._vectors.ids, self._keywords.ids

    def nearest(self, vector: Vectors, limit: int, within: Ids | None = None) -> Hits:
        """See Engine."""
        return self._vectors.nearest(vector, limit, within)

    def matching(self, question: str, limit: int, within: Ids | None = None) -> Hits:
        """See Engine."""
        return self._keywords.matching(question, limit, within)


def build(folder: Path, entries: Iterable[Entry], dimension: int, token: str) -> Stamp:
    """Make an engine of these passages in an empty folder, and stamp it last: without a stamp it is not trusted."""
    vectors = VectorIndex.empty(dimension)
    (folder / _KEYWORDS).mkdir(store.OWNER_ONLY_FOLDER)
    passages = 0
    entries = iter(entries)
    with _by_text(folder / _KEYWORDS) as place:
        with _write_errors():
            writer = KeywordIndex(place).writer()
        while batch := list(islice(entries, _BATCH)):
            with _write_errors():
                for entry in batch:
                    writer.add(entry)
            ids = np.repeat([entry.id for entry in batch], [len(entry.vectors) for entry in batch])
            vectors.add(ids.astype(np.int64), np.concatenate([entry.vectors for entry in batch]))
            passages += len(batch)
        with _write_errors():
            writer.commit()
    vectors.save(folder / _VECTORS)
    store.keep_for_owner(folder)
    stamp = Stamp(token, passages, len(vectors))
    content = {"format": FORMAT, "token": token, "files": _digests(folder)}
    (folder / _STAMP).touch(store.OWNER_ONLY_FILE)
    (folder / _STAMP).write_text(json.dumps(content, indent=1), encoding="utf-8")
    return stamp


def _opened_anywhere(folder: Path) -> KeywordIndex:
    """The keyword index in a folder, or in a passing copy where it cannot be opened: the library wants to write a lock."""
    try:
        with _by_text(folder) as place:
            return KeywordIndex(place)
    except ValueError:
        with tempfile.TemporaryDirectory() as elsewhere:
            return KeywordIndex(Path(shutil.copytree(folder, Path(elsewhere) / folder.name)))


@contextmanager
def _by_text(folder: Path) -> Iterator[Path]:
    """A path to a folder that is text, as the library wants it: by way of a passing link, where a name is none."""
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory() as elsewhere:
            link = Path(elsewhere) / folder.name
            link.symlink_to(folder.resolve())
            yield link
    else:
        yield folder


@contextmanager
def _write_errors() -> Iterator[None]:
    """Raise OSError for what the libraries raise where a file cannot be written."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise OSError(errno.EIO, f"The search files cannot be written ({error})") from error


def _verify(folder: Path, stamp: Stamp) -> None:
    try:
        content = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["token"] != stamp.token:
            raise StaleError("made from another state of the index")
        if content["files"] != _digests(folder):
            raise StaleError("a file is damaged")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StaleError(str(error)) from error


def _digests(folder: Path) -> dict[str, str]:
    """The checksum of every file that an engine reads, by its path in the folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != _STAMP and path.suffix != ".lock")
    return {path.relative_to(folder).as_posix(): _digest(path) for path in paths}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
