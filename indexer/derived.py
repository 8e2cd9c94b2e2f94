"""The engine that belongs to a state of the truth: made, found, verified, made anew where it is missing or damaged."""

import logging
import shutil
import tempfile
from pathlib import Path

from indexer import catalogue, receipt
from indexer.embedded import EmbeddedEngine, StaleError, Stamp, build
from indexer.engine import Engine
from indexer.states import View
from indexer.store import DERIVED, UNFINISHED

_log = logging.getLogger(__name__)


def make(view: View) -> None:
    """Make the engine of a state, which may be that of a transaction not yet committed.

    It is made under another name and renamed when it is whole, so that no half-made engine is ever found.
    """
    target = place(view)
    target.parent.mkdir(exist_ok=True, mode=0o700)
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=target.parent))
    try:
        build(unfinished, catalogue.entries(view), view.model.dimension, view.state.token)
        if target.exists():
            shutil.rmtree(target)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def open_engine(view: View) -> Engine:
    """The engine of a state; one that is missing or damaged is made anew, without embedding."""
    try:
        return verified(view)
    except StaleError as error:
        _log.warning("The search files of the index in %s are made anew (%s).", view.folder, error)
    try:
        make(view)
        return verified(view)
    except OSError:
        # A folder that cannot be written to still answers: what is read once need not stay.
        with tempfile.TemporaryDirectory() as elsewhere:
            build(Path(elsewhere), catalogue.entries(view), view.model.dimension, view.state.token)
            return EmbeddedEngine(Path(elsewhere), _stamp(view))


def verified(view: View) -> EmbeddedEngine:
    """The engine of a state as it is in the folder. Raises StaleError where it is missing or damaged."""
    return EmbeddedEngine(place(view), _stamp(view))


def clean(folder: Path, keep: set[str]) -> None:
    """Remove the engines of other states than those of these tokens; whoever searches one of them keeps it open.

    And what processes left that were killed, in an index that no other process changes.
    """
    for path in (*(folder / DERIVED).glob("*"), *folder.glob(f"{UNFINISHED}*")):
        if path.name not in keep:
            shutil.rmtree(path, ignore_errors=True)
    for path in folder.glob(f"{receipt.FILE}-*"):
        path.unlink(missing_ok=True)


def place(view: View) -> Path:
    """The folder of a state's engine."""
    return view.folder / DERIVED / view.state.token


def _stamp(view: View) -> Stamp:
    return Stamp(view.state.token, view.state.passages, view.state.vectors)
