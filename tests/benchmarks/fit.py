"""Fitting what tells relevance, and how well it tells: each evaluation set's questions are asked of each set's passages.

They are asked as they are, and as they are typed into a search box: one, two or three of their words.
"""

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]

from askdex.indexer.engine.analyzer import content_words, is_function_word, located_words, stems
from askdex.indexer.engine.protocol import Engine
from askdex.indexer.evaluation import measure
from askdex.indexer.evaluation.measure import calibration_error, reliability
from askdex.indexer.evaluation.sets import CORPUS, EvaluationSet, read_set
from askdex.indexer.ingest.progress import unheard
from askdex.indexer.models.reranker import is_at_hand
from askdex.indexer.search import retrieval
from askdex.indexer.search.relevance import FAST, PRECISE, THRESHOLD, RelevanceFeatures, RelevanceWeights
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import read
from askdex.indexer.types import Mode, Numbers
from tests.benchmarks import encoder_quality, materials
from tests.benchmarks.options import MODEL, Options, SkippedError
from tests.benchmarks.table import table

_DEEPEST = 10
_FIRST = 3.0
"""What the first result counts beside another: it is what is answered with."""

_WHOLE = 2.0
"""What whole questions count beside those of a few words: they are what the documents are made to be asked."""

_RIDGE = 1e-3
_FEW, _PRECISE = 20, 100
"""Questions of a set that are asked of each, to show that it runs, and in the mode precise."""

_TYPED = 300
"""Questions of a set of which only some words are asked."""

_MOST_TYPED = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a set by its key there: as it is, or only some of its words."""

    key: str
    text: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what its results show; `labels` says of the first results whether they answer, None if it is foreign."""

    question: Question
    signs: RelevanceFeatures
    labels: Sequence[bool] | None


Answers = dict[str, list[Asked]]
"""By the names of the sets that questions are from, those asked of the passages of one set."""


def report(options: Options) -> Iterator[str]:
    """The weights from all sets, and how they do on each when fitted on all others."""
    with tempfile.TemporaryDirectory(dir=options.work) as passing:
        sets = evaluation_sets(options, Path(passing))
        questions = {one.name: _questions(one, options) for one in sets}
        yield from _fitted(Mode.FAST, sets, questions, options)
        if is_at_hand():
            few = {name: _few(of_set) for name, of_set in questions.items()}
            yield from _fitted(Mode.PRECISE, sets, few, options)
        else:
            yield "precise is left out: its model is not installed"


def _fitted(
    mode: Mode, sets: Sequence[EvaluationSet], questions: Mapping[str, Sequence[Question]], options: Options
) -> Iterator[str]:
    asked = {one.name: _asked(one, questions, mode, options) for one in sets}
    in_use, everything = FAST if mode is Mode.FAST else PRECISE, fitted(list(asked.values()))
    yield f"{mode.value}, in use  {in_use}"
    yield f"{mode.value}, of all  {everything}"
    rows = []
    for name in asked:
        others = fitted([found for other, found in asked.items() if other != name])
        for label, weights in (("others", others), ("in use", in_use)):
            # A foreign word or two may be held everywhere where there are few of them.
            for is_whole in (True, False):
                own, foreign = _halves(asked[name], is_whole=is_whole)
                if own and foreign:
                    rows.append([name, "whole" if is_whole else "some words", label, *_told(own, foreign, weights)])
    heading = ["set", "asked", "fitted on", "AUROC", "own refused", "foreign refused", "calibration error", "of own"]
    yield from table(heading, rows)


def evaluation_sets(options: Options, passing: Path) -> list[EvaluationSet]:
    """The evaluation sets in one language, at least two; those in several have other sets' passages. Raises SkippedError."""
    found = [read_set(place) for place in sorted(file.parent for file in options.sets.glob(f"*/{CORPUS}"))]
    if len(found) < 2:
        raise SkippedError(f"fewer than two evaluation sets in {options.sets}: name their folder with --sets")
    return [encoder_quality.small(one, passing) for one in found] if options.tiny else found


