"""PowerPoint: the slides of a presentation, each with its title, its text and its notes.

office (the package) -> the shapes of a slide (`slides`), their charts and diagrams (`graphics`), their lines (`paragraphs`).
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.office import Package, child, children, errors_told, not_one, part_of_type
from askdex.corpus.readers.powerpoint.slides import SlideReader

_LABEL = "PowerPoint"
_MAIN_PART = "ppt/presentation.xml"


def read_powerpoint(data: bytes) -> DocumentBuilder:
    """Read the titles, texts, lists, tables, charts and notes of the slides of a PowerPoint file.

    A slide is a page of the document. Hidden slides, pictures and comments are left out. Raises UnreadableError where it is no
    PowerPoint file, is protected by a password, or would be too large when unpacked.
    """
    with errors_told(_LABEL):
        return _builder_of(Package(data, _LABEL))


def _builder_of(package: Package) -> DocumentBuilder:
    main_part = part_of_type(package.relationships_of(""), "officeDocument") or _MAIN_PART
    presentation = package.xml_of(main_part)
    if presentation is None or presentation.tag != "p:presentation":
        raise UnreadableError(not_one(_LABEL))
    builder = DocumentBuilder(title=package.title(), metadata=package.metadata())
    reader = SlideReader(package, builder)
    for part in dict.fromkeys(_slide_parts(package, main_part, presentation)):
        builder.page_starts.append(len(builder.text))
        slide = package.xml_of(part)
        if slide is not None and slide.get("show", "1") not in ("0", "false"):
            reader.add(slide, part)
    builder.settle_title()
    return builder


def _slide_parts(package: Package, main_part: str, presentation: Element) -> Iterator[str]:
    """The parts of the slides in the order in which they are shown."""
    relationships = package.relationships_of(main_part)
    for one in children(child(presentation, "p:sldIdLst"), "p:sldId"):
        relationship = relationships.get(one.get("r:id", ""))
        if relationship is not None and not relationship.is_external:
            yield relationship.target
