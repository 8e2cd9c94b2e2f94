"""Notebooks of Jupyter: their texts, which are Markdown, and their programs, without what these print."""

import json
import re
from collections.abc import Iterator, Mapping

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.markdown import read_markdown
from askdex.corpus.types import DEEPEST_HEADING_LEVEL

_NOT_ONE = "not a Jupyter notebook"
_BACKTICKS = re.compile(r"`{3,}")
_FRONT_MATTER = "---\n"


def read_notebook(source: str) -> DocumentBuilder:
    """Read the cells of a notebook as one text in Markdown. Raises UnreadableError where it is none."""
    try:
        notebook = json.loads(source)
    except ValueError as error:
        raise UnreadableError(_NOT_ONE) from error
    except RecursionError as error:
        raise UnreadableError("nested too deeply") from error
    if not isinstance(notebook, dict):
        raise UnreadableError(_NOT_ONE)
    cells = list(_cells(notebook))
    if not cells and "cells" not in notebook and "worksheets" not in notebook:
        raise UnreadableError(_NOT_ONE)
    program = _language(notebook)
    texts = [_markdown(cell, program, is_first=n == 0) for n, cell in enumerate(cells)]
    return read_markdown("\n\n".join(filter(None, texts)))


def _cells(notebook: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The cells of a notebook; older ones have them on sheets."""
    sheets = notebook.get("worksheets")
    for holder in [notebook, *(sheets if isinstance(sheets, list) else [])]:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        yield from (cell for cell in (cells if isinstance(cells, list) else []) if isinstance(cell, dict))


def _markdown(cell: Mapping[str, object], program: str, *, is_first: bool) -> str:
    """A cell as Markdown; a raw one says at most what the first lines of a page say of it."""
    source = _text(cell.get("source", cell.get("input")))
    kind = cell.get("cell_type")
    if kind == "code" and source.strip():
        fence = "`" * (1 + max(map(len, _BACKTICKS.findall(source)), default=2))
        return f"{fence}{program}\n{source}\n{fence}"
    if kind == "heading":
        level = cell.get("level")
        return f"{'#' * (min(level, DEEPEST_HEADING_LEVEL) if isinstance(level, int) and level > 0 else 1)} {source}"
    return source if kind == "markdown" or (kind == "raw" and is_first and source.startswith(_FRONT_MATTER)) else ""


def _text(source: object) -> str:
    """A text, which may be written as a list of lines."""
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _language(notebook: Mapping[str, object]) -> str:
    """The language of the programs; "" where it is not known."""
    metadata = notebook.get("metadata")
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        info = metadata.get(key) if isinstance(metadata, dict) else None
        found = info.get(name) if isinstance(info, dict) else None
        if isinstance(found, str) and found.isalnum():
            return found
    return ""
