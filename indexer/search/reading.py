"""What a cross-encoder that reads the best passages does to a ranking, and what it says of whether they answer."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from askdex.corpus.text.units import Unit
from askdex.indexer.engine.protocol import Opened
from askdex.indexer.search import retrieval
from askdex.indexer.search.answer import PassageText, row_asked_about
from askdex.indexer.search.relevance import RelevanceFeatures
from askdex.indexer.search.rerank import DEEPEST, RerankStage, read_text
from askdex.indexer.search.retrieval import Ranking
from askdex.indexer.search.spelling import Interpretation
from askdex.indexer.types import Mode, StoredPassage


def read(stage: RerankStage, opened: Opened, question: Interpretation, ranking: Ranking, mode: Mode) -> Ranking:
    """A ranking of at least one candidate once the best were read, in the modes fast and precise.

    In the mode fast only the reader of the installation reads, and only where it can tell answers. The ranking is as it was
    where the cross-encoder does not know the language of the best. Raises MissingExtraError, ModelError.
    """
    ids = ranking.candidates.ids[:DEEPEST].tolist()
    passages = opened.passages(ids)
    if mode is Mode.PRECISE:
        reads = stage.knows_language_of(passages[0])
    else:
        reads = mode is Mode.FAST and retrieval.is_readable(question.words, ranking) and stage.tells_answers(passages[0])
    if not reads:
        return ranking
    texts = [_read_part(question, *of_passage) for of_passage in zip(passages, opened.units(ids), strict=True)]
    candidates, order = stage.reranked(question.question, ranking.candidates, texts, fast=mode is Mode.FAST)
    return replace(ranking.take(order), candidates=candidates.take(order))


def with_reading(
    stage: RerankStage, opened: Opened, question: Interpretation, ranking: Ranking, features: RelevanceFeatures
) -> RelevanceFeatures:
    """The features of a ranking of at least one candidate, with what the reader of the installation says, if it can tell."""
    ids = ranking.candidates.ids[:1].tolist()
    (first,), (units,) = opened.passages(ids), opened.units(ids)
    if not (retrieval.is_readable(question.words, ranking) and stage.tells_answers(first)):
        return features
    log_odds = ranking.candidates.log_odds
    read = [] if log_odds is None else log_odds[~np.isnan(log_odds)].tolist()
    # Nothing was read where the first of another ranking was not readable; or a newer version of what was read came first.
    if log_odds is None or np.isnan(log_odds[0]):
        read.append(stage.score(question.question, _read_part(question, first, units)))
    return features.with_reading(read)


def _read_part(question: Interpretation, passage: StoredPassage, units: Sequence[Unit]) -> str:
    """What is read of a passage: the row of its table that is asked about, else all of it."""
    return read_text(passage, row_asked_about(question.words, PassageText(passage.text, units)))
