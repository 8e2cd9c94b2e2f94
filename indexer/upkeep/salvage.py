"""Reading what is left of a damaged index: every row on a page whose checksum is right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from askdex.corpus.sources.folder import file_key
from askdex.corpus.types import Document
from askdex.indexer.engine.files import StaleError
from askdex.indexer.errors import DamagedIndexError, MissingIndexError
from askdex.indexer.generations import engine_files
from askdex.indexer.store import commits, database, sqlite, states, survivors
from askdex.indexer.store.embedded_texts import stored_document
from askdex.indexer.store.folder import FILE, read_receipt
from askdex.indexer.store.sqlite import Connection, SQLiteError
from askdex.indexer.store.survivors import FileRow
from askdex.indexer.store.write import FileVersion
from askdex.indexer.types import Tuning
from askdex.indexer.upkeep.rebuild import Contents, file_version_of


@dataclass(slots=True)
class Salvage:
    """The parts of a damaged index that can be trusted.

    While the files of `contents` are read, `lost` fills with the keys of those whose documents cannot all be read,
    and `notes` with sentences on what else has changed.
    """

    folder: Path
    connection: Connection
    lost: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def is_sound(self) -> bool:
        """Whether the structure of the database is right and its receipt is of this index."""
        try:
            database.check_recovered(self.connection, self.folder)
            receipt = read_receipt(self.folder)
            return receipt is None or receipt[0] == states.identity_of(self.connection)
        except (SQLiteError, DamagedIndexError, TypeError):
            return False

    def is_mixture(self) -> bool:
        """Whether SQLite has applied a log to a file that it was not written for."""
        try:
            return commits.has_foreign_log(self.connection, self.folder)
        except SQLiteError:
            return False

    def contents(self) -> Contents:
        """What can be carried over into a new index. Raises DamagedIndexError where the model is not known any more."""
        try:
            model = states.model(self.connection)
        except (SQLiteError, TypeError, ValueError) as error:
            raise beyond_repair(self.folder, str(error)) from error
        if model.fingerprint is None:
            raise beyond_repair(self.folder, "it does not say its model")
        newest = max(survivors.generation_numbers(self.connection), default=0)
        _, reported = read_receipt(self.folder) or ("", 0)
        if newest < reported:
            self.notes.append(f"Generation {reported} was reported done and cannot be read: index its documents again.")
        size = (self.folder / FILE).stat().st_size
        vectors = survivors.surviving_vectors(self.connection)
        return Contents(model, max(newest, reported), vectors, self._files(), size, self._tuning())

    def _tuning(self) -> Tuning | None:
        """The tuning; None where it cannot be read."""
        try:
            return states.tuning(self.connection)
        except (SQLiteError, TypeError, ValueError):
            self.notes.append(
                "Whether the index was tuned cannot be read: if it was, tune it again with: askdex tune QUESTIONS"
            )
            return None

    def _files(self) -> Iterator[tuple[FileVersion, list[Document]]]:
        """The files of the newest generation, all of whose documents are there."""
        document_ids = survivors.documents_by_file(self.connection)
        files = survivors.surviving_files(self.connection)
        current = self._current_ids(files, document_ids)
        # A file whose row is damaged is not lost yet: its documents may prove what the row says.
        for file_id in sorted(current - files.keys()):
            row = self._proven_file(document_ids.get(file_id, []), file_id)
            if row is not None:
                files[file_id] = row
        for file_id in sorted(current & files.keys()):
            row = files[file_id]
            documents = self._documents(document_ids.get(file_id, []))
            if documents and len(documents) == row.documents:
                yield file_version_of(row.key, row.root, row.version, documents), documents
            else:
                self.lost.append(row.key)

    def _documents(self, ids: list[int]) -> list[Document]:
        """The documents with these ids; an empty list where one of them cannot be read."""
        try:
            return [stored_document(self.connection, document_id) for document_id in ids]
        except (SQLiteError, ValueError, TypeError):
            return []

    def _proven_file(self, document_ids: list[int], file_id: int) -> FileRow | None:
        """The row of a file on a damaged page, if digests elsewhere prove what it says; else the file is lost."""
        row: FileRow | None = None
        proofs: list[bool] = []
        try:
            row = survivors.unverified_file(self.folder, file_id)
            if row is not None:
                proofs = [survivors.is_proven(self.connection, row, document_id) for document_id in document_ids]
        except (SQLiteError, TypeError, ValueError):
            row = None
        if row is not None and proofs and all(proofs):
            return row
        self.lost.append(row.key if row else file_key(self.folder / f"file {file_id}, whose name is lost"))
        return None

    def _current_ids(self, files: Mapping[int, FileRow], document_ids: Mapping[int, list[int]]) -> set[int]:
        """The ids of the files of the newest generation: as the database says, or else as the search files say."""
        try:
            return survivors.current_file_ids(self.connection)
        except SQLiteError:
            pass
        try:
            newest = states.newest(self.folder, self.connection, states.all_states(self.connection))
            current = survivors.documents_of_passages(self.connection, engine_files.verified(newest).ids.tolist())
            return {file_id for file_id, ids in document_ids.items() if not current.isdisjoint(ids)}
        except (SQLiteError, StaleError, MissingIndexError):
            # Take the newest version of each file, then; files that had been removed may be among them.
            self.notes.append("Documents that had been removed may be back: index their folders again.")
            return set({row.key: file_id for file_id, row in sorted(files.items())}.values())


def open_salvage(folder: Path) -> Salvage:
    """Open a damaged index. Raises DamagedIndexError where SQLite cannot open it at all."""
    # The log may be damaged, or another index's, and the file sound without it.
    candidates = [_salvage(folder, "mode=ro"), _salvage(folder, "mode=ro&immutable=1")]
    opened = [candidate for candidate in candidates if isinstance(candidate, Salvage)]
    if not opened:
        raise beyond_repair(folder, str(candidates[0]))
    *_, file_alone = opened
    if opened[0].is_mixture():
        file_alone.notes.append(
            "The write-ahead log beside the file was written for another and is kept with it: index your documents again."
        )
        best = file_alone
    else:
        best = next((salvage for salvage in opened if salvage.is_sound()), opened[0])
    for salvage in opened:
        if salvage is not best:
            salvage.close()
    return best


def _salvage(folder: Path, options: str) -> Salvage | SQLiteError:
    try:
        return Salvage(folder, sqlite.connect(folder / FILE, options))
    except SQLiteError as error:
        return error


def beyond_repair(folder: Path, reason: str) -> DamagedIndexError:
    """The error that says that nothing of an index can be trusted."""
    return DamagedIndexError(
        f"Nothing of the index in {folder} can be read any more ({reason}): bring it back with: askdex restore FILE, or move "
        "the folder aside and index the documents again."
    )
