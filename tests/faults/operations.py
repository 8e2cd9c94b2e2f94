"""The operations on an index, each with the answers before and after it, and running one while something fails."""

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from askdex.corpus.errors import AskdexError
from askdex.indexer.errors import MissingIndexError
from askdex.indexer.generations.backup import restore, snapshot
from askdex.indexer.generations.publish import roll_back
from askdex.indexer.ingest.remove import remove
from askdex.indexer.models import loading
from askdex.indexer.upkeep.repair import repair
from askdex.server.cli.main import main
from tests.faults.breaking import Fault
from tests.faults.collection import GONE, NEW, OLD, PRUNED, QuickEncoder, Seen, built, seen, unsound, write

_UPDATED, _WORN, _DAMAGED, _MENDED = "updated", "worn", "damaged", "mended"
_SIZE = {"files": 16, "rows": 24}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index is worked on: what is `at_risk` can fail to be written, what is `beside` it cannot."""

    at_risk: Path
    beside: Path

    @property
    def index(self) -> Path:
        return self.at_risk / "index"

    @property
    def kept(self) -> Path:
        """A snapshot that is made."""
        return self.at_risk / "kept.askdex"

    @property
    def documents(self) -> Path:
        return self.beside / "documents"

    def prepared(self, name: str) -> Path:
        return self.beside / "prepared" / name

    @property
    def old_snapshot(self) -> Path:
        """A snapshot that is there."""
        return self.beside / "old.askdex"

    def reset(self, start: str | None) -> None:
        """Bring the index into one of the states that are prepared, or have none."""
        for path in self.at_risk.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if start is not None:
            shutil.copytree(self.prepared(start), self.index)


@dataclass(frozen=True, slots=True)
class Operation:
    """Something done to an index, from one of the prepared states, None for no index, to the answers of another."""

    name: str
    start: str | None
    do: Callable[[Place], object]
    end: str
    makes_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an operation went while something failed: done or refused, and what was wrong, by its kind."""

    outcome: str
    wrong: Mapping[str, str]


def prepare(place: Place) -> dict[str | None, Seen]:
    """Make the states that operations start from. Returns the answers of each."""
    for edition in (PRUNED, OLD, NEW):
        write(place.documents, edition, **_SIZE)
        built(place.prepared(edition), place.documents)
        if edition == OLD:
            snapshot(place.prepared(OLD), place.old_snapshot)
            built(place.prepared(_UPDATED), place.documents)
    built(place.prepared(_UPDATED), place.documents)
    for name in (_WORN, _DAMAGED):
        shutil.copytree(place.prepared(OLD), place.prepared(name))
    _flip(next(place.prepared(_WORN).rglob("vectors.faiss")))
    _flip(place.prepared(_DAMAGED) / "index.sqlite")
    shutil.copytree(place.prepared(_DAMAGED), place.prepared(_MENDED))
    repair(place.prepared(_MENDED), QuickEncoder)
    states: dict[str | None, Seen] = {None: MissingIndexError}
    for name in (OLD, NEW, PRUNED, _UPDATED, _WORN, _DAMAGED, _MENDED):
        # Asking makes search files anew. The prepared states must keep theirs as they are.
        place.reset(name)
        states[name] = seen(place.index)
    return states


def _flip(path: Path) -> None:
    """Turn a bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def attempt(operation: Operation, place: Place, fault: Fault, before: Seen, after: Seen) -> Attempt:
    """Run an operation while something fails, and once more when nothing does."""
    wrong: dict[str, str] = {}
    place.reset(operation.start)
    with fault.armed(place.at_risk):
        error = _refusal(operation, place, wrong)
        meanwhile = seen(place.index) if fault.lasts else None
    _compare(wrong, "wrong answers", meanwhile or seen(place.index), before if error else after, f"after: {error or 'done'}")
    if error is not None:
        again = _refusal(operation, place, wrong)
        if again is not None:
            wrong["not gone on"] = f"{again}, after: {error}"
    if operation.makes_snapshot:
        restore(place.index, place.kept)
    _compare(wrong, "lost", seen(place.index), after, f"at the end, after: {error or 'done'}")
    # An index that is gone is noted as lost already.
    with suppress(AskdexError):
        wrong |= {f"unsound {finding.check}": finding.detail for finding in unsound(place.index)}
    return Attempt("done" if error is None else "refused", wrong)


def _refusal(operation: Operation, place: Place, wrong: dict[str, str]) -> str | None:
    """The error that something ended with; one that no user can mend is noted as a crash."""
    try:
        operation.do(place)
    except (AskdexError, OSError) as error:
        message = str(error)
        if "\n" in message:
            wrong["not one line"] = message
        return message
    except Exception as error:
        wrong["crashes"] = f"{type(error).__name__}: {error}"
        return repr(error)
    return None


def _compare(wrong: dict[str, str], kind: str, actual: Seen, expected: Seen, when: str) -> None:
    if actual != expected:
        wrong[kind] = f"{_named(actual)} for {_named(expected)}, {when}"


def _named(actual: Seen) -> str:
    return actual.__name__ if isinstance(actual, type) else f"{sum(map(len, actual))} answers"


def _build(place: Place) -> None:
    built(place.index, place.documents)


def _build_by_command(place: Place) -> None:
    loading.load_encoder = lambda name, *_, **_options: QuickEncoder(name)
    result = CliRunner().invoke(main, ["index", str(place.documents), "--index", str(place.index)])
    if result.exit_code == 2:
        # Progress is printed before the error.
        raise AskdexError(result.stderr.rpartition("Error: ")[2].strip())
    if result.exception is not None:
        raise result.exception


def _remove(place: Place) -> None:
    remove(place.index, [str(place.documents / GONE)])


def _roll_back(place: Place) -> None:
    roll_back(place.index)


def _snapshot(place: Place) -> None:
    snapshot(place.index, place.kept)


def _restore(place: Place) -> None:
    restore(place.index, place.old_snapshot)


def _repair(place: Place) -> None:
    repair(place.index, QuickEncoder)


OPERATIONS = (
    Operation("first build", None, _build, NEW),
    Operation("update", OLD, _build, NEW),
    Operation("update by command", OLD, _build_by_command, NEW),
    Operation("removal", OLD, _remove, PRUNED),
    Operation("rollback", _UPDATED, _roll_back, OLD),
    Operation("snapshot", OLD, _snapshot, OLD, makes_snapshot=True),
    Operation("restore", NEW, _restore, OLD),
    Operation("repair of search files", _WORN, _repair, OLD),
    Operation("repair of damage", _DAMAGED, _repair, _MENDED),
)
