"""What every published side must do: it joins by its place in `PUBLISHED`, and `test_published.py` collects the tests."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from askdex.indexer.engine import files
from askdex.indexer.engine.files import StaleError, Stamp
from askdex.indexer.engine.protocol import Engine, Published, ReadModel
from askdex.indexer.engine.segment import DEFAULT_SIZES, SegmentSizes
from askdex.indexer.errors import GoneGenerationError
from askdex.indexer.generations.engine_files import EngineFolder
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.store.folder import unfinished_folder
from askdex.indexer.types import Ids, IndexedPassage, State
from tests.indexer.engine.suite import THIRD, assert_same, by_terms, by_vector, passage, some, unit
from tests.indexer.generations.read_model.collection import COLLECTION, contents, is_up_to_date
from tests.indexer.postgres.server import reason_to_skip
from tests.stubs import StubEncoder, write_files

BUCKETS = 7
NOBODY = some()


@dataclass(frozen=True, slots=True)
class Implementation:
    """A published side, and what a test must see and do beside it.

    `published` is the published side of the index in a folder, `read_model` its reading side. `engine` is what readers open
    of a state, and raises StaleError where that is not held whole. `names` are those of all that is held, whole or half made.
    `damages` damages what is held for a state in one way after the other: each lasts until the next is asked for.
    `leave_unfinished` leaves behind what a killed process does. `after_staging` has something called whenever a state is
    staged. `publish` brings the read model up to date with an index.
    """

    published: Callable[[Path], Published]
    read_model: Callable[[Path], ReadModel]
    engine: Callable[[Path, State], Engine]
    names: Callable[[Path], set[str]]
    damages: Callable[[Path, State], Iterator[str]]
    leave_unfinished: Callable[[Path], None]
    after_staging: Callable[[pytest.MonkeyPatch, Callable[[], None]], None]
    publish: Callable[[Path], None] = is_up_to_date


def engine_in_folder(folder: Path, state: State) -> Engine:
    return files.opened(EngineFolder(folder).place(state), Stamp(state.token, state.passages, state.vectors))


def names_in_folder(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in (*folder.glob("unfinished-*"), *folder.glob("derived/*"))}


def damages_in_folder(folder: Path, state: State) -> Iterator[str]:
    """Each file of a state missing, a folder, empty, cut in half, or with a byte changed, at several places in turn."""
    for path in sorted(path for path in EngineFolder(folder).place(state).rglob("*") if path.is_file()):
        data = path.read_bytes()
        places = [0, len(data) - 1, *range(5, len(data), 1 + len(data) // 6)]
        changed = {f"byte {n}": data[:n] + bytes([data[n] ^ 0xFF]) + data[n + 1 :] for n in places}
        # Not written to, but replaced: another state may have the file too.
        path.unlink()
        yield f"{path.name}: missing"
        path.mkdir()
        yield f"{path.name}: a folder"
        path.rmdir()
        for way, content in {"empty": b"", "half": data[: len(data) // 2], **changed}.items():
            path.write_bytes(content)
            yield f"{path.name}: {way}"
            path.unlink()
        path.write_bytes(data)


def leave_unfinished_folders(folder: Path) -> None:
    """One of an engine, one of another index."""
    for place in (unfinished_folder(folder / "derived"), unfinished_folder(folder)):
        (place / "half.npy").write_bytes(b"half")


def after_staging_files(patch: pytest.MonkeyPatch, call: Callable[[], None]) -> None:
    stage = EngineFolder.stage

    def staged(self: EngineFolder, state: State, added: Iterable[IndexedPassage], removed: Ids, before: State | None) -> None:
        stage(self, state, added, removed, before)
        call()

    patch.setattr(EngineFolder, "stage", staged)


def in_folder(sizes: SegmentSizes) -> Implementation:
    return Implementation(
        partial(EngineFolder, sizes=sizes),
        Reader,
        engine_in_folder,
        names_in_folder,
        damages_in_folder,
        leave_unfinished_folders,
        after_staging_files,
    )


PUBLISHED = {"folder": in_folder(DEFAULT_SIZES), "folder, shared": in_folder(SegmentSizes(small=8))}
if not reason_to_skip():
    # Here alone: it needs an extra.
    from tests.indexer.postgres import sides

    PUBLISHED["postgres"] = Implementation(
        sides.published_in,
        sides.read_model,
        sides.engine,
        sides.names,
        sides.damages,
        sides.leave_unfinished,
        sides.after_staging,
        sides.publish_folder,
    )
"""With segments that are merged as soon as there are two; and, as in a large collection, with segments that a state shares with
the one before it, though some of their passages were removed since.
"""


@pytest.fixture(params=PUBLISHED.values(), ids=list(PUBLISHED))
def implementation(request: pytest.FixtureRequest) -> Implementation:
    chosen: Implementation = request.param
    return chosen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


@pytest.fixture
def published(implementation: Implementation, folder: Path) -> Published:
    return implementation.published(folder)


def passages(*numbers: int, text: str = "A card") -> list[IndexedPassage]:
    """Passages of these ids, of which every other one has two vectors, and every third passes the filter `THIRD`."""
    return [
        replace(
            passage(number, f"{text} of number {number}", "Guide", unit(1 + number % 2, seed=number)),
            filters=[("all", "1"), *([("part", "third")] if number % 3 == 0 else [])],
        )
        for number in numbers
    ]


def state_of(generation: int, held: Sequence[IndexedPassage]) -> State:
    """A state that holds these passages."""
    vectors = sum(len(passage.vectors) for passage in held)
    return State(generation, f"{generation:016x}", passages=len(held), vectors=vectors)


FIRST = passages(*range(1, 40))
ADDED, REMOVED = passages(*range(100, 106)), some(3, 4, 5, 39)
SECOND = [*(passage for passage in FIRST if passage.id not in REMOVED), *ADDED]


def digests(published: Published, state: State, held: Sequence[IndexedPassage]) -> Sequence[bytes]:
    """The digests of a state in which these passages are staged, and no others."""
    published.stage(state, held, NOBODY, None)
    return published.digests(state, BUCKETS)


def assert_same_engines(one: Engine, other: Engine) -> None:
    """Whether two engines answer the same."""
    assert_same(one.look_up(one.sample(1_000)), other.look_up(other.sample(1_000)))
    words = ("card", "cards of the guide", "new", "number 7", "number 101")
    assert [one.vocabulary.document_frequency((word,)) for word in words] == [
        other.vocabulary.document_frequency((word,)) for word in words
    ]
    assert one.vocabulary.average_length == other.vocabulary.average_length
    for vector, word in zip(unit(5, seed=2), words, strict=True):
        for wanted in ({}, THIRD):
            assert by_vector(one, vector, 9, wanted) == by_vector(other, vector, 9, wanted)
            assert by_terms(one, word, 9, wanted) == by_terms(other, word, 9, wanted)
    vectors = unit(5, seed=3)
    assert one.best_cosines(vectors, THIRD).tolist() == other.best_cosines(vectors, THIRD).tolist()


def assert_holds(
    implementation: Implementation, folder: Path, tmp_path: Path, state: State, held: Sequence[IndexedPassage]
) -> None:
    """A state answers as one does that is staged whole, in another folder."""
    elsewhere = tmp_path / "whole"
    elsewhere.mkdir(exist_ok=True)
    whole = implementation.published(elsewhere)
    expected = digests(whole, state, held)
    assert implementation.published(folder).digests(state, BUCKETS) == expected
    assert_same_engines(implementation.engine(folder, state), implementation.engine(elsewhere, state))


# Staging


def test_a_state_is_staged_whole(implementation: Implementation, published: Published, folder: Path, tmp_path: Path) -> None:
    published.stage(state_of(1, FIRST), FIRST, NOBODY, None)
    assert_holds(implementation, folder, tmp_path, state_of(1, FIRST), FIRST)
    published.stage(state_of(2, []), [], NOBODY, None)
    assert_holds(implementation, folder, tmp_path, state_of(2, []), [])


@pytest.mark.parametrize(
    ("added", "removed"),
    [
        (ADDED, REMOVED),
        (ADDED, NOBODY),
        ([], REMOVED),
        ([], NOBODY),
        ([], some(*range(1, 40))),
        (ADDED, some(*range(1, 40))),
        (passages(3, 5, text="A new card"), some(3, 5)),
    ],
    ids=["both", "added", "removed", "neither", "all removed", "all replaced", "of the same ids"],
)
def test_what_is_staged_upon_another_state_has_exactly_what_was_added_and_removed(
    implementation: Implementation,
    published: Published,
    folder: Path,
    tmp_path: Path,
    added: list[IndexedPassage],
    removed: Ids,
) -> None:
    held = [*(passage for passage in FIRST if passage.id not in removed), *added]
    first, second = state_of(1, FIRST), state_of(2, held)
    published.stage(first, FIRST, NOBODY, None)
    published.stage(second, iter(added), removed, first)
    assert_holds(implementation, folder, tmp_path, second, held)
    assert_holds(implementation, folder, tmp_path, first, FIRST)


def test_what_was_removed_may_come_back(
    implementation: Implementation, published: Published, folder: Path, tmp_path: Path
) -> None:
    """As when a document is changed, and changed back."""
    held, before = FIRST, state_of(1, FIRST)
    published.stage(before, FIRST, NOBODY, None)
    for generation, (added, removed) in enumerate([([], some(3, 4)), (passages(3), NOBODY), (passages(4, 50), some(3))], 2):
        held = [*(passage for passage in held if passage.id not in removed), *added]
        state = state_of(generation, held)
        published.stage(state, added, removed, before)
        published.publish([state, before])
        assert_holds(implementation, folder, tmp_path, state, held)
        before = state


def test_staging_a_state_again_replaces_what_was_staged(
    implementation: Implementation, published: Published, folder: Path, tmp_path: Path
) -> None:
    first = state_of(1, FIRST)
    published.stage(first, FIRST, NOBODY, None)
    names = implementation.names(folder)
    others = passages(*range(201, 240))
    for held in (others, FIRST):
        published.stage(first, held, NOBODY, None)
        assert_holds(implementation, folder, tmp_path, first, held)
    second = state_of(2, SECOND)
    published.stage(second, passages(*range(500, 500 + len(SECOND))), NOBODY, None)
    published.stage(second, ADDED, REMOVED, first)
    assert_holds(implementation, folder, tmp_path, second, SECOND)
    published.publish([first])
    assert implementation.names(folder) == names


def test_what_fails_while_a_state_is_staged_leaves_nothing_behind(
    implementation: Implementation, published: Published, folder: Path
) -> None:
    first, second = state_of(1, FIRST), state_of(2, SECOND)

    def failing(error: type[BaseException]) -> Iterator[IndexedPassage]:
        yield from ADDED[:3]
        raise error("stopped")

    with pytest.raises(IndexError, match="stopped"):
        published.stage(first, failing(IndexError), NOBODY, None)
    assert implementation.names(folder) == set()
    published.stage(first, FIRST, NOBODY, None)
    names, expected = implementation.names(folder), published.digests(first, BUCKETS)
    for before in (None, first):
        for error in (IndexError, ValueError, EOFError, KeyboardInterrupt):
            # It is the error that is told, and not that the state before it was damaged, which it is not.
            with pytest.raises(error, match="stopped"):
                published.stage(second, failing(error), REMOVED, before)
            assert implementation.names(folder) == names
            with pytest.raises(StaleError):
                published.digests(second, BUCKETS)
    # What was staged before of the same state stays.
    with pytest.raises(ValueError, match="stopped"):
        published.stage(first, failing(ValueError), NOBODY, None)
    assert implementation.names(folder) == names
    assert published.digests(first, BUCKETS) == expected


# Stale states


def test_nothing_is_staged_upon_a_state_that_is_not_held(
    implementation: Implementation, published: Published, folder: Path
) -> None:
    first, second = state_of(1, FIRST), state_of(2, SECOND)
    with pytest.raises(StaleError):
        published.stage(second, ADDED, REMOVED, first)
    assert implementation.names(folder) == set()
    published.stage(first, FIRST, NOBODY, None)
    names = implementation.names(folder)
    with pytest.raises(StaleError):
        published.stage(second, ADDED, REMOVED, replace(first, token="f" * 16))
    assert implementation.names(folder) == names


def test_what_does_not_come_to_the_size_of_the_state_is_not_staged(
    implementation: Implementation, published: Published, folder: Path
) -> None:
    first, second = state_of(1, FIRST), state_of(2, SECOND)
    published.stage(first, FIRST, NOBODY, None)
    names = implementation.names(folder)
    for added, removed in ((ADDED, REMOVED[1:]), (ADDED[1:], REMOVED)):
        with pytest.raises(StaleError):
            published.stage(second, added, removed, first)
        assert implementation.names(folder) == names


def test_damage_of_the_state_before_is_found_when_another_is_staged_upon_it_or_opened(
    implementation: Implementation, published: Published, folder: Path, tmp_path: Path
) -> None:
    first, second = state_of(1, FIRST), state_of(2, SECOND)
    published.stage(first, FIRST, NOBODY, None)
    names = implementation.names(folder)
    ways = 0
    for way in implementation.damages(folder, first):
        ways += 1
        with pytest.raises(StaleError):
            published.digests(first, BUCKETS)
        try:
            published.stage(second, ADDED, REMOVED, first)
        except StaleError:
            assert implementation.names(folder) == names, way
        else:
            with pytest.raises(StaleError):
                published.digests(second, BUCKETS)
            with pytest.raises(StaleError):
                implementation.engine(folder, second)
            published.publish([first])
    assert ways > 50
    published.stage(second, SECOND, NOBODY, None)
    assert_holds(implementation, folder, tmp_path, second, SECOND)
    published.stage(second, ADDED, REMOVED, first)
    assert_holds(implementation, folder, tmp_path, second, SECOND)


# Digests


@pytest.mark.parametrize("buckets", [1, 2, 7, 64])
def test_digests_differ_in_the_bucket_of_a_passage_that_differs(published: Published, buckets: int) -> None:
    ids = [*range(1, 30), 2**62 + 5, 2**63 - 1]
    published.stage(state_of(1, passages(*ids)), passages(*ids), NOBODY, None)
    before = published.digests(state_of(1, passages(*ids)), buckets)
    assert len(before) == buckets
    for generation, (gone, new) in enumerate([(7, []), (2**63 - 1, []), (12, [40]), (3, [2**61])], 2):
        held = passages(*(number for number in ids if number != gone), *new)
        published.stage(state_of(generation, held), held[::-1], NOBODY, None)
        after = published.digests(state_of(generation, held), buckets)
        differing = {n for n in range(buckets) if before[n] != after[n]}
        assert differing == {number % buckets for number in (gone, *new)}


def test_there_are_no_digests_of_what_is_not_held(published: Published) -> None:
    with pytest.raises(StaleError):
        published.digests(state_of(1, FIRST), BUCKETS)
    published.stage(state_of(1, FIRST), FIRST, NOBODY, None)
    for other in (state_of(2, FIRST), state_of(1, SECOND), replace(state_of(1, FIRST), vectors=1)):
        with pytest.raises(StaleError):
            published.digests(other, BUCKETS)


# Publishing


def test_only_what_is_published_is_kept(
    implementation: Implementation, published: Published, folder: Path, tmp_path: Path
) -> None:
    states = [state_of(1, FIRST)]
    published.stage(states[0], FIRST, NOBODY, None)
    for generation in (2, 3, 4):
        held = [*FIRST, *passages(*range(100, 100 + generation))]
        states.append(state_of(generation, held))
        published.stage(states[-1], passages(*range(100, 100 + generation)), NOBODY, states[0])
    published.publish(states[1:3])
    for state in (states[0], states[3]):
        with pytest.raises(StaleError):
            published.digests(state, BUCKETS)
    # They stay whole though they share what others had.
    for state in states[1:3]:
        held = [*FIRST, *passages(*range(100, 100 + state.generation))]
        assert_holds(implementation, folder, tmp_path, state, held)
    names = implementation.names(folder)
    published.publish(states[1:3])
    assert implementation.names(folder) == names
    published.publish([])
    assert implementation.names(folder) == set()


def test_what_killed_processes_left_behind_goes(implementation: Implementation, published: Published, folder: Path) -> None:
    first = state_of(1, FIRST)
    published.stage(first, FIRST, NOBODY, None)
    names = implementation.names(folder)
    implementation.leave_unfinished(folder)
    assert implementation.names(folder) > names
    published.publish([first])
    assert implementation.names(folder) == names
    assert len(published.digests(first, BUCKETS)) == BUCKETS


def test_who_searches_what_is_no_longer_published_goes_on(
    implementation: Implementation, published: Published, folder: Path, tmp_path: Path
) -> None:
    first, second = state_of(1, FIRST), state_of(2, SECOND)
    published.stage(first, FIRST, NOBODY, None)
    engine = implementation.engine(folder, first)
    published.stage(second, ADDED, REMOVED, first)
    published.publish([second])
    whole = implementation.published(tmp_path)
    whole.stage(first, FIRST, NOBODY, None)
    assert_same_engines(engine, implementation.engine(tmp_path, first))


def test_what_is_staged_is_opened_by_no_reader_before_it_is_published(
    implementation: Implementation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, docs = tmp_path / "index", tmp_path / "docs"
    write_files(docs, COLLECTION)
    update(index, [docs], load_encoder=lambda _: StubEncoder())
    implementation.publish(index)
    seen: list[int] = []

    def look() -> None:
        """With what was opened before, and anew."""
        with closing(implementation.read_model(index)) as another:
            for model in (reader, another):
                with model.opened() as opened:
                    assert contents(opened) == before
                    seen.append(opened.state.generation)
                assert [state.generation for state in model.held()] == [1]
                with pytest.raises(GoneGenerationError), model.opened(2):
                    pass

    with closing(implementation.read_model(index)) as reader:
        with reader.opened() as opened:
            before = contents(opened)
        implementation.after_staging(monkeypatch, look)
        write_files(docs, {"pension.md": "# Pension\n\nA pension begins at seventy."})
        state = update(index, [docs], load_encoder=lambda _: StubEncoder()).state
        implementation.publish(index)
        assert seen == [1, 1]
        with reader.opened() as opened:
            assert opened.state == state
            assert contents(opened)[1:] != before[1:]
