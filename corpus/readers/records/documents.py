"""Documents from records: each record with a text of its own becomes one."""

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from askdex.corpus.builder import DocumentBuilder, Part, clean, clean_metadata
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.records.columns import sorts_records
from askdex.corpus.text import language
from askdex.corpus.types import Kind, Skipped

_LONGEST_NAME = 60
"""Characters of a document's name within its file, which is part of its address."""
_LONGEST_TITLE = 300
"""Characters. A title is embedded with each passage below it; a longer one is text and must be a passage itself."""
_MOST_FIELDS = 8
"""Columns of a record with a title and a text that are read as part of it. A program's export may have hundreds."""
_LANGUAGE_KEYS = ("language", "lang", "locale")
_TAGS = (
    "p|div|br|ul|ol|li|a|b|i|u|strong|em|span|h[1-6]|table|tbody|tr|td|img|blockquote|pre|code|hr|figure|section|font|details"
)
_TAG = re.compile(rf"<(?:{_TAGS})\b[^<>]*>", re.IGNORECASE)
_LONE_TAG = re.compile(r"</[a-z]\w*\s*>|<(?:br|hr|img)\b[^<>]*>", re.IGNORECASE)
_ESCAPED_HTML = re.compile(r"\s*&lt;(?:p|div|ul|ol|table|h[1-6])\b.*&lt;/\w+&gt;\s*", re.DOTALL | re.IGNORECASE)
"""A text that is HTML as a whole, of which an export has escaped the signs; one that speaks of tags begins otherwise."""
_PARAGRAPH_ENDS = re.compile(r"\n\s*\n")
NO_VALUES = "no question or no answer"
_NO_TEXT = "no text"
NOT_AN_OBJECT = "not a JSON object"
_TOO_DEEP = "nested too deeply"


@dataclass(frozen=True, slots=True)
class Record:
    """A title or question with the texts below it.

    `fields` are all other values by their names. Several texts are the items of a list. `sections` are records below this
    one. `has_entities` is whether even a text without tags is HTML, in which "&amp;" stands for "&".
    """

    title: str
    texts: tuple[str, ...]
    fields: Mapping[str, object]
    is_question: bool = True
    sections: tuple["Record", ...] = ()
    has_entities: bool = False


def record_documents(records: Iterable[tuple[str, Record | str]]) -> Iterator[Part]:
    """The documents of records, each of which comes with its place in the file, or with the reason why it is left out."""
    names: set[str] = set()
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(2))
    for place, record in records:
        if isinstance(record, str):
            yield Skipped(place, record)
            continue
        try:
            builder = _document(record)
            name = plain_name = _name(str(_id(record.fields) or builder.title or builder.text[:_LONGEST_NAME]))
        except RecursionError:
            yield Skipped(place, _TOO_DEEP)
            continue
        while name in names:
            name = f"{plain_name}-{next(numbers[plain_name])}"
        names.add(name)
        yield name, builder


def checked(record: Record) -> Record | str:
    """The record, or the reason why it is left out: it has no text, or no question."""
    has_text = any(map(str.strip, record.texts)) or bool(record.sections)
    if record.is_question:
        return record if has_text and record.title.strip() else NO_VALUES
    return record if has_text else _NO_TEXT


def holds_html(text: str) -> bool:
    """Whether a text is HTML: a tag alone does not make it so, as a text may speak of tags."""
    tag = _TAG.search(text)
    return tag is not None and bool(_LONE_TAG.search(text, tag.start()))


def line_of(text: str, *, has_entities: bool = False) -> str:
    """A text on one line, without HTML."""
    if holds_html(text):
        text = _page(text).text
    elif has_entities:
        text = html.unescape(text)
    return " ".join(clean(text).split())


def _document(record: Record) -> DocumentBuilder:
    title = line_of(record.title, has_entities=record.has_entities)
    builder = DocumentBuilder(title=title or None)
    builder.append(Kind.TITLE if len(title) <= _LONGEST_TITLE else Kind.PARAGRAPH, title)
    _add_texts(builder, record)
    _add_fields(builder, record)
    _add_sections(builder, record.sections, 2)
    named = {key.strip().lower(): value for key, value in record.fields.items()}
    tags = [language.normalise(tag) for key in _LANGUAGE_KEYS if isinstance(tag := named.get(key), str)]
    builder.language = next(filter(None, tags), None)
    builder.metadata = clean_metadata({key: value for key, value in named.items() if key not in _LANGUAGE_KEYS})
    return builder


def _add_texts(builder: DocumentBuilder, record: Record) -> None:
    """Add the texts of a record: HTML as such, other texts by their paragraphs, several as items."""
    kind = Kind.ITEM if len(record.texts) > 1 else Kind.PARAGRAPH
    for text in map(_unescaped, record.texts):
        if holds_html(text):
            builder.extend(_page(text))
            continue
        plain = clean(html.unescape(text) if record.has_entities else text)
        for paragraph in [plain] if kind is Kind.ITEM else _PARAGRAPH_ENDS.split(plain):
            builder.append(kind, paragraph)


def _unescaped(text: str) -> str:
    return html.unescape(text) if _ESCAPED_HTML.fullmatch(text) else text


def _add_fields(builder: DocumentBuilder, record: Record) -> None:
    """Add what else a record says of its title, such as a price, with the names of the columns."""
    if record.is_question:
        return
    fields = {
        name: str(value)
        for name, value in record.fields.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and not sorts_records(name)
    }
    if len(fields) <= _MOST_FIELDS:
        for name, value in fields.items():
            if line := line_of(value, has_entities=record.has_entities):
                builder.append(Kind.ITEM, f"{name}: {line}")


def _add_sections(builder: DocumentBuilder, sections: Iterable[Record], level: int) -> None:
    for section in sections:
        builder.append(Kind.HEADING, line_of(section.title), min(level, 6))
        _add_texts(builder, section)
        _add_fields(builder, section)
        _add_sections(builder, section.sections, level + 1)


def _page(source: str) -> DocumentBuilder:
    """What a text in HTML holds."""
    try:
        return read_html(f"<main>{source}</main>")
    except UnreadableError:
        return DocumentBuilder()


def _id(fields: Mapping[str, object]) -> object:
    return next((value for key, value in fields.items() if key.strip().lower() in ("id", "_id") and value), None)


def _name(text: str) -> str:
    """A name for a record, which stays the same when records are added above it."""
    return re.sub(r"\W+", "-", text.lower()).strip("-")[:_LONGEST_NAME].rstrip("-") or "row"
