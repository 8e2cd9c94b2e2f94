"""Choosing the weights of the ranking: what each evaluation set gets from weights that were chosen on all others."""

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from askdex.indexer.engine.protocol import Evidence
from askdex.indexer.evaluation.sets import EvaluationSet
from askdex.indexer.models.reranker import Reranker, is_at_hand, load_reranker
from askdex.indexer.search import fusion, retrieval
from askdex.indexer.search.fusion import WEIGHTS, FusionWeights
from askdex.indexer.search.rerank import DEEPEST, read_text
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.store import read
from askdex.indexer.types import Mode, Numbers, Places, Positions, Vectors
from tests.benchmarks import fit, materials
from tests.benchmarks.options import MODEL, Options
from tests.benchmarks.table import table

_QUESTIONS, _PRECISE_QUESTIONS, _FEW = 500, 250, 5
_AT = 10
_STEPS = (1.5, 1.2)
"""What a weight is multiplied with and divided by, as long as that helps."""

_HELPS = 1e-5
_RANKING = ("pairs", "sentence", "context", "keyword", "standing", "temperature", "nearness", "fall")
_READING = ("log_odds", "favour", "favour_temperature")


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its candidates, n of them.

    `documents` are the numbers of their documents, `is_right` whether those answer; `ideal` is the gain of a perfect order.
    `log_odds` are those of the candidates that come first as the product ranks them, none where nothing was read.
    """

    cosines: Numbers
    evidence: Evidence
    vectors: npt.NDArray[np.float16]
    places: Places
    trust: float
    documents: Positions
    is_right: npt.NDArray[np.bool_]
    ideal: float
    log_odds: Mapping[int, float]

    def gain(self, weights: FusionWeights) -> float:
        """The nDCG@10 of documents by their best passages, in the mode precise where candidates were read."""
        vectors = self.vectors.astype(np.float32)
        ids = np.arange(len(vectors))
        fused = fusion.fuse(ids, self.cosines, self.evidence, vectors, Mode.FAST, self.trust, weights)
        order = fusion.ordered(fused, self.places)
        if self.log_odds:
            order = self._reread(order, fused.fused[order], weights)
        documents = list(dict.fromkeys(self.documents[order].tolist()))[:_AT]
        right = set(self.documents[self.is_right].tolist())
        return sum(_discounts()[rank] for rank, document in enumerate(documents) if document in right) / self.ideal

    def _reread(self, order: Positions, scores: Numbers, weights: FusionWeights) -> Positions:
        read = np.array([at for at, one in enumerate(order.tolist()) if one in self.log_odds])
        gained = fusion.gains([self.log_odds[one] for one in order[read].tolist()], weights)
        scores = scores + gained.min()
        scores[read] += gained - gained.min()
        return order[np.argsort(-scores, kind="stable")]


def report(options: Options) -> Iterator[str]:
    """The weights in use, those chosen on all sets, and what each set gets from those chosen on all others."""
    with tempfile.TemporaryDirectory(dir=options.work) as passing:
        sets = fit.evaluation_sets(options, Path(passing))
        yield from _chosen("fast", sets, options, _RANKING, None)
        if is_at_hand():
            yield from _chosen("precise", sets, options, _READING, load_reranker())
        else:
            yield "precise is left out: its model is not installed"


def _chosen(
    mode: str, sets: Sequence[EvaluationSet], options: Options, names: Sequence[str], reranker: Reranker | None
) -> Iterator[str]:
    cases = {one.name: list(_cases(one, options, reranker)) for one in sets}
    mean = cache(lambda name, weights: float(np.mean([case.gain(weights) for case in cases[name]])))
    everything = climbed(partial(_mean_of, mean, list(cases)), names)
    yield f"{mode}, in use  {_told(WEIGHTS, names)}"
    yield f"{mode}, of all  {_told(everything, names)}"
    rows = []
    for name, of_set in cases.items():
        others = climbed(partial(_mean_of, mean, [other for other in cases if other != name]), names)
        weights = (WEIGHTS, everything, others)
        rows.append([name, f"{len(of_set):,}", *(f"{mean(name, of):.4f}" for of in weights), _told(others, names)])
    yield from table(["set", "questions", "in use", "of all", "of others", "those of others"], rows)


def _mean_of(mean: Callable[[str, FusionWeights], float], names: Sequence[str], weights: FusionWeights) -> float:
    return float(np.mean([mean(name, weights) for name in names]))


def climbed(value: Callable[[FusionWeights], float], names: Sequence[str]) -> FusionWeights:
    """Weights from which no step of one weight leads to a larger value, beginning with those in use."""
    best, reached = WEIGHTS, value(WEIGHTS)
    for step in _STEPS:
        improved = True
        while improved:
            improved = False
            for name in names:
                for factor in (step, 1 / step):
                    tried = replace(best, **{name: round(getattr(best, name) * factor, 6)})
                    if (found := value(tried)) > reached + _HELPS:
                        best, reached, improved = tried, found, True
    return best


def _cases(one: EvaluationSet, options: Options, reranker: Reranker | None) -> Iterator[Case]:
    most = _FEW if options.tiny else _QUESTIONS if reranker is None else _PRECISE_QUESTIONS
    asked = list(one.questions.items())
    random.Random(0).shuffle(asked)
    vectors = materials.load_encoder(MODEL).encode_questions([question for _, question in asked[:most]])
    with closing(fit.opened(one, options)) as searcher:
        for (key, question), vector in zip(islice(asked, most), vectors, strict=True):
            yield _case(searcher, question, vector, one.relevant[key], reranker)


def _case(searcher: Searcher, question: str, vector: Vectors, relevant: frozenset[str], reranker: Reranker | None) -> Case:
    with searcher.reader.snapshot() as snapshot:
        engine, trust = snapshot.engine, 1.0 if snapshot.calibration is None else snapshot.calibration.trust
        found = retrieval.retrieved(engine, question, vector, Mode.FAST, trust=trust)
        places = engine.places(found.ids)
        passages = read.passages(snapshot, found.ids.tolist())
        uris = [passage.document.uri for passage in passages]
        log_odds: dict[int, float] = {}
        if reranker is not None:
            first = fusion.ordered(found, places)[:DEEPEST].tolist()
            texts = [read_text(passages[at]) for at in first]
            log_odds = dict(zip(first, reranker.scores(question, texts).tolist(), strict=True))
        return Case(
            cosines=found.cosines,
            evidence=engine.evidence(question, found.ids),
            vectors=engine.compared(vector, found.ids)[1].astype(np.float16),
            places=places,
            trust=trust,
            documents=np.unique(uris, return_inverse=True)[1],
            is_right=np.array([uri in relevant for uri in uris]),
            ideal=float(sum(_discounts()[: len(relevant)])),
            log_odds=log_odds,
        )


@cache
def _discounts() -> list[float]:
    found: list[float] = (1 / np.log2(np.arange(_AT) + 2)).tolist()
    return found


def _told(weights: FusionWeights, names: Sequence[str]) -> str:
    return " ".join(f"{name}={value:g}" for name, value in asdict(weights).items() if name in names)
