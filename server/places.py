"""Saying where in its document a passage stands, and whether a machine has read it from a picture."""

from askdex.corpus.readers.recognition import MACHINE_READ
from askdex.corpus.text.ranges import is_in_ranges
from askdex.indexer.types import StoredPassage

_SLIDES = ("powerpoint", "ppt", "odp")
"""The formats whose pages are slides."""

_SPREADSHEETS = ("excel", "xls", "ods")
"""The formats whose rows stand on sheets."""


def is_slide(passage: StoredPassage) -> bool:
    """Whether the pages of a passage's document are slides."""
    return passage.document.metadata.get("format") in _SLIDES


def sheet_of(passage: StoredPassage) -> str:
    """The sheet that a passage's document is a row of; "" where it is of none that has a name."""
    metadata = passage.document.metadata
    return str(metadata.get("sheet", "")) if metadata.get("format") in _SPREADSHEETS else ""


def is_machine_read(passage: StoredPassage) -> bool:
    """Whether a machine has read the page on which a passage begins."""
    return is_in_ranges(passage.page or 1, str(passage.document.metadata.get(MACHINE_READ, "")))
