"""Measuring what is usual in a collection, so that a question it does not answer can be told."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from askdex.corpus.text.sentences import sentences
from askdex.indexer.engine.arrays import spread
from askdex.indexer.engine.protocol import Opened, has_changed
from askdex.indexer.errors import ModelError
from askdex.indexer.generations import engine_files
from askdex.indexer.generations.reader import OpenedGeneration
from askdex.indexer.models import token_models
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder
from askdex.indexer.models.token_models import TokenModel
from askdex.indexer.search import close_reading, retrieval, self_questions, shares
from askdex.indexer.search.late_interaction import LateInteractionStage
from askdex.indexer.search.relevance import THRESHOLD
from askdex.indexer.search.rerank import RerankStage
from askdex.indexer.search.retrieval import Search
from askdex.indexer.search.spelling import Interpretation
from askdex.indexer.store import commits, database, sqlite, states
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Calibration, Mode, Numbers, Tuning, Vectors

_log = logging.getLogger(__name__)
_QUESTIONS = Path(__file__).with_name("general_questions.txt")
COUNTED = 32
"""Questions whose refusals are counted, of the own and of the foreign ones each. Each is ranked and read: with the near ones
they take 16 s of the processor on 2,800 English passages, and 26 s on 1,300 German ones, whenever a collection is measured."""

NEAR_COUNTED = 24
"""Near questions whose refusals are counted likewise."""

_TRIMMED = 0.1
"""The share of the smallest, and of the largest, cosines that a trimmed mean leaves out. Chosen by hand: of the general
questions a few are not foreign to a collection."""

_USUAL_GAP = 0.34
"""The mean cosine of own sentences less that of foreign questions, in the mean of five English collections."""

_USUAL_SPREAD = 0.08
"""The spread of the default model, by `_cosine_scale`; with its cosines the weights of the ranking were fitted."""

_LEAST_GAP = 0.1
"""The least difference that is assumed: with less, small differences between cosines would decide. Chosen by hand."""

_PRIOR = 8
"""Own sentences that the usual gap counts as much as. Chosen by hand."""


def is_due(view: StateView) -> bool:
    """Whether a collection has changed much since it was measured."""
    before = states.calibration(view.connection)
    passages = view.state.passages
    return passages > 0 and (before is None or has_changed(passages, before.passages))


def calibrate(
    view: StateView, encoder: Callable[[], Encoder], token_model: Callable[[], TokenModel | None] | None = None
) -> None:
    """Measure a collection if that is due, and keep the result; no transaction may be open.

    `token_model` gives the model of late interaction where it is loaded already.
    """
    usual = _measured_if_due(view, encoder, token_model)
    if usual is not None:
        try:
            with commits.writing(view.connection):
                states.set_settings(view.connection, calibration=usual.to_json())
            # Whoever opens an index with a log that is not empty checks the whole file.
            database.empty_log(view.connection)
        except sqlite.SQLiteError as error:
            _warn_of_none(view, error)


def calibrate_unpublished(
    view: StateView, encoder: Callable[[], Encoder], token_model: Callable[[], TokenModel | None]
) -> None:
    """The same for a generation whose transaction is open, and in that transaction."""
    usual = _measured_if_due(view, encoder, token_model)
    if usual is not None:
        states.set_settings(view.connection, calibration=usual.to_json())


def _measured_if_due(
    view: StateView, encoder: Callable[[], Encoder], token_model: Callable[[], TokenModel | None] | None
) -> Calibration | None:
    """What is usual in a collection; None where it is not due to be measured, or cannot be."""
    if not is_due(view):
        return None
    opened = OpenedGeneration(view, engine_files.open_engine(view))
    try:
        usual = measured(opened, encoder(), token_model)
    except ModelError as error:
        _warn_of_none(view, error)
        return None
    if usual.keyword_weight > 1:
        _log.warning(
            "In these documents words find more than the model %s does, so words count more. Where they are in a language "
            "that it does not know, a multilingual model finds by meaning too: name one with --model, for a new index.",
            view.model.name or DEFAULT_MODEL,
        )
    return usual


def _warn_of_none(view: StateView, error: Exception) -> None:
    """Say that a collection was not measured. Its documents are indexed; a full disk, say, does not undo that."""
    _log.warning("What is usual in the index in %s is not noted (%s); the next run tries again.", view.folder, error)


def measured(opened: Opened, encoder: Encoder, token_model: Callable[[], TokenModel | None] | None = None) -> Calibration:
    """What is usual in a collection of at least one passage; for `token_model` see `calibrate`."""
    vectors = encoder.encode_questions(_general_questions())
    foreign_level = _trimmed_mean(opened.best_cosines(vectors, {}))
    from_own = self_questions.asked(opened, encoder)
    own_level = _own_level(from_own.nearest, foreign_level)
    usual = Calibration(
        foreign_level,
        own_level,
        opened.state.passages,
        from_own.keyword_weight,
        cosine_scale=_cosine_scale(vectors),
    )
    return with_refusals(opened, encoder, usual, opened.tuning, token_model)


def with_refusals(
    opened: Opened,
    encoder: Encoder,
    usual: Calibration,
    tuning: Tuning,
    token_model: Callable[[], TokenModel | None] | None = None,
) -> Calibration:
    """A calibration with the shares of questions that are refused with a tuning; for `token_model` see `calibrate`."""
    late_interaction = LateInteractionStage(token_model or partial(token_models.load_beside, encoder))
    ask = _Asking(opened, late_interaction, RerankStage().beside(encoder), usual, tuning)
    ids = opened.sample(COUNTED)
    own = [_own_question(passage.question, passage.text) for passage in opened.passages(ids.tolist())]
    vectors = encoder.encode_questions(own)
    foreign = _foreign_questions()
    documents = opened.look_up(ids).places["document"].tolist()
    few = spread(np.arange(len(own)), NEAR_COUNTED)
    near = [refused for n in few if (refused := ask.is_refused(own[n], vectors[n], without=documents[n])) is not None]
    return replace(
        usual,
        own_refused=ask.refused(own, vectors),
        foreign_refused=ask.refused(foreign, encoder.encode_questions(foreign)),
        near_refused=round(sum(near) / len(near), 4) if near else None,
        near_asked=len(near),
    )


def refused_intervals(usual: Calibration) -> dict[str, tuple[float, float]]:
    """The 95% intervals of the shares of own, near and foreign questions that are refused, of those that were measured."""
    measured = {
        "own": (usual.own_refused, min(COUNTED, usual.passages)),
        "near": (usual.near_refused, usual.near_asked),
        "foreign": (usual.foreign_refused, len(_foreign_questions())),
    }
    return {
        name: shares.interval(round(share * number), number)
        for name, (share, number) in measured.items()
        if share is not None and number
    }


def _own_level(nearest: Numbers, foreign: float) -> float:
    """How near an answer lies: the mean over own sentences, drawn to the usual gap where these are few."""
    mean = (float(nearest.sum()) + _PRIOR * (foreign + _USUAL_GAP)) / (len(nearest) + _PRIOR)
    return max(mean, foreign + _LEAST_GAP)


def _cosine_scale(vectors: Vectors) -> float:
    """A factor that spreads the cosines of a model that gives all texts similar ones: .08 / spread, at least 1.

    The spread is the standard deviation of the cosines between questions on different subjects, of whose vectors `vectors`,
    of shape (n, dimension), consists. It depends on the model alone, so that a change to a collection changes no scores. It
    is rounded, because the last digits of vectors differ between processors.
    """
    cosines = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    deviation = float(cosines.std())
    return max(1.0, round(_USUAL_SPREAD / deviation, 1)) if deviation else 1.0


@dataclass(frozen=True, slots=True)
class _Asking:
    """A collection, what is usual in it, and the models and the tuning by which questions are answered."""

    opened: Opened
    late_interaction: LateInteractionStage
    rerank_stage: RerankStage
    usual: Calibration
    tuning: Tuning

    def refused(self, questions: Sequence[str], vectors: Vectors) -> float:
        """The share of questions for which no passage is relevant enough; vectors have shape (questions, dimension)."""
        refused = [self.is_refused(*question) is not False for question in zip(questions, vectors, strict=True)]
        return round(float(np.mean(refused)), 4)

    def is_refused(self, question: str, vector: Vectors, without: int | None = None) -> bool | None:
        """Whether no passage is relevant enough; None where there is none. For `without` see Search."""
        tokens = self.late_interaction.question(self.opened, question)
        search = Search(question, vector, tokens=tokens, without=without)
        ranking = retrieval.ranked(self.opened, search, self.usual, self.tuning)
        if not len(ranking):
            return None
        asked = Interpretation(question, question)
        ranking = close_reading.read(self.rerank_stage, self.opened, asked, ranking, Mode.FAST)
        features = retrieval.relevance_features(self.opened, self.usual, question, ranking, tokens, self.tuning)
        features = close_reading.with_reading(self.rerank_stage, self.opened, asked, ranking, features)
        return bool(features.relevance().max() < THRESHOLD)


def _own_question(question: str | None, text: str) -> str:
    """A question that a passage answers: its own, or else its last sentence."""
    if question is not None:
        return question
    *_, (start, end) = [(0, len(text)), *sentences(text)]
    return text[start:end]


@cache
def _general_questions() -> list[str]:
    """Questions on everyday subjects, most of which are foreign to any collection."""
    return _QUESTIONS.read_text(encoding="utf-8").splitlines()


@cache
def _foreign_questions() -> list[str]:
    """Those of them whose refusals are counted."""
    questions = _general_questions()
    return [questions[n] for n in spread(np.arange(len(questions)), COUNTED)]


def _trimmed_mean(numbers: Numbers) -> float:
    """The mean without the smallest and the largest."""
    cut = int(_TRIMMED * len(numbers))
    return float(np.sort(numbers)[cut : len(numbers) - cut].mean())
