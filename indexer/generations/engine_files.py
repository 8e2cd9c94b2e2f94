"""The search files of a generation: made before it is published, verified when opened, made again where missing or damaged."""

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from askdex.indexer.engine.build import built, extended
from askdex.indexer.engine.embedded import EmbeddedEngine, SketchTuning
from askdex.indexer.engine.files import EngineManifest, EngineWriter, StaleError, Stamp, opened, read_manifest, require
from askdex.indexer.engine.segment import DEFAULT_SIZES, Segment, SegmentSizes
from askdex.indexer.rights import OWNER_ONLY_FOLDER
from askdex.indexer.store import read
from askdex.indexer.store.folder import DERIVED, UNFINISHED, damaged, engine_place, own_files, unfinished_folder
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Ids, IndexedPassage, State

_log = logging.getLogger(__name__)


class EngineFolder:
    """The search files beside an index's truth; see Published.

    What is staged lies in a folder named after the state's token. No reader looks for it before the truth names that token, so
    the commit of the truth is what publishes it, and `publish` only takes away what no reader may open any more.
    """

    def __init__(self, folder: Path, sizes: SegmentSizes = DEFAULT_SIZES) -> None:
        self._folder = folder
        self._sizes = sizes

    def stage(self, state: State, added: Iterable[IndexedPassage], removed: Ids, before: State | None) -> None:
        """See Published. Raises StaleError where a file of `before` that is needed is missing or damaged.

        Segments that both states have are shared, and not read: reading them would take longer the larger the collection is.
        Whoever opens the state verifies them.
        """
        with self._unfinished(state) as target:
            if before is None:
                writer = EngineWriter(target)
                writer.finish(built(added, writer, self._sizes), state.token)
                return
            manifest = read_manifest(self.place(before), before.token)
            writer = EngineWriter(target, manifest)
            with _damage_blamed(manifest):
                engine = extended(manifest, added, removed, writer, self._sizes)
                require(engine, _stamp(state))
                writer.finish(engine, state.token)

    def publish(self, states: Collection[State]) -> None:
        """See Published. Whoever still searches a removed engine keeps it open.

        What killed processes left behind goes too: no other process changes this index.
        """
        keep = {state.token for state in states}
        for path in own_files(self._folder):
            if path.name not in keep and (path.parent.name == DERIVED or path.name.startswith(UNFINISHED)):
                shutil.rmtree(path, ignore_errors=True)

    def digests(self, state: State, buckets: int) -> Sequence[bytes]:
        """See Published."""
        ids = opened(self.place(state), _stamp(state)).ids
        return [hashlib.blake2b(ids[ids % buckets == n].tobytes()).digest() for n in range(buckets)]

    def place(self, state: State) -> Path:
        """The folder of a state's search files."""
        return engine_place(self._folder, state.token)

    @contextmanager
    def _unfinished(self, state: State) -> Iterator[Path]:
        """A folder that is moved to its place when it is complete, so that nobody finds half-made files."""
        target = self.place(state)
        target.parent.mkdir(exist_ok=True, mode=OWNER_ONLY_FOLDER)
        unfinished = unfinished_folder(target.parent)
        try:
            yield unfinished
            if target.exists():
                shutil.rmtree(target)
            unfinished.rename(target)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


@contextmanager
def _damage_blamed(manifest: EngineManifest) -> Iterator[None]:
    """Raise StaleError for whatever damaged files cause: nothing can be said of what fails where they are used unread."""
    try:
        yield
    except Exception:
        manifest.verify(manifest.segments)
        raise


def make(view: StateView, before: State | None = None) -> None:
    """Make the search files of a generation, which may be one whose transaction is not committed yet.

    They are made from those of the generation just before it, where that is given and its files are sound.
    """
    files = EngineFolder(view.folder)
    if before is not None:
        try:
            files.stage(view.state, read.added_passages(view), read.removed_ids(view), before)
        except StaleError as error:
            _warn(view, error)
        else:
            return
    files.stage(view.state, read.indexed_passages(view), _NO_IDS, None)


def open_engine(view: StateView, open_segments: Mapping[str, Segment] | None = None) -> EmbeddedEngine:
    """The engine of a generation; files that are missing or damaged are made again, without embedding.

    `open_segments` are those that are open already, by their names.
    """
    try:
        return _opened(view, place(view), open_segments)
    except StaleError as error:
        _warn(view, error)
    try:
        make(view)
        return verified(view)
    except (OSError, StaleError):
        return _opened_unkept(view)


def _opened_unkept(view: StateView) -> EmbeddedEngine:
    """An engine of files that are mapped once and need not stay, for a folder that cannot be written to.

    Raises DamagedIndexError where it does not agree with what the generation says of itself.
    """
    with tempfile.TemporaryDirectory() as temporary:
        writer = EngineWriter(Path(temporary))
        writer.finish(built(read.indexed_passages(view), writer), view.state.token)
        try:
            return _opened(view, Path(temporary))
        except StaleError as error:
            raise damaged(view.folder, str(error)) from error


def verified(view: StateView) -> EmbeddedEngine:
    """The engine of a generation from its files. Raises StaleError where they are missing or damaged."""
    return _opened(view, place(view))


def _opened(view: StateView, folder: Path, open_segments: Mapping[str, Segment] | None = None) -> EmbeddedEngine:
    engine = opened(folder, _stamp(view.state), open_segments)
    if len(engine) and engine.dimension != view.model.dimension:
        raise StaleError("its vectors are of another dimension")
    return engine


def tuning_of(view: StateView) -> SketchTuning | None:
    """How the engine of a generation is tuned, None where its files are missing or damaged; it is not opened."""
    try:
        return read_manifest(place(view), view.state.token).tuning
    except StaleError:
        return None


def place(view: StateView) -> Path:
    """The folder of a generation's search files."""
    return EngineFolder(view.folder).place(view.state)


_NO_IDS = np.empty(0, np.int64)


def _stamp(state: State) -> Stamp:
    return Stamp(state.token, state.passages, state.vectors)


def _warn(view: StateView, error: StaleError) -> None:
    _log.warning("The search files of the index in %s are made anew (%s).", view.folder, error)
