"""Filters of a question."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from askdex.corpus.types import Scalar
from askdex.indexer.errors import RequestError
from askdex.indexer.types import Filter, Mode, Query, Response
from tests.indexer.search.collection import MODES, PAGES, files, index_pages, opened, uris


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
