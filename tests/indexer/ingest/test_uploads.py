"""Documents that are given to an index itself."""

from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.errors import DocumentsError
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.progress import unheard
from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import update
from askdex.indexer.ingest.uploads import Change, Made, Uploads, upload_sources
from tests.stubs import StubEncoder, write_files

CARD = b"# Card\n\nThe card is green.\n"
BLUE = b"# Card\n\nThe card is blue.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index of one page, in the folder that the page is in."""
    write_files(tmp_path, {"page.md": "# Page\n\nIt is white.\n"})
    update(tmp_path / "index", [tmp_path], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


def made(uploads: Uploads, change: Change) -> Made:
    return uploads.make(change, lambda _: StubEncoder(), unheard)


def put(uploads: Uploads, uri: str, content: bytes) -> Made:
    return made(uploads, uploads.ask_to_put(uri, lambda file: file.write(content)))


def uris(folder: Path) -> list[str]:
    with closing(Reader(folder)) as reader, reader.opened() as opened:
        return [f"{document.uri}: {opened.document(document.id).text.split()[-1]}" for document in opened.documents(100, 0)]


def test_a_file_is_added_replaced_and_taken_out(folder: Path) -> None:
    uploads = Uploads(folder)
    assert put(uploads, "cards/card.md", CARD) == Made(2, is_changed=True, left_out=())
    assert uris(folder) == ["cards/card.md: green.", "page.md: white."]
    assert put(uploads, "cards/card.md", CARD) == Made(2, is_changed=False, left_out=())
    assert put(uploads, "cards/card.md", BLUE) == Made(3, is_changed=True, left_out=())
    assert uris(folder) == ["cards/card.md: blue.", "page.md: white."]
    assert uploads.holds("cards/card.md")
    assert made(uploads, uploads.ask_to_remove("cards/card.md")) == Made(4, is_changed=True, left_out=())
    assert uris(folder) == ["page.md: white."]
    assert not uploads.holds("cards/card.md")
    assert (upload_sources(folder), uploads.waiting()) == ([], [])


def test_a_file_that_cannot_be_read_takes_the_place_of_none(folder: Path) -> None:
    uploads = Uploads(folder)
    put(uploads, "card.md", CARD)
    for uri, content in (("card.md", b" "), ("card.docx", b"?"), ("deep/card.exe", b"?")):
        with pytest.raises(DocumentsError) as failure:
            put(uploads, uri, content)
        assert [left_out.uri for left_out in failure.value.skipped] == [uri]
    assert uris(folder) == ["card.md: green.", "page.md: white."]
    (place,) = upload_sources(folder)
    assert [(path.name, path.read_bytes()) for path in place.glob("[!.]*")] == [("card.md", CARD)]


def test_what_was_asked_for_is_made_after_a_kill_at_any_place(folder: Path) -> None:
    uploads = Uploads(folder)
    put(uploads, "card.md", CARD)
    asked = uploads.ask_to_put("card.md", lambda file: file.write(BLUE))
    # Killed when the file was in place, and not in the index.
    (upload_sources(folder)[0] / "card.md").write_bytes(BLUE)
    uploads.ask_to_remove("other.md")
    waiting = Uploads(folder).waiting()
    assert [change.removes for change in waiting] == [False, True]
    assert waiting[0] == asked
    assert [made(Uploads(folder), change).is_changed for change in waiting] == [True, False]
    assert uris(folder) == ["card.md: blue.", "page.md: white."]
    # Killed when it was in the index, too.
    again = uploads.ask_to_put("card.md", lambda file: file.write(BLUE))
    assert made(uploads, again).is_changed is False


def test_an_index_of_the_folder_around_leaves_uploads_alone_and_a_new_index_finds_them(folder: Path) -> None:
    put(Uploads(folder), "cards/card.md", CARD)
    report = update(folder, [folder.parent], load_encoder=lambda _: StubEncoder())
    assert not report.changes.are_any
    for path in (*folder.glob("index.sqlite*"), folder / "receipt.json"):
        path.unlink()
    update(folder, [folder.parent, *upload_sources(folder)], load_encoder=lambda _: StubEncoder())
    assert uris(folder) == ["cards/card.md: green.", "page.md: white."]
    remove(folder, ["cards/card.md"])
    assert uris(folder) == ["page.md: white."]
