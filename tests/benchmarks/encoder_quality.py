"""The quality of the encoder: nDCG@10 by meaning alone with torch float32 and with the product's own, on each set."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

from askdex.indexer.evaluation import measure
from askdex.indexer.evaluation.sets import CORPUS, EvaluationSet, read_set
from askdex.indexer.ingest.progress import unheard
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.torch_encoder import SentenceTransformerEncoder
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Mode
from tests.benchmarks import materials
from tests.benchmarks.options import MODEL, Options, SkippedError
from tests.benchmarks.table import table

_MEASURE = "ndcg@10"
_FEW = 5
_ENGLISH = {"corpus.en.jsonl": CORPUS, "queries.en.jsonl": "queries.jsonl", "qrels.tsv": "qrels.tsv"}


def report(options: Options) -> Iterator[str]:
    """The lines of the table; a set in several languages is measured in English."""
    places = sorted({file.parent for name in (CORPUS, "corpus.en.jsonl") for file in options.sets.glob(f"*/{name}")})
    if not places:
        raise SkippedError(f"no evaluation set in {options.sets}: name their folder with --sets")
    rows = [list(_row(place, options)) for place in places[: 1 if options.tiny else None]]
    yield from table(["set", "questions", "torch float32", "askdex", "difference", "95% interval", "p"], rows)


def _row(place: Path, options: Options) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=options.work) as passing:
        one = _read(place, Path(passing))
        if options.tiny:
            one = small(one, Path(passing))
        before, now = (_values(one, load) for load in (_on_torch, materials.load_encoder))
    found = measure.compare(now, before)
    yield from (one.name, f"{len(one.questions):,}")
    yield from (f"{measure.interval(list(values.values())).mean:.4f}" for values in (before, now))
    difference = found.difference
    yield from (f"{difference.mean:+.4f}", f"{difference.low:+.4f} to {difference.high:+.4f}", f"{found.chance:.3f}")


def _values(one: EvaluationSet, load_encoder: EncoderLoader) -> Mapping[str, float]:
    """The measure of each question, with one encoder for passages and questions."""
    encoder = load_encoder(MODEL)
    with tempfile.TemporaryDirectory() as passing:
        folder = Path(passing, "index")
        measure.index_corpus(folder, corpus(one), MODEL, lambda _: encoder, unheard)
        with closing(open_searcher(folder, lambda _: encoder)) as searcher:
            return measure.measure(searcher, one, Mode.SEMANTIC).values[_MEASURE]


def _on_torch(name: str) -> Encoder:
    return SentenceTransformerEncoder(name, "cpu", "the baseline")


def _read(place: Path, passing: Path) -> EvaluationSet:
    if (place / CORPUS).exists():
        return read_set(place)
    english = passing / place.name
    english.mkdir()
    for name, usual in _ENGLISH.items():
        (english / usual).symlink_to((place / name).resolve())
    return read_set(english)


def small(one: EvaluationSet, passing: Path) -> EvaluationSet:
    """The first few passages and questions of a set, put in a folder."""
    few = passing / CORPUS
    with corpus(one).open(encoding="utf-8") as lines:
        few.write_text("".join(islice(lines, _FEW)), encoding="utf-8")
    return replace(one, corpus=few, questions=dict(islice(one.questions.items(), _FEW)))


def corpus(one: EvaluationSet) -> Path:
    """The file of a set's passages."""
    assert one.corpus is not None, "a set in this layout brings its documents"
    return one.corpus
