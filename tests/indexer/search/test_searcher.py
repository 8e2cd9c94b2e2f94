"""Answering questions from an index."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askdex.corpus.passages import context
from askdex.corpus.types import Scalar
from askdex.indexer.errors import NotFoundError, RequestError
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search import retrieval
from askdex.indexer.search.relevance import THRESHOLD
from askdex.indexer.search.retrieval import Search
from askdex.indexer.search.searcher import LONGEST_QUESTION, Searcher, open_searcher
from askdex.indexer.search.spelling import interpretations
from askdex.indexer.types import Filter, GroupBy, Mode, Query, Response, Result, Vectors
from tests.stubs import StubEncoder, WordyEncoder, unjudged, write_files

PAGES = {
    "cards.md": """---
language: en
topics: [cards, Loss]
year: 2024
fee: 2.5
online: true
---
# Cards

The office issues the card. It costs nothing. Keep the card safe.

## What if the card is lost?

Report a lost card at once. The office blocks the card.
""",
    "pensions/begin.md": """---
language: en
topics: [age]
year: 2023
online: false
---
# Pension

A pension begins at sixty.
""",
    "pensions/widows/claim.md": "---\nlanguage: en\n---\n# Widows\n\nA widow has a claim on the pension.",
    "pensions-de.md": "---\nlanguage: de\ntopics: cards\n---\n# Karten\n\nDas Amt gibt die Karte aus.",
    "faq.csv": "question,answer,department\n"
    + "".join(f"What is item {n}?,Item {n} is number {n}.,{'Sales' if n % 2 else 'Office'}\n" for n in range(40)),
    "other.csv": "question,answer\nWhat is item 7?,Nobody knows item 7.\n",
}
MODES = list(Mode)


def index_pages(folder: Path, pages: Mapping[str, str]) -> Path:
    """An index of pages, in a folder beside theirs."""
    for name, text in pages.items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    update(folder / "index", [folder / "docs"], load_encoder=lambda _: StubEncoder())
    return folder / "index"


def opened(index: Path) -> Searcher:
    return open_searcher(index, lambda _: StubEncoder())


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    with closing(opened(index_pages(tmp_path_factory.mktemp("search"), PAGES))) as found:
        yield found


@pytest.fixture
def search(searcher: Searcher) -> Callable[..., Response]:
    """Searches the collection for up to 100 passages, or as the keywords say."""

    def searched(question: str, **how: object) -> Response:
        return searcher.search(replace(Query(question, limit=100), **how))  # type: ignore[arg-type]

    return searched


def uris(response: Response) -> list[str]:
    return [result.passage.document.uri for result in response.results]


def files(response: Response) -> set[str]:
    return {uri.partition("#")[0] for uri in uris(response)}


# Steering


def test_a_question_that_is_steered_is_not_corrected(search: Callable[..., Response]) -> None:
    response = search("card -fee")
    assert response.corrected is None
    assert response.results
    assert not [result for result in response.results if "fee" in result.passage.text.lower().split()]


# Spelling


@pytest.fixture(scope="module")
def spelling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    index = index_pages(tmp_path_factory.mktemp("spelling"), PAGES)
    with closing(open_searcher(index, lambda _: WordyEncoder("lost", "card"))) as found:
        yield found


@pytest.mark.parametrize("mode", MODES)
def test_a_misspelt_question_is_answered_as_the_right_one(spelling: Searcher, mode: Mode) -> None:
    asked = Query("lost card, pensoin?", mode=mode)
    response, right = spelling.search(asked), spelling.search(replace(asked, question="lost card, pension?"))
    assert (response.query, response.corrected, right.corrected) == (asked, "lost card, pension?", None)
    assert response.results == right.results


def test_a_correction_can_be_refused(spelling: Searcher) -> None:
    asked = Query("pensoin", mode=Mode.KEYWORD)
    assert spelling.search(asked).results
    refused = spelling.search(replace(asked, correct=False))
    assert (refused.corrected, refused.results) == (None, ())


@pytest.mark.parametrize("mode", [Mode.FAST, Mode.PRECISE])
def test_a_correction_after_which_nothing_answers_is_not_made(spelling: Searcher, mode: Mode) -> None:
    # The documents hold the word "lost", which is one letter away from "loft".
    asked = Query("loft in Paris", mode=mode)
    response = spelling.search(asked)
    with spelling.reader.opened() as opened:
        *_, corrected = interpretations(asked.question, opened.vocabulary, lambda _: False)
    assert corrected.question == "lost in Paris"
    assert (response.answered, response.corrected) == (False, None)
    assert response.results == spelling.search(replace(asked, correct=False)).results


class Misled(WordyEncoder):
    """Puts questions with the word pension on the far side of all passages."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        signs = np.array([-1 if "pension" in text else 1 for text in texts], np.float32)
        return super().encode_questions(texts) * signs[:, None]


