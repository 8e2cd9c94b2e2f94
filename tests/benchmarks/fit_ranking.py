"""Choosing the weights of the ranking, and measuring them: each set is ranked with weights chosen on all other sets."""

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

from askdex.indexer.engine.features import KeywordFeatures, keyword_features
from askdex.indexer.engine.protocol import Ask
from askdex.indexer.engine.question import weighed
from askdex.indexer.evaluation.sets import EvaluationSet
from askdex.indexer.models.reranker import Reranker, is_reranker_installed, load_reranker
from askdex.indexer.search import fusion, retrieval
from askdex.indexer.search.fusion import FUSION_WEIGHTS, FusionWeights
from askdex.indexer.search.rerank import DEEPEST, read_text
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.types import Mode, Numbers, Places, Positions, Vectors
from tests.benchmarks import fit, materials
from tests.benchmarks.options import MODEL, Options
from tests.benchmarks.table import table

_QUESTIONS, _PRECISE_QUESTIONS, _TINY_QUESTIONS = 500, 250, 5
"""Questions of a set, in the mode fast, in the mode precise, and with `tiny`."""

_DEPTH = 10
"""Of nDCG@10."""

_STEPS = (1.5, 1.2)
"""Factors by which a weight is multiplied and divided as long as that helps, first coarse, then fine."""

_LEAST_GAIN = 1e-5
"""The difference in nDCG@10 that counts as an improvement: above rounding, below what any set could show."""

