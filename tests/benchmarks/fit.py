"""Fitting the weights of relevance, and measuring them: the questions of each set are asked of the passages of every set.

A set's own questions are answered by its passages, the foreign questions of other sets are not. They are asked as they are,
and as people type them into a search box: one, two or three of their words.
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

from askdex.indexer.engine.analyzer import content_terms, located_words, stems
from askdex.indexer.engine.function_words import is_function_word
from askdex.indexer.engine.protocol import Vocabulary
from askdex.indexer.evaluation import measure
from askdex.indexer.evaluation.measure import calibration_error, reliability
from askdex.indexer.evaluation.sets import CORPUS, EvaluationSet, read_set
from askdex.indexer.ingest.progress import unheard
from askdex.indexer.search import retrieval
from askdex.indexer.search.relevance import THRESHOLD, WEIGHTS, RelevanceFeatures, RelevanceWeights
from askdex.indexer.search.retrieval import Search
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Numbers
from tests.benchmarks import encoder_quality, materials
from tests.benchmarks.options import MODEL, Options, SkippedError
from tests.benchmarks.table import table

_DEPTH = 10
"""Results of a question whose labels are used: a page of them."""

_FIRST_WEIGHT = 3.0
"""The weight of a first result beside another one: it is the one that is shown as the answer."""

_WHOLE_WEIGHT = 2.0
"""The weight of whole questions beside those of a few words: they are what documents are written to answer."""

_RIDGE = 1e-3
"""The penalty on the squares of the weights: next to none, enough to keep them finite where sets are told apart perfectly."""

_TINY_QUESTIONS = 20
"""Questions of a set, with `tiny`."""

_TYPED_QUESTIONS = 300
"""Questions of a set of which only some words are asked as well."""

_TYPED_WORDS = 3
"""Words at most of such a question."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a set, by its key there: the whole of it, or only some of its words."""

    key: str
    text: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """A question and the features of its results.

    `labels` says whether each of the first results answers; it is None for a foreign question.
    """

    question: Question
    features: RelevanceFeatures
    labels: Sequence[bool] | None


Answers = dict[str, list[QuestionResult]]
"""The questions asked of the passages of one set, by the name of the set that they are from."""


def report(options: Options) -> Iterator[str]:
    """The weights fitted on all sets, and how weights do on each set that are fitted on all others."""
    with tempfile.TemporaryDirectory(dir=options.work) as temporary:
        sets = evaluation_sets(options, Path(temporary))
        questions = {evaluation_set.name: _questions(evaluation_set, options) for evaluation_set in sets}
        yield from _fitted(sets, questions, options)


def _fitted(sets: Sequence[EvaluationSet], questions: Mapping[str, Sequence[Question]], options: Options) -> Iterator[str]:
    answers_by_set = {evaluation_set.name: _set_answers(evaluation_set, questions, options) for evaluation_set in sets}
    yield f"in use  {WEIGHTS}"
    yield f"of all  {fitted(list(answers_by_set.values()))}"
    rows = []
    for name in answers_by_set:
        others = fitted([answers for other, answers in answers_by_set.items() if other != name])
        for label, weights in (("others", others), ("in use", WEIGHTS)):
            # Of a small set every foreign question of a few words may have been left out.
            for is_whole in (True, False):
                own, foreign = _halves(answers_by_set[name], is_whole=is_whole)
                if own and foreign:
                    rows.append([name, "whole" if is_whole else "some words", label, *_figures(own, foreign, weights)])
    heading = ["set", "asked", "fitted on", "AUROC", "own refused", "foreign refused", "calibration error", "of own"]
    yield from table(heading, rows)