def opened(one: EvaluationSet, options: Options) -> Searcher:
    """The index of the passages of a set, made where there is none yet."""
    encoder = materials.load_encoder(MODEL)
    folder = options.work / f"fit-{one.name}{'-tiny' if options.tiny else ''}"
    if not folder.exists():
        measure.index_corpus(folder, encoder_quality.corpus(one), MODEL, lambda _: encoder, unheard)
    return open_searcher(folder, lambda _: encoder)


def _questions(one: EvaluationSet, options: Options) -> list[Question]:
    """The questions of a set in a random order, and of some of them the rarest words that its passages hold."""
    asked = list(one.questions.items())
    random.Random(0).shuffle(asked)
    asked = asked[: _FEW if options.tiny else None]
    whole = [Question(key, question, is_whole=True) for key, question in asked]
    with closing(opened(one, options)) as searcher, searcher.reader.snapshot() as snapshot:
        return whole + list(chain.from_iterable(_typed(snapshot.engine, of) for of in whole[:_TYPED]))


def _typed(engine: Engine, question: Question) -> Iterator[Question]:
    """The rarest word of a question, the two rarest, and so on, in their order in it."""
    content = [word for word in located_words(question.text) if not is_function_word(word.text)]
    holders = dict(zip(content, engine.holders(stems(word.text for word in content)), strict=True))
    rarest = sorted((word for word in content if holders[word]), key=holders.__getitem__)
    for number in range(1, min(_MOST_TYPED, len(rarest)) + 1):
        some = sorted(rarest[:number], key=lambda word: word.start)
        yield Question(question.key, " ".join(question.text[word.start : word.end] for word in some), is_whole=False)


def _few(questions: Sequence[Question]) -> list[Question]:
    """As many of the whole questions as are asked in the mode precise, and as many of the others."""
    return [one for is_whole in (True, False) for one in [of for of in questions if of.is_whole is is_whole][:_PRECISE]]


def _asked(one: EvaluationSet, questions: Mapping[str, Sequence[Question]], mode: Mode, options: Options) -> Answers:
    """The questions of all sets, asked of the passages of one."""
    with closing(opened(one, options)) as searcher:
        return {name: list(_answers(searcher, one, name, of_set, mode)) for name, of_set in questions.items()}


def _answers(searcher: Searcher, one: EvaluationSet, other: str, questions: Sequence[Question], mode: Mode) -> Iterator[Asked]:
    vectors = materials.load_encoder(MODEL).encode_questions([question.text for question in questions])
    with searcher.reader.snapshot() as snapshot:
        assert snapshot.calibration is not None, "an index is calibrated when it is made"
        for question, vector in zip(questions, vectors, strict=True):
            is_foreign, content = other != one.name, content_words(question.text)
            if is_foreign and len(content) == 1 and any(snapshot.engine.holders(list(content))):
                # Nobody can say that a word is answered by no passage that holds it.
                continue
            found, places = retrieval.ranked(snapshot.engine, question.text, vector, calibration=snapshot.calibration)
            if mode is Mode.PRECISE:
                found, places = searcher.reread(snapshot, question.text, found, places)
            signs = retrieval.relevance_features(snapshot.engine, snapshot.calibration, question.text, found, places)
            labels = None
            if not is_foreign:
                passages = read.passages(snapshot, found.ids[:_DEEPEST].tolist())
                labels = [passage.document.uri in one.relevant[question.key] for passage in passages]
            yield Asked(question, replace(signs, lag=signs.lag[:_DEEPEST]), labels)


