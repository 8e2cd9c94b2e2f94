"""Carrying documents and vectors over into a new index: out of a damaged file, or out of one of an older format."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from corpus.types import Document
from indexer import calibrating, generations, sqlite, states, store, writing
from indexer.build import EncoderLoader
from indexer.encoder import Encoder
from indexer.errors import ModelError
from indexer.progress import Progress
from indexer.staging import File, Staging
from indexer.states import Model, View
from indexer.writing import Edition


@dataclass(frozen=True, slots=True)
class Cargo:
    """What an index held: its model, its vectors as (key, vector, tokens lost), its files with their documents.

    The new index counts its generations on from `generation`. `size` is about how many bytes there are in all.
    """

    model: Model
    generation: int
    vectors: Iterable[tuple[bytes, bytes, int]]
    files: Iterable[tuple[Edition, list[Document]]]
    size: int


def edition_of(path: bytes, root: bytes, digest: bytes, documents: Sequence[Document]) -> Edition:
    """A file as the truth has it, of whose content nothing is left but its documents."""
    source = writing.source_of(path, root)
    return Edition(source, digest, sum(len(document.text) for document in documents))


def unload(cargo: Cargo, into: Path, load_encoder: EncoderLoader, progress: Progress) -> int:
    """Make an index in a new folder. Returns the number of texts that had to be embedded; the others have their vectors.

    Raises ModelError where the model is not the one that the vectors are from.
    """
    name = str(cargo.model.name)
    encoder = load_encoder(name)
    if encoder.fingerprint != cargo.model.fingerprint:
        raise ModelError(f"The index was made with the model {name} as it was then: bring that one back first.")
    with store.errors_reported(into), closing(store.open_for_writing(into)) as connection:
        with sqlite.writing(connection):
            states.set_settings(connection, model=name, fingerprint=encoder.fingerprint, dimension=encoder.dimension)
            connection.executemany(
                "INSERT OR IGNORE INTO vectors (key, vector, tokens_lost) VALUES (?, ?, ?)", _whole(cargo.vectors, encoder)
            )
        staging = Staging(connection, lambda: encoder, cargo.size, progress)
        for _, error in staging.take(File(edition, documents) for edition, documents in cargo.files):
            raise error
        state = generations.publish(into, connection, staging.files, [], after=cargo.generation)
        calibrating.calibrate(View(into, connection, state, states.model(connection)), lambda: encoder)
    return staging.embedded


def _whole(vectors: Iterable[tuple[bytes, bytes, int]], encoder: Encoder) -> Iterable[tuple[bytes, bytes, int]]:
    return (row for row in vectors if len(row[1]) == 4 * encoder.dimension)
