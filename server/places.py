"""Saying where in its document a passage stands, and whether a machine has read it from a picture."""

from askdex.corpus.readers.recognition import MACHINE_READ
from askdex.corpus.text.ranges import is_in_ranges
from askdex.indexer.types import StoredPassage

_SLIDES = ("powerpoint", "ppt", "odp")
"""The formats whose pages are slides."""


def is_slide(passage: StoredPassage) -> bool:
    """Whether the pages of a passage's document are slides."""
    return passage.document.metadata.get("format") in _SLIDES


def is_machine_read(passage: StoredPassage) -> bool:
    """Whether a machine has read the page on which a passage begins."""
    return is_in_ranges(passage.page or 1, str(passage.document.metadata.get(MACHINE_READ, "")))
