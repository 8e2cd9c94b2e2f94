"""Scans and pictures, whose words a machine reads. Without the extra most of this is skipped."""

from pathlib import Path

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers import images
from askdex.corpus.readers import pdf as pdf_reader
from askdex.corpus.readers.images import read_image
from askdex.corpus.readers.pdf import read_pdf
from askdex.corpus.readers.recognition import tell_each_page
from askdex.corpus.readers.registry import is_read
from askdex.corpus.text.ranges import is_in_ranges, ranges
from askdex.corpus.types import Skipped
from tests.corpus.readers.outline import outline
from tests.corpus.readers.pdfs import BOLD, at, column, pdf
from tests.corpus.readers.scans import needs_recognition, picture, saved

_LINES = ("Report a lost card at once, by telephone or at the", "counter of the agency. The first card costs nothing.")
_PAGE = at(50, 750, "Lost cards", BOLD, 24) + column(50, 690, *_LINES, size=13)
_OTHER = column(50, 700, "A second card costs five yuan, and it takes a week.", size=13)


@pytest.mark.slow
@needs_recognition
def test_the_words_of_a_scan_are_read_and_marked_as_such() -> None:
    page, other = picture(pdf(_PAGE)), picture(pdf(_OTHER))
    builder = read_pdf(saved(page, "PDF", other))
    assert outline(builder)[0].endswith("Lost cards")
    assert " ".join(_LINES) in " ".join(builder.text.split())
    assert builder.text[builder.page_starts[1] :].split()[:2] == ["A", "second"]
    assert builder.metadata["machine_read"] == "1-2"
    confidence = builder.metadata["machine_confidence"]
    assert isinstance(confidence, float)
    assert 0.8 < confidence <= 1


@pytest.mark.slow
@needs_recognition
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_the_words_in_a_picture_are_read(kind: str) -> None:
    builder = read_image(saved(picture(pdf(_PAGE)), kind))
    assert " ".join(_LINES) in " ".join(builder.text.split())
    assert builder.page_starts == []
    assert builder.metadata["machine_read"] == "1"


@pytest.mark.slow
@needs_recognition
def test_each_page_is_told_before_it_is_read() -> None:
    told: list[int] = []
    tell_each_page(lambda: told.append(1))
    read_image(saved(picture(pdf(_PAGE)), "TIFF", picture(pdf(_OTHER))))
    assert len(told) == 2


@pytest.mark.slow
@needs_recognition
def test_of_a_picture_that_moves_the_first_is_read() -> None:
    told: list[int] = []
    tell_each_page(lambda: told.append(1))
    read_image(saved(picture(pdf(_PAGE)), "GIF", picture(pdf(_OTHER))))
    assert len(told) == 1


@pytest.mark.slow
@needs_recognition
def test_a_picture_with_hardly_any_words_is_left_out() -> None:
    with pytest.raises(UnreadableError, match=r"^a picture with hardly any words in it$"):
        read_image(saved(picture(pdf(at(50, 700, "Exit", size=40))), "PNG"))


@pytest.mark.slow
@needs_recognition
@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"text", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"^not a picture, or a damaged one$"):
        read_image(data)


@pytest.mark.slow
@needs_recognition
def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    large = picture(pdf(_PAGE)).resize((9_000, 8_900))
    with pytest.raises(UnreadableError, match=r"^more than 80 million pixels$"):
        read_image(saved(large, "PNG"))


def test_without_the_extra_the_reason_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pdf_reader, images):
        monkeypatch.setattr(module, "is_installed", lambda: False)
    with pytest.raises(
        UnreadableError, match=r"^no text in it: scanned pages need text recognition \(install askdex\[ocr\]\)$"
    ):
        read_pdf(pdf("0 0 m 100 100 l S"))
    builder = read_pdf(pdf(_PAGE, *["0 0 m 100 100 l S"] * 3))
    assert builder.left_out == Skipped("pages 2-4", "scanned pages need text recognition (install askdex[ocr])")
    assert read_pdf(pdf(_PAGE, "0 0 m 100 100 l S")).left_out is None
    with pytest.raises(UnreadableError, match=r"text recognition is needed: install askdex\[ocr\]"):
        read_image(b"\x89PNG")


@pytest.mark.parametrize("is_there", [True, False])
def test_pictures_are_a_kind_that_is_read_where_the_extra_is_installed(
    monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    monkeypatch.setattr("askdex.corpus.readers.registry.is_installed", lambda: is_there)
    assert is_read(Path("a/card.JPG")) is is_there


def test_ranges_of_pages() -> None:
    assert ranges([2, 5, 6, 7, 9]) == "2, 5-7, 9"
    assert [n for n in range(12) if is_in_ranges(n, "2, 5-7, 9")] == [2, 5, 6, 7, 9]
    assert not is_in_ranges(1, "")
    assert not is_in_ranges(1, "x-y")