_RANKING = ("pairs", "sentence", "context", "keyword", "softmax", "temperature", "cluster", "gap_scale")
_RERANK = ("log_odds", "rerank_softmax", "rerank_temperature")


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its n candidates.

    `documents` has the number of each candidate's document, `is_right` whether that document answers. `ideal` is the
    discounted gain of a perfect order. `log_odds` has the cross-encoder's score of the candidates that come first with the
    weights in use, by position; it is empty where no cross-encoder is used.
    """

    cosines: Numbers
    terms: KeywordFeatures
    vectors: npt.NDArray[np.float16]
    places: Places
    keyword_weight: float
    documents: Positions
    is_right: npt.NDArray[np.bool_]
    ideal: float
    log_odds: Mapping[int, float]

    def gain(self, weights: FusionWeights) -> float:
        """The nDCG@10 of documents by their best passages; with the scores of the cross-encoder where there are any."""
        vectors = self.vectors.astype(np.float32)
        ids = np.arange(len(vectors))
        fused = fusion.fuse(ids, self.cosines, self.terms, vectors, Mode.FAST, self.keyword_weight, weights=weights)
        order = fusion.ordered(fused, self.places)
        if self.log_odds:
            order = self._reranked(order, fused.fused[order], weights)
        documents = list(dict.fromkeys(self.documents[order].tolist()))[:_DEPTH]
        right = set(self.documents[self.is_right].tolist())
        return sum(_discounts()[rank] for rank, document in enumerate(documents) if document in right) / self.ideal

    def _reranked(self, order: Positions, scores: Numbers, weights: FusionWeights) -> Positions:
        """The order with what the cross-encoder adds to the scores; a candidate that it did not read gets the least of that."""
        ranks = np.array([rank for rank, position in enumerate(order.tolist()) if position in self.log_odds])
        gains = fusion.rerank_gains([self.log_odds[position] for position in order[ranks].tolist()], weights)
        scores = scores + gains.min()
        scores[ranks] += gains - gains.min()
        return order[np.argsort(-scores, kind="stable")]


def report(options: Options) -> Iterator[str]:
    """The weights in use, those chosen on all sets, and the nDCG@10 of each set with those chosen on all others."""
    with tempfile.TemporaryDirectory(dir=options.work) as temporary:
        sets = fit.evaluation_sets(options, Path(temporary))
        yield from _chosen("fast", sets, options, _RANKING, None)
        if is_reranker_installed():
            yield from _chosen("precise", sets, options, _RERANK, load_reranker())
        else:
            yield "precise is left out: its model is not installed"


def _chosen(
    mode: str, sets: Sequence[EvaluationSet], options: Options, names: Sequence[str], reranker: Reranker | None
) -> Iterator[str]:
    cases = {evaluation_set.name: list(_cases(evaluation_set, options, reranker)) for evaluation_set in sets}
    mean = cache(lambda name, weights: float(np.mean([case.gain(weights) for case in cases[name]])))
    of_all = climbed(partial(_mean_of, mean, list(cases)), names)
    yield f"{mode}, in use  {_written(FUSION_WEIGHTS, names)}"
    yield f"{mode}, of all  {_written(of_all, names)}"
    rows = []
    for name, set_cases in cases.items():
        others = climbed(partial(_mean_of, mean, [other for other in cases if other != name]), names)
        weights = (FUSION_WEIGHTS, of_all, others)
        rows.append(
            [name, f"{len(set_cases):,}", *(f"{mean(name, chosen):.4f}" for chosen in weights), _written(others, names)]
        )
    yield from table(["set", "questions", "in use", "of all", "of others", "those of others"], rows)


def _mean_of(mean: Callable[[str, FusionWeights], float], names: Sequence[str], weights: FusionWeights) -> float:
    return float(np.mean([mean(name, weights) for name in names]))


def climbed(value: Callable[[FusionWeights], float], names: Sequence[str]) -> FusionWeights:
    """Weights at which no step of a single weight gives a larger value (coordinate ascent from the weights in use)."""
    best, reached = FUSION_WEIGHTS, value(FUSION_WEIGHTS)
    for step in _STEPS:
        improved = True
        while improved:
            improved = False
            for name in names:
                for factor in (step, 1 / step):
                    candidate = replace(best, **{name: round(getattr(best, name) * factor, 6)})
                    if (candidate_value := value(candidate)) > reached + _LEAST_GAIN:
                        best, reached, improved = candidate, candidate_value, True
    return best


def _cases(evaluation_set: EvaluationSet, options: Options, reranker: Reranker | None) -> Iterator[Case]:
    most = _TINY_QUESTIONS if options.tiny else _QUESTIONS if reranker is None else _PRECISE_QUESTIONS
    labelled = list(evaluation_set.questions.items())
    random.Random(0).shuffle(labelled)
    vectors = materials.load_encoder(MODEL).encode_questions([question for _, question in labelled[:most]])
    with closing(fit.opened(evaluation_set, options)) as searcher:
        for (key, question), vector in zip(islice(labelled, most), vectors, strict=True):
            yield _case(searcher, question, vector, evaluation_set.relevant[key], reranker)


def _case(searcher: Searcher, question: str, vector: Vectors, relevant: frozenset[str], reranker: Reranker | None) -> Case:
    with searcher.reader.opened() as generation:
        weight = 1.0 if generation.calibration is None else generation.calibration.keyword_weight
        asked = weighed(question, generation.vocabulary)
        found = generation.candidates(Ask(vector, asked.terms))
        terms = keyword_features(found, asked, generation.vocabulary)
        cosines, vectors = retrieval.best_cosines(found, vector)
        passages = generation.passages(found.ids.tolist())
        uris = [passage.document.uri for passage in passages]
        log_odds: dict[int, float] = {}
        if reranker is not None:
            fused = fusion.fuse(found.ids, cosines, terms, vectors, Mode.FAST, weight)
            first = fusion.ordered(fused, found.places)[:DEEPEST].tolist()
            texts = [read_text(passages[position]) for position in first]
            log_odds = dict(zip(first, reranker.scores(question, texts).tolist(), strict=True))
        return Case(
            cosines=cosines,
            terms=terms,
            vectors=vectors.astype(np.float16),
            places=found.places,
            keyword_weight=weight,
            documents=np.unique(uris, return_inverse=True)[1],
            is_right=np.array([uri in relevant for uri in uris]),
            ideal=float(sum(_discounts()[: len(relevant)])),
            log_odds=log_odds,
        )


@cache
def _discounts() -> list[float]:
    discounts: list[float] = (1 / np.log2(np.arange(_DEPTH) + 2)).tolist()
    return discounts


def _written(weights: FusionWeights, names: Sequence[str]) -> str:
    return " ".join(f"{name}={value:g}" for name, value in asdict(weights).items() if name in names)
