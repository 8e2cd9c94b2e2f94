"""Acronyms in questions, as the documents explain them."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from askdex.indexer.search.searcher import Searcher
from askdex.indexer.types import Mode, Query
from tests.indexer.search.collection import index_pages, opened

PAGES = {
    "grants.txt": "Grants\n\nThe Sick Leave Grant (SLG) is paid by the ferry office.\n",
    "end.txt": "Ending\n\nA sick leave grant ends when work begins again.\n",
    "rate.txt": "Rates\n\nThe weekly rate of SLG depends on age.\n",
    "boats.txt": "Boats\n\nBoats leave the island in the morning.\n",
    "mice.txt": "Mice\n\nThe mice of the island eat grass. CAT (count all trees) is a game.\n",
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    with closing(opened(index_pages(tmp_path_factory.mktemp("acronyms"), PAGES))) as found:
        yield found


def found_by_words(searcher: Searcher, question: str) -> list[str]:
    results = searcher.search(Query(question, mode=Mode.KEYWORD)).results
    return [result.passage.document.uri for result in results]


def test_an_acronym_finds_what_says_its_name(searcher: Searcher) -> None:
    assert "end.txt" in found_by_words(searcher, "When does the SLG stop?")


def test_a_name_finds_what_says_its_acronym(searcher: Searcher) -> None:
    assert "rate.txt" in found_by_words(searcher, "How high are sick leave grants?")


@pytest.mark.parametrize("question", ["Does a cat eat?", "SICK LEAVE CAT", "What is the SL grant?"])
def test_other_words_are_no_acronyms(searcher: Searcher, question: str) -> None:
    with searcher.reader.opened() as generation:
        (reading, *_) = searcher._readings(generation, Query(question))
    assert (reading.question, reading.shown) == (question, None)


def test_an_explained_acronym_is_no_correction(searcher: Searcher) -> None:
    assert searcher.search(Query("When does the SLG stop?")).corrected is None
