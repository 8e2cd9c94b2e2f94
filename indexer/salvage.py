"""Reading what is left of a damaged truth: every row that lies on a page whose checksum is right."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from corpus.types import Document, Source
from corpus.walk import uri_of
from indexer import receipt, sqlite, store
from indexer.carrying import Cargo
from indexer.errors import DamagedIndexError
from indexer.schema import NEVER
from indexer.store import FILE
from indexer.texts import stored_document
from indexer.writing import Edition

_LONGEST_GAP = 100_000
"""Ids that are tried in vain, one after the other, before no more rows are looked for; a damaged page holds far fewer."""


@dataclass(slots=True)
class Salvage:
    """The rows of a damaged file that can be trusted; `lost` fills with the files whose documents are not all among them."""

    folder: Path
    connection: apsw.Connection
    lost: list[Path] = field(default_factory=list)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def is_sound(self) -> bool:
        """Whether the structure of the file is right and it is the index that the receipt beside it is of."""
        try:
            store.check_recovered(self.connection, self.folder)
            note = receipt.read(self.folder)
            return note is None or note[0] == store.identity_of(self.connection)
        except (apsw.Error, DamagedIndexError, TypeError):
            return False

    def cargo(self) -> Cargo:
        """What can be carried over into a new index. Raises DamagedIndexError where the model is not known any more."""
        try:
            model = store.model(self.connection)
        except (apsw.Error, TypeError, ValueError) as error:
            raise beyond_repair(self.folder, str(error)) from error
        if model.fingerprint is None:
            raise beyond_repair(self.folder, "it does not say its model")
        numbers = [row[0] for row in self._survivors("generations", "number", "token")]
        _, reported = receipt.read(self.folder) or ("", 0)
        generation = max([0, reported, *numbers])
        return Cargo(model, generation, self._vectors(), self._files(), (self.folder / FILE).stat().st_size)

    def _vectors(self) -> Iterator[tuple[bytes, bytes, int]]:
        for _, key, vector, tokens_lost in self._survivors("vectors", "id", "key, vector, tokens_lost"):
            yield key, vector, tokens_lost

    def _files(self) -> Iterator[tuple[Edition, list[Document]]]:
        """The files of the newest generation, all of whose documents are there."""
        documents: dict[int, list[int]] = {}
        for document_id, file_id in self._survivors("documents", "id", "file_id"):
            documents.setdefault(file_id, []).append(document_id)
        current = self._current()
        for file_id, path, root, digest, number in self._survivors("files", "id", "path, root, digest, documents"):
            if current is not None and file_id not in current:
                continue
            place, base = Path(os.fsdecode(path)), Path(os.fsdecode(root))
            try:
                found = [stored_document(self.connection, document_id) for document_id in documents.get(file_id, [])]
            except (apsw.Error, ValueError, TypeError):
                found = []
            if number is not None and len(found) == number:
                yield Edition(Source(place, base, uri_of(place, base)), digest, sum(len(one.text) for one in found)), found
            else:
                self.lost.append(place)

    def _current(self) -> set[int] | None:
        """The ids of the files of the newest generation; None where that cannot be told."""
        try:
            query = "SELECT file_id FROM presence WHERE born < ?1 AND died = ?1"
            return {file_id for (file_id,) in sqlite.rows(self.connection, query, (NEVER,))}
        except apsw.Error:
            return None

    def _survivors(self, table: str, key: str, columns: str) -> Iterator[Any]:
        """The rows in the order of their keys; those that lie on damaged pages are passed over, key after key."""
        last, gap = -1, 0
        query = f"SELECT {key}, {columns} FROM {table} WHERE {key} > ? ORDER BY {key}"
        while gap < _LONGEST_GAP:
            try:
                for row in sqlite.rows(self.connection, query, (last,)):
                    last, gap = row[0], 0
                    yield row
                return
            except apsw.Error:
                last, gap = last + 1, gap + 1


def open_salvage(folder: Path) -> Salvage:
    """Raises DamagedIndexError where the file is too damaged to be opened at all."""
    # The log may be damaged, or not its own, and the file sound without it.
    candidates = [_salvage(folder, "mode=ro"), _salvage(folder, "mode=ro&immutable=1")]
    opened = [candidate for candidate in candidates if isinstance(candidate, Salvage)]
    if not opened:
        raise beyond_repair(folder, str(candidates[0]))
    best = next((salvage for salvage in opened if salvage.is_sound()), opened[0])
    for salvage in opened:
        if salvage is not best:
            salvage.close()
    return best


def _salvage(folder: Path, how: str) -> Salvage | apsw.Error:
    try:
        return Salvage(folder, sqlite.connect(folder / FILE, how))
    except apsw.Error as error:
        return error


def readable_names(folder: Path) -> list[Path]:
    """The files that a damaged truth speaks of, as far as it can be read without trusting it."""
    try:
        with closing(sqlite.connect(folder / FILE, is_verified=False)) as connection:
            return [
                Path(os.fsdecode(path)) for (path,) in sqlite.rows(connection, "SELECT DISTINCT path FROM files ORDER BY 1")
            ]
    except (apsw.Error, OSError):
        return []


def beyond_repair(folder: Path, how: str) -> DamagedIndexError:
    """The error that says that nothing of an index can be trusted."""
    return DamagedIndexError(
        f"Nothing of the index in {folder} can be read any more ({how}): bring it back with: askdex restore FILE, or move the "
        "folder aside and index the documents again."
    )