def test_a_correction_that_takes_a_question_further_off_is_not_made(spelling: Searcher) -> None:
    query = Query("lost card, pensoin?", mode=Mode.SEMANTIC)
    assert spelling.search(query).corrected == "lost card, pension?"
    with closing(Searcher(spelling.reader, Misled("lost", "card"))) as misled:
        assert misled.search(query).corrected is None


def test_a_compound_that_is_not_known_finds_its_words(spelling: Searcher) -> None:
    response = spelling.search(Query("pensionclaim", mode=Mode.KEYWORD))
    assert response.corrected is None
    assert files(response) == {"pensions/begin.md", "pensions/widows/claim.md", "pensions-de.md"}


def test_questions_of_one_batch_are_corrected_each_by_itself(spelling: Searcher) -> None:
    queries = [Query("pensoin"), Query("card"), Query("pensoin", correct=False), Query("lots", mode=Mode.KEYWORD)]
    responses = list(spelling.answers(queries))
    assert [response.corrected for response in responses] == ["pension", None, None, "lost"]
    assert [response.results for response in responses] == [spelling.search(query).results for query in queries]


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


def test_the_same_question_has_the_same_answer_each_time(search: Callable[..., Response]) -> None:
    one, other = search("item number"), search("item number")
    assert one.results == other.results


# Filters


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"document": "cards.md"}, {"cards.md"}),
        ({"document": "CARDS.md"}, {"cards.md"}),
        ({"document": "faq.csv"}, {"faq.csv"}),
        ({"document": ["other.csv", "cards.md"]}, {"other.csv", "cards.md"}),
        ({"document": "pensions/begin.md"}, {"pensions/begin.md"}),
        ({"language": "de"}, {"pensions-de.md"}),
        ({"language": ["de", "en"], "format": "markdown"}, {name for name in PAGES if name.endswith(".md")}),
        ({"folder": "pensions"}, {"pensions/begin.md", "pensions/widows/claim.md"}),
        ({"folder": "pensions/widows"}, {"pensions/widows/claim.md"}),
        ({"topics": "cards"}, {"cards.md", "pensions-de.md"}),
        ({"topics": "LOSS"}, {"cards.md"}),
        ({"topics": ["age", "loss"]}, {"cards.md", "pensions/begin.md"}),
        ({"topics": "cards", "language": "en"}, {"cards.md"}),
        ({"year": 2024}, {"cards.md"}),
        ({"year": "2024"}, {"cards.md"}),
        ({"year": [2023, 2024]}, {"cards.md", "pensions/begin.md"}),
        ({"fee": 2.5}, {"cards.md"}),
        ({"online": True}, {"cards.md"}),
        ({"online": False}, {"pensions/begin.md"}),
        ({"online": "true"}, {"cards.md"}),
        ({"format": ("csv",)}, {"faq.csv", "other.csv"}),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_a_filter_lets_through_these_documents(
    search: Callable[..., Response], mode: Mode, wanted: Filter, expected: set[str]
) -> None:
    question = "office card karte pension widow item"
    response = search(question, filter=wanted, mode=mode)
    assert files(response) == expected
    everything = {result.passage.id: result.scores for result in search(question, mode=mode).results}
    for result in response.results:
        # The fused score tells how far a passage stands out too, which depends on what it stands among.
        scores = everything[result.passage.id]
        assert (result.scores.semantic, result.scores.keyword) == (scores.semantic, scores.keyword)


def test_a_document_is_filtered_by_its_id_or_the_uri_of_its_row(search: Callable[..., Response]) -> None:
    document = search("item 7", filter={"document": "other.csv"}).results[0].passage.document
    for name in (document.id, document.uri):
        assert uris(search("item 7", filter={"document": name})) == [document.uri]


def test_a_filter_on_a_column_of_a_table(search: Callable[..., Response]) -> None:
    found = uris(search("item", filter={"department": "sales"}))
    assert len(found) == 20
    assert all(int(uri.rpartition("-")[2]) % 2 for uri in found)


