"""Answering questions from an index."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askdex.corpus.passages import context
from askdex.indexer.errors import NotFoundError, RequestError
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search import retrieval
from askdex.indexer.search.relevance import THRESHOLD
from askdex.indexer.search.retrieval import Search
from askdex.indexer.search.searcher import LONGEST_QUESTION, Searcher, open_searcher
from askdex.indexer.types import GroupBy, Mode, Query, Response, Result
from tests.indexer.search.collection import MODES, index_pages, opened, uris
from tests.stubs import StubEncoder, write_files

# Modes


def test_a_question_finds_the_passage_that_answers_it(search: Callable[..., Response]) -> None:
    response = search("What should I do if my card is lost?", limit=3)
    first = response.results[0]
    assert first.rank == 1
    assert first.passage.text == "Report a lost card at once. The office blocks the card."
    assert first.passage.question == "What if the card is lost?"
    assert first.passage.heading_path == ("What if the card is lost?",)
    assert first.passage.document.title == "Cards"
    assert first.passage.document.metadata["year"] == 2024
    assert response.query.question == "What should I do if my card is lost?"
    assert response.generation == 1
    assert first.relevance == max(result.relevance or 0 for result in response.results) > THRESHOLD
    assert response.answered


@pytest.mark.parametrize("mode", MODES)
def test_results_come_by_their_fused_score(search: Callable[..., Response], mode: Mode) -> None:
    results = search("lost card pension item 7", mode=mode).results
    assert [result.rank for result in results] == list(range(1, len(results) + 1))
    fused = [result.scores.fused for result in results]
    assert fused == sorted(fused, reverse=True)
    assert len({result.passage.id for result in results}) == len(results) > 3


def test_keyword_mode_finds_by_words_alone(search: Callable[..., Response]) -> None:
    results = search("widow claim", mode=Mode.KEYWORD).results
    assert [result.passage.document.uri for result in results] == ["pensions/widows/claim.md"]
    assert results[0].scores.semantic is None
    assert results[0].scores.fused == results[0].scores.keyword
    assert results[0].answer is not None


def test_semantic_mode_finds_by_vectors_alone(search: Callable[..., Response]) -> None:
    response = search("widow claim", mode=Mode.SEMANTIC)
    assert response.total > 40
    assert uris(response)[0] == "pensions/widows/claim.md"
    assert all(result.scores.keyword is None for result in response.results)
    assert all(result.scores.fused == result.scores.semantic for result in response.results)


@pytest.mark.parametrize("mode", [Mode.FAST, Mode.PRECISE])
def test_both_rankers_find_passages_and_have_scores_for_all(search: Callable[..., Response], mode: Mode) -> None:
    by_words = {result.passage.id: result.scores.keyword for result in search("lost card", mode=Mode.KEYWORD).results}
    by_vectors = {result.passage.id: result.scores.semantic for result in search("lost card", mode=Mode.SEMANTIC).results}
    both = search("lost card", mode=mode).results
    assert {result.passage.id for result in both} == by_words.keys() | by_vectors.keys()
    for result in both:
        assert result.scores.keyword == by_words.get(result.passage.id)
        assert result.scores.semantic == pytest.approx(by_vectors[result.passage.id])


def test_a_passage_found_by_words_alone_has_its_cosine_too(tmp_path: Path) -> None:
    near = {f"{n}.md": f"# Near\n\nalpha beta gamma {n}" for n in range(150)}
    far = "# Far\n\nalpha " + " ".join(f"w{n}" for n in range(50))
    index = index_pages(tmp_path, {**near, "far.md": f"{far}\n\n## Deeper\n\nalpha zeta"})
    encoder = StubEncoder()
    with closing(opened(index)) as searcher:
        by_vectors = searcher.search(Query("alpha beta gamma w7", limit=100, mode=Mode.SEMANTIC))
        assert "far.md" not in uris(by_vectors)
        found = searcher.search(Query("alpha beta gamma w7", limit=200)).results
    (result,) = (result for result in found if result.passage.document.uri == "far.md" and "w7" in result.passage.text)
    above = context(result.passage.document.title, result.passage.heading_path)
    document, question = (
        encode([text])[0]
        for encode, text in (
            (encoder.encode_documents, f"{above}\n{result.passage.text}"),
            (encoder.encode_questions, "alpha beta gamma w7"),
        )
    )
    assert result.scores.semantic == pytest.approx(float(document @ question), abs=1e-5)


def test_a_passages_own_question_counts_less_than_its_text(tmp_path: Path) -> None:
    pages = {
        "question.md": "# Handbook\n\n## Who issues it?\n\nThat is done by an office of the town in which somebody lives.",
        "text.md": "# Issues\n\nWho issues it.",
    }
    with closing(opened(index_pages(tmp_path, pages))) as searcher:
        by_text, by_question = searcher.search(Query("Who issues it?", mode=Mode.SEMANTIC)).results
    assert by_text.passage.document.uri == "text.md"
    assert by_question.passage.question == "Who issues it?"
    above = "Handbook\nWho issues it?"
    encoder = StubEncoder()
    document, question = encoder.encode_documents([f"{above}\n{by_question.passage.text}", "Who issues it?"])
    assert float(document @ question) < (by_question.scores.semantic or 0) < 1


# Pages of results


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_pages_put_together_are_one_long_page(search: Callable[..., Response], mode: Mode, limit: int) -> None:
    whole = search("What is item 7?", mode=mode)
    assert whole.total == len(whole.results) > 20
    assert whole.next_offset is None
    found: list[Result] = []
    offset: int | None = 0
    while offset is not None:
        page = search("What is item 7?", mode=mode, limit=limit, offset=offset)
        assert page.total == whole.total
        assert page.next_offset in (offset + limit, None)
        found += page.results
        offset = page.next_offset
    assert tuple(found) == whole.results


def test_past_the_last_page_there_is_nothing(search: Callable[..., Response]) -> None:
    response = search("What is item 7?", offset=5_000)
    assert (response.results, response.next_offset) == ((), None)
    assert response.total > 20


# Questions


@pytest.mark.parametrize("question", ["", " ", "\n\t ", "\u3000"])
def test_a_blank_question_is_refused(search: Callable[..., Response], question: str) -> None:
    with pytest.raises(RequestError, match="blank"):
        search(question)


def test_a_question_has_a_longest_length(search: Callable[..., Response]) -> None:
    assert search("card " * (LONGEST_QUESTION // 5)).total > 0
    with pytest.raises(RequestError, match=str(LONGEST_QUESTION)):
        search("x" * (LONGEST_QUESTION + 1))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("question", ["?", "…", "🙂", '"', "'; DROP TABLE passages; --"])
def test_a_question_of_signs_is_answered_like_any_other(search: Callable[..., Response], mode: Mode, question: str) -> None:
    response = search(question, mode=mode)
    assert response.total == len(response.results)


def test_of_the_passages_under_a_question_only_the_best_is_shown(tmp_path: Path) -> None:
    long = "\n\n".join(f"Paragraph {n} says: " + " ".join(f"w{n}x{k}" for k in range(30)) + " card." for n in range(12))
    pages = {
        "a.md": f"# A\n\n## Who issues the card?\n\n{long}\n\n## Costs\n\n{long}",
        "b.md": "# B\n\n## Who issues the card?\n\nThe office issues the card.",
    }
    with closing(opened(index_pages(tmp_path, pages))) as searcher:
        results = searcher.search(Query("card w5x7 w5x9 w5x11", limit=100)).results
        with searcher.reader.opened() as generation:
            passages = generation.vocabulary.passage_count
    under = [(result.passage.document.uri, result.passage.question) for result in results]
    assert under.count(("a.md", "Who issues the card?")) == 1
    assert under.count(("b.md", "Who issues the card?")) == 1
    assert under.count(("a.md", None)) > 3
    assert passages > len(results)
    (shown,) = (result for result in results if result.passage.question and result.passage.document.uri == "a.md")
    assert "w5x7" in shown.passage.text


# The answers of the first results


def test_the_answer_is_a_sentence_of_the_first_passage(search: Callable[..., Response]) -> None:
    results = search("Who issues the card?", filter={"document": "cards.md"}).results
    assert results[0].answer is not None
    text = results[0].passage.text
    assert text[results[0].answer.start : results[0].answer.end] == "The office issues the card."


def test_the_first_five_results_have_answers(search: Callable[..., Response]) -> None:
    question = "office card pension item"
    assert [result.answer is not None for result in search(question, limit=7).results] == [True] * 5 + [False] * 2
    assert [result.answer is not None for result in search(question, limit=3, offset=3).results] == [True, True, False]


def test_a_passage_is_a_span_of_its_document(search: Callable[..., Response], searcher: Searcher) -> None:
    found = [result.passage for result in search("office card pension item").results]
    with searcher.reader.opened() as opened:
        for passage in found:
            document = opened.document(passage.document.id)
            assert document.text[passage.start : passage.end] == passage.text
            assert document.summary == passage.document
            assert opened.passage(passage.id) == passage


@pytest.mark.parametrize(
    "name", ["", "-", "-0", "nothing", "nothing-0", "{}", "{}-99", "{}-x", "{}-", "{}--1", "{}-٠", "{}-0-0"]
)
def test_there_is_no_passage_of_another_name(search: Callable[..., Response], searcher: Searcher, name: str) -> None:
    document = search("lost card", limit=1).results[0].passage.document
    with searcher.reader.opened() as opened, pytest.raises(NotFoundError):
        opened.passage(name.format(document.id))


def test_grouped_results_have_the_others_of_their_document_behind_them(search: Callable[..., Response]) -> None:
    plain = search("lost card pension item number")
    grouped = search("lost card pension item number", group_by=GroupBy.DOCUMENT)
    best = list({result.passage.document.id: result.passage.id for result in reversed(plain.results)}.values())[::-1]
    assert [result.passage.id for result in grouped.results] == [
        result.passage.id for result in plain.results if result.passage.id in best
    ]
    assert [result.rank for result in grouped.results] == list(range(1, len(best) + 1))
    assert grouped.total == len(best) < plain.total
    for result in grouped.results:
        behind = [other.passage.id for other in plain.results if other.passage.document.id == result.passage.document.id][1:4]
        assert [other.passage.id for other in result.more] == behind


def test_groups_can_be_paged_through(search: Callable[..., Response]) -> None:
    whole = search("lost card pension", group_by=GroupBy.DOCUMENT)
    pages = [search("lost card pension", group_by=GroupBy.DOCUMENT, limit=1, offset=n) for n in range(whole.total)]
    assert [page.results[0] for page in pages] == [
        replace(result, answer=pages[n].results[0].answer) for n, result in enumerate(whole.results)
    ]
    assert pages[-1].next_offset is None


def test_copies_of_a_text_in_several_documents_are_one_result(tmp_path: Path) -> None:
    text = "Whoever leaves the building last locks both doors and switches off all the lights in the hall and the cellar."
    page = f"<h1>House rules</h1><p>{text}</p>"
    pages = {"rules.md": f"# House rules\n\n{text}\n", "rules.html": page, "doors.md": "# Doors\n\nDoors are green.\n"}
    with closing(opened(index_pages(tmp_path, pages))) as searcher:
        for by in (None, GroupBy.DOCUMENT):
            results = searcher.search(Query("who locks the doors", group_by=by)).results
            assert [len(result.more) for result in results] == [1, 0]


def test_timings_add_up(search: Callable[..., Response]) -> None:
    timings = search("lost card").timings
    parts = (timings.encode, timings.retrieve, timings.rank)
    assert min(parts) > 0
    assert timings.total == pytest.approx(sum(parts), abs=0.01)


def test_scores_are_plain_numbers(search: Callable[..., Response]) -> None:
    for result in search("lost card").results:
        for score in (result.scores.semantic, result.scores.keyword, result.scores.fused):
            assert score is None or (type(score) is float and np.isfinite(score))


HANDBOOK = """# Handbook

