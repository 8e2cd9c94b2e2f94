"""Fixtures of the tests of the search."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from askdex.indexer.search.searcher import Searcher
from askdex.indexer.types import Query, Response
from tests.indexer.search.collection import PAGES, index_pages, opened


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
