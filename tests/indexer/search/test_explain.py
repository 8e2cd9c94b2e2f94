"""Why a result is where it is: shares that add up, words at their places, cosines split exactly."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.engine.analyzer import terms
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder, TokenVectors
from askdex.indexer.models.torch_encoder import SentenceTransformerEncoder
from askdex.indexer.search.explain import token_products
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store.embedded_texts import texts_of_stored
from askdex.indexer.types import Explanation, Match, Mode, Query, Result, Split
from tests.stubs import StubEncoder, write_files

PAGES = {
    "cards.md": "# Cards\n\nThe office issues cards. A card costs nothing: keep it.\n\n"
    "## What if the card is lost?\n\nReport it at once. The office blocks it.\n",
    "pension.md": "# Pension\n\n" + " ".join(f"Rule {n} of the pension is number{n}." for n in range(8)) + "\n",
    "zh.md": "# 社保卡\n\n社保卡由社保局发放。\n",
}
QUESTIONS = ["How soon must a new employee be registered?", "Who issues the card?", "lost card", "社保卡", "pension at 60"]
ROUNDING = 0.002
"""What half precision makes of a cosine, at the most."""


class Wholes(StubEncoder):
    """Knows no tokens."""

    def encode_tokens(self, texts: Sequence[str], *, as_questions: bool = False) -> list[TokenVectors] | None:  # noqa: ARG002
        return None


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    write_files(folder / "documents", PAGES)
    update(folder / "index", [folder / "documents"], load_encoder=lambda _: StubEncoder())
    return folder / "index"


@pytest.fixture(scope="module")
def searcher(index: Path) -> Iterator[Searcher]:
    with closing(open_searcher(index, lambda _: StubEncoder())) as found:
        yield found


@pytest.fixture(scope="module", params=["converted", "torch"])
def real(request: pytest.FixtureRequest, encoder: Encoder) -> Encoder:
    """The real model on each runtime."""
    return encoder if request.param == "converted" else SentenceTransformerEncoder(DEFAULT_MODEL)


def explained(searcher: Searcher, question: str, mode: Mode = Mode.FAST) -> list[tuple[Result, Explanation]]:
    results = searcher.search(Query(question, mode=mode, explain=True)).results
    return [(result, result.explanation) for result in results if result.explanation is not None]


def best(searcher: Searcher, question: str) -> tuple[Result, Explanation]:
    return explained(searcher, question)[0]


def split(explanation: Explanation) -> Split:
    assert explanation.tokens is not None
    return explanation.tokens


def is_at_its_places(match: Match, text: str) -> bool:
    """Whether a match is written in the text where it says, in its own form or another of the same word."""
    return all(terms(text[span.start : span.end]) == terms(match.text) for span in match.spans)


def test_nothing_is_explained_unless_asked_for(searcher: Searcher) -> None:
    assert {result.explanation for result in searcher.search(Query("card")).results} == {None}


def test_only_the_results_of_the_page_are_explained(searcher: Searcher) -> None:
    results = searcher.search(Query("card", limit=1, offset=1, explain=True)).results
    assert [(result.rank, result.explanation is not None) for result in results] == [(2, True)]


@pytest.mark.parametrize("mode", list(Mode))
def test_shares_add_up_to_the_fused_score(searcher: Searcher, mode: Mode) -> None:
    found = explained(searcher, "Who issues a card for the pension?", mode)
    assert len(found) > 1
    for result, explanation in found:
        assert sum(explanation.shares.values()) == pytest.approx(result.scores.fused)


def test_words_add_up_to_most_of_the_keyword_score_those_first_that_score_most(searcher: Searcher) -> None:
    for result, explanation in explained(searcher, "Which office issues the cards?"):
        scores = [word.score for word in explanation.words]
        # The rest is for words that stand together, or in the headings.
        assert sum(scores) <= (result.scores.keyword or 0) <= 3 * sum(scores)
        assert scores == sorted(scores, reverse=True)


def test_words_are_given_as_they_are_written_at_all_their_places(searcher: Searcher) -> None:
    result, explanation = best(searcher, "Who issued a card that costs nothing?")
    text = result.passage.text
    places = {word.text: [text[span.start : span.end] for span in word.spans] for word in explanation.words}
    assert places == {"cards": ["cards", "card"], "issues": ["issues"], "A": ["A"], "costs": ["costs"], "nothing": ["nothing"]}


def test_words_of_the_title_and_the_headings_alone_have_no_place(searcher: Searcher) -> None:
    found = explained(searcher, "lost cards blocked by an office")
    explanation = next(explanation for result, explanation in found if result.passage.heading_path)
    assert {word.text: len(word.spans) for word in explanation.words} == {"lost": 0, "Cards": 0, "blocks": 1, "office": 1}


def test_text_without_spaces_is_matched_by_its_characters(searcher: Searcher) -> None:
    result, explanation = best(searcher, "社保卡")
    assert {"社", "保", "卡", "社保", "保卡"} == {word.text for word in explanation.words}
    assert all(len(word.spans) and is_at_its_places(word, result.passage.text) for word in explanation.words)


def test_a_short_passage_is_split_to_its_last_word(searcher: Searcher) -> None:
    result, explanation = best(searcher, "Who issues cards that cost nothing?")
    found = split(explanation)
    assert found.matched == "passage"
    assert found.words[0].text in {"issues", "cards", "Cards", "nothing"}
    # What is left is the special token and rounding.
    assert found.rest == pytest.approx(0, abs=0.01)
    for word in found.words:
        assert [result.passage.text[span.start : span.end] for span in word.spans] in ([word.text], [])


def test_the_rest_of_a_long_passage_is_added_up(searcher: Searcher) -> None:
    result, explanation = best(searcher, "pension rule number3")
    found = split(explanation)
    assert len(found.words) == 12
    assert sum(word.score for word in found.words) + found.rest == pytest.approx(result.scores.semantic)
    scores = [word.score for word in found.words]
    assert scores == sorted(scores, reverse=True)


def test_where_the_passages_own_question_matched_its_words_are_given(searcher: Searcher) -> None:
    result, explanation = best(searcher, "What if the card is lost?")
    found = split(explanation)
    assert found.matched == "question"
    assert {word.text for word in found.words} == {"What", "if", "the", "card", "is", "lost"}
    assert not any(word.spans for word in found.words)
    assert sum(word.score for word in found.words) == pytest.approx(result.scores.semantic, abs=ROUNDING)


def test_without_a_cosine_or_tokens_there_is_no_split(searcher: Searcher, index: Path) -> None:
    assert best(searcher, "card")[1].tokens is not None
    assert all(explanation.tokens is None for _, explanation in explained(searcher, "card", Mode.KEYWORD))
    with closing(open_searcher(index, lambda _: Wholes())) as other:
        assert best(other, "card")[1].tokens is None


# The real model


def test_tokens_add_up_to_the_vector_of_their_text(real: Encoder) -> None:
    texts = ["Who issues the card?", "A pension begins at sixty. " * 60, "", "社保卡 costs"]
    tokens = real.encode_tokens(texts)
    assert tokens is not None
    sums = np.stack([of_text.vectors.sum(axis=0) for of_text in tokens])
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    np.testing.assert_allclose(sums, real.encode_documents(texts), atol=1e-4)
    assert [len(of_text.spans) for of_text in tokens] == [min(number, 256) for number in real.count(texts)]
    pieces = [texts[0][begin:end] for begin, end in tokens[0].spans]
    assert pieces == ["", "Who", "issues", "the", "card", "?", ""]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_cosine_of_a_result_is_that_of_its_tokens(starter_searcher: Searcher, encoder: Encoder, question: str) -> None:
    (vector,) = encoder.encode_questions([question])
    for result in starter_searcher.search(Query(question)).results:
        weights = texts_of_stored(result.passage, encoder)
        tokens = encoder.encode_tokens(list(weights))
        assert tokens is not None
        sums = [
            weight * token_products(of_text, vector).sum() for weight, of_text in zip(weights.values(), tokens, strict=True)
        ]
        assert max(sums) == pytest.approx(result.scores.semantic, abs=ROUNDING)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_result_of_the_real_model_is_explained(starter_searcher: Searcher, question: str) -> None:
    found = explained(starter_searcher, question)
    assert len(found) == 10
    for result, explanation in found:
        text, tokens = result.passage.text, split(explanation)
        assert sum(explanation.shares.values()) == pytest.approx(result.scores.fused)
        assert all(is_at_its_places(word, text) for word in explanation.words)
        assert all(text[span.start : span.end] == word.text for word in tokens.words for span in word.spans)
        assert sum(word.score for word in tokens.words) + tokens.rest == pytest.approx(result.scores.semantic)


def test_pieces_of_a_word_are_put_together(starter_searcher: Searcher, encoder: Encoder) -> None:
    assert encoder.count(["reimbursed"])[0] > 3
    _, explanation = best(starter_searcher, "reimbursement of hospital bills abroad")
    assert "reimbursed" in {word.text for word in split(explanation).words}
