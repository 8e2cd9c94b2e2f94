"""Files as programs and people have made them, which lie beside the project; without them these tests are skipped."""

import re
from functools import cache
from pathlib import Path

import pytest

from askdex.corpus.errors import FailedReadingError, UnreadableError
from askdex.corpus.readers.registry import FORMATS, parse
from askdex.corpus.sources import Item
from askdex.corpus.types import Document
from tests.conftest import SHARED

_FILES, _EXPECTED = SHARED / "formats" / "files", SHARED / "formats" / "groundtruth"
_LEAST_RECALL = {
    "excel": 0.98,
    "powerpoint": 0.95,
    "odt": 0.95,
    "ods": 0.98,
    "odp": 0,
    "epub": 0.95,
    "notebook": 0,
    "mail": 0,
    "mailbox": 0,
    "zip": 0,
    "tar": 0,
}
"""The share of the words that have to be found, by the name of the format."""
_COMMENT = re.compile(r"<!--.*?-->|^\[author:[^\n]*$", re.DOTALL | re.MULTILINE)
_WORD = re.compile(r"\w+")

pytestmark = pytest.mark.skipif(not _FILES.is_dir(), reason=f"{_FILES} is not there")


def _files(name: str) -> list[Path]:
    (file_format,) = [each for each in FORMATS if each.name == name]
    return sorted(path for path in _FILES.iterdir() if path.suffix.lower() in file_format.suffixes)


@cache
def _texts(path: Path) -> list[str]:
    """The titles and texts of the documents in a file; nothing where it is left out."""
    try:
        parts = list(parse(Item(path.name.encode(), path.name, b"", 0), path.read_bytes()))
    except FailedReadingError:
        raise
    except UnreadableError:
        return []
    return [f"{part.title}\n{part.text}" for part in parts if isinstance(part, Document)]


@pytest.mark.parametrize("name", _LEAST_RECALL)
def test_the_words_of_real_files_are_found(name: str) -> None:
    files = _files(name)
    assert sum(bool(_texts(path)) for path in files) > len(files) / 2
    expected, found = 0, 0
    for path in files:
        truth = _EXPECTED / f"{path.name}.md"
        if truth.is_file():
            words = set(_WORD.findall(_COMMENT.sub("", truth.read_text(encoding="utf-8")).casefold()))
            expected += len(words)
            found += len(words.intersection(_WORD.findall("\n".join(_texts(path)).casefold())))
    assert found >= _LEAST_RECALL[name] * expected
