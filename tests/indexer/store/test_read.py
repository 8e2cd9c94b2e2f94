"""Reading passages and their units: right wherever they stand in a document, whose text is read once."""

from pathlib import Path

import apsw
import pytest

from askdex.indexer.generations.reader import viewed
from askdex.indexer.ingest.update import update
from askdex.indexer.store import read
from askdex.indexer.types import PRINTED
from tests.stubs import StubEncoder

PARAGRAPHS = [f"## Part {n}\n\nThis is paragraph {n} of [a long page](https://page.example/{n}). It ends." for n in range(60)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("long")
    (place / "docs").mkdir()
    (place / "docs" / "long.md").write_text("# A long page\n\n" + "\n\n".join(PARAGRAPHS))
    (place / "docs" / "short.md").write_text("# A short page\n\n- One item.\n- Another item.")
    update(place / "index", [place / "docs"], load_encoder=lambda _: StubEncoder())
    return place / "index"


def test_passages_have_the_text_the_links_and_the_units_that_stand_in_their_part_of_the_document(index: Path) -> None:
    with viewed(index) as view:
        ids = [passage.id for passage in read.indexed_passages(view)]
        indexed = {passage.id: passage for passage in read.indexed_passages(view)}
        units = read.passage_units(view, ids)
        for passage_id, passage in zip(ids, read.passages(view, ids), strict=True):
            assert passage.text == indexed[passage_id].text
            assert passage.text == read.document(view, passage.document.id).text[passage.start : passage.end]
            assert [(unit.start, unit.end) for unit in units[passage_id]] == indexed[passage_id].units
            assert units[passage_id]
            for link in passage.links:
                assert passage.text[link.start : link.end] == "a long page"
                assert f"paragraph {link.address.rpartition('/')[2]} " in passage.text
            assert read.passage(view, f"{passage.document.id}-{passage.ordinal}") == passage
        assert sum(len(passage.links) for passage in read.passages(view, ids)) == 60


def test_the_text_of_a_document_is_read_once_for_all_of_its_passages(index: Path) -> None:
    statements: list[str] = []

    def note(_: apsw.Cursor, statement: str, __: object) -> bool:
        statements.append(statement)
        return True

    with viewed(index) as view:
        ids = [passage.id for passage in read.indexed_passages(view)]
        view.connection.exec_trace = note
        read.passages(view, ids)
        read.passage_units(view, ids)
    assert len(ids) > 50
    # Of each of two documents, once with its links and once with its blocks.
    assert sum("text" in statement for statement in statements) == 4


def test_passages_under_titles_that_differ_in_numbers_and_dates_alone_may_be_versions(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    names = ("12 P 71 dock fees", "Dock fee P102023", "Dock fees May 2024", "Dock fees annex A", "Dock fees annex B")
    for name in names:
        (tmp_path / "docs" / f"{name}.txt").write_text("A night costs what stands here for each metre of the boat.")
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    with viewed(tmp_path / "index") as view:
        headings = {passage.context: passage.place.headings for passage in read.indexed_passages(view)}
    same, annexes = [headings[name] for name in names[:3]], [headings[name] for name in names[3:]]
    assert len(set(same)) == 1
    assert len({*same, *annexes}) == 3


def test_the_text_of_a_page_that_a_machine_has_read_is_as_one_that_was_printed(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "scan.md").write_text("---\nmachine_read: 1\n---\n\nA night costs what stands here.")
    (tmp_path / "docs" / "clean.md").write_text("A night costs what stands here.")
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    with viewed(tmp_path / "index") as view:
        printed = {passage.context: passage.place.flags & PRINTED for passage in read.indexed_passages(view)}
    assert printed == {"Scan": PRINTED, "Clean": 0}
