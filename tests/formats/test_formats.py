"""The same questions find the same passages in every format, with the right page, slide or sheet."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import askdex
from askdex.corpus.readers.registry import FORMATS, format_of
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.types import StoredPassage
from tests.formats.made import BROWSER, OFFICE, made
from tests.formats.pages import PAGES, Page
from tests.formats.written import Files, written

_IN_ARCHIVE = {"zip": "zip/pages.zip", "tar": "tar/pages.tar.gz"}
_PAGED = ("pptx", "odp", "office-pptx", "office-odp", "office-ppt", "office-slides", "browser-pdf")
"""The folders with one file, of which each page is one of the pages."""
_FIRST_PAGE = ("office-pdf",)
_SHEETS = ("xlsx", "office-ods", "office-xls")


def _indexed(folder: Path, files: dict[str, Files]) -> Path:
    for name, contents in files.items():
        (folder / "documents" / name).mkdir(parents=True)
        for file, data in contents.items():
            (folder / "documents" / name / file).write_bytes(data)
    askdex.index(folder / "index", folder / "documents")
    return folder / "index"


def _faults(index: Path, folders: Iterable[str]) -> Iterator[str]:
    """What is not found, or is not told rightly."""
    with askdex.open(index) as opened:
        for folder in folders:
            for number, page in enumerate(PAGES, 1):
                query = askdex.Query(page.question, limit=1, filter={"folder": _IN_ARCHIVE.get(folder, folder)})
                passages = [result.passage for result in opened.search(query).results]
                faults = _wrong(passages[0], folder, number, page) if passages else ["no result"]
                yield from (f"{folder} {number}: {fault}" for fault in faults)


def _wrong(passage: StoredPassage, folder: str, number: int, page: Page) -> Iterator[str]:
    if page.answer.casefold() not in _plain(passage.text):
        yield f"not the passage: {passage.text[:200]!r}"
        return
    if page.title.casefold() not in _plain(" ".join([passage.document.title, *passage.heading_path, passage.text])):
        yield f"without its title: {passage.document.title!r} {passage.heading_path!r}"
    expected = number if folder in _PAGED else 1 if folder in _FIRST_PAGE else None
    if passage.page != expected:
        yield f"on page {passage.page}, not {expected}"
    if folder in _SHEETS and passage.document.metadata.get("sheet") != "Pool":
        yield f"on sheet {passage.document.metadata.get('sheet')}"
    if folder == "mbox" and passage.document.uri != f"mbox/pages.mbox#{number}":
        yield f"mail {passage.document.uri}"
    if folder in _IN_ARCHIVE and not passage.document.uri.endswith(f"/{number:02}.txt"):
        yield f"file {passage.document.uri}"


def _plain(text: str) -> str:
    """The text on one line, as rows have it in every format."""
    return " ".join(text.replace("|", " ").split()).casefold()


def test_every_format_but_pictures_and_those_of_old_programs_is_written() -> None:
    formats = {format_of(Path(name)) for files in written().values() for name in files}
    names = {file_format.name for file_format in formats if file_format is not None}
    assert {file_format.name for file_format in FORMATS} - names == {"pdf", "doc", "xls", "ppt", "image"}


@pytest.mark.slow
def test_the_same_questions_find_the_same_passages_in_every_format(tmp_path: Path, encoder: Encoder) -> None:
    assert encoder.name
    files = written()
    assert list(_faults(_indexed(tmp_path, files), files)) == []


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None and BROWSER is None, reason="neither LibreOffice nor Chromium is installed")
def test_the_same_questions_find_the_same_passages_in_what_programs_make(tmp_path: Path, encoder: Encoder) -> None:
    assert encoder.name
    (tmp_path / "made").mkdir()
    files = made(tmp_path / "made")
    assert len(files) == (12 if OFFICE else 0) + (1 if BROWSER else 0)
    assert list(_faults(_indexed(tmp_path, files), files)) == []
