"""The same question has the same answer, whatever went before."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.types import Mode, Query, Response
from tests.indexer.search.collection import MODES, index_pages, opened
from tests.stubs import StubEncoder, unjudged


def test_the_same_question_has_the_same_answer_each_time(search: Callable[..., Response]) -> None:
    one, other = search("item number"), search("item number")
    assert one.results == other.results


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
