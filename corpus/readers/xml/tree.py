"""The elements of an XML file. Entities that grow by holding others are refused, and nothing is fetched."""

import html
import re
from dataclasses import dataclass, field
from xml.parsers import expat

from askdex.corpus.builder import TextAllowance
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.office import TOO_DEEP
from askdex.corpus.text.scripts import in_script

_SEPARATOR = "}"
"""What stands between the namespace of a name and the name."""
_SCRIPTS = {**dict.fromkeys(("sup", "superscript"), "sup"), **dict.fromkeys(("sub", "subscript", "inf"), "sub")}
_DEEPEST = 150
"""Elements within elements."""
_LARGEST_ENTITY = 10_000
"""Characters that an entity stands for."""
_REFERENCE = re.compile(r"&([^#;&\s][^;&\s]{0,200});")
_PREDEFINED = dict.fromkeys(("amp", "lt", "gt", "quot", "apos"), 1)


@dataclass(slots=True)
class Element:
    """An element; `content` is its text and its elements, in their order."""

    name: str
    attributes: dict[str, str]
    content: "list[str | Element]" = field(default_factory=list)

    def elements(self) -> "list[Element]":
        """The elements in it."""
        return [one for one in self.content if isinstance(one, Element)]

    def has_text(self) -> bool:
        """Whether it has text of its own, beside that of its elements."""
        return any(isinstance(one, str) and not one.isspace() for one in self.content)

    def text(self) -> str:
        """All text in it, on one line."""
        pieces, waiting = [], [*reversed(self.content)]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                pieces.append(one)
            elif (tag := script_tag(one)) is not None:
                pieces.append(in_script(one.text(), "".join(pieces[-1:]), is_raised=tag == "sup"))
            else:
                waiting += [" ", *reversed(one.content), " "]
        return " ".join("".join(pieces).split())


def script_tag(element: Element) -> str | None:
    """The tag of a superscript or a subscript in HTML; None of what is neither."""
    return _SCRIPTS.get(local_name(element))


def local_name(element: Element) -> str:
    """The name of an element without its namespace, in small letters."""
    return element.name.rpartition(_SEPARATOR)[2].lower()


def parsed(source: str) -> Element:
    """The outermost element. Raises UnreadableError as `read_xml` does."""
    builder = _TreeBuilder(TextAllowance(len(source)))
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.add
    parser.EntityDeclHandler = builder.declare
    parser.SkippedEntityHandler = builder.skip
    try:
        parser.Parse(source, True)  # noqa: FBT003  # takes no keywords
    except expat.ExpatError as error:
        raise UnreadableError(f"not valid XML: {expat.ErrorString(error.code)} in line {error.lineno}") from error
    return builder.root.elements()[0]


class _TreeBuilder:
    """Builds the elements as the parser comes across them."""

    def __init__(self, allowance: TextAllowance) -> None:
        self.root = Element("", {})
        self._open = [self.root]
        self._allowance = allowance
        self._sizes = _PREDEFINED.copy()
        """The characters that each entity stands for."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if len(self._open) > _DEEPEST:
            raise UnreadableError(TOO_DEEP)
        element = Element(name, attributes)
        self._open[-1].content.append(element)
        self._open.append(element)

    def end(self, name: str) -> None:  # noqa: ARG002
        """The element ends that began last."""
        self._open.pop()

    def add(self, text: str) -> None:
        """Text in the element that began last."""
        self._allowance.take(len(text))
        self._open[-1].content.append(text)

    def declare(self, name: str, is_parameter: bool, value: str | None, *_: str | None) -> None:  # noqa: FBT001
        """An entity is declared; one that is in another file has no value, and is never fetched."""
        if value is None or is_parameter:
            return
        inner = [self._sizes.get(reference, _LARGEST_ENTITY) for reference in _REFERENCE.findall(value)]
        size = len(value) + sum(inner)
        if size > _LARGEST_ENTITY:
            raise UnreadableError("its entities grow too large")
        self._sizes.setdefault(name, size)

    def skip(self, name: str, is_parameter: bool) -> None:  # noqa: FBT001
        """An entity is used that is declared elsewhere; those of HTML are known."""
        if not is_parameter:
            self.add(html.unescape(f"&{name};"))
