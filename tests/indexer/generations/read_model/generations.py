"""Which generation is opened, and that it stays as it is."""

import pytest

from askdex.indexer.engine.protocol import ReadModel
from askdex.indexer.errors import GoneGenerationError, RequestError
from askdex.indexer.ingest.remove import remove
from tests.indexer.generations.read_model.collection import EVERYTHING, Collection, ask, assert_consistent, contents, vector_of


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
    collection.publish(collection.index)
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
