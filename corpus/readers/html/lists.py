"""The numbers of the items of an ordered list, as browsers show them."""

import re
from collections.abc import Callable

from selectolax.lexbor import LexborNode

from askdex.corpus.text.numerals import roman

_INTEGER = re.compile(r"\s*([+-]?\d{1,9})")
_LIST_STYLE = re.compile(
    r"list-style(?:-type)?\s*:[^;]*?\b(none|decimal|(?:lower|upper)-(?:alpha|latin|roman))\b", re.IGNORECASE
)
_UNNUMBERED_CLASSES = frozenset(("list-unstyled", "list-none", "no-bullets", "no-bullet", "unstyled"))
"""Classes of common style sheets under which a list shows no marks."""
_STYLE_CLASSES = {
    "loweralpha": "lower-alpha",
    "upperalpha": "upper-alpha",
    "lowerroman": "lower-roman",
    "upperroman": "upper-roman",
}
"""Classes by which docutils, Sphinx and Asciidoctor say how a list is numbered."""
_TYPES = {"1": "decimal", "a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}


class ListNumbers:
    """The numbers of the items of one list, from the first to the last; an unordered list has none."""

    def __init__(self, node: LexborNode) -> None:
        attributes = node.attributes
        classes = (attributes.get("class") or "").split()
        style = _style(node) or next((_STYLE_CLASSES[name] for name in classes if name in _STYLE_CLASSES), None)
        is_numbered = node.tag == "ol" and style != "none" and _UNNUMBERED_CLASSES.isdisjoint(classes)
        self._shown = _STYLES[style or _TYPES.get(attributes.get("type") or "", "decimal")] if is_numbered else None
        self._step = -1 if "reversed" in attributes else 1
        start = _integer(attributes.get("start"))
        if start is None:
            start = len([item for item in node.iter() if item.tag == "li"]) if self._step < 0 and is_numbered else 1
        self._next = start

    def mark(self, item: LexborNode) -> str:
        """What stands before the next item: "3. ", "c. " or "iii. "; nothing in an unordered list."""
        if self._shown is None:
            return ""
        number = _integer(item.attributes.get("value"))
        number = self._next if number is None else number
        self._next = number + self._step
        return "" if _style(item) == "none" else f"{self._shown(number)}. "


def _integer(attribute: str | None) -> int | None:
    number = _INTEGER.match(attribute or "")
    return int(number[1]) if number else None


def _style(node: LexborNode) -> str | None:
    style = _LIST_STYLE.search(node.attributes.get("style") or "")
    return style[1].lower().replace("latin", "alpha") if style else None


def _letters(number: int) -> str:
    """A number as letters: 1 is "a", 26 is "z", 27 is "aa"; below 1 it stays a number, as in browsers."""
    if number < 1:
        return str(number)
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("a") + place) + letters
    return letters


_STYLES: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "lower-alpha": _letters,
    "upper-alpha": lambda number: _letters(number).upper(),
    "lower-roman": roman,
    "upper-roman": lambda number: roman(number).upper(),
}
