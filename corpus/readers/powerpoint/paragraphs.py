"""The paragraphs of a text on a slide: their words, their links, and which of them are items of a list."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from askdex.corpus.readers.office import Relationship, child, children, shown_alternative
from askdex.corpus.readers.word.equations import equation_text
from askdex.corpus.text.scripts import in_script
from askdex.corpus.types import Link

_BASELINE = re.compile(r"-?[0-9]{1,7}")
_BULLETS = ("a:buChar", "a:buAutoNum", "a:buBlip")


@dataclass(slots=True)
class SlideParagraph:
    """A paragraph that is not blank. `is_bulleted` is None where the slide leaves that to its layout."""

    text: str = ""
    level: int = 0
    is_bulleted: bool | None = None
    links: list[Link] = field(default_factory=list)


def paragraphs_of(body: Element | None, relationships: Mapping[str, Relationship]) -> Iterator[SlideParagraph]:
    """The paragraphs of a text (p:txBody, a:txBody, c:rich) in a part with these relationships."""
    for element in children(body, "a:p"):
        paragraph = SlideParagraph()
        properties = child(element, "a:pPr")
        if properties is not None:
            level = properties.get("lvl", "0")
            paragraph.level = int(level) if level.isdecimal() else 0
            tags = {one.tag for one in properties}
            paragraph.is_bulleted = False if "a:buNone" in tags else True if tags.intersection(_BULLETS) else None
        pieces: list[str] = []
        _collect(element, relationships, paragraph, pieces)
        paragraph.text = "".join(pieces)
        if paragraph.text.strip():
            yield paragraph


def _collect(element: Element, relationships: Mapping[str, Relationship], paragraph: SlideParagraph, pieces: list[str]) -> None:
    """Collect the words of a paragraph and its links."""
    for part in element:
        if part.tag in ("a:r", "a:fld"):
            text = child(part, "a:t")
            words = "" if text is None else (text.text or "").replace("\v", "\n")
            if rise := _baseline(part):
                words = in_script(words, "".join(pieces[-1:]), is_raised=rise > 0)
            start = sum(map(len, pieces))
            pieces.append(words)
            click = child(part, "a:rPr", "a:hlinkClick")
            target = None if click is None else relationships.get(click.get("r:id", ""))
            if target is not None and target.is_external and words.strip():
                paragraph.links.append(Link(start, start + len(words), target.target))
        elif part.tag == "a:br":
            pieces.append("\n")
        elif part.tag in ("m:oMath", "m:oMathPara"):
            pieces.append(equation_text(part))
        elif part.tag not in ("a:pPr", "a:endParaRPr"):
            _collect(shown_alternative(part), relationships, paragraph, pieces)


def _baseline(run: Element) -> int:
    """How far the text of a run is raised, in thousandths of a percent of its height; below 0 it is lowered."""
    properties = child(run, "a:rPr")
    written = "" if properties is None else properties.get("baseline", "")
    return int(written) if _BASELINE.fullmatch(written) else 0
