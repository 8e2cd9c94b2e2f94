"""Ranking by what a cross-encoder reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.errors import MissingExtraError
from askdex.indexer.ingest.update import update
from askdex.indexer.models.reranker import is_reranker_installed, load_reranker
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.search.rerank import DEEPEST, RerankStage
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Mode, Query, Response, Vectors
from tests.stubs import StubEncoder, StubReranker, write_files

QUESTION = "What is the card?"
NOTES = {f"note{n}.txt": f"Note {n}\n\nThe card is number {n}. It is kept at place {n}.\n" for n in range(30)}


def candidates(*fused: float) -> Candidates:
    """Candidates in the order of these scores, with ids from 0."""
    scores, nothing = np.array(fused), np.zeros(len(fused))
    return Candidates(np.arange(len(scores)), scores, nothing, nothing, nothing, scores, nothing, nothing, scores)


def texts(number: int) -> list[str]:
    return [f"text {n}" for n in range(number)]


def reread(log_odds: Mapping[str, float], ranked: Candidates, tokens: int = 1_000) -> tuple[Candidates, StubReranker]:
    """The candidates after a reranker with these scores has read them, and the reranker."""
    stub = StubReranker(log_odds)
    found, order = RerankStage(tokens, lambda: stub, is_at_hand=True).reranked(QUESTION, "en", ranked, texts(len(ranked)))
    return found.take(order), stub


@pytest.fixture
def index(tmp_path: Path) -> Path:
    write_files(tmp_path / "docs", NOTES)
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


@pytest.fixture
def opened(index: Path) -> Iterator[Callable[[StubReranker, int], Searcher]]:
    searchers: list[Searcher] = []

    def open_with(reranker: StubReranker, tokens: int = 10_000) -> Searcher:
        rereading = RerankStage(tokens, lambda: reranker, is_at_hand=True)
        searchers.append(open_searcher(index, lambda _: StubEncoder(), rereading))
        return searchers[-1]

    yield open_with
    for searcher in searchers:
        searcher.close()


def whole_passages(read: Sequence[str]) -> list[str]:
    """What was read of `NOTES` that is no single sentence."""
    return [text for text in read if text.count(".") > 1]


def ids(response: Response) -> list[str]:
    return [result.passage.id for result in response.results]


def test_a_passage_gains_by_its_log_odds_and_by_standing_out_with_them() -> None:
    found, _ = reread({"text 0": -2.0, "text 1": 4.0}, candidates(0.5, 0.49))
    assert found.ids.tolist() == [1, 0]
    favour = 1 / (1 + np.exp(-6 / 2))
    assert found.fused.tolist() == pytest.approx([0.49 + 0.04 + 0.2 * favour, 0.5 - 0.02 + 0.2 * (1 - favour)])
    assert found.rerank_gain is not None
    assert found.rerank_gain.tolist() == pytest.approx((found.fused - found.cosines).tolist())
    assert found.log_odds is not None
    assert found.log_odds.tolist() == [4.0, -2.0]
    assert found.cosines.tolist() == [0.49, 0.5]


def test_a_score_far_ahead_is_not_overruled() -> None:
    found, _ = reread({"text 0": -5.0, "text 1": 5.0}, candidates(0.9, 0.5))
    assert found.ids.tolist() == [0, 1]


def test_equal_candidates_keep_their_order() -> None:
    found, _ = reread({f"text {n}": 3.0 for n in range(6)}, candidates(*[0.5] * 6))
    assert found.ids.tolist() == list(range(6))


def test_reading_ends_when_the_tokens_are_spent() -> None:
    # Each text is two tokens beside the four of the question and three that are special.
    found, stub = reread({"text 1": 1.0}, candidates(*[0.5] * 8), tokens=3 * 9)
    assert stub.read == ["text 0", "text 1", "text 2"]
    assert found.ids.tolist() == [1, 0, 2, 3, 4, 5, 6, 7]
    assert found.log_odds is not None
    assert np.isnan(found.log_odds).tolist() == [False] * 3 + [True] * 5


def test_what_was_not_read_stays_below_all_that_was() -> None:
    found, _ = reread({"text 0": -9.0, "text 1": -8.0}, candidates(0.5, 0.5, 0.5, 0.4), tokens=2 * 9)
    assert found.ids.tolist() == [1, 0, 2, 3]
    assert sorted(found.fused, reverse=True) == found.fused.tolist()


def test_the_best_is_read_however_few_tokens_there_are() -> None:
    assert reread({}, candidates(0.5, 0.4), tokens=1)[1].read == ["text 0"]


@pytest.mark.parametrize(("log_odds", "lead"), [(9.0, 0.0), (7.0, 0.02 + 0.2 * (2 / (1 + np.exp(-1)) - 1)), (-20.0, 0.49)])
def test_reading_ends_when_the_next_could_not_come_first_even_with_log_odds_of_9(log_odds: float, lead: float) -> None:
    _, stub = reread({"text 0": log_odds}, candidates(0.9, 0.9 - lead - 0.001, 0.1))
    assert stub.read == ["text 0"]
    _, stub = reread({"text 0": log_odds}, candidates(0.9, 0.9 - lead + 0.001, 0.1))
    assert stub.read[:2] == ["text 0", "text 1"]


def test_nothing_found_is_nothing_read(opened: Callable[[StubReranker], Searcher]) -> None:
    reranker = StubReranker({})
    response = opened(reranker).search(Query(QUESTION, mode=Mode.PRECISE, filter={"document": "gone.txt"}))
    assert (response.total, reranker.read) == (0, [])


def test_the_reader_reads_no_more_than_five_and_what_stands_out_gains(monkeypatch: pytest.MonkeyPatch) -> None:
    stub = StubReranker({"text 1": 1.5}, -1.0)
    monkeypatch.setattr("askdex.indexer.models.reranker.load_reranker", lambda *_: stub)
    stage = RerankStage(is_at_hand=True)
    found, order = stage.reranked(QUESTION, "en", candidates(*[0.5] * 9), texts(9)[: stage.depth(Mode.PRECISE)])
    assert stub.read == texts(5)
    assert order[0] == 1
    assert found.rerank_gain is not None
    assert found.rerank_gain[1] - found.rerank_gain[0] == pytest.approx(0.22, abs=0.01)


@pytest.mark.parametrize(
    ("log_odds", "lead", "read"), [(2.0, 0.5, 1), (-2.0, 0.5, 2), (2.0, 0.0, 2)], ids=["it answers", "it does not", "a draw"]
)
def test_in_the_mode_fast_the_second_is_read_where_it_may_matter(
    monkeypatch: pytest.MonkeyPatch, log_odds: float, lead: float, read: int
) -> None:
    stub = StubReranker({}, log_odds)
    monkeypatch.setattr("askdex.indexer.models.reranker.load_reranker", lambda *_: stub)
    stage = RerankStage(is_at_hand=True)
    stage.reranked(QUESTION, "en", candidates(0.9, 0.9 - lead, 0.1), texts(3)[: stage.depth(Mode.FAST)])
    assert stub.read == texts(read)


def test_what_lacks_the_named_thing_gains_nothing_by_being_read_where_another_has_it() -> None:
    lacking = replace(candidates(0.6, 0.5, 0.4), lacks=np.array([True, False, False]))
    found, stub = reread({"text 0": 9.0, "text 1": -1.0, "text 2": 1.0}, lacking)
    assert stub.read == ["text 1", "text 2"]
    assert found.rerank_gain is not None
    gains = dict(zip(found.ids.tolist(), found.rerank_gain.tolist(), strict=True))
    assert gains[0] == gains[1] < gains[2]


def test_where_all_lack_the_named_thing_all_are_read() -> None:
    lacking = replace(candidates(0.6, 0.5), lacks=np.array([True, True]))
    found, stub = reread({"text 0": -1.0, "text 1": 9.0}, lacking)
    assert stub.read == texts(2)
    assert found.ids[0] == 1


def test_another_reranker_is_loaded_once_and_only_for_a_precise_question(index: Path) -> None:
    loaded: list[StubReranker] = []

    def load() -> StubReranker:
        loaded.append(StubReranker({}))
        return loaded[-1]

    with closing(open_searcher(index, lambda _: StubEncoder(), RerankStage(load=load, is_at_hand=True))) as searcher:
        for mode in (Mode.FAST, Mode.KEYWORD, Mode.SEMANTIC):
            found = searcher.search(Query(QUESTION, mode=mode))
            assert {result.scores.rerank for result in found.results} == {None}
            assert found.timings.rerank == 0
        assert loaded == []
        for _ in range(2):
            assert searcher.search(Query(QUESTION, mode=Mode.PRECISE)).timings.rerank > 0
        assert len(loaded) == 1


def test_the_reader_decides_whether_the_best_passage_answers(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.search.rerank.PassageReader", StubReranker)
    relevance, answered = [], []
    for log_odds in (3.0, -9.0):
        reader = StubReranker({}, log_odds)
        monkeypatch.setattr("askdex.indexer.models.reranker.load_reranker", lambda *_, reader=reader: reader)
        with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
            found = searcher.search(Query("Where is the card kept?"))
        assert reader.read[0].endswith(found.results[0].passage.text)
        relevance.append(found.results[0].relevance)
        answered.append(found.answered)
    assert answered == [True, False]
    assert relevance[0] is not None
    assert relevance[1] is not None
    assert relevance[0] > 0.5 > 0.1 > relevance[1]


class SentenceReader(StubReranker):
    """Gives passages 3, and single sentences the log-odds that it is made with."""

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:  # noqa: ARG002  # it is all the same to it
        self.read += texts
        return np.array([3.0 if whole_passages([text]) else self.other for text in texts], np.float32)


@pytest.mark.parametrize(("of_sentences", "is_answered"), [(0.0, True), (-9.0, False)])
def test_the_sentences_of_the_best_passage_decide_as_much_as_the_passage(
    index: Path, monkeypatch: pytest.MonkeyPatch, of_sentences: float, *, is_answered: bool
) -> None:
    monkeypatch.setattr("askdex.indexer.search.rerank.PassageReader", StubReranker)
    reader = SentenceReader({}, of_sentences)
    monkeypatch.setattr("askdex.indexer.models.reranker.load_reranker", lambda *_: reader)
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        assert searcher.search(Query("Where is the card kept?")).answered is is_answered
        assert len(reader.read) > len(whole_passages(reader.read)) > 0
        # To mark one of the sentences, and for the next page, none is read again.
        searcher.search(Query("Where is the card kept?", offset=1))
    assert len(reader.read) == len(set(reader.read))


@pytest.mark.parametrize(
    "question",
    ["Where is the card kept on 1 March 2025?", "card number", "What about the card?"],
    ids=["a date", "key words", "one content word"],
)
def test_what_the_reader_cannot_tell_is_not_read(index: Path, monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    monkeypatch.setattr("askdex.indexer.search.rerank.PassageReader", StubReranker)
    reader = StubReranker({})
    monkeypatch.setattr("askdex.indexer.models.reranker.load_reranker", lambda *_: reader)
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        searcher.search(Query(question))
        assert whole_passages(reader.read) == []
        searcher.search(Query("card umbrella"))
        read = len(whole_passages(reader.read))
        assert read > 0
        searcher.search(Query("Where is the card kept?"))
        assert len(whole_passages(reader.read)) > read


def test_what_the_reader_does_not_know_the_language_of_is_not_read(index: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "docs", {"note0.txt": "Die Karte wird von dem Amt ausgestellt, das für den Wohnort zuständig ist."})
    update(index, [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        german = searcher.search(Query("Wer stellt die Karte aus?", filter={"language": "de"})).results[0].passage
        stage = RerankStage(is_at_hand=True)
        assert german.document.language == "de"
        assert not stage.tells_answers("de")
        assert not stage.knows("de")


def test_where_the_best_is_in_a_language_that_it_does_not_know_precise_is_fast(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = StubReranker({})
    monkeypatch.setattr("askdex.indexer.models.reranker.load_reranker", lambda *_: reader)
    write_files(tmp_path / "docs", {"note0.txt": "Die Karte wird von dem Amt ausgestellt, das für den Wohnort zuständig ist."})
    update(index, [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        german = Query("Wer stellt die Karte aus?", filter={"language": "de"})
        precise = searcher.search(replace(german, mode=Mode.PRECISE))
        assert precise.results == searcher.search(german).results
    assert reader.read == []


def test_a_passage_is_read_with_its_title_and_comes_first_where_it_answers(
    opened: Callable[[StubReranker], Searcher],
) -> None:
    fast = opened(StubReranker({})).search(Query(QUESTION, limit=DEEPEST))
    last = fast.results[-1].passage
    reranker = StubReranker({f"{last.document.title}\n{last.text}": 100.0})
    best = opened(reranker).search(Query(QUESTION, mode=Mode.PRECISE)).results[0]
    assert best.passage == last
    assert best.scores.rerank == 100
    assert best.scores.fused > fast.results[-1].scores.fused + 1


def test_pages_of_a_precise_answer_make_up_one_order(opened: Callable[[StubReranker], Searcher]) -> None:
    searcher = opened(
        StubReranker({f"Note {n}\n{text.partition(chr(10) * 2)[2].strip()}": n % 7 for n, text in enumerate(NOTES.values())})
    )
    whole = searcher.search(Query(QUESTION, limit=30, mode=Mode.PRECISE))
    pages = [searcher.search(Query(QUESTION, limit=7, offset=at, mode=Mode.PRECISE)) for at in range(0, 30, 7)]
    assert [name for page in pages for name in ids(page)] == ids(whole)
    fused = [result.scores.fused for result in whole.results]
    assert fused == sorted(fused, reverse=True)
    assert 1 <= sum(result.scores.rerank is not None for result in whole.results) <= DEEPEST


def test_the_same_question_gets_the_same_answer(opened: Callable[[StubReranker], Searcher]) -> None:
    first, second = (opened(StubReranker({})).search(Query(QUESTION, mode=Mode.PRECISE)) for _ in range(2))
    assert first.results == second.results


def test_the_sentence_of_the_first_result_is_chosen_by_reading(opened: Callable[[StubReranker], Searcher]) -> None:
    question = "What is note 7?"
    fast = opened(StubReranker({})).search(Query(question, mode=Mode.PRECISE)).results[0]
    passage, title = fast.passage, fast.passage.document.title
    sentence = passage.text.partition(" It")[0]
    assert fast.answer is not None
    assert passage.text[fast.answer.start : fast.answer.end] != sentence
    answering = {f"{title}\n{passage.text}": 9.0}
    reranker = StubReranker({**answering, f"{title}\n{sentence}": 50.0})
    response = opened(reranker).search(Query(question, mode=Mode.PRECISE))
    best = response.results[0]
    assert response.answered
    assert best.passage == passage
    assert best.answer is not None
    assert passage.text[best.answer.start : best.answer.end] == sentence


@pytest.mark.parametrize("is_multilingual", [False, True])
def test_beside_reading_vectors_count_only_where_languages_may_differ(
    opened: Callable[[StubReranker], Searcher], monkeypatch: pytest.MonkeyPatch, *, is_multilingual: bool
) -> None:
    if is_multilingual:
        monkeypatch.setattr("askdex.indexer.search.searcher.MULTILINGUAL_MODEL", StubEncoder().name)
    encoded: list[str] = []

    def encode(encoder: StubEncoder, texts: Sequence[str]) -> Vectors:
        encoded.extend(texts)
        return encoder.encode_questions(texts)

    monkeypatch.setattr(StubEncoder, "encode_documents", encode)
    searcher = opened(StubReranker(dict.fromkeys(NOTES.values(), 9.0)))
    assert searcher.search(Query("What is note 7?", mode=Mode.PRECISE)).results[0].answer is not None
    assert bool(encoded) is is_multilingual


def test_no_sentence_is_read_where_the_question_is_not_answered(opened: Callable[[StubReranker], Searcher]) -> None:
    reranker = StubReranker({})
    response = opened(reranker).search(Query("Which card is kept?", limit=30, mode=Mode.PRECISE))
    assert not response.answered
    assert {text.partition("\n")[2] for text in reranker.read} <= {result.passage.text for result in response.results}


def test_a_sentence_far_behind_by_its_words_is_not_read(opened: Callable[[StubReranker], Searcher]) -> None:
    reranker = StubReranker({})
    best = opened(reranker).search(Query("Which number has the card?", mode=Mode.PRECISE)).results[0]
    assert best.answer is not None
    sentence = best.passage.text[best.answer.start : best.answer.end]
    assert sentence.startswith("The card is number")
    assert not any(text.endswith(sentence) for text in reranker.read)


def test_without_the_extra_a_precise_question_says_how_to_get_it(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.reranker.packaged_folder", lambda: None)
    assert not is_reranker_installed()
    rereading = RerankStage(load=load_reranker)
    with closing(open_searcher(index, lambda _: StubEncoder(), rereading)) as searcher:
        with pytest.raises(MissingExtraError, match=r"pip install 'askdex\[precise\]'"):
            searcher.search(Query(QUESTION, mode=Mode.PRECISE))
        assert searcher.search(Query(QUESTION)).results
    with pytest.raises(MissingExtraError):
        load_reranker()
