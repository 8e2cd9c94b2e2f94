"""Processes killed while they change an index, at every step and at random moments: nothing that was reported done is lost."""

import math
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from askdex.indexer.errors import DamagedIndexError, DocumentsError, GoneGenerationError, MissingIndexError, SnapshotError
from askdex.indexer.generations import backup
from askdex.indexer.generations.publish import roll_back
from askdex.indexer.generations.reader import viewed
from askdex.indexer.ingest import remove
from askdex.indexer.ingest.update import Changes, update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import database, sqlite, states
from askdex.indexer.store.folder import DERIVED, FILE, UNFINISHED_RECEIPT, has_log
from askdex.indexer.upkeep import repair
from tests.faults import child, collection, quick
from tests.faults.collection import NEW, OLD, OLDEST, PRUNED, Answers, QuickEncoder, Seen
from tests.faults.report import Row, Tally
from tests.stubs import PATIENCE_S

KILLS = 300
_LEAST_AT_RANDOM = 8
_ALL, _SOME = {"files": 56, "rows": 160}, {"files": 16, "rows": 32}
"""The documents of the full programme, and of a share of it: enough to be embedded in several steps."""

# Errors of an operation that cannot be done twice.
_REFUSALS = (DocumentsError, GoneGenerationError, SnapshotError)