def evaluation_sets(options: Options, temporary: Path) -> list[EvaluationSet]:
    """The evaluation sets in one language, at least two. Raises SkippedError where there are fewer.

    Sets in several languages are left out, as their passages are those of other sets.
    """
    sets = [read_set(folder) for folder in sorted(file.parent for file in options.sets.glob(f"*/{CORPUS}"))]
    if len(sets) < 2:
        raise SkippedError(f"fewer than two evaluation sets in {options.sets}: name their folder with --sets")
    return [encoder_quality.small(evaluation_set, temporary) for evaluation_set in sets] if options.tiny else sets


def opened(evaluation_set: EvaluationSet, options: Options) -> Searcher:
    """An open index of the passages of a set, made where there is none yet."""
    encoder = materials.load_encoder(MODEL)
    folder = options.work / f"fit-{evaluation_set.name}{'-tiny' if options.tiny else ''}"
    if not folder.exists():
        measure.index_corpus(folder, encoder_quality.corpus(evaluation_set), MODEL, lambda _: encoder, unheard)
    return open_searcher(folder, lambda _: encoder)


def _questions(evaluation_set: EvaluationSet, options: Options) -> list[Question]:
    """The questions of a set in a random order, and of some of them the rarest words that its passages hold."""
    labelled = list(evaluation_set.questions.items())
    random.Random(0).shuffle(labelled)
    labelled = labelled[: _TINY_QUESTIONS if options.tiny else None]
    whole = [Question(key, question, is_whole=True) for key, question in labelled]
    with closing(opened(evaluation_set, options)) as searcher, searcher.reader.opened() as generation:
        typed = (_typed(generation.vocabulary, question) for question in whole[:_TYPED_QUESTIONS])
        return whole + list(chain.from_iterable(typed))


def _typed(vocabulary: Vocabulary, question: Question) -> Iterator[Question]:
    """The rarest word of a question, the two rarest, and so on, in their order in it."""
    content = [word for word in located_words(question.text) if not is_function_word(word.text)]
    terms = zip(content, stems(word.text for word in content), strict=True)
    frequency = {word: vocabulary.document_frequency((term,)) for word, term in terms}
    rarest = sorted((word for word in content if frequency[word]), key=frequency.__getitem__)
    for number in range(1, min(_TYPED_WORDS, len(rarest)) + 1):
        some = sorted(rarest[:number], key=lambda word: word.start)
        yield Question(question.key, " ".join(question.text[word.start : word.end] for word in some), is_whole=False)


def _set_answers(evaluation_set: EvaluationSet, questions: Mapping[str, Sequence[Question]], options: Options) -> Answers:
    """The questions of all sets, asked of the passages of one."""
    with closing(opened(evaluation_set, options)) as searcher:
        return {
            name: list(_answers(searcher, evaluation_set, name, set_questions)) for name, set_questions in questions.items()
        }


def _answers(
    searcher: Searcher, evaluation_set: EvaluationSet, other: str, questions: Sequence[Question]
) -> Iterator[QuestionResult]:
    vectors = materials.load_encoder(MODEL).encode_questions([question.text for question in questions])
    with searcher.reader.opened() as generation:
        usual = generation.calibration
        assert usual is not None, "an index is calibrated when it is made"
        for question, vector in zip(questions, vectors, strict=True):
            is_foreign, content = other != evaluation_set.name, content_terms(question.text)
            if is_foreign and len(content) == 1 and generation.vocabulary.document_frequency(tuple(content)):
                # A passage that holds the one word may well answer it, whatever set the word is from.
                continue
            ranking = retrieval.ranked(generation, Search(question.text, vector), usual)
            features = retrieval.relevance_features(generation, usual, question.text, ranking, None)
            labels = None
            if not is_foreign:
                passages = generation.passages(ranking.candidates.ids[:_DEPTH].tolist())
                labels = [passage.document.uri in evaluation_set.relevant[question.key] for passage in passages]
            yield QuestionResult(question, replace(features, lag=features.lag[:_DEPTH]), labels)


