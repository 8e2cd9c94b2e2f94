"""What every read model must do: it joins by its place in `READ_MODELS`, and `test_read_models.py` collects the tests."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askdex.corpus.types import Kind
from askdex.indexer.engine.postings import END
from askdex.indexer.engine.protocol import Ask, Found, Opened, ReadModel
from askdex.indexer.engine.question import weighed
from askdex.indexer.errors import GoneGenerationError, NotFoundError, RequestError
from askdex.indexer.generations import engine_files
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import update
from askdex.indexer.types import Filter, State, StoredPassage, Vectors
from tests.indexer.collection import PAGES
from tests.stubs import PATIENCE_S, StubEncoder, wait_for, write_files

COLLECTION = PAGES | {
    "Fees.md": """---
topic: Money
edition: 2
free: true
tags: [Work, Travel]
---
# Fees

## What does a card cost?

A card costs nine. Who pays twice?

- Bring a photo.
- Bring the form.

| Card | Days |
|------|------|
| Blue | Two  |
| Red  | Nine |
""",
    "sub/deep/rente.md": "---\nlanguage: de\ntopic: Pension\n---\n# Rente\n\n## Wann beginnt die Rente?\n\nMit sechzig.",
    "ämter.md": "---\nlanguage: de\nedition: 10\n---\n# Ämter\n\nDas Amt hat offen.",
}
"""Two languages, metadata of every type, a uri in upper case and one outside of ASCII, items and rows."""

QUESTIONS = ["What does a card cost?", "Wann beginnt die Rente?"]
EVERYTHING = 1_000
"""More passages or documents than the collection has."""


@dataclass(frozen=True, slots=True)
class Implementation:
    """A read model: how the index in a folder is opened, and how a test calls something whenever a generation is opened.

    What is called may wait; until it returns, the generation is not at hand.
    """

    open: Callable[[Path], ReadModel]
    before_opening: Callable[[pytest.MonkeyPatch, Callable[[], object]], None]


def before_opening_files(patch: pytest.MonkeyPatch, call: Callable[[], object]) -> None:
    """Have something called before search files are opened."""
    open_engine = engine_files.open_engine

    def opened(*arguments: Any) -> object:  # noqa: ANN401
        call()
        return open_engine(*arguments)

    patch.setattr(engine_files, "open_engine", opened)


READ_MODELS = {"folder": Implementation(Reader, before_opening_files)}


class Collection:
    """Documents, and an index that is brought up to date with them."""

    def __init__(self, folder: Path) -> None:
        self.index = folder / "index"
        self.docs = folder / "docs"

    def commit(self, removed: Sequence[str] = (), **changed: str) -> State:
        """The next generation: without some files, with others new or changed, given by their names without the suffix."""
        for name in removed:
            (self.docs / name).unlink()
        write_files(self.docs, {f"{name}.md": text for name, text in changed.items()})
        return update(self.index, [self.docs], load_encoder=lambda _: StubEncoder()).state


@pytest.fixture(params=READ_MODELS.values(), ids=list(READ_MODELS))
def implementation(request: pytest.FixtureRequest) -> Implementation:
    chosen: Implementation = request.param
    return chosen


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """The collection at its first generation."""
    made = Collection(tmp_path)
    write_files(made.docs, COLLECTION)
    made.commit()
    return made


@pytest.fixture
def model(implementation: Implementation, collection: Collection) -> Iterator[ReadModel]:
    """A read model of the collection."""
    with closing(implementation.open(collection.index)) as opened:
        yield opened


@pytest.fixture(scope="module", params=READ_MODELS.values(), ids=list(READ_MODELS))
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The first generation, for tests that change nothing."""
    made = Collection(tmp_path_factory.mktemp("collection"))
    write_files(made.docs, COLLECTION)
    made.commit()
    with closing(request.param.open(made.index)) as model, model.opened() as generation:
        yield generation


def vector_of(*texts: str) -> Vectors:
    return StubEncoder().encode_questions(texts)


def ask(opened: Opened, question: str, limit: int = EVERYTHING, wanted: Filter | None = None) -> Found:
    """The candidates of both rankers."""
    terms = weighed(question, opened.vocabulary).terms
    return opened.candidates(Ask(vector_of(question)[0], terms, limit, wanted or {}))


