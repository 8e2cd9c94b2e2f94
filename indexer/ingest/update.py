"""Bringing an index into the state of its documents."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from askdex.corpus.errors import RefusedError, UnreadableError
from askdex.corpus.types import Skipped
from askdex.indexer.errors import ModelError
from askdex.indexer.generations import publish
from askdex.indexer.ingest.progress import Progress, unheard
from askdex.indexer.ingest.scan import Scan, known_files, read_file, require_some, resolved, scan
from askdex.indexer.ingest.staging import StagedFile, Staging, new_documents
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder, canonical_name
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.search import calibrate
from askdex.indexer.store import database, generations, sqlite, states, write
from askdex.indexer.store.folder import has_index
from askdex.indexer.store.lock import changing
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.states import StateView
from askdex.indexer.types import State

EncoderLoader = Callable[[str], Encoder]


@dataclass(frozen=True, slots=True)
class Changes:
    """The files that make an index differ from its documents, by their full paths; `moved` maps new paths to old ones."""

    new: tuple[Path, ...] = ()
    changed: tuple[Path, ...] = ()
    moved: dict[Path, Path] = field(default_factory=dict)
    removed: tuple[Path, ...] = ()
    unchanged: tuple[Path, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def are_any(self) -> bool:
        """Whether the index differs from its documents."""
        return bool(self.new or self.changed or self.moved or self.removed)


@dataclass(frozen=True, slots=True)
class Report:
    """What was done to an index: the changes, the state that it is in since, and what that took.

    `embedded` counts the texts that went through the encoder.
    """

    changes: Changes
    state: State
    embedded: int = 0
    seconds: float = 0.0


def update(
    folder: Path,
    named: Sequence[Path],
    *,
    model: str | None = None,
    instead_of: Path | None = None,
    load_encoder: EncoderLoader = load_encoder,
    progress: Progress = unheard,
    wait: bool = False,
) -> Report:
    """Index files and folders: read what is new or changed, take out what is gone from them, leave the rest alone.

    The index is made where there is none. What is read is kept step by step, so that a run that was stopped goes on where
    it was; all of it becomes visible at once, at the end. `instead_of` is an indexed folder that makes room for the named
    ones. The model is loaded only if something has to be read. `wait` for another process that changes the index.

    Raises DocumentsError, ModelError, BusyIndexError, DamagedIndexError, StorageError; what is visible is then as it was.
    """
    started = time.monotonic()
    named = [resolved(path) for path in named]
    with changing(folder, wait=wait) as connection:
        found = _compared(connection, folder, named, instead_of)
        name = _model_for(folder, connection, model)
        _forget_unwanted(connection, named, found)

        @cache
        def encoder() -> Encoder:
            return _claimed(folder, connection, load_encoder(name))

        if not generations.newest_state(connection).generation and states.model(connection).name is not None:
            # What a first run left that was stopped may be another model's.
            encoder()
        files = [
            StagedFile(edition, read_file(edition, found.skipped), *write.documents_here(connection, edition))
            for edition in found.found.values()
        ]
        staging = Staging(connection, encoder, sum(edition.size for edition in found.found.values()), progress)
        for edition, error in staging.take(files):
            _leave_out(found, edition, error)
        _require_some_of_each(named, found)
        changes = _changes(found)
        if staging.files or found.removed:
            state = publish.publish(folder, connection, staging.files, [*found.found, *found.removed])
        else:
            state = generations.newest_state(connection)
        # A model is not loaded only because a collection has shrunk.
        if encoder.cache_info().currsize or states.calibration(connection) is None:
            calibrate.calibrate(StateView(folder, connection, state, states.model(connection)), encoder)
    return Report(changes, state, staging.embedded, time.monotonic() - started)


def plan(folder: Path, named: Sequence[Path], *, instead_of: Path | None = None) -> Changes:
    """What `update` would do, for which all is read that it would read; nothing is changed.

    Raises DocumentsError, DamagedIndexError.
    """
    named = [resolved(path) for path in named]
    if not has_index(folder):
        found = scan({}, named, folder.resolve())
    else:
        with database.errors_reported(folder), closing(database.open_for_reading(folder)) as connection:
            found = _compared(connection, folder, named, instead_of)
    for edition in list(found.found.values()):
        try:
            # To its end: what a row is left out for, or the whole file, may come after any number of good ones.
            for _ in new_documents(StagedFile(edition, read_file(edition, found.skipped))):
                pass
        except UnreadableError as error:
            _leave_out(found, edition, error)
    _require_some_of_each(named, found)
    return _changes(found)


def _compared(connection: Connection, folder: Path, named: Sequence[Path], instead_of: Path | None) -> Scan:
    known = known_files(connection)
    found = scan(known, named, folder.resolve())
    if instead_of is not None:
        replaced = {path for path, file in known.items() if file.root == instead_of}
        found.removed |= replaced - found.unchanged - found.found.keys()
    return found


def _model_for(folder: Path, connection: Connection, wanted: str | None) -> str:
    """The model to embed with: the index's own, which another may not replace."""
    name = canonical_name(wanted) if wanted is not None else None
    own = states.model(connection).name
    if own is not None and generations.newest_state(connection).generation:
        if name not in (None, own):
            raise _other_model(folder, own)
        return own
    return name or own or DEFAULT_MODEL


def _claimed(folder: Path, connection: Connection, encoder: Encoder) -> Encoder:
    """Settle that the index is made with this encoder, before anything is embedded."""
    own = states.model(connection)
    if own.fingerprint == encoder.fingerprint:
        return encoder
    if own.name is not None and generations.newest_state(connection).generation:
        raise _other_model(folder, own.name)
    with sqlite.writing(connection):
        # A first run that was stopped may have kept vectors of another model, and passages that were cut for it.
        write.delete_all(connection)
        states.set_settings(
            connection, model=canonical_name(encoder.name), fingerprint=encoder.fingerprint, dimension=encoder.dimension
        )
    return encoder


def _other_model(folder: Path, model: str) -> ModelError:
    return ModelError(
        f"The index in {folder} was made with the model {model} as it was then: use that one, or name another folder with "
        "--index."
    )


def _forget_unwanted(connection: Connection, named: Sequence[Path], found: Scan) -> None:
    """Forget what a stopped run staged of the named files and folders that is not what they hold now."""
    for edition in generations.staged_files(connection):
        path = edition.source.path
        wanted = found.found.get(path)
        is_wanted = wanted is not None and (wanted.source.root, wanted.digest) == (edition.source.root, edition.digest)
        if not is_wanted and any(path.is_relative_to(start) for start in named):
            with sqlite.writing(connection):
                generations.unstage(connection, edition)


def _leave_out(found: Scan, edition: write.FileVersion, error: UnreadableError) -> None:
    """Leave a file out. What is known of one that the system would not give stays as it is."""
    found.skip(edition.source, error)
    path = edition.source.path
    del found.found[path]
    if path in found.known:
        (found.unchanged if isinstance(error, RefusedError) else found.removed).add(path)


def _require_some_of_each(named: Sequence[Path], found: Scan) -> None:
    for start in named:
        require_some(start, found.unchanged | found.found.keys(), found.skipped)


def _changes(found: Scan) -> Changes:
    moved = found.moved
    return Changes(
        new=tuple(sorted(found.found.keys() - found.known.keys() - moved.keys())),
        changed=tuple(sorted(found.found.keys() & found.known.keys())),
        moved=moved,
        removed=tuple(sorted(found.removed - set(moved.values()))),
        unchanged=tuple(sorted(found.unchanged)),
        skipped=tuple(found.skipped),
    )
