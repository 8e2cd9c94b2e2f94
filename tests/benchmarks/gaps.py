"""Whether `askdex questions` lists what the documents do not answer, and nothing that they do.

A fifth of the files of the starter collection is taken out of its index, all its test questions are asked and written down, and
the list of what is not answered is compared with what is gone; five times, so that each file is gone once. A subject is a file.
"""

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from askdex.corpus import starter
from askdex.corpus.text.masking import masked
from askdex.indexer.ingest.remove import remove
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Query
from askdex.indexer.upkeep.asked import what_is_asked
from askdex.server.question_log import QuestionLog, known_in
from askdex.server.service import Service
from tests.benchmarks import materials
from tests.benchmarks.options import Options
from tests.benchmarks.table import table

_QUESTIONS = Path(__file__).parents[1] / "data" / "starter_questions.csv"
_FOLDS = 5


def report(options: Options) -> Iterator[str]:
    """The lines of the table: of what is gone and of what is held, how much is listed as not answered."""
    index, encoder = materials.starter_index(options), materials.load_encoder()
    counts: Counter[tuple[str, bool, bool]] = Counter()
    for fold in range(1 if options.tiny else _FOLDS):
        counts += _counted(index, options.work / f"gaps-{fold}", fold, encoder)
    rows = [_row(counts, kind, is_gone=is_gone) for kind in ("subjects", "questions") for is_gone in (True, False)]
    yield from table(["", "number", "listed", "share"], rows)


def _counted(index: Path, place: Path, fold: int, encoder: Encoder) -> Counter[tuple[str, bool, bool]]:
    """How many subjects and questions there are of those gone and held, and of both of those listed and not."""
    labels = _labels()
    files = sorted(set(labels.values()))
    gone = set(files[fold::_FOLDS])
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(index, place)
    remove(place, [str(starter.FOLDER / name) for name in sorted(gone)])
    listed = _listed(place, labels, encoder)
    shutil.rmtree(place)
    listed_files = {labels[question] for question in listed}
    counts = Counter(("questions", file in gone, question in listed) for question, file in labels.items())
    return counts + Counter(("subjects", file in gone, file in listed_files) for file in files)


def _listed(place: Path, labels: dict[str, str], encoder: Encoder) -> set[str]:
    """The questions that are listed as not answered, after all of them were asked."""
    with closing(open_searcher(place, lambda _: encoder)) as searcher:
        with QuestionLog(place, 90, searcher.reader) as log:
            service = Service(searcher, log)
            for question in labels:
                service.search(Query(question))
        with searcher.reader.opened() as opened:
            is_known = known_in(opened.vocabulary)
            words = {question: masked(question, is_known) for question in labels}
    listed = {group.question for group in what_is_asked(place, lambda _: encoder, "", 1).lists["not_answered"]}
    return {question for question in labels if words[question] in listed}


def _labels() -> dict[str, str]:
    """The file that answers each question."""
    with _QUESTIONS.open(encoding="utf-8", newline="") as lines:
        return {row["question"]: row["document"] for row in csv.DictReader(lines)}


def _row(counts: Counter[tuple[str, bool, bool]], kind: str, *, is_gone: bool) -> list[str]:
    listed, others = counts[kind, is_gone, True], counts[kind, is_gone, False]
    number = listed + others
    return [f"{kind} {'gone' if is_gone else 'held'}", f"{number:,}", f"{listed:,}", f"{listed / number:.1%}"]