def all_passages(opened: Opened) -> dict[int, StoredPassage]:
    """All passages by the ids that the engine has for them."""
    ids = opened.sample(EVERYTHING).tolist()
    return dict(zip(ids, opened.passages(ids), strict=True))


def passage_ids(opened: Opened, uri: str) -> list[int]:
    """The ids of a document's passages, in the order of its text."""
    passages = [(passage.ordinal, number) for number, passage in all_passages(opened).items() if passage.document.uri == uri]
    return [number for _, number in sorted(passages)]


def document_id(opened: Opened, uri: str) -> str:
    (document,) = [document for document in opened.documents(EVERYTHING, 0) if document.uri == uri]
    return document.id


def in_lists(found: Found) -> list[object]:
    """What was found, so that it can be compared."""
    arrays = (found.ids, found.places, found.vectors, found.vector_ends, found.terms, found.term_ends)
    return [array.tolist() for array in arrays]


def contents(opened: Opened) -> list[object]:
    """All that a generation can be asked, to compare it with itself later."""
    ids = opened.sample(EVERYTHING).tolist()
    documents = opened.documents(EVERYTHING, 0)
    vocabulary = opened.vocabulary
    return [
        (opened.state, opened.model, opened.calibration),
        (vocabulary.passage_count, vocabulary.average_length, vocabulary.spellings("cart", 1)),
        [vocabulary.document_frequency((term,)) for term in ("card", "pension", "new")],
        (ids, opened.passages(ids), [list(units) for units in opened.units(ids)]),
        (documents, [opened.document(document.id) for document in documents]),
        (opened.filter_keys(EVERYTHING), opened.languages(), opened.example_questions(EVERYTHING)),
        [in_lists(ask(opened, question)) for question in ("lost card", "new pension", *QUESTIONS)],
        in_lists(opened.look_up(opened.sample(EVERYTHING))),
        opened.best_cosines(vector_of(*QUESTIONS), {}).tolist(),
    ]


def assert_consistent(opened: Opened) -> None:
    """What the truth holds and what the engine holds are the same generation."""
    state, passages = opened.state, all_passages(opened)
    assert len(passages) == state.passages == opened.vocabulary.passage_count
    assert len(opened.documents(EVERYTHING, 0)) == state.documents == sum(opened.languages().values())
    found = ask(opened, "card")
    assert found.ids.tolist() == sorted(passages)
    assert len(found.vectors) == state.vectors


# Generations


def test_the_generations_that_are_held_come_newest_first(model: ReadModel, collection: Collection) -> None:
    first = collection.commit(new="# New\n\nSomething new.")
    second = collection.commit(removed=["new.md"])
    assert [state.generation for state in model.held()] == [3, 2]
    assert model.held() == [second, first]
    for state in model.held():
        with model.opened(state.generation) as opened:
            assert opened.state == state


def test_the_newest_generation_is_opened_where_none_is_named(model: ReadModel, collection: Collection) -> None:
    for generation in (1, 2, 3):
        with model.opened() as opened:
            assert opened.state.generation == generation
            assert_consistent(opened)
        collection.commit(new=f"# New\n\nThis is number {generation}.")


def test_an_earlier_generation_is_opened_as_long_as_it_is_held(model: ReadModel, collection: Collection) -> None:
    with model.opened() as opened:
        before = contents(opened)
    collection.commit(new="# New\n\nA new card.", removed=["pension.md"])
    with model.opened(1) as opened:
        # The calibration is the collection's, and goes with the newest generation.
        assert contents(opened)[1:] == before[1:]
        assert opened.state.generation == 1
        assert_consistent(opened)
    with model.opened(2) as opened:
        assert contents(opened)[1:] != before[1:]
    collection.commit(new="# New\n\nA newer card.")
    for gone in (-1, 0, 1, 4):
        with pytest.raises(GoneGenerationError, match="it is at 3"), model.opened(gone):
            pass


def test_an_opened_generation_stays_as_it_is_while_others_are_committed(model: ReadModel, collection: Collection) -> None:
    # The second is asked nothing before, so that it can remember nothing.
    with model.opened() as first, model.opened() as second:
        before = contents(first)
        for number in (1, 2, 3):
            collection.commit(**{f"new-{number}-{n}": f"# New {n}\n\nA new card {number}." for n in range(5)})
        collection.commit(removed=["pension.md", "Fees.md"])
        assert contents(first) == contents(second) == before
    with model.opened() as opened:
        assert opened.state.generation == 5
        assert opened.calibration != first.calibration
        assert_consistent(opened)
        assert opened.vocabulary.document_frequency(("new",)) == 15


