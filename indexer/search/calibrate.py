"""Measuring what is usual in a collection, so that a question that it does not answer can be told."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from askdex.corpus.text.sentences import sentences
from askdex.indexer.engine import arrays
from askdex.indexer.engine.embedded import EmbeddedEngine
from askdex.indexer.engine.protocol import Engine, has_changed
from askdex.indexer.generations import engine_files
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder
from askdex.indexer.search import own_sentences, retrieval
from askdex.indexer.search.relevance import THRESHOLD
from askdex.indexer.store import database, read, sqlite, states
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Calibration, Numbers, Vectors

_log = logging.getLogger(__name__)
_QUESTIONS = Path(__file__).with_name("general_questions.txt")
_ASKED = 64
"""Own and foreign questions of which is told how many get no answer."""

_TRIMMED = 0.1
_USUAL_GAP, _LEAST_GAP = 0.34, 0.1
"""Between the levels of foreign and own questions; the first is the mean of five English collections."""
_DOUBT = 8
"""As many own sentences count as much as what is usual."""


def is_due(view: StateView) -> bool:
    """Whether a collection has changed much since it was measured."""
    before = states.calibration(view.connection)
    passages = view.state.passages
    return passages > 0 and (before is None or has_changed(passages, before.passages))


def calibrate(view: StateView, encoder: Callable[[], Encoder]) -> None:
    """Measure a collection if that is due, and note what was found; no transaction may be open."""
    if is_due(view):
        found = measured(view, engine_files.open_engine(view), encoder())
        if found.trust > 1:
            _log.warning(
                "In these documents words find more than the model %s does, so words count more. Where they are in a language "
                "that it does not know, a multilingual model finds by meaning too: name one with --model, for a new index.",
                view.model.name or DEFAULT_MODEL,
            )
        try:
            with sqlite.writing(view.connection):
                states.set_settings(view.connection, calibration=found.to_json())
            # Whoever finds a log that is not empty checks the whole file.
            database.empty_log(view.connection)
        except sqlite.SQLiteError as error:
            # What was indexed is there; a full disk, say, does not undo that.
            _log.warning("What is usual in the index in %s is not noted (%s); the next run tries again.", view.folder, error)


def measured(view: StateView, engine: EmbeddedEngine, encoder: Encoder) -> Calibration:
    """What is usual in a collection of at least one passage."""
    foreign = encoder.encode_questions(_general_questions())
    level = _trimmed_mean(np.array([engine.nearest(vector, 1).scores[0] for vector in foreign], np.float64))
    of_own = own_sentences.asked(view, engine, encoder)
    usual = Calibration(level, _own_level(of_own.nearest, level), len(engine), of_own.trust)
    few_passages = arrays.spread(np.sort(engine.ids[1]), _ASKED).tolist()
    own = [_asked(passage.question, passage.text) for passage in read.passages(view, few_passages)]
    few = arrays.spread(np.arange(len(foreign)), _ASKED)
    return replace(
        usual,
        own_refused=_refused(engine, usual, own, encoder.encode_questions(own)),
        foreign_refused=_refused(engine, usual, [_general_questions()[n] for n in few], foreign[few]),
    )


def _own_level(nearest: Numbers, foreign: float) -> float:
    """How near an answer lies: as near as to own sentences; where those are few, about as near as is usual."""
    mean = (float(nearest.sum()) + _DOUBT * (foreign + _USUAL_GAP)) / (len(nearest) + _DOUBT)
    return max(mean, foreign + _LEAST_GAP)


def _refused(engine: Engine, calibration: Calibration, questions: Sequence[str], vectors: Vectors) -> float:
    """The share of questions that no passage is relevant enough for."""
    found = [_best(engine, calibration, *asked) for asked in zip(questions, vectors, strict=True)]
    return round(float(np.mean([relevance < THRESHOLD for relevance in found])), 4)


def _best(engine: Engine, calibration: Calibration, question: str, vector: Vectors) -> float:
    found, places = retrieval.ranked(engine, question, vector, calibration=calibration)
    return float(retrieval.relevance_features(engine, calibration, question, found, places).relevance().max())


def _asked(question: str | None, text: str) -> str:
    """A question that a passage answers: its own, or else its last sentence."""
    if question is not None:
        return question
    *_, (start, end) = [(0, len(text)), *sentences(text)]
    return text[start:end]


@cache
def _general_questions() -> list[str]:
    return _QUESTIONS.read_text(encoding="utf-8").splitlines()


def _trimmed_mean(numbers: Numbers) -> float:
    """The mean without the smallest and the largest."""
    cut = int(_TRIMMED * len(numbers))
    return float(np.sort(numbers)[cut : len(numbers) - cut].mean())
