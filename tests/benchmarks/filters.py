"""Questions with a filter beside the same without: a filter should cost next to nothing, however many passages pass it.

The collection is a folder of CSV files of made rows, indexed with an encoder that costs nothing, so that the search is what is
measured, from the store's metadata to the ranking. Each question is asked with every filter in turn.
"""

import csv
import math
import shutil
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import chain, count, islice
from pathlib import Path

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Filter, Query
from tests.benchmarks import made_words, materials
from tests.benchmarks.indexing import HashedEncoder
from tests.benchmarks.options import Options
from tests.benchmarks.table import milliseconds, percentile, table

_SIZES = (30_000, 300_000)
_TINY_SIZES = (60,)
_QUESTIONS, _TINY_QUESTIONS = 50, 2
_DIMENSION = 64
_RARE_EACH = 1_000
"""Of so many rows one passes the rarest filter."""

_ROWS_OF_FILE = 100_000
"""Rows of a CSV file; one of a million would be larger than a file may be."""

_NO_FILTER = "no filter"
_FILTERS: Mapping[str, Filter] = {
    _NO_FILTER: {},
    "all pass": {"kind": "row"},
    "half pass": {"dept": "A"},
    f"1 in {_RARE_EACH:,} passes": {"batch": "b7"},
}


def report(options: Options) -> Iterator[str]:
    """The lines of the table: the median times of a question, and their ratio to those without a filter."""
    model = made_words.learned_text(materials.passages(options))
    questions = model.questions(0, _TINY_QUESTIONS if options.tiny else _QUESTIONS)
    rows = []
    for size in _TINY_SIZES if options.tiny else options.sizes or _SIZES:
        with closing(_searcher(options, model, size)) as searcher:
            seconds = _seconds(searcher, questions)
        rows += [_row(f"{size:,} rows, {name}", times, seconds[_NO_FILTER]) for name, times in seconds.items()]
    yield from table(["filter", "median", "p95", "times no filter"], rows)


def _searcher(options: Options, model: made_words.TextModel, size: int) -> Searcher:
    """The index of so many rows, made where it is not there yet."""
    encoder = HashedEncoder("hashed", _DIMENSION)
    documents = options.work / f"filters-{size}"
    if not documents.exists():
        _write_rows(documents, model, size)
    index = options.work / f"filters-{size}-index"
    update(index, [documents], load_encoder=lambda _: encoder)
    return open_searcher(index, lambda _: encoder)


def _write_rows(documents: Path, model: made_words.TextModel, size: int) -> None:
    """A folder of CSV files of made questions and answers, with a column for each filter."""
    passages = islice(chain.from_iterable(model.passages(block, made_words.BLOCK) for block in count()), size)
    numbered = enumerate(passages)
    # Under another name until it is whole: a run that was stopped must not leave a part of the rows behind.
    unfinished = documents.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for file in range(math.ceil(size / _ROWS_OF_FILE)):
        with (unfinished / f"{file}.csv").open("w", encoding="utf-8", newline="") as lines:
            rows = csv.writer(lines)
            rows.writerow(["question", "answer", "dept", "kind", "batch"])
            for number, (heading, text) in islice(numbered, _ROWS_OF_FILE):
                rows.writerow([f"{heading}?", f"{text}.", "AB"[number % 2], "row", f"b{number % _RARE_EACH}"])
    unfinished.rename(documents)


def _seconds(searcher: Searcher, questions: list[str]) -> dict[str, list[float]]:
    """The seconds of each question, by filter."""
    seconds: dict[str, list[float]] = {name: [] for name in _FILTERS}
    for question in questions:
        # What a question's words are kept in caches for must not count for the filter that happens to be asked first.
        searcher.search(Query(question))
        for name, condition in _FILTERS.items():
            start = time.perf_counter()
            searcher.search(Query(question, filter=condition))
            seconds[name].append(time.perf_counter() - start)
    return seconds


def _row(name: str, seconds: list[float], unfiltered: list[float]) -> list[str]:
    median = statistics.median(seconds)
    return [
        name,
        milliseconds(median),
        milliseconds(percentile(seconds, 0.95)),
        f"{median / statistics.median(unfiltered):.2f}",
    ]