def test_what_fails_in_a_block_keeps_no_generation_from_being_opened(model: ReadModel, collection: Collection) -> None:
    for generation in (1, 2, 3):
        with pytest.raises(ZeroDivisionError), model.opened():
            raise ZeroDivisionError
        with pytest.raises(RequestError), model.opened() as opened:
            ask(opened, "card", wanted={"unknown": 1})
        with model.opened() as opened:
            assert opened.state.generation == generation
        collection.commit(new=f"# New\n\nThis is number {generation}.")


def test_an_index_from_which_all_is_taken_holds_nothing(model: ReadModel, collection: Collection) -> None:
    remove(collection.index, [str(collection.docs)])
    with model.opened() as opened:
        assert (opened.state.generation, opened.state.passages) == (2, 0)
        assert_consistent(opened)
        assert opened.best_cosines(vector_of("card", "pension"), {}).tolist() == [-1, -1]
        assert opened.vocabulary.document_frequency(("card",)) == 0
        assert (opened.documents(EVERYTHING, 0), opened.languages(), opened.example_questions(EVERYTHING)) == ([], {}, [])
        assert opened.filter_keys(EVERYTHING) == ["document", "language"]
        with pytest.raises(RequestError):
            ask(opened, "card", wanted={"topic": "Money"})
        assert len(ask(opened, "card", wanted={"language": "de"})) == 0
    with model.opened(1) as opened:
        assert_consistent(opened)


# What is read


def test_passages_come_in_the_order_that_is_asked(opened: Opened) -> None:
    passages = all_passages(opened)
    assert len(passages) > 5
    ids = [*sorted(passages, reverse=True), *passages]
    assert opened.passages(ids) == [passages[number] for number in ids]
    assert opened.passages([]) == []


def test_a_passage_is_a_span_of_its_document(opened: Opened) -> None:
    for passage in all_passages(opened).values():
        document = opened.document(passage.document.id)
        assert document.summary == passage.document
        assert document.text[passage.start : passage.end] == passage.text
        assert passage.ordinal < document.passages


def test_passages_and_documents_are_known_by_their_public_ids(opened: Opened) -> None:
    passages = all_passages(opened).values()
    assert len({passage.id for passage in passages}) == len(passages)
    assert [opened.passage(passage.id) for passage in passages] == list(passages)
    for document in opened.documents(EVERYTHING, 0):
        assert opened.document(document.id).summary == document


@pytest.mark.parametrize(
    "form", ["", "-", "-0", "{}", "{}-", "{}-99", "{}--1", "{}-x", "{}-²", "{}-9999999999999999999999", "x-0"]
)
def test_no_passage_has_another_id(opened: Opened, form: str) -> None:
    with pytest.raises(NotFoundError):
        opened.passage(form.format(document_id(opened, "pension.md")))


@pytest.mark.parametrize("form", ["", "{}-0", "{}x", "%", "' OR 1 = 1 --", "pension.md"])
def test_no_document_has_another_id(opened: Opened, form: str) -> None:
    with pytest.raises(NotFoundError):
        opened.document(form.format(document_id(opened, "pension.md")))


def test_what_only_another_generation_holds_is_not_found(model: ReadModel, collection: Collection) -> None:
    with model.opened() as opened:
        old = document_id(opened, "pension.md")
    collection.commit(removed=["pension.md"], new="# New\n\nSomething new.")
    with model.opened() as opened:
        new = document_id(opened, "new.md")
    for generation, held, other in ((1, old, new), (2, new, old)):
        with model.opened(generation) as opened:
            assert opened.document(held).summary.id == opened.passage(f"{held}-0").document.id == held
            with pytest.raises(NotFoundError):
                opened.document(other)
            with pytest.raises(NotFoundError):
                opened.passage(f"{other}-0")


def test_documents_are_paged_through_by_their_uris(opened: Opened) -> None:
    uris = [document.uri for document in opened.documents(EVERYTHING, 0)]
    # By code points: no two languages agree on another order.
    assert uris == sorted(COLLECTION)
    pages = [opened.documents(2, offset) for offset in range(0, len(uris) + 2, 2)]
    assert [document.uri for page in pages for document in page] == uris
    assert list(map(len, pages)) == [2, 2, 2, 0]


