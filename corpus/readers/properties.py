"""Titles from the properties of PDF and Word files, which programs fill in by themselves as often as not."""

import re

from askdex.corpus.builder import clean

_PROGRAM = re.compile(r"^(?:Microsoft \w+|PowerPoint) - ", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"\.(?:ai|docx?|dvi|fm|html?|indd|md|odt|p65|pdf|pptx?|ps|qxd|rtf|tex|txt|wpd|xlsx?)$|^[^\s_]*_\S*$|://", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"(?:untitled|title|document|presentation|powerpoint presentation|slide|pdf)?[\W\d_]*", re.IGNORECASE)


def property_title(raw: str) -> str | None:
    """The title on one line; None where it is blank, the name of a file, or a placeholder that a program put there."""
    title = " ".join(clean(raw).split())
    if not title or _PROGRAM.match(title) or _FILE_NAME.search(title) or _PLACEHOLDER.fullmatch(title):
        return None
    return title
