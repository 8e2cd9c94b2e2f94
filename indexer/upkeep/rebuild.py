"""Making a new index out of the documents and vectors of another: a damaged one, or one of an older format."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from askdex.corpus.passages import cut_document
from askdex.corpus.sources import Item
from askdex.corpus.sources.folder import uri_of_key
from askdex.corpus.types import Document
from askdex.indexer.errors import ModelError
from askdex.indexer.generations import publish, swap
from askdex.indexer.ingest import token_codes
from askdex.indexer.ingest.progress import Progress, unheard
from askdex.indexer.ingest.staging import StagedFile, Staging
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.search import calibrate
from askdex.indexer.store import commits, database, first_format, sqlite, states, write
from askdex.indexer.store.folder import FILE, require_index
from askdex.indexer.store.lock import only_writer
from askdex.indexer.store.schema import APPLICATION, SCHEMA_FORMAT, UPGRADES
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.states import StateView
from askdex.indexer.store.write import FileVersion
from askdex.indexer.types import Model, Tuning


@dataclass(frozen=True, slots=True)
class Contents:
    """What an index held: its model, its vectors as (key, bytes, tokens lost), its files with their documents.

    The generations of the new index are numbered above `generation`. `size` is about how many bytes there are in all, to
    tell the progress. `tuning` is that of the index, None where it was not tuned.
    """

    model: Model
    generation: int
    vectors: Iterable[tuple[bytes, bytes, int]]
    files: Iterable[tuple[FileVersion, list[Document]]]
    size: int
    tuning: Tuning | None = None


def migrate(
    folder: Path,
    load_encoder: EncoderLoader = load_encoder,
    progress: Progress = unheard,
    *,
    wait: bool = False,
) -> Path | None:
    """Bring an index of format 1 up to date, without embedding anything again.

    Returns where the old files are kept; None where the index has the present format already. The new index is made beside
    the old one and replaces it when it is complete. Raises MissingIndexError, NewerIndexError, DamagedIndexError,
    ModelError, BusyIndexError.
    """
    require_index(folder)
    with only_writer(folder, wait=wait), database.errors_reported(folder), closing(sqlite.connect(folder / FILE)) as old:
        application, version = sqlite.application_and_format(old)
        if application != APPLICATION or version >= SCHEMA_FORMAT or version in UPGRADES:
            # Raises where it is no index, or one of a newer format; brings one of the format before up to date.
            database.open_for_reading(folder).close()
            return None
        with swap.workplace(folder) as new:
            rebuild(_first_format_contents(old, (folder / FILE).stat().st_size), new, load_encoder, progress)
            return swap.exchange(folder, new)


def rebuild(
    contents: Contents, folder: Path, load_encoder: EncoderLoader, progress: Progress, *, makes_codes: bool = False
) -> int:
    """Make an index in a new folder. Returns the number of texts that had no vector and were embedded.

    With `makes_codes` the tokens of all passages get codes, which takes as long as embedding them; else the next run of
    `update` makes them.

    Raises ModelError where the model is not the one that made the vectors.
    """
    name = str(contents.model.name)
    encoder = load_encoder(name)
    if encoder.fingerprint != contents.model.fingerprint:
        raise ModelError(f"The index was made with the model {name} as it was then: bring that one back first.")
    with database.errors_reported(folder), closing(database.open_for_writing(folder)) as connection:
        with commits.writing(connection):
            states.set_settings(connection, model=name, fingerprint=encoder.fingerprint, dimension=encoder.dimension)
            states.set_tuning(connection, contents.tuning)
            write.add_vector_rows(connection, _of_right_length(contents.vectors, encoder))
        token_model = cache(partial(token_codes.load_for, connection, lambda: encoder)) if makes_codes else lambda: None
        staging = Staging(connection, lambda: encoder, contents.size, progress, token_model)
        for _, error in staging.take(_staged_files(contents, encoder)):
            # They were read before: an error here is one of Askdex.
            raise error
        if makes_codes:
            token_codes.complete_codes(connection, token_model, lambda: encoder, progress, has_new=True)
        state = publish.publish(folder, connection, staging.files, [], after=contents.generation)
        calibrate.calibrate(StateView(folder, connection, state, states.model(connection)), lambda: encoder, token_model)
    return staging.embedded


def _staged_files(contents: Contents, encoder: Encoder) -> Iterator[StagedFile]:
    for file, documents in contents.files:
        yield StagedFile(file, (cut_document(document, encoder) for document in documents))


def file_version_of(key: bytes, root: bytes, version: bytes, documents: Sequence[Document]) -> FileVersion:
    """The version of a file that an index held; its size is that of its documents' texts, for want of the file."""
    size = sum(len(document.text) for document in documents)
    return FileVersion(root, Item(key, uri_of_key(key, root), version, size))


def _of_right_length(vectors: Iterable[tuple[bytes, bytes, int]], encoder: Encoder) -> Iterator[tuple[bytes, bytes, int]]:
    # Four bytes a number. What is left out here is embedded again.
    return (row for row in vectors if len(row[1]) == 4 * encoder.dimension)


def _first_format_contents(old: Connection, size: int) -> Contents:
    files = (
        (file_version_of(key, root, version, documents), documents) for key, root, version, documents in first_format.files(old)
    )
    return Contents(states.model(old), first_format.generation(old), first_format.vectors(old), files, size)