def test_documents_come_with_what_is_known_of_them(opened: Opened) -> None:
    fees = opened.document(document_id(opened, "Fees.md"))
    assert (fees.summary.title, fees.summary.uri) == ("Fees", "Fees.md")
    metadata = {"format": "markdown", "topic": "Money", "edition": 2, "free": True, "tags": ["Work", "Travel"]}
    dates = {"updated": fees.summary.metadata["updated"], "updated_from": "file"}
    assert fees.summary.metadata == metadata | dates
    assert fees.passages == len(passage_ids(opened, "Fees.md"))
    assert [fees.text[block.start : block.end] for block in fees.blocks if block.kind is Kind.ITEM] == [
        "Bring a photo.",
        "Bring the form.",
    ]


def test_units_are_the_sentences_items_and_rows_of_a_passage(opened: Opened) -> None:
    ids = passage_ids(opened, "Fees.md")
    parts = [
        (unit.kind, passage.text[unit.start : unit.end], unit.names_columns)
        for passage, units in zip(opened.passages(ids), opened.units(ids), strict=True)
        for unit in units
    ]
    assert parts == [
        (Kind.PARAGRAPH, "A card costs nine.", False),
        (Kind.PARAGRAPH, "Who pays twice?", False),
        (Kind.ITEM, "Bring a photo.", False),
        (Kind.ITEM, "Bring the form.", False),
        (Kind.ROW, "Card | Days", True),
        (Kind.ROW, "Blue | Two", False),
        (Kind.ROW, "Red | Nine", False),
    ]


def test_units_come_in_the_order_that_is_asked(opened: Opened) -> None:
    ids = opened.sample(EVERYTHING).tolist()
    units = dict(zip(ids, map(list, opened.units(ids)), strict=True))
    mixed = [*ids[::-2], *ids]
    assert [list(found) for found in opened.units(mixed)] == [units[number] for number in mixed]
    assert opened.units([]) == []


def test_units_are_right_after_a_document_has_changed(model: ReadModel, collection: Collection) -> None:
    def sentences(generation: int) -> list[str]:
        with model.opened(generation) as opened:
            ids = passage_ids(opened, "pension.md")
            pairs = zip(opened.passages(ids), opened.units(ids), strict=True)
            return [passage.text[unit.start : unit.end] for passage, units in pairs for unit in units]

    before = ["A pension begins at sixty."]
    after = ["It was sixty.", "A pension begins at seventy."]
    assert sentences(1) == before
    collection.commit(pension=f"# Pension\n\n{' '.join(after)}")
    assert [sentences(generation) for generation in (2, 1, 2)] == [after, before, after]
    # The file as it was at first comes back under its name, in a generation of its own.
    collection.commit(pension=PAGES["pension.md"])
    assert [sentences(generation) for generation in (2, 3)] == [after, before]


def test_languages_come_with_the_number_of_their_documents(model: ReadModel, collection: Collection) -> None:
    with model.opened() as opened:
        languages = opened.languages()
        assert (languages["de"], sum(languages.values())) == (2, len(COLLECTION))
        assert list(languages.values()) == sorted(languages.values(), reverse=True)
    collection.commit(**{f"de-{n}": f"---\nlanguage: de\n---\n# Amt {n}\n\nDas Amt {n}." for n in range(5)})
    with model.opened() as opened:
        assert next(iter(opened.languages().items())) == ("de", 7)


def test_example_questions_are_those_that_documents_answer(opened: Opened) -> None:
    assert sorted(opened.example_questions(EVERYTHING)) == sorted(QUESTIONS)
    assert len(opened.example_questions(1)) == 1
    assert opened.example_questions(0) == []
    assert opened.example_questions(1) == opened.example_questions(EVERYTHING)[:1]


def test_what_is_left_out_is_known(model: ReadModel, collection: Collection) -> None:
    with model.opened() as opened:
        assert (opened.left_out(EVERYTHING, 0), opened.number_left_out()) == ([], 0)
    collection.commit(none=" ", nothing=" ")
    with model.opened() as opened:
        uris = [file.uri for file in opened.left_out(EVERYTHING, 0)]
        assert opened.number_left_out() == len(uris) == 2
        assert [file.uri for file in opened.left_out(1, 1)] == uris[1:]
        assert {file.reason for file in opened.left_out(2, 0)} == {"empty"}


