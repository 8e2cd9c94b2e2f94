"""A slide: its title is a heading, its other shapes are read in their order, and its notes come last."""

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.office import Package, Relationship, child, children, part_of_type, shown_alternative
from askdex.corpus.readers.powerpoint.graphics import chart_rows, diagram_texts
from askdex.corpus.readers.powerpoint.paragraphs import SlideParagraph, paragraphs_of
from askdex.corpus.text.headings import could_be_heading
from askdex.corpus.types import CELL_JOINT, Kind

_TITLES = ("title", "ctrTitle")
_NO_TEXT = ("dt", "ftr", "hdr", "sldNum", "sldImg")
"""Places for the date, the foot and the head of the slide, its number, and its picture beside the notes."""
_LISTS = ("obj", "body")
"""Places whose paragraphs have bullets, unless they say otherwise."""
_LONGEST_REPEATED = 100
"""Characters. Only a cell as short as this is repeated in each row that it reaches over."""


class SlideReader:
    """Adds slides to a document, one after the other."""

    def __init__(self, package: Package, builder: DocumentBuilder) -> None:
        self._package = package
        self._builder = builder
        self._relationships: Mapping[str, Relationship] = {}
        self._has_title = False
        self._parts: set[str] = set()
        """The parts that were read: a hostile file refers to one a thousand times."""

    def add(self, slide: Element, part: str) -> None:
        """Add what a slide shows, and its notes."""
        self._relationships = self._package.relationships_of(part)
        shapes = list(_shapes(child(slide, "p:cSld", "p:spTree")))
        titles = [shape for shape in shapes if _place(shape) in _TITLES]
        self._has_title = False
        for shape in titles:
            text = "\n".join(paragraph.text for paragraph in self._paragraphs(shape))
            self._has_title |= bool(text.strip())
            self._builder.append(Kind.HEADING, " ".join(text.split()), 1)
        for shape in shapes:
            if shape.tag == "p:graphicFrame":
                self._add_graphic(shape)
            elif _place(shape) not in (*_TITLES, *_NO_TEXT):
                self._add_text(shape)
        if (notes := part_of_type(self._relationships, "notesSlide")) is not None:
            self._add_notes(notes)

    def _add_notes(self, part: str) -> None:
        """Add what the speaker says to a slide."""
        page = self._once(part)
        self._relationships = self._package.relationships_of(part)
        for shape in _shapes(child(page, "p:cSld", "p:spTree")):
            if _place(shape) == "body":
                for paragraph in self._paragraphs(shape):
                    self._append(paragraph, Kind.PARAGRAPH)

    def _paragraphs(self, shape: Element) -> list[SlideParagraph]:
        return list(paragraphs_of(child(shape, "p:txBody"), self._relationships))

    def _add_text(self, shape: Element) -> None:
        paragraphs = self._paragraphs(shape)
        is_list = _place(shape) in _LISTS and len(paragraphs) > 1
        for paragraph in paragraphs:
            is_item = is_list if paragraph.is_bulleted is None else paragraph.is_bulleted
            self._append(paragraph, Kind.ITEM if is_item else Kind.PARAGRAPH)

    def _append(self, paragraph: SlideParagraph, kind: Kind) -> None:
        """Add a paragraph.

        The first line of a slide without a title becomes one if it can: it would stand below that of the slide before.
        """
        if not self._has_title and could_be_heading(paragraph.text.strip()):
            kind = Kind.HEADING
        self._has_title = True
        level = 1 if kind is Kind.HEADING else paragraph.level if kind is Kind.ITEM else 0
        self._builder.append(kind, paragraph.text, level, links=paragraph.links)

    def _add_graphic(self, frame: Element) -> None:
        """Add a table, a chart or a diagram."""
        for graphic in frame.iter():
            if graphic.tag == "a:tbl":
                self._add_table(graphic)
            elif graphic.tag == "c:chart" and (chart := self._related(graphic.get("r:id"))) is not None:
                for kind, text, level in chart_rows(chart):
                    self._builder.append(kind, text, level)
            elif graphic.tag == "dgm:relIds" and (diagram := self._related(graphic.get("r:dm"))) is not None:
                for text in diagram_texts(diagram):
                    self._builder.append(Kind.ITEM, text)

    def _related(self, relationship_id: str | None) -> Element | None:
        relationship = self._relationships.get(relationship_id or "")
        return None if relationship is None or relationship.is_external else self._once(relationship.target)

    def _once(self, part: str) -> Element | None:
        """The root of a part that was not read before."""
        if part in self._parts:
            return None
        self._parts.add(part)
        return self._package.xml_of(part)

    def _add_table(self, table: Element) -> None:
        properties = child(table, "a:tblPr")
        names_columns = properties is not None and properties.get("firstRow") in ("1", "true")
        above: dict[int, str] = {}
        for number, row in enumerate(children(table, "a:tr")):
            cells = [self._cell(cell, above.get(column, "")) for column, cell in enumerate(children(row, "a:tc"))]
            above = {column: text for column, text in enumerate(cells) if len(text) <= _LONGEST_REPEATED}
            self._builder.append(Kind.ROW, _row_text(cells), int(names_columns and number == 0))

    def _cell(self, cell: Element, above: str) -> str:
        """The text of a cell on one line; that of the cell above where it reaches down to this one."""
        if cell.get("vMerge") in ("1", "true"):
            return above
        texts = (paragraph.text for paragraph in paragraphs_of(child(cell, "a:txBody"), self._relationships))
        return " ".join(" ".join(texts).split())


def _row_text(cells: Sequence[str]) -> str:
    return CELL_JOINT.join(cells) if any(cells) else ""


def _shapes(parent: Element | None) -> Iterator[Element]:
    """The shapes and graphics in a tree of shapes, also those that are grouped or one of several alternatives."""
    for element in () if parent is None else parent:
        if element.tag in ("p:sp", "p:graphicFrame"):
            yield element
        else:
            yield from _shapes(shown_alternative(element))


def _place(shape: Element) -> str | None:
    """The kind of place that a shape fills in the layout of its slide; None where it fills none."""
    for properties in shape:
        place = child(properties, "p:nvPr", "p:ph")
        if place is not None:
            return place.get("type", "obj")
    return None
