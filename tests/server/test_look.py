"""Logos and colours."""

from pathlib import Path

import pytest

from askdex.server.look import Logo, LookError, colour_of, contrast, read_logo

PNG = b"\x89PNG\r\n\x1a\n" + bytes(10)


@pytest.mark.parametrize("written", ["#1d5c63", "#000000", "#7A0019", "#c2410c"])
def test_a_colour_can_be_read_in_light_and_dark(written: str) -> None:
    colour = colour_of(written)
    assert colour.light == written.lower()
    assert contrast(colour.light, "#ffffff") >= 4.5
    assert contrast(colour.dark, "#1b2224") >= 4.5
    assert contrast(colour.dark, "#10201f") >= 4.5


@pytest.mark.parametrize("written", ["red", "#1d5", "#1d5c63;}", "", "#ffd66b", "#ffffff"])
def test_another_colour_is_refused_in_one_line(written: str) -> None:
    with pytest.raises(LookError, match=r"as #1d5c63|too light"):
        colour_of(written)


@pytest.mark.parametrize(("name", "data", "media_type"), [("a.PNG", PNG, "image/png"), ("a.svg", b"<svg/>", "image/svg+xml")])
def test_a_logo_is_a_png_or_an_svg(tmp_path: Path, name: str, data: bytes, media_type: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert read_logo(tmp_path / name) == (data, media_type)


@pytest.mark.parametrize(("name", "data"), [("a.gif", b"GIF"), ("a.png", b"<svg/>"), ("a.svg", PNG), ("a.png", PNG * 2**15)])
def test_another_file_is_no_logo(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LookError, match="logo"):
        read_logo(tmp_path / name)


def test_a_logo_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LookError, match="no such file"):
        read_logo(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (PNG[:16] + (300).to_bytes(4) + (100).to_bytes(4), 84),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="120px" height=\'56\'><rect width="9"/></svg>', 60),
        (b'<svg width="100%" height="100%" viewBox="0 0 30.0 10"></svg>', 84),
        (b'<svg viewBox="0 0 0 0" width="5" height="5"></svg>', None),
        (b"<svg><rect width='9' height='9'/></svg>", None),
        (PNG, None),
        (b"", None),
    ],
)
def test_room_is_kept_for_a_logo_that_says_its_size(data: bytes, width: int | None) -> None:
    assert Logo(data, "image/svg+xml").width == width
