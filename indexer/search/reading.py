"""What a cross-encoder that reads the best passages does to a ranking, and what it says of whether they answer."""

from dataclasses import replace

import numpy as np

from askdex.indexer.engine.protocol import Opened
from askdex.indexer.search import retrieval
from askdex.indexer.search.relevance import RelevanceFeatures
from askdex.indexer.search.rerank import DEEPEST, RerankStage, read_text
from askdex.indexer.search.retrieval import Ranking
from askdex.indexer.search.spelling import Interpretation
from askdex.indexer.types import Mode


def read(stage: RerankStage, opened: Opened, question: Interpretation, ranking: Ranking, mode: Mode) -> Ranking:
    """A ranking of at least one candidate once the best were read, in the modes fast and precise.

    In the mode fast only the reader of the installation reads, and only where it can tell answers. The ranking is as it was
    where the cross-encoder does not know the language of the best. Raises MissingExtraError, ModelError.
    """
    passages = opened.passages(ranking.candidates.ids[:DEEPEST].tolist())
    if mode is Mode.PRECISE:
        reads = stage.knows_language_of(passages[0])
    else:
        reads = mode is Mode.FAST and retrieval.is_readable(question.words, ranking) and stage.tells_answers(passages[0])
    if not reads:
        return ranking
    texts = list(map(read_text, passages))
    candidates, order = stage.reranked(question.question, ranking.candidates, texts, fast=mode is Mode.FAST)
    return replace(ranking.take(order), candidates=candidates.take(order))


def with_reading(
    stage: RerankStage, opened: Opened, question: Interpretation, ranking: Ranking, features: RelevanceFeatures
) -> RelevanceFeatures:
    """The features of a ranking of at least one candidate, with what the reader of the installation says, if it can tell."""
    (first,) = opened.passages(ranking.candidates.ids[:1].tolist())
    if not (retrieval.is_readable(question.words, ranking) and stage.tells_answers(first)):
        return features
    log_odds = ranking.candidates.log_odds
    read = [] if log_odds is None else log_odds[~np.isnan(log_odds)].tolist()
    # Nothing was read where the first of another ranking was not readable; or a newer version of what was read came first.
    if log_odds is None or np.isnan(log_odds[0]):
        read.append(stage.score(question.question, read_text(first)))
    return features.with_reading(read)
