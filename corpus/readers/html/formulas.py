"""Formulas in MathML: what the page says of them in words or in TeX, or else what they show, in one line: "x^2", "a/b"."""

import re
from collections.abc import Callable, Sequence

from selectolax.lexbor import LexborNode

_STYLE = re.compile(r"\{\s*\\displaystyle\s+(.*)\}\s*", re.DOTALL)
"""What pages put around a formula in TeX that stands in a line of its own."""
_INVISIBLE = re.compile("[\u2061-\u2064]")
_NO_CONTENT = frozenset(("annotation", "annotation-xml", "mphantom"))
_DEEPEST = 50
"""Elements within each other that are told apart."""


def formula_text(math: LexborNode) -> str:
    """The text of a formula on one line."""
    annotation = math.css_first('annotation[encoding*="tex" i]')
    said = math.attributes.get("alttext") or (annotation.text() if annotation is not None else "")
    text = " ".join((said or _shown(math, _DEEPEST)).split())
    style = _STYLE.fullmatch(text)
    return style[1].strip() if style else text


def _shown(node: LexborNode, depth: int) -> str:
    tag = node.tag or ""
    if tag == "-text":
        return _INVISIBLE.sub("", node.text_content or "").strip()
    if tag in _NO_CONTENT:
        return ""
    if not depth:
        return node.text()
    parts = [text for child in node.iter(include_text=True) if (text := _shown(child, depth - 1))]
    write = _WRITERS.get(tag)
    return write(parts) if write is not None and parts else "".join(parts)


def _grouped(text: str) -> str:
    """The text, in brackets where it is more than one word or number, so that it holds together."""
    return text if text.replace(".", "").isalnum() else f"({text})"


def _joined(*joints: str) -> Callable[[Sequence[str]], str]:
    """Writes the first part, and each part behind it with its joint before it."""

    def write(parts: Sequence[str]) -> str:
        first, *others = parts
        return first + "".join(f"{joint}{_grouped(other)}" for joint, other in zip(joints, others, strict=False))

    return write


_WRITERS: dict[str, Callable[[Sequence[str]], str]] = {
    "msup": _joined("^"),
    "msub": _joined("_"),
    "msubsup": _joined("_", "^"),
    "mover": _joined("^"),
    "munder": _joined("_"),
    "munderover": _joined("_", "^"),
    "mfrac": lambda parts: "/".join(map(_grouped, parts)),
    "msqrt": lambda parts: f"√{_grouped(''.join(parts))}",
    "mroot": lambda parts: f"{''.join(parts[1:])}√{_grouped(parts[0])}",
    "mtr": ", ".join,
    "mtable": "; ".join,
}
"""What writes an element; all others are no more than what they hold."""
