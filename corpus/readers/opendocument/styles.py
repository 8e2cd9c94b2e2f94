"""The styles of an OpenDocument file: what is a title, a numbered list, bold or hidden."""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from askdex.corpus.readers.office import child, children

_FURTHEST = 20
"""Styles that each rest on the next; a file may have them in a circle."""
_TITLE = "Title"
"""The name of this style, whatever the language of the program."""
_NUMBERED = "text:list-level-style-number"


class Styles:
    """The styles of a file by their names."""

    def __init__(self, elements: Iterable[Element]) -> None:
        self._styles: dict[str, Element] = {}
        self._lists: dict[str, Element] = {}
        for element in elements:
            if element.tag == "style:style":
                self._styles[element.get("style:name", "")] = element
            elif element.tag == "text:list-style":
                self._lists[element.get("style:name", "")] = element

    def is_title(self, name: str | None) -> bool:
        """Whether a paragraph of this style is the title."""
        parents = (style.get("style:parent-style-name") for style in self._chain(name))
        return name == _TITLE or _TITLE in parents

    def is_bold(self, name: str | None) -> bool:
        """Whether text of this style is bold."""
        return self._property(name, "style:text-properties", "fo:font-weight") == "bold"

    def is_hidden(self, name: str | None) -> bool:
        """Whether text of this style is hidden."""
        return self._property(name, "style:text-properties", "text:display") == "none"

    def is_raised(self, name: str | None) -> bool | None:
        """Whether text of this style is raised (True) or lowered (False); None where it stands on the line."""
        position = (self._property(name, "style:text-properties", "style:text-position") or "").split()[:1]
        if not position or position[0].startswith("0"):
            return None
        return position[0] != "sub" and not position[0].startswith("-")

    def hides_sheet(self, name: str | None) -> bool:
        """Whether a sheet of this style is hidden."""
        return self._property(name, "style:table-properties", "table:display") == "false"

    def hides_slide(self, name: str | None) -> bool:
        """Whether a slide of this style is hidden."""
        return self._property(name, "style:drawing-page-properties", "presentation:visibility") == "hidden"

    def is_numbered(self, name: str | None, level: int) -> bool:
        """Whether the items of a list of this style are numbered at a level, from 1."""
        levels = children(self._lists.get(name or ""), _NUMBERED)
        return any(one.get("text:level") == str(level) and one.get("style:num-format") for one in levels)

    def list_of(self, name: str | None) -> str | None:
        """The style of lists that goes with a style of paragraphs."""
        return next((found for style in self._chain(name) if (found := style.get("style:list-style-name"))), None)

    def _property(self, name: str | None, kind: str, attribute: str) -> str | None:
        for style in self._chain(name):
            properties = child(style, kind)
            if properties is not None and (value := properties.get(attribute)) is not None:
                return value
        return None

    def _chain(self, name: str | None) -> Iterator[Element]:
        """A style, the one that it rests on, and so on."""
        for _ in range(_FURTHEST):
            style = self._styles.get(name or "")
            if style is None:
                return
            yield style
            name = style.get("style:parent-style-name")
