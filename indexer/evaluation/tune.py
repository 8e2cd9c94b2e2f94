"""Fitting a few numbers of the ranking, and the threshold, to a collection on questions whose answers are known.

A question is served where a right document comes first and it is not refused, or where no document answers it and it is
refused. Of the tunings of a grid that one is fitted with which most questions are served. What that gains is measured on
questions that it was not fitted on (cross-validation), and it is kept only where the gain is no chance.

A promise on the other hand chooses the shift alone, so that no more than a share of the questions with an answer are refused
(fixed-sequence testing: Angelopoulos et al., Learn then Test, 2021).
"""

import hashlib
import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from math import log2
from pathlib import Path

import numpy as np

from askdex.indexer.errors import EvaluationSetError
from askdex.indexer.evaluation import measure
from askdex.indexer.evaluation.sets import EvaluationSet, read_set
from askdex.indexer.generations import engine_files
from askdex.indexer.generations.reader import OpenedGeneration
from askdex.indexer.ingest.progress import Progress, unheard
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import DEFAULT_MODEL
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.search import calibrate, shares
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import commits, database, sqlite, states
from askdex.indexer.store.folder import require_index
from askdex.indexer.store.lock import changing
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.types import UNTUNED, Mask, Numbers, Positions, Tuning

FACTORS = (0.5, 0.7, 1.0, 1.4, 2.0)
SHIFTS = tuple(n / 4 for n in range(-8, 9))
"""Log-odds; the smallest refuses most."""

FEWEST_QUESTIONS = 20
"""With fewer, no gain that is likely could be told from chance."""

FEWEST_OF_A_KIND = 5
"""Questions with an answer, and without, that fitting the shift takes: on one kind alone it is best to refuse none, or all."""

