"""Bringing an index into the state of its documents."""

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from corpus.passages import cut, embedded_text
from corpus.types import Document, Passage, Skipped
from indexer import catalogue, derived, store, writing
from indexer.encoder import DEFAULT_MODEL, Encoder, SentenceTransformerEncoder, canonical_name
from indexer.errors import BusyIndexError, ModelError
from indexer.progress import Progress, unheard
from indexer.scan import Scan, resolved, scan
from indexer.store import State

EncoderLoader = Callable[[str], Encoder]

_STEP = 512
_QUESTION_WEIGHT = 0.8
"""What a match with a passage's own question counts beside one with its text.

Two short questions look alike sooner than a question and an answer do. At 1 such matches crowd out better passages for
questions in people's own words; without them a question asked just as a heading puts it can miss its passage.
"""

_LOCK = "writer.lock"


@dataclass(frozen=True, slots=True)
class Report:
    """What an update did.

    `read`, `unchanged` and `removed` count documents; `passages` and `tokens_lost` are those of the whole index;
    `embedded` counts the texts that went through the encoder.
    """

    read: int
    unchanged: int
    removed: int
    skipped: tuple[Skipped, ...]
    passages: int
    embedded: int
    tokens_lost: int
    generation: int
    seconds: float


def update(
    folder: Path,
    named: Sequence[Path],
    *,
    model: str | None = None,
    instead_of: Path | None = None,
    load_encoder: EncoderLoader = SentenceTransformerEncoder,
    progress: Progress = unheard,
) -> Report:
    """Index files and folders: read what is new or changed, take out what is gone from them, leave the rest alone.

    The index is made where there is none. It changes in one step at the end; vectors are kept as they are made, so that
    a run that was stopped goes on where it was. `instead_of` is an indexed folder that makes room for the named ones.
    The model is loaded only if something has to be embedded.

    Raises DocumentsError, ModelError, BusyIndexError, DamagedIndexError; the index is then as it was.
    """
    started = time.monotonic()
    named = [resolved(path) for path in named]
    with (
        _only_writer(folder),
        store.damage_reported(folder),
        closing(store.open_for_writing(folder)) as connection,
    ):
        found = scan(connection, named, leave_out=folder.resolve())
        state = store.state(connection)
        name = _model_for(folder, state, model)
        if instead_of is not None:
            found.removed |= (
                _files_below(connection, instead_of) - found.unchanged - {file.source.path for file in found.changed}
            )
        unchanged = _count_documents(connection, found.unchanged)
        removed = _count_documents(connection, found.removed)
        embedded = 0
        if found.changed:
            encoder = load_encoder(name)
            _claim(connection, folder, encoder)
            prepared, missing = _prepare(connection, encoder, found)
            embedded = len(missing)
            _embed(connection, encoder, missing, progress)
            _commit(folder, connection, found, prepared)
        elif found.removed:
            _commit(folder, connection, found, [])
        counts = catalogue.counts(connection)
        generation = store.state(connection).generation
    return Report(
        read=sum(len(file.documents) for file in found.changed),
        unchanged=unchanged,
        removed=removed,
        skipped=tuple(found.skipped),
        passages=counts["passages"],
        embedded=embedded,
        tokens_lost=counts["tokens_lost"],
        generation=generation,
        seconds=time.monotonic() - started,
    )


def _texts_of(document: Document, passage: Passage, encoder: Encoder) -> dict[str, float]:
    """The texts that stand for a passage before the encoder, and what each counts; the best match of them counts."""
    texts = {embedded_text(document, passage, encoder): 1.0}
    if passage.question is not None and encoder.count([passage.question])[0] <= encoder.limit:
        texts.setdefault(passage.question, _QUESTION_WEIGHT)
    return texts


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(folder / _LOCK, timeout=0, mode=0o600):
            yield
    except Timeout as error:
        raise BusyIndexError(f"Another process is changing the index in {folder}: try again when it is done.") from error


