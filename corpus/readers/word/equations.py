"""Equations of Word (Office MathML) in one line of text, as people type them: "area/total", "x^2", "√(a+b)".

The signs are those of UnicodeMath (Unicode Technical Note 28).
"""

from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

from askdex.corpus.readers.office import child, children

_INTEGRAL = "∫"
"""The sign of an n-ary operator that names none."""


def equation_text(element: Element) -> str:
    """The text of an equation or a part of one (m:oMath, m:e)."""
    return "".join(_READERS.get(part.tag, equation_text)(part) for part in element)


def _of(element: Element, tag: str) -> str:
    """The text of a child."""
    part = child(element, tag)
    return "" if part is None else equation_text(part).strip()


def _grouped(element: Element, tag: str) -> str:
    """The text of a child; in brackets where it is more than one word or number, so that it holds together."""
    text = _of(element, tag)
    return text if text.replace(".", "").isalnum() or _is_bracketed(text) else f"({text})" if text else ""


def _is_bracketed(text: str) -> bool:
    return text.startswith("(") and text.endswith(")") and ")" not in text[1:-1]


def _property(element: Element, *path: str, default: str) -> str:
    found = child(element, *path)
    return default if found is None else found.get("m:val", "")


def _run(element: Element) -> str:
    return "".join(text.text or "" for text in element if text.tag in ("m:t", "w:t"))


def _fraction(element: Element) -> str:
    return f"{_grouped(element, 'm:num')}/{_grouped(element, 'm:den')}"


def _scripts(element: Element) -> str:
    below, above = _grouped(element, "m:sub"), _grouped(element, "m:sup")
    return f"{_of(element, 'm:e')}{'_' if below else ''}{below}{'^' if above else ''}{above}"


def _radical(element: Element) -> str:
    return f"{_of(element, 'm:deg')}√{_grouped(element, 'm:e')}"


def _operator(element: Element) -> str:
    """A sum, a product, an integral: "∑_(i=1)^n x"."""
    sign = _property(element, "m:naryPr", "m:chr", default=_INTEGRAL)
    below, above = _grouped(element, "m:sub"), _grouped(element, "m:sup")
    return f"{sign}{'_' if below else ''}{below}{'^' if above else ''}{above} {_of(element, 'm:e')}"


def _delimiters(element: Element) -> str:
    signs = (("m:begChr", "("), ("m:sepChr", "|"), ("m:endChr", ")"))
    opening, separator, closing = (_property(element, "m:dPr", tag, default=sign) for tag, sign in signs)
    return f"{opening}{separator.join(map(equation_text, children(element, 'm:e')))}{closing}"


def _function(element: Element) -> str:
    return f"{_of(element, 'm:fName')} {_of(element, 'm:e')}"


def _limit(element: Element) -> str:
    sign = "_" if element.tag == "m:limLow" else "^"
    return f"{_of(element, 'm:e')}{sign}{_grouped(element, 'm:lim')}"


def _matrix(element: Element) -> str:
    rows = (", ".join(map(equation_text, children(row, "m:e"))) for row in children(element, "m:mr"))
    return f"({'; '.join(rows)})"


def _lines(element: Element) -> str:
    return "; ".join(map(equation_text, children(element, "m:e")))


_READERS: Mapping[str, Callable[[Element], str]] = {
    "m:r": _run,
    "m:f": _fraction,
    "m:sSub": _scripts,
    "m:sSup": _scripts,
    "m:sSubSup": _scripts,
    "m:sPre": _scripts,
    "m:rad": _radical,
    "m:nary": _operator,
    "m:d": _delimiters,
    "m:func": _function,
    "m:limLow": _limit,
    "m:limUpp": _limit,
    "m:m": _matrix,
    "m:eqArr": _lines,
}
"""What reads an element; all others are no more than what they hold."""
