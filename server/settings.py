"""What the command line and the application share: where the index is unless told otherwise, and what a page is told to say."""

from dataclasses import dataclass
from pathlib import Path

from askdex.server.look import Colour, Logo

DEFAULT_INDEX = Path(".askdex")
INDEX_VARIABLE = "ASKDEX_INDEX"
"""The environment variable that names another folder."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the people who serve the page say on it.

    `title`, `logo` and `colour` are theirs, `help_line` stands below every page; `contact` is whom to ask where no passage
    answers.
    `suggests` is whether questions are suggested while somebody types, but for those with any of the `denied` words.
    `originals` is whether the files of documents are given out.
    """

    title: str = "Askdex"
    logo: Logo | None = None
    colour: Colour | None = None
    help_line: str = ""
    contact: str = ""
    suggests: bool = True
    denied: tuple[str, ...] = ()
    originals: bool = True
