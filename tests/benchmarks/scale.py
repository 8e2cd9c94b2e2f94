"""Growth to a million passages: each size made, opened, asked and added to in processes of its own; exponents and a plan."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from askdex.indexer.types import Ids, Vectors
from tests.benchmarks import engines, growth, made_vectors, made_words, materials, plan, worker
from tests.benchmarks.engines import BuildCosts, QueryCosts, Source
from tests.benchmarks.made_vectors import Neighbourhoods
from tests.benchmarks.options import Options
from tests.benchmarks.table import percentile, table
from tests.benchmarks.worker import Worker

_QUESTIONS = 500
_TINY_QUESTIONS = 20
_TURNS = 8
_FEW_TURNS = 2
_SIZES = (10_000, 100_000, 1_000_000)
_TINY_SIZES = (1_000, 2_000)


@dataclass(frozen=True, slots=True)
class Size:
    """The measurements with a number of passages, in seconds and bytes.

    `recall` is that of real questions' vectors, `recall_of_passages` that of vectors like those of the collection.
    """

    build: BuildCosts
    disk: int
    queries: QueryCosts
    recall: float
    recall_of_passages: float
    adding: list[float]
    opening_again: list[float]


_FIGURES: dict[str, tuple[Callable[[Size], float], str]] = {
    "build, s": (lambda size: size.build.seconds, ",.1f"),
    "peak memory of the build, MB": (lambda size: (size.build.peak or np.nan) / 1e6, ",.0f"),
    "on disk, MB": (lambda size: size.disk / 1e6, ",.1f"),
    "open, s": (lambda size: size.queries.opening, ",.3f"),
    "own memory when open, MB": (lambda size: size.queries.memory_open.get("RssAnon", np.nan) / 1e6, ",.0f"),
    "own memory after questions, MB": (lambda size: size.queries.memory_asked.get("RssAnon", np.nan) / 1e6, ",.0f"),
    "mapped memory after questions, MB": (lambda size: size.queries.memory_asked.get("RssFile", np.nan) / 1e6, ",.0f"),
    "by meaning p50, ms": (lambda size: percentile(size.queries.semantic, 0.5) * 1e3, ",.2f"),
    "by meaning p95, ms": (lambda size: percentile(size.queries.semantic, 0.95) * 1e3, ",.2f"),
    "recall@10, real questions": (lambda size: size.recall, ".4f"),
    "recall@10, other passages": (lambda size: size.recall_of_passages, ".4f"),
    "recall@10 that the engine noted": (lambda size: size.queries.recall, ".4f"),
    "by words p50, ms": (lambda size: percentile(size.queries.keyword, 0.5) * 1e3, ",.2f"),
    "by words p95, ms": (lambda size: percentile(size.queries.keyword, 0.95) * 1e3, ",.2f"),
    "features of 100 candidates p50, ms": (lambda size: percentile(size.queries.features, 0.5) * 1e3, ",.2f"),
    "add 1,000 median, s": (lambda size: percentile(size.adding, 0.5), ",.3f"),
    "add 1,000 longest, s": (lambda size: max(size.adding), ",.3f"),
    "open what was added, s": (lambda size: percentile(size.opening_again, 0.5), ",.3f"),
}


def report(options: Options) -> Iterator[str]:
    """The lines of the tables."""
    texts, questions = materials.passages(options), materials.questions(options)[: _questions(options)]
    source = Source(texts, materials.vectors(options, "passages", texts), materials.vectors(options, "questions", questions))
    yield f"made from {len(texts):,} real passages, asked with {len(questions)} real questions' vectors on one thread"
    yield from _realism(source)
    sizes = _TINY_SIZES if options.tiny else options.sizes or _SIZES
    queries = np.concatenate([source.questions, source.vector_model.sample()[: len(source.questions)]])
    nearest = engines.exact(source, queries, sizes)
    measured = {size: _measured(options, source, size, queries, nearest[size]) for size in sizes}
    yield from _table(measured)
    yield from plan.lines(options, {name: growth.fitted(_last(_values(measured, name))) for name in _FIGURES})


def _questions(options: Options) -> int:
    return _TINY_QUESTIONS if options.tiny else _QUESTIONS


def _realism(source: Source) -> Iterator[str]:
    """How near the distributions of made vectors and words are to those of the real ones."""
    real, made = made_vectors.neighbourhoods(source.vectors), made_vectors.neighbourhoods(source.vector_model.sample())
    rows = [["cosine to the 10th neighbour (median fitted)", _quantiles(real, "tenth"), _quantiles(made, "tenth")]]
    rows += [["cosine to the 1st neighbour, p10 / p50 / p90", _quantiles(real, "first"), _quantiles(made, "first")]]
    rows += [["cosine of any two", _quantiles(real, "any_two"), _quantiles(made, "any_two")]]
    rows += [["dimension of the neighbourhoods", f"{real.dimension:.1f}", f"{made.dimension:.1f}"]]
    texts = source.text_model.text, source.text_model.sample()
    rows += [["different words", *(f"{made_words.vocabulary_size(text):,}" for text in texts)]]
    rows += [["share of the hundred commonest", *(f"{made_words.share_of_commonest(text):.3f}" for text in texts)]]
    yield from table([f"{len(source.vectors):,} vectors, {len(texts[0]):,} words", "real", "made"], rows)


def _quantiles(measured: Neighbourhoods, name: str) -> str:
    return " / ".join(f"{value:.3f}" for value in np.quantile(getattr(measured, name), (0.1, 0.5, 0.9)))


def _measured(options: Options, source: Source, size: int, queries: Vectors, nearest: list[Ids]) -> Size:
    with tempfile.TemporaryDirectory(dir=options.work) as place:
        folder = Path(place, "engine")
        folder.mkdir()
        with Worker(_same, source) as maker:
            build = maker.call(engines.make, folder, size)
        with Worker(worker.nothing, threads=1) as asker:
            query_costs = asker.call(engines.ask, folder, size, queries, source.text_model.questions(0, len(source.questions)))
        disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        with Worker(_same, source) as adder:
            adding, opening = adder.call(engines.add, folder, size, _FEW_TURNS if options.tiny else _TURNS)
    number = len(source.questions)
    recall = engines.recall(query_costs.nearest[:number], nearest[:number])
    recall_of_passages = engines.recall(query_costs.nearest[number:], nearest[number:])
    return Size(build, disk, query_costs, recall, recall_of_passages, adding, opening)


def _same(source: Source) -> Source:
    return source


def _table(measured: Mapping[int, Size]) -> Iterator[str]:
    rows = []
    for name, (_, form) in _FIGURES.items():
        values = _values(measured, name)
        powers = [] if name.startswith("recall") else [growth.fitted(values), growth.fitted(_last(values))]
        exponents = [f"{power.exponent:+.2f}" for power in powers] or ["", ""]
        rows.append([name, *(format(value, form) for value in values.values()), *exponents])
    yield from table(["passages", *(f"{size:,}" for size in measured), "exponent", "of the last two"], rows)


def _values(measured: Mapping[int, Size], name: str) -> dict[int, float]:
    """A figure by size."""
    value, _ = _FIGURES[name]
    return {size: value(figures) for size, figures in measured.items()}


def _last(values: Mapping[int, float]) -> dict[int, float]:
    """The values of the two largest sizes, where a fixed cost no longer hides how the rest grows."""
    return {size: values[size] for size in sorted(values)[-2:]}
