"""From the elements of an XML file to HTML."""

import html
from collections.abc import Sequence

from askdex.corpus.readers.html.bounds import parsed
from askdex.corpus.readers.properties import property_author, property_date
from askdex.corpus.readers.records.documents import holds_html
from askdex.corpus.readers.xml.tree import Element, local_name, script_tag
from askdex.corpus.text.dates import date_at_start
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.types import DEEPEST_HEADING_LEVEL

_HEADINGS = frozenset("title head heading headline subject h1 h2 h3 h4 h5 h6".split())
_ABOUT = frozenset(
    "info articleinfo bookinfo chapterinfo sectioninfo sect1info prolog front article-meta journal-meta teiheader filedesc "
    "title-info document-info publish-info titlestmt".split()
)
"""Elements that say something of the document. Only titles and summaries in them are part of it."""
_SUMMARIES = frozenset("title subtitle abstract shortdesc".split())
_DROPPED = frozenset(
    "indexterm remark comment binary script style back-matter publicationstmt sourcedesc encodingdesc profiledesc revhistory "
    "mediaobject graphic imagedata alt prolog-metadata metadata processing-instruction coverpage".split()
)
_TAGS = {
    **dict.fromkeys("itemizedlist simplelist ul sl steps-unordered choices list".split(), "ul"),
    **dict.fromkeys("orderedlist procedure substeps steps ol".split(), "ol"),
    **dict.fromkeys("listitem li sli step member list-item item-of-list substep choice".split(), "li"),
    **dict.fromkeys("variablelist glosslist dl parml def-list".split(), "dl"),
    **dict.fromkeys("term glossterm dt pt".split(), "dt"),
    **dict.fromkeys("dd glossdef pd def".split(), "dd"),
    **dict.fromkeys("para simpara p formalpara-text shortdesc cmd subtitle v".split(), "p"),
    **dict.fromkeys("programlisting screen literallayout codeblock pre verbatim".split(), "pre"),
    **dict.fromkeys("table informaltable simpletable".split(), "table"),
    **dict.fromkeys("row strow sthead tr".split(), "tr"),
    **dict.fromkeys("entry stentry td".split(), "td"),
    "th": "th",
}
"""The elements of HTML that those of the usual vocabularies are."""
_HEADS = frozenset(("thead", "sthead"))
_CELLS = {"td": "th"}
_LINKS = frozenset("a ulink link xref ext-link uri".split())
_ADDRESSES = ("href", "url", "http://www.w3.org/1999/xlink}href")
_QUESTIONS = frozenset(("question", "frage"))
_FEEDS = frozenset("rss feed rdf channel item entry".split())
"""The outermost elements of RSS and Atom."""
_ENTRIES = frozenset(("item", "entry"))
_FEED_DATES = frozenset("updated lastbuilddate pubdate published modified date".split())
_LONGEST_VALUE = 300
"""Characters of a value in a record; longer ones are paragraphs of their own."""
_MOST_AUTHORS = 20


