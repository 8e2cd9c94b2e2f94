"""Questions and answers, one a row (CSV) or one a line (JSON Lines); each becomes a document of its own."""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from askdex.corpus.builder import DocumentBuilder, Part, clean, clean_metadata
from askdex.corpus.errors import UnreadableError
from askdex.corpus.text import language
from askdex.corpus.types import Kind, Skipped

_DELIMITERS = ",;\t|"
_LONGEST_FIELD = 2**31 - 1
"""Characters: the most that the csv module can be set to, as its default of 131,072 would refuse a whole file."""
_LONGEST_NAME = 60
"""Characters of a document's name within its file, which is part of its address."""
_LONGEST_QUESTION = 300
"""Characters. A title is embedded with each passage below it; a longer question is text and must be a passage itself."""
_NO_COLUMNS = "no columns named question and answer"
_NO_VALUES = "no question or no answer"
_NOT_AN_OBJECT = "not a JSON object"
_TOO_DEEP = "nested too deeply"


def read_csv(source: str) -> Iterator[Part]:
    """Read rows with the columns question and answer, separated by comma, semicolon, tab or bar; the rest is metadata.

    Raises UnreadableError where the columns are missing.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    source = clean(source)
    body = source.lstrip()
    lines_above = source[: len(source) - len(body)].count("\n")
    try:
        readers = (csv.DictReader(io.StringIO(body), delimiter=delimiter) for delimiter in _DELIMITERS)
        rows = next(filter(_has_columns, readers), None)
        if rows is None:
            raise UnreadableError(_NO_COLUMNS)
        yield from _documents((f"line {lines_above + rows.line_num}", row) for row in rows)
    except csv.Error as error:
        raise UnreadableError(f"not a valid CSV file: {error}") from error


def _has_columns(rows: "csv.DictReader[str]") -> bool:
    """Whether there are columns question and answer; all names become lower case."""
    rows.fieldnames = [str(name).strip().lower() for name in rows.fieldnames or ()]
    return {"question", "answer"} <= set(rows.fieldnames)


def read_jsonl(source: str) -> Iterator[Part]:
    """Read objects with the keys question and answer, one a line; the rest is metadata."""
    yield from _documents(_objects(source))


def _objects(source: str) -> Iterator[tuple[str, Mapping[object, object] | None]]:
    """The place of each line that is not blank, and its object with keys in lower case; None where it holds no object."""
    for number, line in enumerate(source.split("\n"), 1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            is_object = isinstance(value, dict)
            yield f"line {number}", {key.strip().lower(): item for key, item in value.items()} if is_object else None


def _documents(rows: Iterable[tuple[str, Mapping[object, object] | None]]) -> Iterator[Part]:
    names: set[str] = set()
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(2))
    for place, row in rows:
        if row is None:
            yield Skipped(place, _NOT_AN_OBJECT)
            continue
        question, answer = row.get("question"), row.get("answer")
        if not (isinstance(question, str) and isinstance(answer, str) and question.strip() and answer.strip()):
            yield Skipped(place, _NO_VALUES)
            continue
        try:
            builder = _row_document(question, answer, row)
            name = plain_name = _name(str(row.get("id") or builder.title))
        except RecursionError:
            yield Skipped(place, _TOO_DEEP)
            continue
        while name in names:
            name = f"{plain_name}-{next(numbers[plain_name])}"
        names.add(name)
        yield name, builder


def _row_document(question: str, answer: str, row: Mapping[object, object]) -> DocumentBuilder:
    builder = DocumentBuilder(title=" ".join(clean(question).split()))
    builder.append(Kind.TITLE if len(question) <= _LONGEST_QUESTION else Kind.PARAGRAPH, question)
    for paragraph in re.split(r"\n\s*\n", clean(answer)):
        builder.append(Kind.PARAGRAPH, paragraph)
    tag = row.get("language") or row.get("lang")
    builder.language = language.normalise(tag) if isinstance(tag, str) else None
    # A row with more cells than the header has them under the key None.
    not_metadata = {"question", "answer", "language", "lang", None}
    builder.metadata = clean_metadata({key: value for key, value in row.items() if key not in not_metadata})
    return builder


def _name(text: str) -> str:
    """A name for a row, which stays the same when rows are added above it."""
    return re.sub(r"\W+", "-", text.lower()).strip("-")[:_LONGEST_NAME].rstrip("-") or "row"
