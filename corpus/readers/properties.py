"""The titles that programs write into the properties of a document."""

import re

from askdex.corpus.builder import clean

_WITHIN = re.compile(r"^(?:Microsoft \w+|PowerPoint) - ", re.IGNORECASE)
_FILE = re.compile(
    r"\.(?:ai|docx?|dvi|fm|html?|indd|md|odt|p65|pdf|pptx?|ps|qxd|rtf|tex|txt|wpd|xlsx?)$|^[^\s_]*_\S*$|://", re.IGNORECASE
)
_SAYS_NOTHING = re.compile(
    r"(?:untitled|title|document|presentation|powerpoint presentation|slide|pdf)?[\W\d_]*", re.IGNORECASE
)


def told_title(raw: str) -> str | None:
    """The title that a property gives, on one line; None where it is blank, a file's name, or what a program put there."""
    title = " ".join(clean(raw).split())
    if not title or _WITHIN.match(title) or _FILE.search(title) or _SAYS_NOTHING.fullmatch(title):
        return None
    return title
