"""What the parts of the server share: where the index is unless told otherwise, the size of a request, what a page says."""

from dataclasses import dataclass
from pathlib import Path

from askdex.indexer.types import Mode
from askdex.server.look import Colour, Logo

DEFAULT_INDEX = Path(".askdex")
INDEX_VARIABLE = "ASKDEX_INDEX"
"""The environment variable that names another folder."""

LARGEST_REQUEST = 4 * 2**20
"""Bytes of a body, that of a hundred long questions with their filters; most endpoints take less."""

LARGEST_UPLOAD = 64 * 2**20
"""Bytes of a body that brings a document, where documents may be changed."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the people who serve the page say on it.

    `title`, `logo` and `colour` are theirs, `help_line` stands below every page; `contact` is whom to ask where no passage
    answers.
    `suggests` is whether questions are suggested while somebody types, but for those with any of the `denied` words.
    `originals` is whether the files of documents are given out.
    `mode` is how passages are ranked where the asker chooses nothing; None reads closely while nobody waits for it.
    """

    title: str = "Askdex"
    logo: Logo | None = None
    colour: Colour | None = None
    help_line: str = ""
    contact: str = ""
    suggests: bool = True
    denied: tuple[str, ...] = ()
    originals: bool = True
    mode: Mode | None = None