@dataclass(frozen=True, slots=True)
class Place:
    """Where it happens, and what an index built at once from each edition of the documents answers.

    `documents` are in the newest edition; the index in `kept` has come from the oldest edition to the old one, and so has
    that in `logged`, which has the old one in its log alone; `snapshot` is of an index of the newest; `target` is a snapshot
    that is to be made.
    """

    folder: Path
    documents: Path
    index: Path
    kept: Path
    logged: Path
    snapshot: Path
    target: Path
    answers: dict[str, Answers] = field(default_factory=dict)

    def clear(self) -> None:
        shutil.rmtree(self.index, ignore_errors=True)
        self.target.unlink(missing_ok=True)

    def leftovers(self) -> list[str]:
        """What is in the index's folder and belongs to no generation."""
        with viewed(self.index) as view:
            tokens = {state.token for state in states.all_states(view.connection)}
        patterns = ("unfinished-*", UNFINISHED_RECEIPT, f"{DERIVED}/*")
        paths = [path for pattern in patterns for path in self.index.glob(pattern) if path.name not in tokens]
        return [str(path.relative_to(self.index)) for path in paths]

    def described(self, seen: object) -> str:
        names = [name for name, answers in self.answers.items() if answers == seen]
        return str([self.described(part) for part in seen]) if isinstance(seen, list) else " ".join(names) or repr(seen)[:200]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something done to an index: how that is made ready, what is done, how to look at it, what may be seen before and after.

    `mended` is what doctor may find wrong as long as it is not reported done.
    """

    name: str
    prepare: Callable[[], object]
    operation: Callable[[], object]
    look: Callable[[], object]
    before: tuple[object, ...]
    after: object
    mended: frozenset[str] = frozenset()


def rows(share: float, folder: Path) -> Iterator[Row]:
    place = _prepared(folder, _ALL if share == 1 else _SOME)
    scenarios = _scenarios(place)
    for scenario in scenarios:
        yield _row(place, scenario, share, math.ceil(KILLS / len(scenarios)))


def _prepared(folder: Path, size: Mapping[str, int]) -> Place:
    names = ("documents", "index", "kept", "logged", "new.askdex", "made.askdex")
    documents, index, kept, logged, new_snapshot, target = (folder / name for name in names)
    place = Place(folder, documents, index, kept, logged, new_snapshot, target)
    for edition in (PRUNED, OLDEST, OLD, NEW):
        collection.write(place.documents, edition, **size)
        collection.built(folder / edition, place.documents)
        place.answers[edition] = collection.answers(folder / edition)
        if edition in (OLDEST, OLD):
            collection.built(place.kept, place.documents)
        if edition == OLD:
            _log(place)
    backup.snapshot(folder / NEW, place.snapshot)
    return place


def _log(place: Place) -> None:
    """Bring an index from the oldest edition to the old one, while a reader keeps its log from being emptied."""
    shutil.copytree(place.folder / OLDEST, place.logged)
    with closing(database.open_for_reading(place.logged)) as connection, states.reading(connection):
        collection.built(place.logged, place.documents)
    if not has_log(place.logged):
        raise RuntimeError("The log is empty: nothing would be tried.")


def _scenarios(place: Place) -> list[Scenario]:
    index, answers = place.index, place.answers
    old, new = answers[OLD], answers[NEW]
    look = partial(collection.seen, index)
    take_kept, take_fresh = (partial(shutil.copytree, source, index) for source in (place.kept, place.folder / OLD))
    changing = partial(update, index, [place.documents], load_encoder=QuickEncoder)
    checked = partial(changing, check=_check)
    removing = partial(remove.remove, index, [str(place.documents / collection.GONE)])
    restoring = partial(backup.restore, index, place.snapshot)
    mending = partial(repair.repair, index, QuickEncoder)
    search_files = frozenset({"search files"})
    unread = frozenset({"pages", "references", "vectors", "model"})
    return [
        Scenario("first build", place.clear, changing, look, (MissingIndexError,), new),
        Scenario("update", take_kept, changing, look, (old,), new),
        Scenario("update that is checked", take_kept, checked, look, (old,), new),
        Scenario("removal", take_kept, removing, look, (old,), answers[PRUNED]),
        Scenario(
            "rebuild by opening", partial(_bare, take_fresh, index), partial(_open, index), look, (old,), old, search_files
        ),
        Scenario("rebuild by repair", partial(_bare, take_kept, index), mending, look, (old,), old, search_files),
        Scenario("rollback", take_kept, partial(roll_back, index), look, (old,), answers[OLDEST]),
        Scenario(
            "snapshot",
            take_kept,
            partial(backup.snapshot, index, place.target),
            partial(_look_at_both, place),
            ([MissingIndexError, old, True],),
            [old, old, True],
        ),
        Scenario("restore", take_kept, restoring, look, (old,), new),
        Scenario("restore over a log", partial(shutil.copytree, place.logged, index), restoring, look, (old,), new),
        Scenario("repair", partial(_damaged, take_kept, index), mending, look, (DamagedIndexError, old), old, unread),
    ]


def _check(searcher: Searcher, _changes: Changes) -> None:
    for query in islice(collection.questions(), 3):
        searcher.search(query)


def _bare(prepare: Callable[[], object], index: Path) -> None:
    prepare()
    shutil.rmtree(index / DERIVED)


def _open(index: Path) -> None:
    open_searcher(index, QuickEncoder).close()


def _look_at_both(place: Place) -> list[Seen | bool]:
    """What the snapshot answers, what the index answers, and whether the index is as it was."""
    restored = place.folder / "restored"
    shutil.rmtree(restored, ignore_errors=True)
    if place.target.exists():
        backup.restore(restored, place.target)
    is_as_it_was = (place.index / FILE).read_bytes() == (place.kept / FILE).read_bytes()
    return [collection.seen(restored), collection.seen(place.index), is_as_it_was]


def _damaged(prepare: Callable[[], object], index: Path) -> None:
    """A vector is damaged, which can be made again: nothing is lost."""
    prepare()
    with viewed(index) as view:
        vector = sqlite.first_row(view.connection, "SELECT vector FROM vectors ORDER BY key LIMIT 1")[0]
    content = bytearray((index / FILE).read_bytes())
    content[content.index(vector)] ^= 1
    (index / FILE).write_bytes(content)


def _row(place: Place, scenario: Scenario, share: float, kills: int) -> Row:
    started = time.monotonic()
    tally, chances = Tally(), random.Random(scenario.name)
    whole = _kill(place, scenario, "killed when it had reported done", tally)
    steps = whole.steps or ()
    numbers = sorted(chances.sample(range(len(steps)), math.ceil(share * len(steps))))
    for number in numbers:
        _kill(place, scenario, f"killed at step {number}, {steps[number]}", tally, last=number)
    moments = [chances.uniform(0, 1.05 * whole.seconds) for _ in range(max(_LEAST_AT_RANDOM, kills - 1 - len(steps)))]
    moments = moments[: math.ceil(share * len(moments))]
    for moment in moments:
        _kill(place, scenario, f"killed after {moment:.4f} s", tally, after=moment)
    tries = 1 + len(numbers) + len(moments)
    seconds = time.monotonic() - started
    return tally.row(f"killed during {scenario.name}", tries, seconds, "losses", "unsound", "before", "after")


def _kill(
    place: Place, scenario: Scenario, where: str, tally: Tally, *, last: int | None = None, after: float = PATIENCE_S
) -> child.ProcessRun:
    """Do it in a process that is killed, look at what that left, do it to its end, and look again."""
    place.clear()
    scenario.prepare()
    process_run = child.run(quick.quickly(scenario.operation), last=last, after=after)
    if not process_run.is_killed:
        tally.fail("crashes", where, f"exit code {process_run.exit_code}")
    with tally.catching(where):
        _judge(place, scenario, where, tally, is_done=process_run.steps is not None)
    with tally.catching(f"{where}, then finished"):
        _finish(place, scenario, f"{where}, then finished", tally)
    return process_run


def _judge(place: Place, scenario: Scenario, where: str, tally: Tally, *, is_done: bool) -> None:
    _require_sound(place.index, where, tally, but_for=frozenset() if is_done else scenario.mended)
    seen = scenario.look()
    if seen == scenario.after:
        tally.counts["after"] += 1
    elif seen in scenario.before and not is_done:
        tally.counts["before"] += 1
    else:
        tally.fail("losses", where, f"{place.described(seen)}{' though done' if is_done else ''}")


def _finish(place: Place, scenario: Scenario, where: str, tally: Tally) -> None:
    with suppress(*_REFUSALS):
        scenario.operation()
    _require_sound(place.index, where, tally)
    seen = scenario.look()
    if seen != scenario.after:
        tally.fail("not finished", where, place.described(seen))
    if place.leftovers():
        # The next change clears them.
        remove.remove(place.index, [str(place.documents / collection.KEPT)])
        if leftovers := place.leftovers():
            tally.fail("leftovers", f"{where}, then changed", ", ".join(leftovers))


def _require_sound(index: Path, where: str, tally: Tally, but_for: frozenset[str] = frozenset()) -> None:
    with suppress(MissingIndexError):
        for finding in collection.unsound(index):
            if finding.check not in but_for:
                tally.fail("unsound", where, f"{finding.check}: {finding.detail}")