def test_a_filter_finds_what_the_best_of_all_would_crowd_out(tmp_path: Path) -> None:
    near = {f"{n}.md": f"# Near\n\nalpha beta {n}" for n in range(150)}
    index = index_pages(tmp_path, {**near, "far.md": "---\nkind: rare\n---\n# Far\n\nalpha and other words besides"})
    with closing(opened(index)) as searcher:
        assert "far.md" not in uris(searcher.search(Query("alpha beta", limit=200)))
        assert uris(searcher.search(Query("alpha beta", filter={"kind": "rare"}))) == ["far.md"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "wanted",
    [
        {"topics": "nothing"},
        {"document": "nowhere.md"},
        {"language": "fr"},
        {"folder": "pens"},
        {"year": 2024, "topics": "age"},
    ],
)
def test_a_filter_that_no_document_passes_finds_nothing(search: Callable[..., Response], mode: Mode, wanted: Filter) -> None:
    response = search("lost card", filter=wanted, mode=mode)
    assert (response.results, response.total, response.next_offset) == ((), 0, None)
    assert response.answered is False


@pytest.mark.parametrize("values", [[], "x' OR 1=1 --", [1.5, True, "x"]])
def test_values_of_a_filter_are_never_more_than_values(search: Callable[..., Response], values: Scalar | list[Scalar]) -> None:
    assert search("lost card", filter={"topics": values}).total == 0


def test_an_unknown_filter_key_is_refused_with_the_known_ones(search: Callable[..., Response]) -> None:
    with pytest.raises(RequestError, match="topic") as caught:
        search("lost card", filter={"topic": "cards"})
    for key in ("document", "language", "folder", "topics", "year", "department"):
        assert key in str(caught.value)
    assert "\n" not in str(caught.value)


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


# Stability


def test_equal_scores_come_in_the_same_order_whatever_the_history_of_the_index(tmp_path: Path) -> None:
    pages = {f"{n}.md": f"# Same\n\nThe very same words {'abcdefghijklmnopqrst'[n] * 3}." for n in range(20)}
    at_once = index_pages(tmp_path, pages)
    with closing(opened(at_once)) as searcher:
        expected = searcher.search(Query("same words", mode=Mode.KEYWORD, limit=100)).results
    assert len(expected) == 20
    assert len({result.scores.fused for result in expected}) == 1
    ids = [result.passage.id for result in expected]
    assert ids == sorted(ids)

    shutil.rmtree(at_once)
    for n in (13, 5, 17):
        (tmp_path / "docs" / f"{n}.md").rename(tmp_path / f"{n}.md")
    update(at_once, [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    for n in (17, 5, 13):
        (tmp_path / f"{n}.md").rename(tmp_path / "docs" / f"{n}.md")
        update(at_once, [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    with closing(opened(at_once)) as searcher:
        assert searcher.search(Query("same words", mode=Mode.KEYWORD, limit=100)).results == expected


@pytest.mark.parametrize("mode", [Mode.FAST, Mode.KEYWORD, Mode.SEMANTIC])
def test_more_equal_scores_than_candidates_are_cut_the_same_way_too(tmp_path: Path, mode: Mode) -> None:
    pages = {f"{n:03}.md": "# Same\n\nThe very same words." for n in range(250)}
    index = index_pages(tmp_path, pages)
    with closing(opened(index)) as searcher:
        expected = unjudged(searcher.search(Query("same words", limit=10, mode=mode)).results)
    shutil.rmtree(index)
    index_pages(tmp_path, dict.fromkeys(list(pages)[:100], "# Before\n\nOther words."))
    index_pages(tmp_path, pages)
    with closing(opened(index)) as searcher:
        assert unjudged(searcher.search(Query("same words", limit=10, mode=mode)).results) == expected


def test_threads_get_the_answers_that_one_gets(searcher: Searcher) -> None:
    queries = [Query(f"item {n} card", limit=5, mode=MODES[n % len(MODES)]) for n in range(40)]
    expected = [searcher.search(query).results for query in queries]
    with ThreadPoolExecutor(8) as threads:
        found = [response.results for response in threads.map(searcher.search, queries)]
    assert found == expected


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
            features = retrieval.relevance_features(opened, opened.calibration, question, ranking)
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
