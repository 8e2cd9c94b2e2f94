"""Which passages a filter lets through."""

import numpy as np
import pytest

from askdex.indexer.engine.protocol import Ask, Opened, ReadModel
from askdex.indexer.engine.question import weighed
from askdex.indexer.errors import RequestError
from askdex.indexer.types import Filter
from tests.indexer.generations.read_model.collection import (
    COLLECTION,
    EVERYTHING,
    Collection,
    all_passages,
    ask,
    passage_ids,
    vector_of,
)


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
