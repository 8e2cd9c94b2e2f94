"""What the pages and the endpoint ask of an index, without them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from askdex.indexer.errors import MissingIndexError, ModelError, NotFoundError
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Query
from askdex.server.service import Service, open_followed
from tests.stubs import StubEncoder, wait_for, write_files

PAGES = {f"{n}.md": f"# Card {n}\n\nThe office issues card {n}.\n\n## Who pays for card {n}?\n\nNobody.\n" for n in range(5)}


@pytest.fixture
def index(tmp_path: Path) -> Path:
    write_files(tmp_path / "pages", PAGES)
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


@pytest.fixture
def service(index: Path) -> Iterator[Service]:
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        yield Service(searcher)


def test_the_documents_are_listed_page_by_page(service: Service) -> None:
    first, second = service.documents(3, 0), service.documents(3, 3)
    assert [document.uri for document in (*first.documents, *second.documents)] == sorted(PAGES)
    assert (first.total, first.next_offset, first.generation) == (5, 3, 1)
    assert (second.total, second.next_offset) == (5, None)
    assert service.document_count() == 5
    assert service.state().generation == 1


def test_a_document_comes_with_its_passage(service: Service) -> None:
    best = service.search(Query("Who issues card 3?")).results[0].passage
    opened = service.document_at(best.document.id, best.ordinal, question="Who issues the card with a passport?")
    assert opened.passage == best == service.passage(best.id)
    assert opened.document == service.document(best.document.id)
    assert opened.document.text[best.start : best.end] == best.text
    assert {"issu", "passport"} <= opened.telling
    assert service.document_at(best.document.id) == replace(opened, passage=None, telling=set())
    with pytest.raises(NotFoundError):
        service.document_at("nothing", best.ordinal)


def test_answers_come_with_their_blocks_and_the_words_that_tell_them_apart(service: Service) -> None:
    answers = service.answers(Query("Who pays for card 3?"))
    assert len(answers.blocks) == len(answers.response.results)
    for blocks, result in zip(answers.blocks, answers.response.results, strict=True):
        ends = [0, *(block.end for block in blocks)]
        assert [block.start for block in blocks] >= ends[:-1]
        assert not result.passage.text[ends[-1] :].strip()
    # Every passage holds "card".
    assert "3" in answers.telling
    assert "card" not in answers.telling


def test_the_overview_has_questions_that_documents_answer(service: Service) -> None:
    overview = service.overview(2)
    assert overview.documents == 5
    assert len(overview.example_questions) == 2
    assert all(question.startswith("Who pays for card") for question in overview.example_questions)


def test_an_index_that_is_served_takes_up_what_is_new_unasked(index: Path, tmp_path: Path) -> None:
    with closing(open_followed(index, lambda _: StubEncoder())) as searcher:
        service = Service(searcher)
        write_files(tmp_path / "pages", {"new.md": "# New\n\nIt is green.\n"})
        update(index, [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
        wait_for(lambda: service.state().generation == 2)


def test_what_cannot_be_served_leaves_nothing_open(index: Path, tmp_path: Path) -> None:
    def no_model(name: str) -> Encoder:
        raise ModelError(f"no {name}")

    with pytest.raises(MissingIndexError):
        open_followed(tmp_path / "none", lambda _: StubEncoder())
    with pytest.raises(ModelError):
        open_followed(index, no_model)
