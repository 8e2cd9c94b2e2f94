"""Which words and which headings of real files are found, by format, beside what MarkItDown and docling find.

The files lie beside this checkout, with what is expected of each in Markdown. A word counts once for each file.
"""

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.registry import format_of, parse
from askdex.corpus.sources import Item
from askdex.corpus.types import Document, Kind
from tests.benchmarks.options import Options, SkippedError
from tests.benchmarks.table import table

_FILES, _EXPECTED = Path("formats", "files"), Path("formats", "groundtruth")
_COMMENT = re.compile(r"<!--.*?-->|^\[author:[^\n]*$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+)$", re.MULTILINE)
_WORD = re.compile(r"\w+")
_TINY = 3
_LONGEST_S = 600
_PEERS = {
    "MarkItDown": """
from markitdown import MarkItDown
reader = MarkItDown(enable_plugins=False)
text_of = lambda path: reader.convert(path).text_content
""",
    # Its models for PDF are fetched from a hub: without them it reads no PDF.
    "docling": """
from docling.document_converter import DocumentConverter
reader = DocumentConverter()
text_of = lambda path: reader.convert(path).document.export_to_markdown()
""",
}
"""By the name of a peer, a program that makes a function of it: the text of a file in Markdown."""
_PEER_PROGRAM = """
import contextlib, json, sys
%s
for path in sys.argv[1:]:
    try:
        with contextlib.redirect_stdout(sys.stderr):
            text = text_of(path)
    except Exception:
        text = ""
    print(json.dumps(text))
"""


@dataclass(slots=True)
class _Found:
    """How many words and headings are expected of the files of a format, and how many of them are found by whom."""

    files: int = 0
    words: int = 0
    headings: int = 0
    found: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))


def report(options: Options) -> Iterator[str]:
    """A row for each format: the shares of the words and of the headings that are found."""
    files = options.sets.parent / _FILES
    truths = sorted((options.sets.parent / _EXPECTED).glob("*.md"))[: _TINY if options.tiny else None]
    paths = [files / truth.stem for truth in truths if (files / truth.stem).is_file()]
    if not paths:
        raise SkippedError(f"{files} is not there")
    readings = {"Askdex": list(map(_ours, paths))}
    pythons = {"MarkItDown": options.markitdown, "docling": options.docling}
    readings |= {name: list(_peers(name, python, paths)) for name, python in pythons.items() if python is not None}
    by_format: dict[str, _Found] = defaultdict(_Found)
    for n, path in enumerate(paths):
        expected = _COMMENT.sub("", (options.sets.parent / _EXPECTED / f"{path.name}.md").read_text(encoding="utf-8"))
        file_format = format_of(path)
        row = by_format[file_format.label if file_format else path.suffix]
        words, headings = _words(expected), {_plain(heading) for heading in _HEADING.findall(expected)}
        row.files += 1
        row.words += len(words)
        row.headings += len(headings)
        for name, texts in readings.items():
            text, known = texts[n]
            row.found[name][0] += len(words & _words(text))
            row.found[name][1] += len(headings & set(map(_plain, known)))
    names = list(readings)
    rows = [[label, str(row.files), *_cells(row, names)] for label, row in by_format.items()]
    yield from table(["format", "files", *(f"{what}, {name}" for what in ("words", "headings") for name in names)], rows)
    for name in sorted(pythons.keys() - readings.keys()):
        yield f"{name} is measured beside it with --{name.lower()} PYTHON, a Python that has it."


def _cells(row: _Found, names: Sequence[str]) -> Iterator[str]:
    for place, total in enumerate((row.words, row.headings)):
        yield from (f"{row.found[name][place] / total:.1%}" if total else "-" for name in names)


def _ours(path: Path) -> tuple[str, list[str]]:
    """The text of a file as Askdex reads it with the addresses of its links, and its headings; nothing where it is left out."""
    try:
        parts = list(parse(Item(path.name.encode(), path.name, b"", 0), path.read_bytes()))
    except UnreadableError:
        return "", []
    documents = [part for part in parts if isinstance(part, Document)]
    headings = [
        document.text[block.start : block.end]
        for document in documents
        for block in document.blocks
        if block.kind in (Kind.TITLE, Kind.HEADING)
    ]
    titles = [document.title for document in documents]
    # Markdown has the addresses of links within the text, and so have the files that say what is expected.
    addresses = [link.address for document in documents for link in document.links]
    return "\n".join([*titles, *(document.text for document in documents), *addresses]), [*titles, *headings]


def _peers(name: str, python: Path, paths: Sequence[Path]) -> Iterator[tuple[str, list[str]]]:
    """What a peer reads of each file, and its headings; nothing where it fails."""
    command = [str(python), "-c", _PEER_PROGRAM % _PEERS[name], *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=True)
    for line in done.stdout.splitlines():
        text = json.loads(line)
        yield text, _HEADING.findall(text)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _plain(heading: str) -> str:
    """The words of a heading; numbers that a program counted, and marks, do not count."""
    return " ".join(_WORD.findall(heading.casefold()))
