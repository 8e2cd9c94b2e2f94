"""Evaluation sets: questions with known answers, and reading them from files."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.text import language
from askdex.corpus.types import Document, Kind
from askdex.indexer.errors import EvaluationSetError

CORPUS = "corpus.jsonl"
_QUESTIONS = "queries.jsonl"
_LABELS = ("qrels.tsv", "qrels/test.tsv")
"""Where labels lie in the BEIR layout; the first that is there is read."""

_LABEL_COLUMNS = ("query-id", "corpus-id", "score")
_TABLE_COLUMNS = ("question", "document")


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Questions by their ids, and by the same ids the documents that answer them, by their uris in an index.

    `corpus` is the file of the set's documents; None where the documents are a folder of their own, indexed beforehand.
    `unanswered` are further questions, which no document answers.
    """

    name: str
    questions: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]
    corpus: Path | None = None
    unanswered: Sequence[str] = ()

    @property
    def documents(self) -> frozenset[str]:
        """All documents that answer a question."""
        return frozenset[str]().union(*self.relevant.values())


def read_set(place: Path) -> EvaluationSet:
    """Read a folder in the BEIR layout, or a CSV file with the columns question and document.

    In a table the rows without a document are questions that none answers. In a folder, questions without a label are left out.
    Raises EvaluationSetError where the place is neither.
    """
    with reporting_errors(place):
        evaluation_set = _read_folder(place) if place.is_dir() else _read_table(place)
    if not evaluation_set.questions:
        raise EvaluationSetError(f"{place} has no question with a document that answers it.")
    return evaluation_set


def documents_of(corpus: Path) -> Iterator[Document]:
    """The documents of a set in the BEIR layout: each has a title, one paragraph of text, and its id as uri.

    Raises EvaluationSetError.
    """
    with reporting_errors(corpus.parent):
        for row in _json_lines(corpus):
            title = str(row.get("title") or "")
            builder = DocumentBuilder()
            builder.append(Kind.PARAGRAPH, str(row["text"]))
            if builder.blocks:
                yield Document(_id(row), title, builder.text, tuple(builder.blocks), language.detect(builder.text))


def digest_of(corpus: Path) -> str:
    """A digest of the documents of a set."""
    with corpus.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:16]


@contextmanager
def reporting_errors(
    place: Path,
    kind: str = "evaluation set",
    wanted: str = f"name a folder with {CORPUS}, {_QUESTIONS} and {_LABELS[0]} (columns {', '.join(_LABEL_COLUMNS)}), or a CSV "
    f"file with the columns {' and '.join(_TABLE_COLUMNS)}",
) -> Iterator[None]:
    """Turn the errors of reading a set into an EvaluationSetError that says what is wanted instead."""
    try:
        yield
    except (OSError, ValueError, KeyError, csv.Error) as error:
        reason = f"a line has no {error}" if isinstance(error, KeyError) else error
        raise EvaluationSetError(f"{place} is no {kind} ({reason}): {wanted}.") from error


def _read_folder(folder: Path) -> EvaluationSet:
    labels = next((folder / name for name in _LABELS if (folder / name).is_file()), folder / _LABELS[0])
    relevant: dict[str, set[str]] = {}
    for query, document, score in rows(labels, _LABEL_COLUMNS, "\t"):
        if float(score) > 0:
            relevant.setdefault(query, set()).add(document)
    texts = {_id(row): str(row["text"]) for row in _json_lines(folder / _QUESTIONS)}
    questions = {key: text for key, text in texts.items() if key in relevant}
    return _evaluation_set(folder.name, questions, relevant, folder / CORPUS)


def _read_table(file: Path) -> EvaluationSet:
    relevant: dict[str, set[str]] = {}
    asked: dict[str, None] = {}
    for question, document in rows(file, _TABLE_COLUMNS, ","):
        if question.strip():
            asked[question] = None
            if document.strip():
                relevant.setdefault(question, set()).add(document)
    of_set = _evaluation_set(file.stem, {question: question for question in relevant}, relevant)
    return replace(of_set, unanswered=[question for question in asked if question not in relevant])


def rows(file: Path, columns: Sequence[str], delimiter: str, *, no_others: bool = False) -> Iterator[list[str]]:
    """The values in these columns, row by row. Raises ValueError where a column is missing.

    With `no_others` it raises ValueError too where there are other columns, or a row has more values than there are columns.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines, delimiter=delimiter, restval="")
        names = table.fieldnames or ()
        missing = [column for column in columns if column not in names]
        if missing:
            raise ValueError(f"{file.name} has no column {' or '.join(missing)}")
        unknown = [name for name in names if name not in columns]
        if no_others and unknown:
            raise ValueError(f"{file.name} has a column {' and one '.join(map(repr, unknown))}")
        for row in table:
            if no_others and None in row:
                raise ValueError(f"line {table.line_num} has more values than columns: quote those with a comma in them")
            yield [row[column] for column in columns]


def _evaluation_set(
    name: str, questions: Mapping[str, str], relevant: Mapping[str, set[str]], corpus: Path | None = None
) -> EvaluationSet:
    """A set that keeps the labels of these questions only."""
    return EvaluationSet(name, questions, {key: frozenset(relevant[key]) for key in questions}, corpus)


def _id(row: Mapping[str, object]) -> str:
    return str(row["_id"] if "_id" in row else row["id"])


def _json_lines(file: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON Lines file. Raises ValueError where a line holds no object."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError(f"{file.name}, line {number} is no JSON object")
                yield row
