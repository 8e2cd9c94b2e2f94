"""Carrying documents and vectors over into a new index: out of a damaged file, or out of one of an older format."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from askdex.corpus.types import Document
from askdex.indexer.errors import ModelError
from askdex.indexer.generations import publish
from askdex.indexer.ingest.progress import Progress
from askdex.indexer.ingest.staging import StagedFile, Staging
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search import calibrate
from askdex.indexer.store import database, sqlite, states, write
from askdex.indexer.store.states import Model, StateView
from askdex.indexer.store.write import FileVersion


@dataclass(frozen=True, slots=True)
class Contents:
    """What an index held: its model, its vectors as (key, vector, tokens lost), its files with their documents.

    The new index counts its generations on from `generation`. `size` is about how many bytes there are in all.
    """

    model: Model
    generation: int
    vectors: Iterable[tuple[bytes, bytes, int]]
    files: Iterable[tuple[FileVersion, list[Document]]]
    size: int


def file_version_of(path: bytes, root: bytes, digest: bytes, documents: Sequence[Document]) -> FileVersion:
    """A file as the truth has it, of whose content nothing is left but its documents."""
    source = write.source_of(path, root)
    return FileVersion(source, digest, sum(len(document.text) for document in documents))


def unload(cargo: Contents, into: Path, load_encoder: EncoderLoader, progress: Progress) -> int:
    """Make an index in a new folder. Returns the number of texts that had to be embedded; the others have their vectors.

    Raises ModelError where the model is not the one that the vectors are from.
    """
    name = str(cargo.model.name)
    encoder = load_encoder(name)
    if encoder.fingerprint != cargo.model.fingerprint:
        raise ModelError(f"The index was made with the model {name} as it was then: bring that one back first.")
    with database.errors_reported(into), closing(database.open_for_writing(into)) as connection:
        with sqlite.writing(connection):
            states.set_settings(connection, model=name, fingerprint=encoder.fingerprint, dimension=encoder.dimension)
            connection.executemany(
                "INSERT OR IGNORE INTO vectors (key, vector, tokens_lost) VALUES (?, ?, ?)", _whole(cargo.vectors, encoder)
            )
        staging = Staging(connection, lambda: encoder, cargo.size, progress)
        for _, error in staging.take(StagedFile(edition, documents) for edition, documents in cargo.files):
            raise error
        state = publish.publish(into, connection, staging.files, [], after=cargo.generation)
        calibrate.calibrate(StateView(into, connection, state, states.model(connection)), lambda: encoder)
    return staging.embedded


def _whole(vectors: Iterable[tuple[bytes, bytes, int]], encoder: Encoder) -> Iterable[tuple[bytes, bytes, int]]:
    return (row for row in vectors if len(row[1]) == 4 * encoder.dimension)
