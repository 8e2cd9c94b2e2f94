"""PDFs, written by hand."""

from collections.abc import Sequence
from itertools import accumulate
from typing import TypeAlias

TEXT, BOLD, MONO, ITALIC = "F1", "F2", "F3", "F4"
LEADING = 12
_NAMES = {TEXT: "Helvetica", BOLD: "Helvetica-Bold", MONO: "Courier", ITALIC: "Helvetica-Oblique"}
Element: TypeAlias = tuple[str, Sequence["int | Element"]]
"""A tag: its type, and the tags and the marked content in it."""
_LOCKED = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'4f' * 32}> /U <{'55' * 32}> >> /ID [<00> <00>]"


def at(x: float, y: float, text: str, font: str = TEXT, size: float = 10) -> str:
    """A line of text that begins at a place, in points from the lower left corner."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET\n"


def column(x: float, y: float, *lines: str, font: str = TEXT, size: float = 10) -> str:
    """Lines of text below each other, from this height down."""
    return "".join(at(x, y - n * LEADING, line, font, size) for n, line in enumerate(lines))


def marked(number: int, content: str) -> str:
    """Content that tags may name by a number."""
    return f"/P << /MCID {number} >> BDC\n{content}EMC\n"


def pdf(
    *pages: str,
    title: str | None = None,
    properties: str = "",
    language: str | None = None,
    locked: bool = False,
    turned: int = 0,
    links: Sequence[tuple[tuple[int, int, int, int], str]] = (),
    tags: Sequence[Element] = (),
) -> bytes:
    """A PDF of pages of 600 by 800 points with what is on them; `turned` is by how many degrees they are shown turned.

    `links` are areas and addresses on the last page, `tags` are those of the only page.
    """
    # The letters 1 to 6 of each font are the ligature fi, a sign that has no meaning, a soft hyphen, and three of Hebrew.
    fonts = [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} "
        "/Encoding << /BaseEncoding /WinAnsiEncoding /Differences [1 /fi /uniE123 /uni00AD /uni05D0 /uni05D1 /uni05D2] >> >>"
        for name in _NAMES.values()
    ]
    first = 3 + len(fonts)
    kids = [f"{first + 2 * n} 0 R" for n in range(len(pages))]
    structure = f"/MarkInfo << /Marked true >> /StructTreeRoot {first + 2 * len(pages) + 1} 0 R" if tags else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {f'/Lang ({language})' if language else ''} {structure} >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(kids)}] >>",
        *fonts,
    ]
    resources = f"<< /Font << {' '.join(f'/{key} {n} 0 R' for n, key in enumerate(_NAMES, 3))} >> >>"
    annotations = " ".join(
        f"<< /Type /Annot /Subtype /Link /Rect [{left} {bottom} {right} {top}] /A << /S /URI /URI ({address}) >> >>"
        for (left, bottom, right, top), address in links
    )
    for n, content in enumerate(pages, 1):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Rotate {turned} /Resources {resources} /StructParents 0 "
            f"/Annots [{annotations if n == len(pages) else ''}] /Contents {len(objects) + 2} 0 R >>"
        )
        objects.append(f"<< /Length {len(content.encode('cp1252'))} >>\nstream\n{content}\nendstream")
    objects.append(f"<< /Title ({title or ''}) {properties} >>")
    info = len(objects)
    objects += _structure(tags, first, info + 1) if tags else []
    return _written(objects, f"/Info {info} 0 R {_LOCKED if locked else ''}")


def _structure(tags: Sequence[Element], page: int, root: int) -> list[str]:
    """The objects of a tree of tags, whose root has a number; all content is of one page."""
    objects = [""]
    parents: dict[int, int] = {}

    def add(element: Element, parent: int) -> int:
        number = root + len(objects)
        objects.append("")
        kids = []
        for child in element[1]:
            if isinstance(child, int):
                parents[child] = number
            kids.append(str(child) if isinstance(child, int) else f"{add(child, number)} 0 R")
        objects[number - root] = (
            f"<< /Type /StructElem /S /{element[0]} /P {parent} 0 R /Pg {page} 0 R /K [{' '.join(kids)}] >>"
        )
        return number

    kids = " ".join(f"{add(element, root)} 0 R" for element in tags)
    by_content = " ".join(f"{parents[number]} 0 R" for number in sorted(parents))
    objects[0] = f"<< /Type /StructTreeRoot /K [{kids}] /ParentTree << /Nums [0 [{by_content}]] >> >>"
    return objects


def _written(objects: Sequence[str], trailer: str) -> bytes:
    head = b"%PDF-1.4\n"
    parts = [f"{n} 0 obj\n{content}\nendobj\n".encode("cp1252") for n, content in enumerate(objects, 1)]
    *places, end = accumulate(map(len, parts), initial=len(head))
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    table = f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer << /Size {count} /Root 1 0 R {trailer} >>\n"
    return head + b"".join(parts) + f"{table}startxref\n{end}\n%%EOF".encode("ascii")
