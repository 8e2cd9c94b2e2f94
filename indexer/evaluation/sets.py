"""Questions with known answers: what an evaluation set holds, and reading one."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.text import language
from askdex.corpus.types import Document, Kind
from askdex.indexer.errors import EvaluationSetError

CORPUS = "corpus.jsonl"
_QUESTIONS = "queries.jsonl"
_LABELS = ("qrels.tsv", "qrels/test.tsv")
_LABEL_COLUMNS = ("query-id", "corpus-id", "score")
_COLUMNS = ("question", "document")


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Questions by their ids, and for each the documents that answer it, by the uris that they have in an index.

    `corpus` is the file that the documents come from, None where they are indexed from a folder of their own.
    """

    name: str
    questions: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]
    corpus: Path | None = None

    @property
    def documents(self) -> frozenset[str]:
        """All documents that answer a question."""
        return frozenset[str]().union(*self.relevant.values())


def read_set(place: Path) -> EvaluationSet:
    """Read a folder in the BEIR layout, or a CSV file with the columns question and document.

    Questions without a document that answers them are left out. Raises EvaluationSetError where it is neither.
    """
    with _errors_reported(place):
        found = _read_folder(place) if place.is_dir() else _read_table(place)
    if not found.questions:
        raise EvaluationSetError(f"{place} has no question with a document that answers it.")
    return found


def documents_of(corpus: Path) -> Iterator[Document]:
    """The documents of a set in the BEIR layout as they are: a title, one paragraph of text, the id as uri.

    Raises EvaluationSetError.
    """
    with _errors_reported(corpus.parent):
        for row in _lines(corpus):
            title = str(row.get("title") or "")
            draft = DocumentBuilder()
            draft.append(Kind.PARAGRAPH, str(row["text"]))
            if draft.blocks:
                yield Document(_id_of(row), title, draft.text, tuple(draft.blocks), language.detect(draft.text))


def digest_of(corpus: Path) -> str:
    """A digest of the documents of a set."""
    with corpus.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:16]


@contextmanager
def _errors_reported(place: Path) -> Iterator[None]:
    """Raise EvaluationSetError for what is not as a set has it."""
    try:
        yield
    except (OSError, ValueError, KeyError, csv.Error) as error:
        reason = f"a line has no {error}" if isinstance(error, KeyError) else error
        raise EvaluationSetError(
            f"{place} is no evaluation set ({reason}): name a folder with {CORPUS}, {_QUESTIONS} and {_LABELS[0]} (columns "
            f"{', '.join(_LABEL_COLUMNS)}), or a CSV file with the columns {' and '.join(_COLUMNS)}."
        ) from error


def _read_folder(folder: Path) -> EvaluationSet:
    labels = next((folder / name for name in _LABELS if (folder / name).is_file()), folder / _LABELS[0])
    relevant: dict[str, set[str]] = {}
    for query, document, score in _rows(labels, _LABEL_COLUMNS, "\t"):
        if float(score) > 0:
            relevant.setdefault(query, set()).add(document)
    texts = {_id_of(row): str(row["text"]) for row in _lines(folder / _QUESTIONS)}
    questions = {key: text for key, text in texts.items() if key in relevant}
    return _made(folder.name, questions, relevant, folder / CORPUS)


def _read_table(file: Path) -> EvaluationSet:
    relevant: dict[str, set[str]] = {}
    for question, document in _rows(file, _COLUMNS, ","):
        if question.strip() and document.strip():
            relevant.setdefault(question, set()).add(document)
    return _made(file.stem, {question: question for question in relevant}, relevant)


def _rows(file: Path, columns: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """The values in these columns, row by row. Raises ValueError where a column is missing."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, delimiter=delimiter, restval="")
        missing = [column for column in columns if column not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"{file.name} has no column {' or '.join(missing)}")
        yield from ([row[column] for column in columns] for row in rows)


def _made(
    name: str, questions: Mapping[str, str], relevant: Mapping[str, set[str]], corpus: Path | None = None
) -> EvaluationSet:
    return EvaluationSet(name, questions, {key: frozenset(relevant[key]) for key in questions}, corpus)


def _id_of(row: Mapping[str, object]) -> str:
    return str(row["_id"] if "_id" in row else row["id"])


def _lines(file: Path) -> Iterator[Mapping[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError(f"{file.name}, line {number} is no JSON object")
                yield row
