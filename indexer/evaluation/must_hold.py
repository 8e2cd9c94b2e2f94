"""Must-hold questions: what an index must go on telling people, asked of a generation before it becomes visible."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from askdex.indexer.errors import BrokenAnswersError, DamagedIndexError, EvaluationSetError, MissingIndexError, StorageError
from askdex.indexer.evaluation import sets
from askdex.indexer.evaluation.told import Told, told
from askdex.indexer.ingest.update import Changes, EncoderLoader
from askdex.indexer.search.searcher import LONGEST_QUESTION, Searcher, open_searcher
from askdex.indexer.store.write import document_name
from askdex.indexer.types import DocumentSummary

COLUMNS = ("question", "document", "words")


@dataclass(frozen=True, slots=True)
class Expected:
    """A document that may answer a question, as results or sets name it, and words that its answer has."""

    document: str
    words: str = ""

    def is_met_by(self, answer: Told) -> bool:
        """Whether one of the documents that have the answer is this one, and the words are in the answer."""
        names = {name for document in answer.documents for name in (document.uri, document.uri.partition("#")[0])}
        return self.document in names and _plain(self.words) in _plain(answer.answer)


@dataclass(frozen=True, slots=True)
class MustHold:
    """A question, and what may answer it; nothing does where it is to be refused."""

    question: str
    expected: Sequence[Expected] = ()

    def holds(self, answer: Told) -> bool:
        """Whether this is what people are to be told."""
        return any(expected.is_met_by(answer) for expected in self.expected) if self.expected else not answer.documents


@dataclass(frozen=True, slots=True)
class Cause:
    """A file whose edit can have changed an answer, by its key, and what became of it."""

    key: bytes
    edit: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A question that does not hold, what it would get, and the files whose edits can have done it.

    `held_before` is None where there was nothing to ask before.
    """

    must: MustHold
    now: Told
    held_before: bool | None
    causes: Sequence[Cause] = ()

    @property
    def stops(self) -> bool:
        """Whether this is new: what did not hold before either stops nothing."""
        return self.held_before is not False


def read_must_hold(file: Path) -> list[MustHold]:
    """Read a CSV file with the columns of `COLUMNS`. Raises EvaluationSetError.

    A question with several rows may be answered as any of them says; one whose document is empty is to be refused.
    """
    expected: dict[str, list[Expected]] = {}
    wanted = f"give a CSV file with the columns {', '.join(COLUMNS[:-1])} and {COLUMNS[-1]}, of which the last may be empty"
    with sets.reporting_errors(file, "file of must-hold questions", wanted):
        for question, document, words in sets.rows(file, COLUMNS, ",", no_others=True):
            _require_sound(question, document, words)
            if question.strip():
                expected.setdefault(question, []).extend([Expected(document.strip(), words)] if document.strip() else [])
    if not expected:
        raise EvaluationSetError(f"{file} has no question.")
    return [MustHold(question, tuple(answers)) for question, answers in expected.items()]


@dataclass(frozen=True, slots=True)
class MustHoldCheck:
    """A `Check` of `update`: it asks the questions, and tells of each that does not hold.

    One that held before stops the change, and so does any on a first index, unless it `goes_on`.
    """

    folder: Path
    questions: Sequence[MustHold]
    load_encoder: EncoderLoader
    tell: Callable[[Broken], None]
    goes_on: bool = False

    def __call__(self, searcher: Searcher, changes: Changes) -> None:
        """See Check."""
        broken = list(self._broken(searcher, changes))
        for each in broken:
            self.tell(each)
        number = sum(each.stops for each in broken)
        if number and not self.goes_on:
            raise BrokenAnswersError(
                f"Of {len(self.questions):,} must-hold questions {number:,} would be broken: the index stays as it was. Mend "
                "the documents or the questions, or go on with --force; what was embedded is kept for that."
            )

    def _broken(self, searcher: Searcher, changes: Changes) -> Iterator[Broken]:
        answers = told(searcher, [must.question for must in self.questions])
        missed = [(must, now) for must, now in zip(self.questions, answers, strict=True) if not must.holds(now)]
        before = self._told_before([must.question for must, _ in missed])
        for (must, now), then in zip(missed, before, strict=True):
            yield Broken(must, now, None if then is None else must.holds(then), tuple(causes(changes, then, now)))

    def _told_before(self, questions: Sequence[str]) -> Sequence[Told | None]:
        """What the generation that people see tells them; None where there is none, or none that can be read."""
        if not questions:
            return ()
        try:
            with closing(open_searcher(self.folder, self.load_encoder)) as searcher:
                return list(told(searcher, questions))
        except (DamagedIndexError, MissingIndexError, StorageError):
            return [None] * len(questions)


def causes(changes: Changes, before: Told | None, now: Told) -> Iterator[Cause]:
    """What became of the file that answered before, and of the one that answers now, where either was edited."""
    if before is None:
        return
    old, new = before.document, now.document
    if old is not None:
        left_out = {skipped.key for skipped in changes.skipped}
        yield from (Cause(key, "was changed") for key in _keys_of(old, changes.changed))
        yield from (Cause(key, "is left out" if key in left_out else "was removed") for key in _keys_of(old, changes.removed))
        yield from (Cause(key, "was moved") for key in _keys_of(old, tuple(changes.moved.values())))
    if new is not None and (old is None or new.id != old.id):
        yield from (Cause(key, "is new") for key in _keys_of(new, (*changes.new, *changes.moved)))
        yield from (Cause(key, "was changed") for key in _keys_of(new, changes.changed))


def _keys_of(document: DocumentSummary, keys: Sequence[bytes]) -> Iterator[bytes]:
    """Those of these keys of files that a document is of."""
    return (key for key in keys if document_name(key, document.uri) == document.id)


def _require_sound(question: str, document: str, words: str) -> None:
    if len(question) > LONGEST_QUESTION:
        raise ValueError(f"a question has {len(question):,} characters, of {LONGEST_QUESTION:,} at most")
    if (document.strip() or words.strip()) and not question.strip():
        raise ValueError("a row has no question")
    if words.strip() and not document.strip():
        raise ValueError(f"{question!r} has words but no document")


def _plain(text: str) -> str:
    """A text without what is only typed or laid out otherwise."""
    return " ".join(text.casefold().split())