def _model_for(folder: Path, state: State, wanted: str | None) -> str:
    """The model to embed with: the index's own, which another may not replace."""
    name = canonical_name(wanted) if wanted is not None else None
    if state.generation and state.model is not None:
        if name not in (None, state.model):
            raise _other_model(folder, state.model)
        return state.model
    return name or state.model or DEFAULT_MODEL


def _claim(connection: sqlite3.Connection, folder: Path, encoder: Encoder) -> None:
    """Settle that the index is made with this encoder, before anything is embedded."""
    state = store.state(connection)
    if state.fingerprint == encoder.fingerprint:
        return
    if state.generation and state.model is not None:
        raise _other_model(folder, state.model)
    with store.writing(connection):
        # A first run that was stopped may have kept vectors of another model.
        connection.execute("DELETE FROM vectors")
        store.set_settings(
            connection, model=canonical_name(encoder.name), fingerprint=encoder.fingerprint, dimension=encoder.dimension
        )


def _other_model(folder: Path, model: str) -> ModelError:
    return ModelError(
        f"The index in {folder} was made with the model {model} as it was then: use that one, or name another folder with "
        "--index."
    )


def _prepare(
    connection: sqlite3.Connection, encoder: Encoder, found: Scan
) -> tuple[list[list[writing.Prepared]], dict[bytes, str]]:
    """Cut the changed files' documents into passages; also the texts that have no vector yet, by their keys."""
    prepared: list[list[writing.Prepared]] = []
    texts_by_key: dict[bytes, str] = {}
    for file in found.changed:
        documents = []
        for document in file.documents:
            passages = cut(document, encoder)
            texts = [_texts_of(document, passage, encoder) for passage in passages]
            texts_by_key.update((writing.key_of(text), text) for some in texts for text in some)
            weights = [{writing.key_of(text): weight for text, weight in some.items()} for some in texts]
            documents.append(writing.Prepared(document, passages, weights))
        prepared.append(documents)
    known = writing.known_keys(connection, texts_by_key)
    return prepared, {key: text for key, text in texts_by_key.items() if key not in known}


def _embed(connection: sqlite3.Connection, encoder: Encoder, missing: dict[bytes, str], progress: Progress) -> None:
    """Embed texts and keep each step's vectors at once."""
    keys = list(missing)
    if keys:
        progress(0, len(keys))
    for start in range(0, len(keys), _STEP):
        step = keys[start : start + _STEP]
        texts = [missing[key] for key in step]
        vectors = encoder.encode_documents(texts)
        lost = [max(0, count - encoder.limit) for count in encoder.count(texts)]
        with store.writing(connection):
            writing.add_vectors(connection, step, vectors, lost)
        progress(start + len(step), len(keys))


def _commit(folder: Path, connection: sqlite3.Connection, found: Scan, prepared: Sequence[Sequence[writing.Prepared]]) -> None:
    """Make the next generation in one transaction; its engine is there before anyone can see it."""
    before = store.state(connection)
    with store.writing(connection):
        for path in found.removed:
            writing.remove_file(connection, path)
        for file, documents in zip(found.changed, prepared, strict=True):
            writing.remove_file(connection, file.source.path)
            writing.add_file(connection, file.source, file.digest, documents)
        writing.drop_unused_vectors(connection)
        store.set_settings(connection, generation=before.generation + 1, token=secrets.token_hex(8))
        state = store.state(connection)
        derived.make(folder, connection, state)
    # Whoever opened the state before this one may still be about to open its engine.
    derived.clean(folder, keep={state.token, before.token})


def _files_below(connection: sqlite3.Connection, root: Path) -> set[Path]:
    rows = connection.execute("SELECT path FROM files WHERE root = ?", (os.fsencode(root),))
    return {Path(os.fsdecode(row["path"])) for row in rows}


def _count_documents(connection: sqlite3.Connection, paths: set[Path]) -> int:
    query = "SELECT count(*) FROM documents d JOIN files f ON f.id = d.file_id WHERE f.path = ?"
    return sum(int(connection.execute(query, (os.fsencode(path),)).fetchone()[0]) for path in paths)
