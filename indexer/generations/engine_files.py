"""The engine that belongs to a state of the truth: made, found, verified, made anew where it is missing or damaged."""

import logging
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from askdex.indexer.engine.build import built, extended
from askdex.indexer.engine.embedded import EmbeddedEngine, Tuning
from askdex.indexer.engine.files import EngineWriter, StaleError, Stamp, opened, read_manifest, require
from askdex.indexer.engine.segment import Segment
from askdex.indexer.rights import OWNER_ONLY_FOLDER
from askdex.indexer.store import read
from askdex.indexer.store.folder import DERIVED, UNFINISHED, engine_place, own_files, unfinished_folder
from askdex.indexer.store.states import State, StateView

_log = logging.getLogger(__name__)


def make(view: StateView, before: State | None = None) -> None:
    """Make the engine of a state, which may be that of a transaction not yet committed.

    It is made out of the engine of the state just before it, where that is given and sound. It is made under another name
    and renamed when it is whole, so that no half-made engine is ever found.
    """
    target = place(view)
    target.parent.mkdir(exist_ok=True, mode=OWNER_ONLY_FOLDER)
    unfinished = unfinished_folder(target.parent)
    try:
        if before is None or not _extend(unfinished, view, before):
            _build(unfinished, view)
        if target.exists():
            shutil.rmtree(target)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _build(folder: Path, view: StateView) -> None:
    draft = EngineWriter(folder)
    draft.finish(built(read.entries(view), draft), view.state.token)


def _extend(folder: Path, view: StateView, before: State) -> bool:
    """Make an engine out of that of the state before; False where that one is missing or damaged."""
    try:
        manifest = read_manifest(engine_place(view.folder, before.token), before.token)
        draft = EngineWriter(folder, manifest)
        engine = extended(manifest, read.entries_born(view), read.ids_died(view), draft)
        # What is shared is verified by whoever opens it: to read it here would take the longer the larger the collection is.
        require(engine, _stamp(view))
        draft.finish(engine, view.state.token)
    except StaleError as error:
        _warn(view, error)
        return False
    return True


def _warn(view: StateView, error: StaleError) -> None:
    _log.warning("The search files of the index in %s are made anew (%s).", view.folder, error)


def open_engine(view: StateView, known: Mapping[str, Segment] | None = None) -> EmbeddedEngine:
    """The engine of a state; one that is missing or damaged is made anew, without embedding.

    `known` are segments that are open already, by their names.
    """
    try:
        return opened(place(view), _stamp(view), known)
    except StaleError as error:
        _warn(view, error)
    try:
        make(view)
        return verified(view)
    except (OSError, StaleError):
        # A folder that cannot be written to still answers: what is read once need not stay.
        with tempfile.TemporaryDirectory() as elsewhere:
            _build(Path(elsewhere), view)
            return opened(Path(elsewhere), _stamp(view))


def verified(view: StateView) -> EmbeddedEngine:
    """The engine of a state as it is in the folder. Raises StaleError where it is missing or damaged."""
    return opened(place(view), _stamp(view))


def tuning_of(view: StateView) -> Tuning | None:
    """How the engine of a state is tuned, None where it is missing or damaged; it is not opened."""
    try:
        return read_manifest(place(view), view.state.token).tuning
    except StaleError:
        return None


def clean(folder: Path, keep: set[str]) -> None:
    """Remove the engines of other states than those of these tokens; whoever searches one of them keeps it open.

    And what processes left that were killed, in an index that no other process changes.
    """
    for path in own_files(folder):
        if path.name not in keep and (path.parent.name == DERIVED or path.name.startswith(UNFINISHED)):
            shutil.rmtree(path, ignore_errors=True)


def place(view: StateView) -> Path:
    """The folder of a state's engine."""
    return engine_place(view.folder, view.state.token)


def _stamp(view: StateView) -> Stamp:
    return Stamp(view.state.token, view.state.passages, view.state.vectors)
