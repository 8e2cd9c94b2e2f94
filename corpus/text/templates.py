"""Tags of templates, which a generator replaces before anybody sees the page: Liquid, Jinja, Handlebars, Vue."""

import re
from collections.abc import Iterator

_TAG = re.compile(r"\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\}|\{#\s.{0,2000}?\s#\}", re.DOTALL)
_CODE_TAG = re.compile(r"(</?(?:pre|code|kbd|samp|script|style|textarea)\b[^<>]*>)", re.IGNORECASE)


def without_template_tags(page: str) -> str:
    """A page in HTML without such tags; code keeps those that it shows."""
    return "".join(_pieces(page)) if "{{" in page or "{%" in page else page


def _pieces(page: str) -> Iterator[str]:
    depth = 0
    for piece in _CODE_TAG.split(page):
        if _CODE_TAG.fullmatch(piece):
            depth = max(0, depth - 1) if piece.startswith("</") else depth + 1
            yield piece
        else:
            yield piece if depth else _TAG.sub("", piece)