_FOLDS = 5
"""Of the cross-validation."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trials:
    """What n questions get with each of m tunings.

    `has_answer` has shape (n,); `is_right`, whether a right document comes first, and `is_refused` have shape (n, m).
    """

    questions: Sequence[str]
    tunings: Sequence[Tuning]
    has_answer: Mask
    is_right: Mask
    is_refused: Mask

    @property
    def is_served(self) -> Mask:
        """Whether a question is served, of shape (n, m)."""
        served: Mask = np.where(self.has_answer[:, None], self.is_right & ~self.is_refused, self.is_refused)
        return served

    def refused(self, tuning: Tuning) -> tuple[int, int]:
        """How many questions with an answer a tuning refuses, and how many without."""
        refused = self.is_refused[:, self.tunings.index(tuning)]
        return int((refused & self.has_answer).sum()), int((refused & ~self.has_answer).sum())


@dataclass(frozen=True, slots=True)
class TuningReport:
    """What tuning found, and whether it is kept.

    Without a tuning `served_before` questions are served. With `tuning` so many of the `answerable` and of the `unanswerable`
    questions are refused; `bound` is the upper 95% bound of the share of the answerable that is. `absent` are the documents
    that the index does not hold. `fits_shift` is whether there were enough questions of both kinds to fit the shift.
    """

    tuning: Tuning
    is_kept: bool
    answerable: int
    unanswerable: int
    served_before: int
    answerable_refused: int
    unanswerable_refused: int
    bound: float
    absent: Sequence[str]
    fits_shift: bool


def tune(
    folder: Path,
    questions: Path,
    load_encoder: EncoderLoader = load_encoder,
    progress: Progress = unheard,
    *,
    refuse_at_most: float | None = None,
    wait: bool = False,
) -> TuningReport:
    """Fit the tuning of an index to an evaluation set, and keep it where that gains something.

    With `refuse_at_most` only the shift is set: to the most refusing one with which no more than that share of the questions
    with an answer are refused; it is kept where that can be promised.

    Raises EvaluationSetError where the set is none, has too few questions, or names no document of the index, and
    MissingIndexError, DamagedIndexError, ModelError, BusyIndexError. Where it does not come to its end, nothing is changed.
    """
    evaluation_set = read_set(questions)
    number = len(evaluation_set.questions) + len(evaluation_set.unanswered)
    if number < FEWEST_QUESTIONS:
        asked_number = f"{number} {'question' if number == 1 else 'questions'}"
        raise EvaluationSetError(f"{questions} has {asked_number}: to tune takes at least {FEWEST_QUESTIONS}.")
    require_index(folder)
    load = cache(load_encoder)
    with changing(folder, wait=wait) as connection:
        with closing(open_searcher(folder, load)) as searcher:
            absent = measure.absent(searcher, evaluation_set)
            fits_shift = min(len(evaluation_set.questions), len(evaluation_set.unanswered)) >= FEWEST_OF_A_KIND
            with searcher.reader.opened() as opened:
                tried = grid(fits_match=opened.token_model is not None, fits_shift=fits_shift)
            if refuse_at_most is not None:
                # What was fitted on the same questions would break the promise: the factors stay as they are by default.
                tried = [Tuning(shift=shift) for shift in SHIFTS]
            trials = asked(searcher, evaluation_set, tried, progress)
        chosen = fitted(trials) if refuse_at_most is None else promised(trials, refuse_at_most)
        report = _report(trials, chosen, refuse_at_most, absent, fits_shift=fits_shift)
        if report.is_kept:
            _keep(folder, connection, load, report.tuning)
    return report


def reset(folder: Path, load_encoder: EncoderLoader = load_encoder, *, wait: bool = False) -> bool:
    """Take the tuning of an index back; returns whether there was one. Raises what `tune` raises for the index."""
    require_index(folder)
    with changing(folder, wait=wait) as connection:
        was_tuned = states.tuning(connection) is not None
        if was_tuned:
            _keep(folder, connection, load_encoder, None)
    return was_tuned


def grid(*, fits_match: bool, fits_shift: bool) -> list[Tuning]:
    """The tunings that are tried; those that differ in their shifts alone follow each other."""
    matches, shifts = FACTORS if fits_match else (1.0,), SHIFTS if fits_shift else (0.0,)
    return [Tuning(*numbers) for numbers in product(FACTORS, matches, shifts)]


def asked(searcher: Searcher, evaluation_set: EvaluationSet, tunings: Sequence[Tuning], progress: Progress) -> Trials:
    """Ask all questions of a set with each of some tunings."""
    expected = [(text, evaluation_set.relevant[key]) for key, text in evaluation_set.questions.items()]
    expected += [(text, frozenset()) for text in evaluation_set.unanswered]
    is_right = np.zeros((len(expected), len(tunings)), np.bool_)
    is_refused = np.zeros_like(is_right)
    for n, (question, relevant) in enumerate(expected):
        progress(n, len(expected))
        for m, (document, refused) in enumerate(searcher.outcomes(question, tunings)):
            is_right[n, m] = document is not None and measure.label_of(document, evaluation_set) in relevant
            is_refused[n, m] = refused
    progress(len(expected), len(expected))
    has_answer = np.array([bool(relevant) for _, relevant in expected])
    return Trials([question for question, _ in expected], tunings, has_answer, is_right, is_refused)


def fitted(trials: Trials) -> Tuning:
    """The tuning with which most questions are served, and what it gains.

    Each question is asked with the tuning that serves most of those in the other folds; the gain is the mean over the questions
    of whether it is served then, less whether it is without a tuning.
    """
    served = trials.is_served.astype(np.float64)
    nearest_first = np.array(sorted(range(len(trials.tunings)), key=lambda n: _distance(trials.tunings[n])))
    usual = served[:, trials.tunings.index(UNTUNED)]
    folds = np.array([_fold(question) for question in trials.questions])
    gains = np.zeros(len(served))
    for fold in range(_FOLDS):
        is_inside = folds == fold
        gains[is_inside] = (served[:, _best(served[~is_inside], nearest_first)] - usual)[is_inside]
    gain = measure.interval(gains.tolist())
    best = trials.tunings[_best(served, nearest_first)]
    return replace(best, questions=len(served), gain=gain.mean, gain_low=gain.low, gain_high=gain.high)


def promised(trials: Trials, most: float) -> Tuning:
    """The most refusing shift with which no more than `most` of the questions with an answer are refused.

    The shifts are tested from the least refusing one on, up to the first whose upper bound is larger; so all tests together
    err in no more than 5% of cases. The least refusing one is returned where even that fails.
    """
    answerable = int(trials.has_answer.sum())
    least_refusing, *_ = ordered = sorted(trials.tunings, key=lambda tuning: -tuning.shift)
    chosen = least_refusing
    for tuning in ordered:
        if shares.upper_bound(trials.refused(tuning)[0], answerable) > most:
            break
        chosen = tuning
    return replace(chosen, questions=len(trials.questions), refused_at_most=most)


def _report(
    trials: Trials, chosen: Tuning, refuse_at_most: float | None, absent: Sequence[str], *, fits_shift: bool
) -> TuningReport:
    answerable = int(trials.has_answer.sum())
    numbers = Tuning(chosen.keyword_factor, chosen.match_factor, chosen.shift)
    refused = trials.refused(numbers)
    bound = shares.upper_bound(refused[0], answerable)
    served_before = int(trials.is_served[:, trials.tunings.index(UNTUNED)].sum())
    gains = numbers != UNTUNED and (chosen.gain_low or 0.0) > 0
    is_kept = gains if refuse_at_most is None else bound <= refuse_at_most
    unanswerable = len(trials.questions) - answerable
    return TuningReport(chosen, is_kept, answerable, unanswerable, served_before, *refused, bound, absent, fits_shift)


def _keep(folder: Path, connection: Connection, load: EncoderLoader, tuning: Tuning | None) -> None:
    """Keep a tuning, or take it back, together with the shares of questions that are refused from now on."""
    with states.reading(connection) as kept_states:
        view = states.newest(folder, connection, kept_states)
    usual = states.calibration(connection)
    if usual is not None:
        opened = OpenedGeneration(view, engine_files.open_engine(view))
        usual = calibrate.with_refusals(opened, load(view.model.name or DEFAULT_MODEL), usual, tuning or UNTUNED)
    with commits.writing(connection):
        states.set_tuning(connection, tuning)
        if usual is not None:
            states.set_settings(connection, calibration=usual.to_json())
    try:
        # Whoever opens an index with a log that is not empty checks the whole file.
        database.empty_log(connection)
    except sqlite.SQLiteError as error:
        _log.warning("The index in %s has changed, but is not tidied up (%s).", folder, error)


def _distance(tuning: Tuning) -> float:
    """How far a tuning is from the one that changes nothing: a factor of 2 counts as much as a shift of 1."""
    return abs(log2(tuning.keyword_factor)) + abs(log2(tuning.match_factor)) + abs(tuning.shift)


def _best(served: Numbers, nearest_first: Positions) -> int:
    """The tuning that serves most questions, of equal ones the nearest; `served` has shape (questions, tunings)."""
    return int(nearest_first[served[:, nearest_first].sum(axis=0).argmax()])


def _fold(question: str) -> int:
    """The fold of a question, which depends on nothing but its words."""
    return int.from_bytes(hashlib.blake2b(question.encode(), digest_size=8).digest()) % _FOLDS
