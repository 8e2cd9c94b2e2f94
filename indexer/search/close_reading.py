"""What a cross-encoder that reads the best passages does to a ranking, and what it says of whether they answer."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from askdex.corpus.text.units import Unit
from askdex.corpus.types import CELL_JOINT
from askdex.indexer.engine.protocol import Opened
from askdex.indexer.search import retrieval
from askdex.indexer.search.answer import foremost_sentences, row_asked_about
from askdex.indexer.search.answer_parts import PassageText
from askdex.indexer.search.relevance import RelevanceFeatures
from askdex.indexer.search.rerank import RerankStage, read_text
from askdex.indexer.search.retrieval import Ranking
from askdex.indexer.search.spelling import Interpretation
from askdex.indexer.types import Mode, StoredPassage


def read(stage: RerankStage, opened: Opened, question: Interpretation, ranking: Ranking, mode: Mode) -> Ranking:
    """A ranking of at least one candidate once the best were read, in the modes fast and precise.

    In the mode fast only the reader of the installation reads, and only where it can tell answers. The ranking stays as it is
    where the cross-encoder does not know the language of the best. Raises MissingExtraError, ModelError.
    """
    if mode not in (Mode.FAST, Mode.PRECISE) or (mode is Mode.FAST and not retrieval.is_readable(question.words, ranking)):
        return ranking
    ids = ranking.candidates.ids[: stage.depth(mode)].tolist()
    passages = opened.passages(ids)
    if not reads(stage, mode, passages[0]):
        return ranking
    texts = [_read_part(question, *of_passage) for of_passage in zip(passages, opened.units(ids), strict=True)]
    candidates, order = stage.reranked(question.question, passages[0].document.language, ranking.candidates, texts)
    return replace(ranking.take(order), candidates=candidates.take(order))


def reads(stage: RerankStage, mode: Mode, passage: StoredPassage) -> bool:
    """Whether a cross-encoder reads a passage and its sentences in a mode: in the mode fast one that tells answers."""
    if mode is Mode.FAST:
        return stage.tells_answers(passage.document.language)
    return mode is Mode.PRECISE and stage.knows(passage.document.language)


def with_reading(
    stage: RerankStage, opened: Opened, question: Interpretation, ranking: Ranking, features: RelevanceFeatures
) -> RelevanceFeatures:
    """The features of a ranking of at least one candidate, with what the reader of the installation says, if it can tell.

    Of the first passage it reads the foremost sentences too, those from which the one that answers is chosen. It is not asked
    where the question looks up a row by one of its cells, which it often does not take for an answer.
    """
    if not retrieval.is_readable(question.words, ranking):
        return features
    ids = ranking.candidates.ids[:1].tolist()
    (first,), (units,) = opened.passages(ids), opened.units(ids)
    row = row_asked_about(question.words, passage_text(first, units))
    if not stage.tells_answers(first.document.language) or (row is not None and row.is_looked_up):
        return features
    log_odds = ranking.candidates.log_odds
    read = [] if log_odds is None else log_odds[~np.isnan(log_odds)].tolist()
    # The first may not have been read: another was first then, of which the reader could not tell, or an older version.
    if log_odds is None or np.isnan(log_odds[0]):
        read.append(stage.score(question.question, first.document.language, _read_part(question, first, units)))
    sentences = foremost_sentences(question.looked_up, passage_text(first, units))
    return features.with_reading(read, stage.log_odds(question.question, first, sentences).tolist() if sentences else ())


def log_odds_of(stage: RerankStage, opened: Opened, question: Interpretation, passage: int) -> float | None:
    """By which log-odds the reader of the installation says that a passage answers; None where it cannot tell."""
    (found,), (units,) = opened.passages([passage]), opened.units([passage])
    if not stage.tells_answers(found.document.language):
        return None
    return stage.score(question.question, found.document.language, _read_part(question, found, units))


def passage_text(passage: StoredPassage, units: Sequence[Unit]) -> PassageText:
    """The text of a passage whose answering unit is looked for."""
    path = passage.heading_path
    # Where the names of columns are not in the text, they close the path (`corpus.passages`).
    columns = path[-1] if path and CELL_JOINT in path[-1] else ""
    return PassageText(passage.text, tuple(units), passage.question, columns=columns)


def _read_part(question: Interpretation, passage: StoredPassage, units: Sequence[Unit]) -> str:
    """What is read of a passage: the row of its table that is asked about, else all of it."""
    row = row_asked_about(question.words, passage_text(passage, units))
    return read_text(passage, None if row is None else row.text)