class XmlWriter:
    """The writer of the HTML of a file."""

    def __init__(self) -> None:
        self._authors: list[str] = []
        self._dates: list[str] = []
        self._notes: list[str] = []

    def html(self, root: Element) -> str:
        """The HTML of all that is in an element, with the notes at the end."""
        if local_name(root) in _FEEDS:
            self._dates.append(_feed_date(root))
        page = self._written(root, 0)
        notes = "".join(f"<li>[{number}] {note}</li>" for number, note in enumerate(self._notes, 1))
        return page + (f'<ul style="list-style-type: none">{notes}</ul>' if notes else "")

    def metadata(self) -> dict[object, object]:
        """What the file says of itself: its author or authors, and its date."""
        authors = list(dict.fromkeys(filter(None, map(property_author, self._authors))))[:_MOST_AUTHORS]
        dates = [day for day in map(property_date, self._dates) if day is not None]
        return {"author": authors[0] if len(authors) == 1 else authors, "updated": next(iter(dates), None)}

    def _written(self, element: Element, level: int, *, in_text: bool = False, in_head: bool = False) -> str:
        """The HTML of an element, below a heading of a level. `in_text` is whether it stands within a paragraph."""
        name = local_name(element)
        if name in _DROPPED:
            return ""
        if name in _ABOUT and (name != "info" or _holds(element, "title")) and not element.has_text():
            return self._about(element, level)
        if name in ("footnote", "fn") and in_text:
            self._notes.append(html.escape(element.text()))
            return f"[{len(self._notes)}]"
        if name in _QUESTIONS and not in_text:
            return f"<h{DEEPEST_HEADING_LEVEL}>{html.escape(element.text())}</h{DEEPEST_HEADING_LEVEL}>"
        if name in _HEADINGS and not in_text and not _holds(element, "title"):
            return self._heading(element, level)
        if (tag := _TAGS.get(name)) is not None and not (tag == "ul" and in_text and not element.elements()):
            return self._tagged(element, tag, level, in_head=in_head or name in _HEADS)
        if name in _LINKS and (address := _address(element)):
            words = self._content(element, level, in_text=True) or html.escape(address)
            return (
                f'<a href="{html.escape(address)}">{words}</a>'
                if in_text
                else f'<p><a href="{html.escape(address)}">{words}</a></p>'
            )
        return self._other(element, level, in_text=in_text, in_head=in_head or name in _HEADS)

    def _other(self, element: Element, level: int, *, in_text: bool, in_head: bool) -> str:
        """An element that is known by what it holds."""
        if in_text:
            content, script = self._content(element, level, in_text=True), script_tag(element)
            return content if script is None else f"<{script}>{content}</{script}>"
        if held := _held_html(element):
            return held
        if element.has_text():
            return f"<p>{self._content(element, level, in_text=True)}</p>"
        inner = level + 1 if _titled(element) else level
        elements = element.elements()
        if _is_record(elements):
            return self._record(elements, inner)
        return "".join(self._written(one, inner, in_head=in_head) for one in elements)

    def _tagged(self, element: Element, tag: str, level: int, *, in_head: bool) -> str:
        tag = _CELLS.get(tag, tag) if in_head else tag
        if tag == "pre":
            return f"<pre>{html.escape(''.join(one if isinstance(one, str) else one.text() for one in element.content))}</pre>"
        has_text = element.has_text() or tag in ("p", "dt")
        content = self._content(element, level, in_text=has_text, in_head=in_head)
        reach = "".join(
            f' {name}="{html.escape(element.attributes[name])}"'
            for name in ("colspan", "rowspan")
            if name in element.attributes
        )
        return f"<{tag}{reach}>{content}</{tag}>"

    def _content(self, element: Element, level: int, *, in_text: bool, in_head: bool = False) -> str:
        return "".join(
            html.escape(one) if isinstance(one, str) else self._written(one, level, in_text=in_text, in_head=in_head)
            for one in element.content
        )

    def _heading(self, element: Element, level: int) -> str:
        text = html.escape(element.text())
        own = max(1, min(level, DEEPEST_HEADING_LEVEL))
        return f"<h{own}>{text}</h{own}>" if text else ""

    def _about(self, element: Element, level: int) -> str:
        """The title and the summary in what is said of the document; its authors and its date are noted."""
        pieces, waiting = [], [element]
        while waiting:
            one = waiting.pop()
            name = local_name(one)
            if name in ("author", "contrib", "creator"):
                self._authors.append(one.text())
            elif name in ("date", "pubdate", "revised", "critdates"):
                self._dates += [one.attributes.get("modified", ""), one.attributes.get("date", ""), one.text()]
            elif name in _SUMMARIES:
                pieces.append(self._written(one, level))
            else:
                waiting += reversed(one.elements())
        return "".join(pieces)

    def _record(self, elements: Sequence[Element], level: int) -> str:
        """Short values with their names, a line each; the title of a record is a heading, a long value a paragraph."""
        pieces, lines = [], []
        values = sum(local_name(element) not in _HEADINGS for element in elements)
        for element in elements:
            text = html.escape(element.text())
            if local_name(element) in _HEADINGS or ends_as_question(element.text()):
                pieces.append(f"<h{min(level, DEEPEST_HEADING_LEVEL)}>{text}</h{min(level, DEEPEST_HEADING_LEVEL)}>")
            elif held := _held_html(element):
                pieces.append(held)
            elif len(text) > _LONGEST_VALUE:
                pieces.append(f"<p>{text}</p>")
            elif text:
                lines.append(f"{html.escape(element.name.rpartition('}')[2])}: {text}" if values > 1 else text)
        return "".join([*pieces, f"<p>{'<br>'.join(lines)}</p>"])


def _titled(element: Element) -> bool:
    """Whether an element has a title, perhaps in what is said of it: what is in it stands one level below what is around."""
    titles = (
        local_name(one) in _HEADINGS or (local_name(one) in _ABOUT and _holds(one, "title")) for one in element.elements()
    )
    return any(titles)


def _holds(element: Element, name: str) -> bool:
    return any(local_name(one) == name for one in element.elements())


def _is_record(elements: Sequence[Element]) -> bool:
    """Whether elements are values of a record: different ones, none of which holds others or is known."""
    names = [local_name(one) for one in elements]
    are_plain = all(not one.elements() for one in elements) and len(set(names)) > 1
    return are_plain and not any(name in _TAGS or name in _QUESTIONS for name in names)


def _address(element: Element) -> str:
    return next((element.attributes[name] for name in _ADDRESSES if name in element.attributes), "")


def _held_html(element: Element) -> str:
    """The HTML that an element holds as its text, as feeds have it; nothing where it holds none."""
    text = "" if element.elements() else "".join(one for one in element.content if isinstance(one, str))
    body = parsed(text).body if holds_html(text) else None
    return f"<div>{body.inner_html}</div>" if body is not None else ""


def _feed_date(root: Element) -> str:
    """The date of a feed, or else that of its latest entry; nothing where it has none."""
    around = next((one for one in root.elements() if local_name(one) == "channel"), root)
    entries = [one for one in (*root.elements(), *around.elements()) if local_name(one) in _ENTRIES]
    own = _dates_in([around])
    return max(own or _dates_in(entries), default="")


def _dates_in(elements: Sequence[Element]) -> list[str]:
    values = (one.text() for element in elements for one in element.elements() if local_name(one) in _FEED_DATES)
    return list(filter(None, map(date_at_start, values)))
