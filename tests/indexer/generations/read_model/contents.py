"""What is read of a generation."""

import numpy as np
import pytest

from askdex.corpus.sources.folder import open_unchanged
from askdex.corpus.types import Kind
from askdex.indexer.engine.postings import END
from askdex.indexer.engine.protocol import Ask, Opened, ReadModel
from askdex.indexer.engine.question import weighed
from askdex.indexer.errors import NotFoundError
from tests.indexer.collection import PAGES
from tests.indexer.generations.read_model.collection import (
    COLLECTION,
    EVERYTHING,
    QUESTIONS,
    Collection,
    all_passages,
    ask,
    document_id,
    passage_ids,
    vector_of,
)


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


def test_a_document_knows_the_file_that_was_read(model: ReadModel, collection: Collection) -> None:
    with model.opened() as opened:
        for document in opened.documents(EVERYTHING, 0):
            original = opened.original(document.id)
            assert document.is_file
            assert (original.uri, original.key) == (document.uri, bytes(collection.docs / document.uri))
            with open_unchanged(original.key, original.version) as file:
                assert file.read() == (collection.docs / document.uri).read_bytes()
        with pytest.raises(NotFoundError):
            opened.original("pension.md")


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


def test_facets_count_the_documents_of_a_generation(model: ReadModel, collection: Collection) -> None:
    def counted(generation: int, key: str) -> dict[str, int]:
        with model.opened(generation) as opened:
            return next((dict(facet.values) for facet in opened.facets() if facet.key == key), {})

    with model.opened() as opened:
        languages = opened.languages()
    collection.commit(removed=["pension.md"], new="---\nlanguage: xx\n---\n# New\n\nSomething new.")
    with model.opened(2) as opened:
        assert counted(2, "language") == opened.languages() != languages
    assert counted(1, "language") == languages


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
