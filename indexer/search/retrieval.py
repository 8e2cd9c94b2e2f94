"""From a question to its ranked candidates."""

import re

import numpy as np

from askdex.indexer.engine import bm25
from askdex.indexer.engine.analyzer import content_words, terms
from askdex.indexer.engine.protocol import NOTHING, Engine
from askdex.indexer.search import fusion, relevance
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.search.relevance import RelevanceFeatures
from askdex.indexer.types import Calibration, Ids, Mode, Places, Vectors

_CANDIDATES = 100
_CODE = re.compile(r"\b[^\W\d_]+-?\d[^\W_]*\b")
_USUAL_WORDS = 2.5
"""Content words of a question. One that has fewer says less by its meaning, and its words count the more: a name, say."""


def ranked(
    engine: Engine,
    question: str,
    vector: Vectors | None,
    mode: Mode = Mode.FAST,
    within: Ids | None = None,
    calibration: Calibration | None = None,
) -> tuple[Candidates, Places]:
    """The candidates of each ranker that the mode uses, in their order, and where they stand.

    `vector` is that of the question, None in keyword mode; `within` restricts the search to these passages.
    """
    found = retrieved(engine, question, vector, mode, within, 1.0 if calibration is None else calibration.trust)
    places = engine.places(found.ids)
    order = fusion.ordered(found, places)
    return found.taken(order), places[order]


def relevance_features(
    engine: Engine, calibration: Calibration, question: str, found: Candidates, places: Places
) -> RelevanceFeatures:
    """What tells the relevance of a question's ranked candidates, at least one."""
    unknown, has_codes = bm25.idf(0, len(engine)), _has_codes(engine, question)
    return relevance.features(calibration, found, places, unknown, _content(question), has_codes=has_codes)


def retrieved(
    engine: Engine, question: str, vector: Vectors | None, mode: Mode, within: Ids | None = None, trust: float = 1.0
) -> Candidates:
    """The candidates of each ranker that the mode uses, in no order; `trust` is what words count beside the usual."""
    semantic = NOTHING if vector is None else engine.nearest(vector, _CANDIDATES, within)
    keyword = NOTHING if mode is Mode.SEMANTIC else engine.matching(question, _CANDIDATES, within)
    ids = np.union1d(semantic.ids, keyword.ids)
    unknown = np.zeros(len(ids), np.float32), np.zeros((len(ids), 0), np.float32)
    cosines, vectors = unknown if vector is None else engine.compared(vector, ids)
    trust *= max(1.0, (_USUAL_WORDS / _content(question)) ** 2)
    return fusion.fuse(ids, cosines.astype(np.float64), engine.evidence(question, ids), vectors, mode, trust)


def _has_codes(engine: Engine, question: str) -> bool:
    """Whether of each code that a question names, such as E45 or SOP-099, some passage holds the number, if not the whole."""
    codes = ([term for term in terms(code) if not term.isalpha()] for code in _CODE.findall(question))
    return all(any(engine.holders(forms)) for forms in codes)


def _content(question: str) -> int:
    """How many different content words a question has, 1 where there is none."""
    return max(1, len(content_words(question)))