def test_what_is_sampled_can_be_looked_up(opened: Opened) -> None:
    every = opened.sample(EVERYTHING)
    assert len(every) == opened.state.passages
    for number in (0, 1, 3, EVERYTHING):
        sample = opened.sample(number)
        assert len(sample) == min(number, len(every))
        assert (np.diff(sample) > 0).all()
        assert set(sample.tolist()) <= set(every.tolist())
        found = opened.look_up(sample)
        assert found.ids.tolist() == sample.tolist()
        assert (np.diff(found.vector_ends) > 0).all()
        assert (found.terms[found.term_ends[1:] - 1] == END).all()
        assert len(opened.passages(sample.tolist())) == len(found)


def test_candidates_are_of_both_rankers_up_to_the_limit_of_each(opened: Opened) -> None:
    question = "What does a card cost?"
    terms = weighed(question, opened.vocabulary).terms
    by_vector = opened.candidates(Ask(vector_of(question)[0], limit=2)).ids.tolist()
    by_terms = opened.candidates(Ask(terms=terms, limit=2)).ids.tolist()
    assert len(by_vector) == len(by_terms) == 2
    assert ask(opened, question, limit=2).ids.tolist() == sorted({*by_vector, *by_terms})
    assert len(opened.candidates(Ask())) == 0


# Filters


def test_the_keys_of_a_filter_begin_with_the_fixed_ones(opened: Opened) -> None:
    names = ["edition", "folder", "format", "free", "tags", "topic", "updated", "updated_from"]
    assert opened.filter_keys(EVERYTHING) == ["document", "language", *names]
    assert opened.filter_keys(2) == ["document", "language", *names[:2]]
    assert opened.filter_keys(0) == ["document", "language"]


def test_a_filter_key_that_no_document_has_is_an_error(model: ReadModel, collection: Collection) -> None:
    with model.opened() as opened:
        for wanted in ({"unknown": 1}, {"language": "de", "Topic": "Money"}):
            with pytest.raises(
                RequestError, match=r"No document has the filter key \w+: use one of document, language, edition"
            ):
                ask(opened, "card", wanted=wanted)
            with pytest.raises(RequestError, match="No document has the filter key"):
                opened.best_cosines(vector_of("card"), wanted)
    collection.commit(removed=["Fees.md"])
    for generation, is_known in ((1, True), (2, False)):
        with model.opened(generation) as opened:
            assert ("free" in opened.filter_keys(EVERYTHING)) is is_known
            if is_known:
                assert len(ask(opened, "card", wanted={"free": True}))
            else:
                with pytest.raises(RequestError):
                    ask(opened, "card", wanted={"free": True})


@pytest.mark.parametrize("wanted", [{"document": "none"}, {"language": "xx"}, {"topic": ["none", 3]}, {"topic": []}])
def test_a_value_that_no_document_has_lets_nothing_through(opened: Opened, wanted: Filter) -> None:
    assert len(ask(opened, "card", wanted=wanted)) == 0
    assert opened.best_cosines(vector_of("card", "pension"), wanted).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("wanted", "uris"),
    [
        ({"language": "de"}, ["sub/deep/rente.md", "ämter.md"]),
        ({"language": "DE"}, ["sub/deep/rente.md", "ämter.md"]),
        ({"document": "cards.md"}, ["cards.md"]),
        ({"document": "fees.MD"}, ["Fees.md"]),
        ({"document": ["ÄMTER.md", "cards.md", "none"]}, ["cards.md", "ämter.md"]),
        ({"topic": "Money"}, ["Fees.md"]),
        ({"topic": "MONEY"}, ["Fees.md"]),
        ({"topic": ["pension", "money"]}, ["Fees.md", "sub/deep/rente.md"]),
        ({"tags": "travel"}, ["Fees.md"]),
        ({"edition": 2}, ["Fees.md"]),
        ({"edition": 2.0}, ["Fees.md"]),
        ({"edition": [10, 2]}, ["Fees.md", "ämter.md"]),
        ({"free": True}, ["Fees.md"]),
        ({"folder": "sub"}, ["sub/deep/rente.md", "sub/widow.md"]),
        ({"folder": "SUB/deep"}, ["sub/deep/rente.md"]),
        ({"format": "markdown"}, sorted(COLLECTION)),
        ({"language": "de", "topic": "pension"}, ["sub/deep/rente.md"]),
        ({"edition": 1}, []),
        ({"free": 1}, []),
        ({"free": False}, []),
    ],
)
def test_a_filter_lets_the_documents_through_that_have_its_values(opened: Opened, wanted: Filter, uris: list[str]) -> None:
    passages = all_passages(opened)
    passing = sorted(number for number, passage in passages.items() if passage.document.uri in uris)
    question = "What does a card cost?"
    assert ask(opened, question, wanted=wanted).ids.tolist() == passing
    vector = vector_of(question)
    found = opened.look_up(np.array(passing, np.int64))
    assert opened.best_cosines(vector, wanted).tolist() == pytest.approx(
        [(found.vectors @ vector[0]).max(initial=-1)], abs=1e-6
    )
    by_terms = opened.candidates(Ask(terms=weighed(question, opened.vocabulary).terms, limit=EVERYTHING))
    with_filter = opened.candidates(Ask(terms=weighed(question, opened.vocabulary).terms, limit=EVERYTHING, filter=wanted))
    assert with_filter.ids.tolist() == sorted({*by_terms.ids.tolist()} & {*passing})


