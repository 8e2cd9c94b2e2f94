"""Questions that are misspelt."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from askdex.indexer.search import searcher
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.search.spelling import interpretations
from askdex.indexer.types import Mode, Query, Response, Vectors
from tests.indexer.search.collection import MODES, PAGES, files, index_pages
from tests.stubs import WordyEncoder


def test_a_question_that_is_steered_is_not_corrected(search: Callable[..., Response]) -> None:
    response = search("card -fee")
    assert response.corrected is None
    assert response.results
    assert not [result for result in response.results if "fee" in result.passage.text.lower().split()]


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


def test_beside_the_multilingual_model_a_correction_must_bring_a_question_nearer(
    spelling: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The encoder knows neither spelling of the last word.
    query = Query("lost card, pensoin?", mode=Mode.SEMANTIC)
    assert spelling.search(query).corrected == "lost card, pension?"
    monkeypatch.setattr(searcher, "MULTILINGUAL_MODEL", spelling.encoder.name)
    assert spelling.search(query).corrected is None
    assert spelling.search(replace(query, question="lsot card")).corrected == "lost card"


def test_a_compound_that_is_not_known_finds_its_words(spelling: Searcher) -> None:
    response = spelling.search(Query("pensionclaim", mode=Mode.KEYWORD))
    assert response.corrected is None
    assert files(response) == {"pensions/begin.md", "pensions/widows/claim.md", "pensions-de.md"}


def test_questions_of_one_batch_are_corrected_each_by_itself(spelling: Searcher) -> None:
    queries = [Query("pensoin"), Query("card"), Query("pensoin", correct=False), Query("lots", mode=Mode.KEYWORD)]
    responses = list(spelling.answers(queries))
    assert [response.corrected for response in responses] == ["pension", None, None, "lost"]
    assert [response.results for response in responses] == [spelling.search(query).results for query in queries]
