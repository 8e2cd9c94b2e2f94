"""Two processes that change an index at once: they take turns, or the one that is not to wait is told so."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

from askdex.indexer.errors import BusyIndexError
from askdex.indexer.ingest.update import update
from askdex.indexer.types import State, Vectors
from tests.faults.collection import QuickEncoder, built, seen, unsound, write
from tests.faults.processes import CONTEXT, running
from tests.faults.report import Row, Tally

_ROUNDS = 20
_WHILE_S = 0.2
_EMBEDDING, _BUSY = "embedding", "busy"


def row(share: float, folder: Path) -> Row:
    started = time.monotonic()
    index, places = folder / "index", [folder / name for name in ("one", "two")]
    tally = Tally()
    rounds = max(2, round(_ROUNDS * share))
    with ExitStack() as stack:
        first, second = (stack.enter_context(_ordered(index, place)) for place in places)
        for number in range(rounds):
            _write_both(places, 2 * number)
            _check_turns(tally, f"round {number}", first, second)
            _write_both(places, 2 * number + 1)
            for writing in (first, second):
                writing.send((True, False))
            _check_states(tally, f"round {number}, at once", [_outcome(first), _outcome(second)])
        for writing in (first, second):
            writing.send(None)
    for place in places:
        built(folder / "undisturbed", place)
    if seen(index) != seen(folder / "undisturbed"):
        tally.fail("wrong answers", "at the end", "others than those of an index that one process made")
    for finding in unsound(index):
        tally.fail("unsound", "at the end", finding)
    return tally.row(
        "two writers at once", 2 * rounds, time.monotonic() - started, "not completed", "not refused", "wrong answers"
    )


def _write_both(places: Sequence[Path], number: int) -> None:
    for place in places:
        write(place, f"{place.name} {number}", files=4, rows=8)


def _check_turns(tally: Tally, where: str, first: Connection, second: Connection) -> None:
    """While one writes, the other is refused, or waits if it is to."""
    first.send((False, True))
    if first.recv() != _EMBEDDING:
        tally.fail("not completed", where, "the first had nothing to embed")
        return
    second.send((False, False))
    if (outcome := _outcome(second)) != _BUSY:
        tally.fail("not refused", where, outcome)
    second.send((True, False))
    if second.poll(_WHILE_S):
        tally.fail("not refused", where, f"did not wait: {second.recv()}")
    first.send(None)
    _check_states(tally, where, [_outcome(first), _outcome(second)])


def _check_states(tally: Tally, where: str, outcomes: list[State | str]) -> None:
    """Each has made a generation, one after the other."""
    before, after = sorted(outcome.generation if isinstance(outcome, State) else 0 for outcome in outcomes)
    if not before or after != before + 1:
        tally.fail("not completed", where, outcomes)


def _outcome(writing: Connection) -> State | str:
    while (outcome := cast(State | str, writing.recv())) == _EMBEDDING:
        writing.send(None)
    return outcome


@contextmanager
def _ordered(index: Path, documents: Path) -> Iterator[Connection]:
    """The line to a process that indexes documents when it is told to."""
    ours, theirs = CONTEXT.Pipe()
    with ours, theirs, running(_serve_orders, index, documents, theirs):
        yield ours


class WaitingEncoder(QuickEncoder):
    """Reports that it is about to embed, and waits until it may."""

    def __init__(self, name: str, on_embedding: Callable[[], None]) -> None:
        super().__init__(name)
        self._on_embedding = on_embedding

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        self._on_embedding()
        return super().encode_documents(texts)


def _serve_orders(index: Path, documents: Path, orders: Connection) -> None:
    """Index the documents as often as told, each time with or without waiting for others; None is the end.

    Tells where it has to embed and then waits for a word, and after each order what came of it.
    """

    def on_embedding() -> None:
        orders.send(_EMBEDDING)
        orders.recv()

    while (order := orders.recv()) is not None:
        waits, holds = order
        orders.send(_updated(index, documents, on_embedding if holds else _nothing, waits=waits))


def _nothing() -> None:
    pass


def _updated(index: Path, documents: Path, on_embedding: Callable[[], None], *, waits: bool) -> State | str:
    try:
        return update(index, [documents], load_encoder=lambda name: WaitingEncoder(name, on_embedding), wait=waits).state
    except BusyIndexError:
        return _BUSY
    except Exception as error:
        return repr(error)