def fitted(answers: Sequence[Answers]) -> RelevanceWeights:
    """The weights that make the labels most likely.

    Each set counts the same, its own questions as much as the foreign, and whole questions twice as much as others. Which
    passage answers is told by whole questions: a word or two may be answered by others than those that are labelled.
    """
    halves = (group for of_set in answers for is_whole in (True, False) for group in _halves(of_set, is_whole=is_whole))
    groups = [group for group in halves if group]
    counts = [_WHOLE if group[0].question.is_whole else 1.0 for group in groups]
    whole = [np.array([_whole(one.signs) for one in group]) for group in groups]
    targets = [group[0].labels is not None for group in groups]
    own = [next(_halves(of_set, is_whole=True)) for of_set in answers]
    parts, of_own = [_rows(group) for group in own], [np.array([_whole(one.signs) for one in group]) for group in own]

    def unlikely_answered(weights: Numbers) -> float:
        losses = [np.logaddexp(0, (1 - 2 * target) * (x @ weights)).mean() for x, target in zip(whole, targets, strict=True)]
        return float(np.average(losses, weights=counts)) + _RIDGE * float(weights[:-1] @ weights[:-1])

    answered = minimize(unlikely_answered, np.zeros(whole[0].shape[1])).x

    def unlikely_passages(weights: Numbers) -> float:
        losses = []
        for (rows, labels, counts, owners), questions in zip(parts, of_own, strict=True):
            likely = _logistic(questions @ answered)[owners] * _logistic(rows @ weights)
            likely = np.clip(likely, 1e-9, 1 - 1e-9)
            losses.append(np.average(-np.where(labels, np.log(likely), np.log1p(-likely)), weights=counts))
        return float(np.mean(losses))

    passages = minimize(unlikely_passages, np.array([20.0, 10.0, 0.0]), method="Nelder-Mead").x
    meaning, words, focus, *reading, usual = answered
    return RelevanceWeights(*(round(float(weight), 2) for weight in (meaning, words, focus, usual, *passages, *reading)))


def _whole(signs: RelevanceFeatures) -> list[float]:
    """The features that tell whether a question is answered at all."""
    return [signs.meaning, signs.words, signs.focus, *([] if signs.log_odds is None else [signs.log_odds]), 1.0]


def _halves(of_set: Answers, *, is_whole: bool) -> Iterator[list[Asked]]:
    """The own questions of a set, and the foreign ones: the whole ones, or the others."""
    every = [one for questions in of_set.values() for one in questions if one.question.is_whole is is_whole]
    yield [one for one in every if one.labels is not None]
    yield [one for one in every if one.labels is None]


def _rows(own: Sequence[Asked]) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Of all results the features, whether they answer, what each counts, and the numbers of their questions."""
    rows = [
        (one.signs.lag[n], one.signs.lead, 1.0, label, _FIRST if n == 0 else 1.0, owner)
        for owner, one in enumerate(own)
        for n, label in enumerate(one.labels or ())
    ]
    found = np.array(rows)
    return found[:, :3], found[:, 3].astype(bool), found[:, 4], found[:, 5].astype(int)


def _told(own: Sequence[Asked], foreign: Sequence[Asked], weights: RelevanceWeights) -> list[str]:
    """How well own questions are told from foreign ones, how many of both are refused, and how calibrated relevance is."""
    best = [np.array([one.signs.relevance(weights).max() for one in group]) for group in (own, foreign)]
    refused = [float((of < THRESHOLD).mean()) for of in best]
    judged = list(_judged(own, weights))
    errors = [calibration_error(reliability(of)) for of in ([*judged, *_judged(foreign, weights)], judged)]
    return [f"{auroc(*best):.3f}", *(f"{of:.1%}" for of in refused), *(f"{of:.3f}" for of in errors)]


def _judged(group: Sequence[Asked], weights: RelevanceWeights) -> Iterator[tuple[float, bool]]:
    """The relevance of the first results, and whether each answers; of those of a foreign question none does."""
    for one in group:
        relevance = one.signs.relevance(weights).tolist()
        yield from zip(relevance, one.labels or [False] * len(relevance), strict=False)


def auroc(own: Numbers, foreign: Numbers) -> float:
    """The probability that an own question looks more answered than a foreign one (Mann and Whitney, 1947)."""
    order = np.argsort(np.concatenate([own, foreign]), kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    return float((ranks[: len(own)].sum() - len(own) * (len(own) + 1) / 2) / (len(own) * len(foreign)))


def _logistic(numbers: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-numbers))
    return found
