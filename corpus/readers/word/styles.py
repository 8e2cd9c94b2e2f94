"""The styles of a Word file: what a paragraph and a run inherit from the style that they name, and from those above it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from xml.etree.ElementTree import Element

from askdex.corpus.readers.office import child, children, is_on, value_of

_HEADING_NAME = re.compile(r"heading ([1-9])", re.IGNORECASE)
_BODY_LEVEL = 9
"""The outline level that stands for text; 0 to 8 are those of headings."""


class ListPlace(NamedTuple):
    """What a paragraph says of its number: the id of its numbering, and its level there (0 is the outermost)."""

    numbering_id: str | None = None
    level: int | None = None


@dataclass(frozen=True)
class Style:
    """A style with what it inherits; `chain` are the elements of the style and of those that it is based on."""

    chain: tuple[Element, ...] = ()

    @cached_property
    def name(self) -> str:
        """The style's own name, in lower case. Word writes its built-in names in English, whatever language it speaks."""
        return (value_of(self.chain[0], "w:name") or "").lower() if self.chain else ""

    @cached_property
    def is_title(self) -> bool:
        """Whether it is the style of the document's title."""
        names = {(value_of(style, "w:name") or "").lower() for style in self.chain}
        return "title" in names and self.name != "subtitle"

    @cached_property
    def heading_level(self) -> int | None:
        """The level of a heading in this style (1 is the outermost); None where it is no style of headings."""
        for style in self.chain:
            if (level := outline_level(child(style, "w:pPr"))) is not None:
                return level or None
            if name := _HEADING_NAME.fullmatch(value_of(style, "w:name") or ""):
                return int(name[1])
        return 1 if self.name == "heading" else None  # the only such style of Apple Pages

    @cached_property
    def list_place(self) -> ListPlace:
        """Where paragraphs of this style stand in lists, unless they say otherwise themselves."""
        places = [list_place(child(style, "w:pPr")) for style in self.chain]
        numbering_ids = (place.numbering_id for place in places if place.numbering_id is not None)
        levels = (place.level for place in places if place.level is not None)
        return ListPlace(next(numbering_ids, None), next(levels, None))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the style and of those that it is based on."""
        return tuple(style.get("w:styleId", "") for style in self.chain)

    @cached_property
    def is_bold(self) -> bool:
        """Whether its letters are bold."""
        return self._switches_on("w:b")

    @cached_property
    def is_hidden(self) -> bool:
        """Whether its text is hidden."""
        return self._switches_on("w:vanish")

    @cached_property
    def formats_first_row(self) -> bool:
        """Whether a table of this style shows its first row in a way of its own."""
        return any(
            part.get("w:type") == "firstRow" and is_on(child(part, "w:rPr", "w:b"))
            for style in self.chain
            for part in children(style, "w:tblStylePr")
        )

    def _switches_on(self, tag: str) -> bool:
        switches = (child(style, "w:rPr", tag) for style in self.chain)
        return is_on(next((switch for switch in switches if switch is not None), None))


class Styles:
    """The styles of a Word file by their ids."""

    def __init__(self, root: Element | None) -> None:
        self._elements: dict[str, Element] = {}
        self._default_id: str | None = None
        for element in children(root, "w:style"):
            style_id = element.get("w:styleId", "")
            # Where several have one id, the first counts: ECMA-376, part 1, 17.7.4.17.
            self._elements.setdefault(style_id, element)
            if element.get("w:type") == "paragraph" and element.get("w:default") in ("1", "true", "on"):
                self._default_id = style_id
        self._styles: dict[str | None, Style] = {None: Style()}

    def paragraph_style(self, properties: Element | None) -> Style:
        """The style of a paragraph with these properties (w:pPr)."""
        return self.style(value_of(properties, "w:pStyle") or self._default_id)

    def style(self, style_id: str | None) -> Style:
        """The style of this id; one that says nothing where there is none."""
        if style_id not in self._styles:
            self._styles[style_id] = Style(tuple(self._chain(style_id)))
        return self._styles[style_id]

    def is_bold(self, properties: Element | None, paragraph: Style) -> bool:
        """Whether a run with these properties (w:rPr) is bold in a paragraph of a style."""
        own = child(properties, "w:b")
        return is_on(own) if own is not None else paragraph.is_bold != self._run_style(properties).is_bold

    def is_hidden(self, properties: Element | None, paragraph: Style) -> bool:
        """Whether a run with these properties (w:rPr) is hidden in a paragraph of a style."""
        own = child(properties, "w:vanish")
        return is_on(own) if own is not None else paragraph.is_hidden != self._run_style(properties).is_hidden

    def _run_style(self, properties: Element | None) -> Style:
        return self.style(value_of(properties, "w:rStyle"))

    def _chain(self, style_id: str | None) -> Iterator[Element]:
        seen: set[str] = set()
        while style_id is not None and style_id not in seen and style_id in self._elements:
            seen.add(style_id)
            yield self._elements[style_id]
            style_id = value_of(self._elements[style_id], "w:basedOn")


def outline_level(properties: Element | None) -> int | None:
    """The heading level that properties (w:pPr) give a paragraph: 1 is the outermost, 0 says that it is text; or None."""
    value = value_of(properties, "w:outlineLvl")
    if value is None or not value.isdecimal():
        return None
    return int(value) + 1 if int(value) < _BODY_LEVEL else 0


def list_place(properties: Element | None) -> ListPlace:
    """The place in a list that properties (w:pPr) give a paragraph."""
    place = child(properties, "w:numPr")
    level = value_of(place, "w:ilvl")
    return ListPlace(value_of(place, "w:numId"), int(level) if level is not None and level.isdecimal() else None)
