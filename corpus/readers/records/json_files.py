"""JSON and JSON Lines: the objects in it that hold questions and answers, titles and texts, or talks, wherever they stand."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TypeAlias, TypeGuard

from askdex.corpus.builder import DocumentBuilder, Part
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.records.columns import answer_by_name, normalised, roles_by_name, text_by_name, title_by_name
from askdex.corpus.readers.records.documents import NO_VALUES, NOT_AN_OBJECT, Record, checked, record_documents
from askdex.corpus.readers.records.table import table_document
from askdex.corpus.text.questions import ends_as_question

_SAMPLE_LINES = 100
"""Lines of JSON Lines that are looked at to find out whether they are rows of a table."""
_DEEPEST = 20
"""Levels down to which records are looked for, and sections and texts within a record are read."""
_LEAST_QUESTIONS = 0.6
"""The share of an object's keys that are questions, from which its values are the answers."""
_NO_RECORDS = "no questions and answers, titles and texts, or rows of a table in it"
_TALK_KEYS = frozenset(("messages", "conversation", "conversations", "dialog", "dialogue", "turns", "chat"))
_SPEAKER_KEYS = ("role", "from", "speaker", "author")
_SPEECH_KEYS = ("content", "value", "text", "message")
_ASKING_SPEAKERS = frozenset(("user", "human", "customer", "client", "question", "prompter"))
_SILENT_SPEAKERS = frozenset(("system", "developer", "tool", "function"))
_VALUE_KEYS = ("text", "content", "value", "body", "html", "answer", "markdown", "parts")
"""Keys under which an object holds a text: {"answer": {"text": "..."}}."""

_Object: TypeAlias = Mapping[str, object]
_Found: TypeAlias = tuple[str, Record | str]
"""The place of a record and the record, or the reason why it is left out."""


def read_jsonl(source: str) -> Iterator[Part]:
    """Read objects, one a line."""
    lines = _lines(source)
    sample = list(islice(lines, _SAMPLE_LINES))
    if _are_rows([value for _, value in sample]):
        yield "", _table([value for _, value in chain(sample, lines) if isinstance(value, dict)])
    else:
        yield from record_documents(found for place, value in chain(sample, lines) for found in _found_in(place, value))


def read_json(source: str) -> Iterator[Part]:
    """Read the records of a JSON file.

    Raises UnreadableError where it is no JSON, or holds no records, as settings do.
    """
    try:
        value = json.loads(source)
    except RecursionError as error:
        raise UnreadableError("nested too deeply") from error
    except ValueError as error:
        if isinstance(next(_lines(source), ("", None))[1], dict):
            yield from read_jsonl(source)
            return
        raise UnreadableError("not valid JSON") from error
    entries = _entries(value)
    if _are_rows(entries):
        yield "", _table([entry for entry in entries if isinstance(entry, dict)])
        return
    found = [
        pair
        for number, entry in enumerate(entries, 1)
        for pair in _found_in(f"record {number}", entry, is_alone=entry is value)
    ]
    if not any(isinstance(record, Record) for _, record in found):
        raise UnreadableError(_NO_RECORDS)
    yield from record_documents(found)


