"""The logo and the colour that the pages are given."""

import re
from pathlib import Path
from typing import NamedTuple

from askdex.corpus.errors import AskdexError
from askdex.corpus.sources.folder import reason

_MEDIA_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}
LOGO_HEIGHT = 28
"""Pixels on the pages."""

_SVG_HEAD = re.compile(rb"<svg\b[^>]*>")
_SVG_SIZE = re.compile(rb"""\s(width|height)\s*=\s*["']\s*(\d+(?:\.\d+)?)(?:px)?\s*["']""")
_SVG_BOX = re.compile(rb"""\sviewBox\s*=\s*["']\s*-?[\d.]+[\s,]+-?[\d.]+[\s,]+(\d+(?:\.\d+)?)[\s,]+(\d+(?:\.\d+)?)\s*["']""")
_PNG_START = b"\x89PNG\r\n\x1a\n"
_LARGEST_LOGO = 256 * 2**10
"""Bytes; every page waits for it."""

_HEX = re.compile(r"#[0-9a-f]{6}")
_LIGHT_GROUND, _DARK_GROUND = "#fbfaf8", "#1b2224"
"""The ground of the pages in light, and the lightest one in dark, as in their style sheet."""

_READABLE = 4.5
"""The least contrast of a text, https://www.w3.org/TR/WCAG22/#contrast-minimum."""


class LookError(AskdexError):
    """A logo or a colour cannot be used."""


class Logo(NamedTuple):
    """A picture and its type."""

    data: bytes
    media_type: str

    @property
    def width(self) -> int | None:
        """Its width at LOGO_HEIGHT, in pixels, so that room is kept for it; None where it does not say."""
        width, height = self._size()
        return round(LOGO_HEIGHT * width / height) if width > 0 and height > 0 else None

    def _size(self) -> tuple[float, float]:
        """Its width and height, 0 where they are not said."""
        if self.data.startswith(_PNG_START):
            return int.from_bytes(self.data[16:20]), int.from_bytes(self.data[20:24])
        head = _SVG_HEAD.search(self.data)
        said = {name.decode(): float(number) for name, number in _SVG_SIZE.findall(head[0])} if head else {}
        box = _SVG_BOX.search(head[0]) if head else None
        return (float(box[1]), float(box[2])) if box else (said.get("width", 0.0), said.get("height", 0.0))


class Colour(NamedTuple):
    """A colour, as in "#1d5c63", that can be read on the light ground, and one like it for the dark ground."""

    light: str
    dark: str


def read_logo(path: Path) -> Logo:
    """The logo in a file. Raises LookError."""
    media_type = _MEDIA_TYPES.get(path.suffix.lower())
    if media_type is None:
        raise LookError(f"The logo {path} is no PNG and no SVG: name a file that ends in .png or .svg.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LookError(f"The logo {path} cannot be read: {reason(error)}.") from error
    if len(data) > _LARGEST_LOGO:
        raise LookError(f"The logo {path} is larger than {_LARGEST_LOGO // 2**10} KiB: make it smaller.")
    if data.startswith(_PNG_START) is not (media_type == "image/png"):
        raise LookError(f"The logo {path} is not what its name says.")
    return Logo(data, media_type)


def colour_of(written: str) -> Colour:
    """A colour for links and buttons. Raises LookError where it is none, or too light to be read."""
    light = written.strip().lower()
    if not _HEX.fullmatch(light):
        raise LookError(f"{written} is no colour: write it as #1d5c63.")
    if contrast(light, _LIGHT_GROUND) < _READABLE:
        raise LookError(f"The colour {written} is too light to be read on white: choose a darker one.")
    shares = (share / 20 for share in range(21))
    return Colour(light, next(dark for dark in (_lightened(light, share) for share in shares) if _is_seen_in_dark(dark)))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _is_seen_in_dark(colour: str) -> bool:
    return contrast(colour, _DARK_GROUND) >= _READABLE


def _lightened(colour: str, share: float) -> str:
    """A colour mixed with white."""
    return "#" + "".join(f"{round(part + (255 - part) * share):02x}" for part in bytes.fromhex(colour[1:]))


def _luminance(colour: str) -> float:
    """See https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [part / 255 for part in bytes.fromhex(colour[1:])]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