## Equipment

Each member of staff gets a computer and a telephone on the first day. Screens are ordered by the head of the team once a year.

## Leave

Leave is 25 days a year and is asked for two weeks before. Five days may be taken over into the next year. Whoever falls ill on
leave gets the days back.

## Travel

Trains are booked by the office. A private car is paid at 45 pence a mile. Hotels cost up to 120 pounds a night.
"""


@pytest.mark.parametrize(
    ("question", "is_answered", "is_answered_as_a_whole"),
    [("can I keep holidays for next year?", True, False), ("who repairs the roof?", False, False)],
)
def test_a_single_sentence_of_a_passage_on_much_else_answers(
    tmp_path: Path, encoder: Encoder, question: str, *, is_answered: bool, is_answered_as_a_whole: bool
) -> None:
    write_files(tmp_path / "docs", {"handbook.md": HANDBOOK})
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: encoder)
    with closing(open_searcher(tmp_path / "index", lambda _: encoder)) as searcher:
        found = searcher.search(Query(question))
        assert found.answered == is_answered
        assert searcher.search(Query(question, limit=1, offset=1)).answered == is_answered
        with searcher.reader.opened() as opened:
            assert opened.calibration is not None
            ranking = retrieval.ranked(opened, Search(question, encoder.encode_questions([question])[0]), opened.calibration)
            features = retrieval.relevance_features(opened, opened.calibration, question, ranking, None)
        assert (features.relevance().max() >= THRESHOLD) == is_answered_as_a_whole


def test_what_tells_two_documents_apart_may_stand_in_their_names_alone(tmp_path: Path) -> None:
    write_files(
        tmp_path / "docs",
        {
            "leases/Plot-17 tenancy.md": "# Tenancy\n\nThe rent is 40 euros.",
            "leases/Plot-18 tenancy.md": "# Tenancy\n\nThe rent is 50 euros.",
            "letters.md": "---\nauthor: Ida Brandt\n---\n# Letters\n\nDear all, thank you.",
        },
    )
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(tmp_path / "index", lambda _: StubEncoder())) as searcher:
        for question, uri in {
            "rent of plot 17": "leases/Plot-17 tenancy.md",
            "rent of plot 18": "leases/Plot-18 tenancy.md",
            "Brandt": "letters.md",
        }.items():
            first = searcher.search(Query(question, mode=Mode.KEYWORD, explain=True)).results[0]
            assert first.passage.document.uri == uri
            assert first.explanation is not None
            assert {"17": "17", "18": "18", "Brandt": "Brandt"}[question.split()[-1]] in [
                word.text for word in first.explanation.words
            ]
