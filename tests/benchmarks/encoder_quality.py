"""The quality of the encoder: nDCG@10 in the mode semantic, with torch float32 and with Askdex's own, on each set."""

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
_TINY_NUMBER = 5
_ENGLISH = {"corpus.en.jsonl": CORPUS, "queries.en.jsonl": "queries.jsonl", "qrels.tsv": "qrels.tsv"}
"""The English files of a set in several languages, and their names in a set in one."""


def report(options: Options) -> Iterator[str]:
    """The lines of the table; a set in several languages is measured in English."""
    folders = sorted({file.parent for name in (CORPUS, "corpus.en.jsonl") for file in options.sets.glob(f"*/{name}")})
    if not folders:
        raise SkippedError(f"no evaluation set in {options.sets}: name their folder with --sets")
    rows = [list(_row(folder, options)) for folder in folders[: 1 if options.tiny else None]]
    yield from table(["set", "questions", "torch float32", "askdex", "difference", "95% interval", "p"], rows)


def _row(folder: Path, options: Options) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=options.work) as temporary:
        evaluation_set = _read_english(folder, Path(temporary))
        if options.tiny:
            evaluation_set = small(evaluation_set, Path(temporary))
        on_torch, ours = (_values(evaluation_set, load) for load in (_load_on_torch, materials.load_encoder))
    comparison = measure.compare(ours, on_torch)
    yield from (evaluation_set.name, f"{len(evaluation_set.questions):,}")
    yield from (f"{measure.interval(list(values.values())).mean:.4f}" for values in (on_torch, ours))
    difference = comparison.difference
    yield from (f"{difference.mean:+.4f}", f"{difference.low:+.4f} to {difference.high:+.4f}", f"{comparison.chance:.3f}")


def _values(evaluation_set: EvaluationSet, load_encoder: EncoderLoader) -> Mapping[str, float]:
    """The measure of each question, with one encoder for passages and questions."""
    encoder = load_encoder(MODEL)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "index")
        measure.index_corpus(folder, corpus(evaluation_set), MODEL, lambda _: encoder, unheard)
        with closing(open_searcher(folder, lambda _: encoder)) as searcher:
            return measure.measure(searcher, evaluation_set, Mode.SEMANTIC).values[_MEASURE]


def _load_on_torch(name: str) -> Encoder:
    return SentenceTransformerEncoder(name, "cpu", "the baseline")


def _read_english(folder: Path, temporary: Path) -> EvaluationSet:
    """A set in one language, or the English part of one in several."""
    if (folder / CORPUS).exists():
        return read_set(folder)
    english = temporary / folder.name
    english.mkdir()
    for name, usual_name in _ENGLISH.items():
        (english / usual_name).symlink_to((folder / name).resolve())
    return read_set(english)


def small(evaluation_set: EvaluationSet, folder: Path) -> EvaluationSet:
    """The first few passages and questions of a set; the passages are written into the folder."""
    file = folder / CORPUS
    with corpus(evaluation_set).open(encoding="utf-8") as lines:
        file.write_text("".join(islice(lines, _TINY_NUMBER)), encoding="utf-8")
    return replace(evaluation_set, corpus=file, questions=dict(islice(evaluation_set.questions.items(), _TINY_NUMBER)))


def corpus(evaluation_set: EvaluationSet) -> Path:
    """The file of a set's passages."""
    assert evaluation_set.corpus is not None, "a set in the BEIR layout has its documents with it"
    return evaluation_set.corpus