def test_a_filter_finds_a_document_by_its_id(opened: Opened) -> None:
    for document in opened.documents(EVERYTHING, 0):
        for name in (document.id, document.id.upper(), [document.id]):
            assert ask(opened, "card", wanted={"document": name}).ids.tolist() == sorted(passage_ids(opened, document.uri))


# Following, closing, many threads


def test_who_follows_opens_what_is_new_before_anyone_asks(
    implementation: Implementation, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        opening.set()
        assert go_on.wait(PATIENCE_S)

    with closing(implementation.open(collection.index)) as model:
        with model.opened() as opened:
            before = contents(opened)
        model.follow()
        implementation.before_opening(monkeypatch, wait)
        collection.commit(new="# New\n\nSomething new.")
        # Nobody asks.
        assert opening.wait(PATIENCE_S)
        try:
            assert [state.generation for state in model.held()] == [2, 1]
            with model.opened() as opened:
                assert contents(opened)[1:] == before[1:]
                assert opened.state.generation == 1
        finally:
            go_on.set()
        wait_for(lambda: newest(model) == 2)


def newest(model: ReadModel) -> int:
    with model.opened() as opened:
        assert_consistent(opened)
        return opened.state.generation


def test_a_read_model_that_is_closed_follows_no_more(
    implementation: Implementation, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = {*threading.enumerate()}
    model = implementation.open(collection.index)
    model.follow()
    following = {*threading.enumerate()}
    model.follow()
    assert {*threading.enumerate()} == following
    wait_for(lambda: newest(model) == 1)
    model.close()
    assert {*threading.enumerate()} <= threads
    opening = threading.Event()
    implementation.before_opening(monkeypatch, opening.set)
    collection.commit(new="# New\n\nSomething new.")
    opening.clear()
    assert not opening.wait(0.5)
    model.close()


def test_threads_that_read_while_others_commit_see_one_generation_each(model: ReadModel, collection: Collection) -> None:
    last, done = 4, threading.Event()
    all_have_read = threading.Barrier(5)

    def read() -> set[int]:
        seen = {read_once()}
        all_have_read.wait(PATIENCE_S)
        while not done.is_set():
            seen.add(read_once())
        return {*seen, read_once()}

    def read_once() -> int:
        with model.opened() as opened:
            assert_consistent(opened)
            numbers = passage_ids(opened, "pension.md")
            (text,) = [passage.text for passage in opened.passages(numbers)]
            expected = "A pension begins at sixty." if opened.state.generation == 1 else f"It is {opened.state.generation} now."
            assert text == expected
            ((unit,),) = opened.units(numbers)
            assert text[unit.start : unit.end] == expected
            return opened.state.generation

    with ThreadPoolExecutor(4) as threads:
        reading = [threads.submit(read) for _ in range(4)]
        try:
            all_have_read.wait(PATIENCE_S)
            for generation in range(2, last + 1):
                collection.commit(pension=f"# Pension\n\nIt is {generation} now.")
        finally:
            done.set()
        assert all({1, last} <= future.result() for future in reading)


def test_many_threads_get_what_one_gets(model: ReadModel) -> None:
    def read(_: int) -> list[object]:
        with model.opened() as opened:
            return contents(opened)

    alone = read(0)
    with ThreadPoolExecutor(8) as threads:
        assert all(together == alone for together in threads.map(read, range(32)))
