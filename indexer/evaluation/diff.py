"""What people would be told otherwise by one state of an index than by another."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from sys import maxsize
from tempfile import TemporaryDirectory

from askdex.indexer.errors import EvaluationSetError, GoneGenerationError
from askdex.indexer.evaluation import sets
from askdex.indexer.evaluation.told import Told, told
from askdex.indexer.generations import backup
from askdex.indexer.ingest.progress import Progress
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.search.searcher import Searcher, open_searcher


class Turn(StrEnum):
    """How an answer has changed."""

    REFUSED = "refused"
    ANSWERED = "answered"
    DOCUMENT = "document"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Difference:
    """What the same question gets before and after."""

    before: Told
    after: Told

    @property
    def turn(self) -> Turn | None:
        """How the answer has changed; None where it is the same. Documents are compared by their uris."""
        if not (self.before.documents and self.after.documents):
            if bool(self.before.documents) == bool(self.after.documents):
                return None
            return Turn.REFUSED if self.before.documents else Turn.ANSWERED
        uris = [{document.uri for document in each.documents} for each in (self.before, self.after)]
        if uris[0].isdisjoint(uris[1]):
            return Turn.DOCUMENT
        return Turn.WORDS if self.before.answer.split() != self.after.answer.split() else None


@dataclass(frozen=True, slots=True)
class Side:
    """A state that is compared: an index, and the generation of it that is asked, None for the newest."""

    searcher: Searcher
    generation: int | None = None

    def questions(self) -> list[str]:
        """The questions that its documents ask themselves, as headings do."""
        with self.searcher.reader.opened(self.generation) as opened:
            return opened.questions(maxsize)

    def told(self, questions: Sequence[str]) -> Iterator[Told]:
        """What it tells."""
        return told(self.searcher, questions, self.generation)


@contextmanager
def opened_side(name: str, folder: Path, load_encoder: EncoderLoader) -> Iterator[Side]:
    """Open a snapshot, an index by its folder, or a generation of the index in `folder` by its number.

    Raises SnapshotError, MissingIndexError, DamagedIndexError, GoneGenerationError, ModelError.
    """
    place = Path(name)
    with ExitStack() as stack:
        is_generation = name.isdecimal() and not place.exists()
        if not (is_generation or place.is_dir()):
            restored = Path(stack.enter_context(TemporaryDirectory(prefix="askdex-"))) / "index"
            backup.restore(restored, place)
            place = restored
        searcher = stack.enter_context(closing(open_searcher(folder if is_generation else place, load_encoder)))
        if is_generation:
            _require_held(searcher, int(name))
        yield Side(searcher, int(name) if is_generation else None)


def read_questions(file: Path) -> list[str]:
    """The questions of a CSV file with a column of that name, each once. Raises EvaluationSetError."""
    with sets.reporting_errors(file, "file of questions", "give a CSV file with the column question"):
        return list(dict.fromkeys(question for (question,) in sets.rows(file, ("question",), ",") if question.strip()))


def differences(old: Side, new: Side, questions: Sequence[str], progress: Progress) -> Iterator[Difference]:
    """Those of some questions that are answered otherwise. Raises what Searcher.answers raises."""
    for number, (before, after) in enumerate(zip(old.told(questions), new.told(questions), strict=True), 1):
        difference = Difference(before, after)
        if difference.turn is not None:
            yield difference
        progress(number, len(questions))


def own_questions(old: Side, new: Side) -> list[str]:
    """The questions that the documents of either ask themselves. Raises EvaluationSetError where there are none."""
    questions = sorted({*old.questions(), *new.questions()})
    if not questions:
        raise EvaluationSetError("The documents ask no questions themselves: name a file of some with --questions.")
    return questions


def _require_held(searcher: Searcher, generation: int) -> None:
    held = [state.generation for state in searcher.reader.held()]
    if generation not in held:
        numbers = " and ".join(f"{number}" for number in reversed(held))
        raise GoneGenerationError(f"The index has no generation {generation}: it holds {numbers}.")
