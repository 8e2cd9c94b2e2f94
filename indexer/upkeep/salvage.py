"""Reading what is left of a damaged truth: every row that lies on a page whose checksum is right."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import apsw

from askdex.corpus.types import Document
from askdex.indexer.engine.files import StaleError
from askdex.indexer.errors import DamagedIndexError, MissingIndexError
from askdex.indexer.generations import engine_files
from askdex.indexer.store import database, receipt, sqlite, states, write
from askdex.indexer.store.database import FILE
from askdex.indexer.store.embedded_texts import stored_document
from askdex.indexer.store.schema import NEVER
from askdex.indexer.store.write import FileVersion
from askdex.indexer.upkeep.carrying import Contents, file_version_of

_FILE_COLUMNS = "path, root, digest, documents"
_LONGEST_GAP = 100_000
"""Ids that are tried in vain, one after the other, before no more rows are looked for; a damaged page holds far fewer."""

_FileRow: TypeAlias = tuple[bytes, bytes, bytes, int | None]


@dataclass(slots=True)
class Salvage:
    """The rows of a damaged file that can be trusted; `lost` fills with the files whose documents are not all among them.

    `notes` say what else is not as it was.
    """

    folder: Path
    connection: apsw.Connection
    lost: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def is_sound(self) -> bool:
        """Whether the structure of the file is right and it is the index that the receipt beside it is of."""
        try:
            database.check_recovered(self.connection, self.folder)
            note = receipt.read(self.folder)
            return note is None or note[0] == states.identity_of(self.connection)
        except (apsw.Error, DamagedIndexError, TypeError):
            return False

    def cargo(self) -> Contents:
        """What can be carried over into a new index. Raises DamagedIndexError where the model is not known any more."""
        try:
            model = states.model(self.connection)
        except (apsw.Error, TypeError, ValueError) as error:
            raise beyond_repair(self.folder, str(error)) from error
        if model.fingerprint is None:
            raise beyond_repair(self.folder, "it does not say its model")
        numbers = [row[0] for row in self._survivors("generations", "number", "token")]
        _, reported = receipt.read(self.folder) or ("", 0)
        newest = max(numbers, default=0)
        if newest < reported:
            self.notes.append(f"Generation {reported} was reported done and cannot be read: index its documents again.")
        return Contents(model, max(newest, reported), self._vectors(), self._files(), (self.folder / FILE).stat().st_size)

    def _vectors(self) -> Iterator[tuple[bytes, bytes, int]]:
        for _, key, vector, tokens_lost in self._survivors("vectors", "id", "key, vector, tokens_lost"):
            yield key, vector, tokens_lost

    def _files(self) -> Iterator[tuple[FileVersion, list[Document]]]:
        """The files of the newest generation, all of whose documents are there."""
        documents: dict[int, list[int]] = {}
        for document_id, file_id in self._survivors("documents", "id", "file_id"):
            documents.setdefault(file_id, []).append(document_id)
        files: dict[int, _FileRow] = {file_id: tuple(row) for file_id, *row in self._survivors("files", "id", _FILE_COLUMNS)}
        current = self._current(files, documents)
        for file_id in sorted(current - files.keys()):
            row = self._proven_file(documents.get(file_id, []), file_id)
            if row is not None:
                files[file_id] = row
        for file_id in sorted(current & files.keys()):
            path, root, digest, number = files[file_id]
            found = self._documents(documents.get(file_id, []))
            if found and len(found) == number:
                yield file_version_of(path, root, digest, found), found
            else:
                self.lost.append(Path(os.fsdecode(path)))

    def _documents(self, ids: list[int]) -> list[Document]:
        """The documents of these ids; none where one cannot be read."""
        try:
            return [stored_document(self.connection, document_id) for document_id in ids]
        except (apsw.Error, ValueError, TypeError):
            return []

    def _proven_file(self, documents: list[int], file_id: int) -> _FileRow | None:
        """The row of a file that lies on a damaged page, if digests elsewhere prove what it says; else the file is lost.

        The name of a document is a digest of its file's path, the id of a passage one of its file's content.
        """
        query = f"SELECT {_FILE_COLUMNS} FROM files WHERE id = ?"
        try:
            with closing(sqlite.connect(self.folder / FILE, is_verified=False)) as raw:
                row = sqlite.one(raw, query, (file_id,))
            names = [self._proven_name(document_id, *row) for document_id in documents]
        except (apsw.Error, TypeError, ValueError):
            row, names = None, []
        if names and all(names):
            return tuple(row)
        self.lost.append(Path(os.fsdecode(row[0])) if row else self.folder / f"file {file_id}, whose name is lost")
        return None

    def _proven_name(self, document_id: int, path: bytes, root: bytes, digest: bytes, _number: int) -> bool:
        query = """
            SELECT d.name, d.uri, p.id FROM documents d JOIN passages p ON p.document_id = d.id AND p.ordinal = 0 WHERE d.id = ?
        """
        name, uri, passage_id = sqlite.one(self.connection, query, (document_id,))
        source = write.source_of(path, root)
        is_of_content = passage_id == write.passage_id_of(name, 0, digest)
        return bool(is_of_content and name == write.name_of(source.path, uri) and uri.startswith(source.uri))

    def _current(self, files: Mapping[int, _FileRow], documents: Mapping[int, list[int]]) -> set[int]:
        """The ids of the files of the newest generation: as noted, or else as the search files have it."""
        try:
            query = "SELECT file_id FROM presence WHERE born < ?1 AND died = ?1"
            return {file_id for (file_id,) in sqlite.rows(self.connection, query, (NEVER,))}
        except apsw.Error:
            pass
        try:
            _, passages = engine_files.verified(states.newest(self.folder, self.connection, states.held(self.connection))).ids
            query = "SELECT document_id FROM passages WHERE id = ?"
            found = {sqlite.one(self.connection, query, (passage_id,)) for passage_id in passages.tolist()}
            return {file_id for file_id, ids in documents.items() if any((document_id,) in found for document_id in ids)}
        except (apsw.Error, StaleError, MissingIndexError):
            # The newest of each path, then; what had been removed may be among them.
            self.notes.append("Documents that had been removed may be back: index their folders again.")
            return set({row[0]: file_id for file_id, row in sorted(files.items())}.values())

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
