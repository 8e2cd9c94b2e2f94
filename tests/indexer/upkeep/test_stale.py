"""Which documents are out of date."""

from datetime import date
from pathlib import Path

import pytest

from askdex.indexer.errors import MissingIndexError
from askdex.indexer.ingest.update import update
from askdex.indexer.upkeep.stale import stale_documents
from tests.stubs import StubEncoder, write_files

PAGES = {
    "bins.md": "---\nreplaced_by: bins-2024.md\nupdated: 2021-05-01\n---\n# Bins\n\nThey are emptied on Mondays.",
    "bins-2024.md": "---\nupdated: 2024-05-01\nreview_by: 2026-05\n---\n# Bins\n\nThey are emptied on Tuesdays.",
    "pool.md": "---\nvalid_until: 2024-05-31\nupdated: 2024-03-01\n---\n# Pool\n\nIt opens at nine.",
    "sauna.md": "---\nreview_date: 2024-06-14\nupdated: 2024-03-01\n---\n# Sauna\n\nIt opens at ten.",
    "stairs.md": "---\nstatus: archived\nupdated: 2024-03-01\n---\n# Stairs\n\nThey are swept.",
    "yard.md": "---\nupdated: 2020\n---\n# Yard\n\nIt is closed at night.",
}
TODAY = date(2024, 6, 15)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stale")
    write_files(folder / "docs", PAGES)
    update(folder / "index", [folder / "docs"], load_encoder=lambda _: StubEncoder())
    return folder / "index"


def test_what_was_replaced_holds_no_more_or_is_due_for_review_is_stale(index: Path) -> None:
    found = [(document.uri, document.reason) for document in stale_documents(index, TODAY)]
    assert found == [
        ("bins.md", "replaced by bins-2024.md"),
        ("pool.md", "valid until 2024-05-31"),
        ("sauna.md", "to be reviewed by 2024-06-14"),
        ("stairs.md", "archived"),
    ]


def test_older_documents_are_stale_where_that_is_asked_for(index: Path) -> None:
    assert [document.uri for document in stale_documents(index, TODAY, 365)] == [
        "bins.md",
        "pool.md",
        "sauna.md",
        "stairs.md",
        "yard.md",
    ]
    assert len(stale_documents(index, TODAY, 10**9)) == 4


def test_where_there_is_no_index_it_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingIndexError):
        stale_documents(tmp_path, TODAY)