def _lines(source: str) -> Iterator[tuple[str, object]]:
    """The place of each line that is not blank, and its value; None where it is no JSON."""
    for number, line in enumerate(source.split("\n"), 1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            yield f"line {number}", value


def _entries(value: object) -> Sequence[object]:
    """The entries of a list, or of the one list in an object that is no record itself; else the value alone."""
    if isinstance(value, dict) and _record(value) is None:
        inner = [item for item in value.values() if isinstance(item, list | dict)]
        return inner[0] if len(inner) == 1 and isinstance(inner[0], list) and _are_objects(inner[0]) else [value]
    if not isinstance(value, list):
        return [value]
    return [{"messages": value}] if _talk({"messages": value}) else value


def _are_objects(value: object) -> TypeGuard[Sequence[dict[str, object]]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _found_in(place: str, value: object, *, is_alone: bool = False) -> Iterator[_Found]:
    """The records in a line or an entry; an object that is alone in its file is no text because it has a description."""
    if not isinstance(value, dict):
        yield place, NOT_AN_OBJECT
        return
    record = _record(value) or (None if is_alone else _described_record(value))
    found = [record] if record is not None else list(_records(value))
    yield from ((place, checked(item)) for item in found)
    if not found:
        yield place, NO_VALUES


def _records(value: object) -> Iterator[Record]:
    """The records anywhere in a value, in order."""
    pending = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        inner: list[object] = []
        if isinstance(item, dict):
            if (record := _record(item)) is not None:
                yield record
            elif _asks(item):
                yield from (Record(question, _texts(answer), {}) for question, answer in item.items())
            else:
                inner = list(item.values())
        elif isinstance(item, list):
            inner = item
        if depth < _DEEPEST:
            pending += [(one, depth + 1) for one in reversed(inner)]


def _record(value: _Object, depth: int = 0) -> Record | None:
    """The record that an object is; None where it is none."""
    if (talk := _talk(value)) is not None:
        return talk
    names = list(value)
    roles = roles_by_name(names)
    if roles is None or not roles.is_question:
        return _text_record(value, depth)
    question, answer = names[roles.title], names[roles.text]
    if not isinstance(value[question], str):
        return None
    return Record(str(value[question]), _texts(value[answer]), _without(value, {question, answer}))


def _text_record(value: _Object, depth: int) -> Record | None:
    """The record of an object with a title, and with texts or sections below it; a question of a forum has answers too."""
    names = list(value)
    title_at = title_by_name(names)
    if title_at is None or not isinstance(value[names[title_at]], str):
        return None
    used = {names[title_at]}
    texts: tuple[str, ...] = ()
    for by_name in (text_by_name, answer_by_name):
        rest = [name for name in names if name not in used]
        if (text_at := by_name(rest)) is not None and (more := _texts(value[rest[text_at]])):
            texts += more
            used.add(rest[text_at])
    sections: list[Record] = []
    for name, item in value.items():
        if name not in used and depth < _DEEPEST and _are_objects(item):
            below = [_record(one, depth + 1) for one in item]
            if all(record is not None and not record.is_question for record in below):
                sections += filter(None, below)
                used.add(name)
    if not texts and not sections:
        return None
    title = str(value[names[title_at]])
    return Record(title, texts, _without(value, used), is_question=False, sections=tuple(sections))


def _described_record(value: _Object) -> Record | None:
    """The record of an object that is nothing but a text, with what sorts it, and perhaps a name."""
    names = list(value)
    text_at = text_by_name(names)
    if text_at is None or not (texts := _texts(value[names[text_at]])):
        return None
    name = next((name for name in names if normalised(name) == "name" and isinstance(value[name], str)), "")
    title = str(value[name]) if name else ""
    return Record(title, texts, _without(value, {names[text_at], name}), is_question=False)


def _without(value: _Object, names: set[str]) -> dict[str, object]:
    return {name: item for name, item in value.items() if name not in names}


def _talk(value: _Object) -> Record | None:
    """The record of a talk: its first question is the title, later ones are headings; what a program was told is left out."""
    name = next((name for name, item in value.items() if normalised(name) in _TALK_KEYS and _are_objects(item)), None)
    turns = [] if name is None else [_turn(turn) for turn in value[name]]  # type: ignore[attr-defined]
    exchanges: list[tuple[str, list[str]]] = []
    for speaker, text in turns:
        if speaker in _ASKING_SPEAKERS:
            exchanges.append((text, []))
        elif speaker and speaker not in _SILENT_SPEAKERS and exchanges and text:
            exchanges[-1][1].append(text)
    records = [Record(question, ("\n\n".join(replies),), {}) for question, replies in exchanges if replies]
    if not records or name is None:
        return None
    return Record(records[0].title, records[0].texts, _without(value, {name}), sections=tuple(records[1:]))


def _turn(turn: _Object) -> tuple[str, str]:
    """Who speaks, and what is said."""
    speaker = next((str(turn[key]).lower() for key in _SPEAKER_KEYS if key in turn), "")
    return speaker, next(("\n\n".join(_texts(turn[key])) for key in _SPEECH_KEYS if key in turn), "")


def _asks(value: _Object) -> bool:
    """Whether the keys of an object are questions and its values the answers."""
    questions = sum(map(ends_as_question, value))
    return questions >= _LEAST_QUESTIONS * len(value) > 0


def _texts(value: object, depth: int = 0) -> tuple[str, ...]:
    """The texts of a value: of a list those of its entries, of an object that under its only key, or the one that says so."""
    if depth > _DEEPEST or value is None or isinstance(value, bool):
        return ()
    if isinstance(value, list):
        return tuple(dict.fromkeys("\n\n".join(texts) for entry in value if (texts := _texts(entry, depth + 1))))
    if isinstance(value, dict):
        names = {normalised(name): name for name in value}
        key = next((names[key] for key in _VALUE_KEYS if key in names), next(iter(value)) if len(value) == 1 else None)
        return () if key is None else _texts(value[key], depth + 1)
    return (str(value),) if str(value).strip() else ()


def _are_rows(values: Sequence[object]) -> bool:
    """Whether values are the rows of a table: several objects of plain values, none of which is a record."""
    return len(values) > 1 and all(isinstance(value, dict) and _is_row(value) for value in values)


def _is_row(value: _Object) -> bool:
    def is_plain(item: object) -> bool:
        return not isinstance(item, list | dict) or (
            isinstance(item, list) and not any(isinstance(x, list | dict) for x in item)
        )

    is_record = roles_by_name(list(value)) is not None or text_by_name(list(value)) is not None or _asks(value)
    return bool(value) and not is_record and all(map(_is_plain, value.values()))


def _is_plain(value: object) -> bool:
    entries = value if isinstance(value, list) else [value]
    return not any(isinstance(entry, list | dict) for entry in entries)


def _table(rows: Sequence[_Object]) -> DocumentBuilder:
    """The document of rows, with a column for each key that one of them has."""
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    return table_document("", names, ([_cell(row.get(name)) for name in names] for row in rows))


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
