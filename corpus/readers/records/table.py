"""A table that is no list of texts, such as a price list: one document, a row for each row."""

from collections.abc import Iterable, Sequence

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.records.documents import line_of
from askdex.corpus.types import CELL_JOINT, Kind


def table_document(title: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> DocumentBuilder:
    """The document of a table; `names` are those of the columns, empty where they have none."""
    builder = DocumentBuilder(title=" ".join(title.split()) or None)
    builder.append(Kind.TITLE, builder.title or "")
    builder.append(Kind.ROW, row_line(names), level=1)
    for row in rows:
        builder.append(Kind.ROW, row_line(row))
    return builder


def row_line(cells: Sequence[str]) -> str:
    """The text of a row; empty cells at its end are left out."""
    texts = [line_of(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return CELL_JOINT.join(texts) if any(texts) else ""