def fitted(answers: Sequence[Answers]) -> RelevanceWeights:
    """The weights that make the labels most likely.

    Each set has the same weight, its own questions as much as the foreign ones, and whole questions twice as much as others.
    The weights that tell which passage answers are fitted on whole questions only: a word or two may be answered by passages
    that are not labelled.
    """
    halves = (
        group for set_answers in answers for is_whole in (True, False) for group in _halves(set_answers, is_whole=is_whole)
    )
    groups = [group for group in halves if group]
    counts = [_WHOLE_WEIGHT if group[0].question.is_whole else 1.0 for group in groups]
    whole = [np.array([_question_features(result.features) for result in group]) for group in groups]
    targets = [group[0].labels is not None for group in groups]
    own = [next(_halves(set_answers, is_whole=True)) for set_answers in answers]
    parts, of_own = (
        [_rows(group) for group in own],
        [np.array([_question_features(result.features) for result in group]) for group in own],
    )

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
    meaning, words, focus, question_bias = (round(float(weight), 2) for weight in answered)
    lag, lead, passage_bias = (round(float(weight), 2) for weight in passages)
    return RelevanceWeights(
        meaning=meaning,
        words=words,
        focus=focus,
        question_bias=question_bias,
        lag=lag,
        lead=lead,
        passage_bias=passage_bias,
    )


def _question_features(features: RelevanceFeatures) -> list[float]:
    """The features that tell whether a question is answered at all, and 1 for the constant."""
    return [features.meaning, features.words, features.focus, 1.0]


def _halves(answers: Answers, *, is_whole: bool) -> Iterator[list[QuestionResult]]:
    """First a set's own questions, then the foreign ones: of both the whole ones, or those of some words."""
    chosen = [result for questions in answers.values() for result in questions if result.question.is_whole is is_whole]
    yield [result for result in chosen if result.labels is not None]
    yield [result for result in chosen if result.labels is None]


def _rows(own: Sequence[QuestionResult]) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """A row for each result of own questions: its features, whether it answers, its weight, the number of its question."""
    rows = [
        (result.features.lag[n], result.features.lead, 1.0, label, _FIRST_WEIGHT if n == 0 else 1.0, owner)
        for owner, result in enumerate(own)
        for n, label in enumerate(result.labels or ())
    ]
    columns = np.array(rows)
    return columns[:, :3], columns[:, 3].astype(bool), columns[:, 4], columns[:, 5].astype(int)


def _figures(own: Sequence[QuestionResult], foreign: Sequence[QuestionResult], weights: RelevanceWeights) -> list[str]:
    """The AUROC of own against foreign questions, the share of each that is refused, and the calibration errors."""
    best = [np.array([result.features.relevance(weights).max() for result in group]) for group in (own, foreign)]
    refused = [float((relevance < THRESHOLD).mean()) for relevance in best]
    judged = list(_judged(own, weights))
    errors = [calibration_error(reliability(pairs)) for pairs in ([*judged, *_judged(foreign, weights)], judged)]
    return [f"{auroc(*best):.3f}", *(f"{share:.1%}" for share in refused), *(f"{error:.3f}" for error in errors)]


def _judged(group: Sequence[QuestionResult], weights: RelevanceWeights) -> Iterator[tuple[float, bool]]:
    """The relevance of the first results, and whether each answers; no result of a foreign question does."""
    for result in group:
        relevance = result.features.relevance(weights).tolist()
        yield from zip(relevance, result.labels or [False] * len(relevance), strict=False)


def auroc(own: Numbers, foreign: Numbers) -> float:
    """The probability that an own question looks more answered than a foreign one (Mann and Whitney, 1947)."""
    order = np.argsort(np.concatenate([own, foreign]), kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    return float((ranks[: len(own)].sum() - len(own) * (len(own) + 1) / 2) / (len(own) * len(foreign)))


def _logistic(numbers: Numbers) -> Numbers:
    probabilities: Numbers = 1 / (1 + np.exp(-numbers))
    return probabilities
