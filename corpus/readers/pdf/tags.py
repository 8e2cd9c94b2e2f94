"""The tags of a PDF: what its author's program said of the text, such as which of it is a heading or a cell of a table.

PDF 32000-1, 14.7 and 14.8. Not every PDF has tags, and not all tags are right.
"""

import ctypes
from collections.abc import Mapping
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

_DEEPEST = 100
"""Elements around an element. Programs nest them some twenty deep."""
_MOST_ELEMENTS = 100_000
"""Of a page; a page full of small cells has some thousands."""
_LONGEST_TYPE = 64
"""UTF-16 units of the name of a type; those of the standard are short."""
_HEADING_LEVELS = {"Title": 1, "H": 1, **{f"H{level}": level for level in range(1, 7)}}
_CELL_TYPES = frozenset(("TD", "TH"))
NO_ELEMENT = -1
"""What PDFium gives for content that no element names."""


class CellPlace(NamedTuple):
    """The place of a cell: numbers of its table and its row, which are unique on the page, and of the cell in the row."""

    table: int
    row: int
    column: int
    is_head: bool


class Tag(NamedTuple):
    """What is said of some text: the level of the heading that it is part of (0 for none), and the cell that it is in."""

    level: int = 0
    cell: CellPlace | None = None


UNTAGGED = Tag()


class _Visit(NamedTuple):
    """An element to be looked at, with what is said of the text around it; `row` is that of a table, or -1."""

    element: object
    tag: Tag
    table: int
    row: int
    column: int
    depth: int


def page_tags(page: pypdfium2.PdfPage) -> Mapping[int, Tag]:
    """By the id of marked content, the tags of a page; none where it has no tags. PDFium takes one thread at a time."""
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    if not tree:
        return {}
    try:
        return _tags(tree)
    finally:
        pdfium.FPDF_StructTree_Close(tree)


def _tags(tree: object) -> Mapping[int, Tag]:
    tags: dict[int, Tag] = {}
    count = min(pdfium.FPDF_StructTree_CountChildren(tree), _MOST_ELEMENTS)
    roots = (pdfium.FPDF_StructTree_GetChildAtIndex(tree, n) for n in range(count))
    visits = [_Visit(root, UNTAGGED, -1, -1, 0, 0) for root in roots if root]
    visited = 0
    while visits and visited < _MOST_ELEMENTS:
        visit = visits.pop()
        visited += 1
        tag, table, row = _entered(visit, visited)
        for n in range(min(pdfium.FPDF_StructElement_CountChildren(visit.element), _MOST_ELEMENTS)):
            child = pdfium.FPDF_StructElement_GetChildAtIndex(visit.element, n)
            if child and visit.depth < _DEEPEST:
                visits.append(_Visit(child, tag, table, row, n, visit.depth + 1))
            elif not child and (content := pdfium.FPDF_StructElement_GetChildMarkedContentID(visit.element, n)) != NO_ELEMENT:
                tags[content] = tag
    return tags


def _entered(visit: _Visit, number: int) -> tuple[Tag, int, int]:
    """What is said of the text in an element, and the table and the row around it."""
    name = _type(visit.element)
    if name == "Table":
        return visit.tag, number, -1
    if name == "TR":
        return visit.tag, visit.table, number
    if name in _CELL_TYPES and visit.row >= 0 and visit.tag.cell is None:
        cell = CellPlace(visit.table, visit.row, visit.column, name == "TH")
        return visit.tag._replace(cell=cell), visit.table, visit.row
    level = _HEADING_LEVELS.get(name, 0)
    return (visit.tag._replace(level=level) if level else visit.tag), visit.table, visit.row


def _type(element: object) -> str:
    """The type of an element, which a PDF may call by a name of its own."""
    buffer = (ctypes.c_ushort * _LONGEST_TYPE)()
    size = pdfium.FPDF_StructElement_GetType(element, buffer, ctypes.sizeof(buffer))
    name = bytes(buffer)[:size] if size <= ctypes.sizeof(buffer) else b""
    return name.decode("utf-16-le", errors="replace").rstrip("\0")
