"""What an index holds, without loading its model or its engine."""

from pathlib import Path
from typing import Any

from askdex.indexer.generations import engine_files
from askdex.indexer.generations.reader import viewed
from askdex.indexer.models import loading, reranker
from askdex.indexer.models.encoder import DEFAULT_MODEL
from askdex.indexer.search.relevance import THRESHOLD
from askdex.indexer.store import read, states
from askdex.indexer.store.folder import size_on_disk


def require_documents(folder: Path) -> None:
    """Raise MissingIndexError where an index holds no documents, even if it once did, and what `viewed` raises."""
    with viewed(folder) as view:
        if not view.state.documents:
            raise states.empty(folder)


def inventory(folder: Path) -> dict[str, Any]:
    """The contents of an index by name; `bytes_on_disk` counts all files of the index.

    `recall_at_10` is the recall of the vector search, measured when the search files were made; None where they are missing.
    `trust_in_words` is the weight of keyword matches relative to the usual one: more than 1 where the model does not know
    the language. `answer_threshold` is the least relevance of an answer. `own_questions_refused` and
    `foreign_questions_refused` say what it costs and brings: the shares of the collection's own headings and sentences,
    asked as questions, and of questions on other subjects, that get no answer. The last four are None where nothing was
    calibrated.

    Raises MissingIndexError, DamagedIndexError.
    """
    with viewed(folder) as view:
        languages = read.languages(view)
        state, model, tuning = view.state, view.model, engine_files.tuning_of(view)
        calibration = states.calibration(view.connection)
    runtime = loading.runtime(model.name or DEFAULT_MODEL)
    return {
        "index": str(folder),
        "documents": state.documents,
        "passages": state.passages,
        "vectors": state.vectors,
        "tokens_lost": state.tokens_lost,
        "languages": languages,
        "model": model.name,
        "dimension": model.dimension,
        "runtime": runtime.name,
        "runtime_reason": runtime.reason,
        "reranker": reranker.DEFAULT_RERANKER if reranker.is_at_hand() else f"none; get it with: {reranker.INSTALLATION}",
        "generation": state.generation,
        "made": state.made,
        "recall_at_10": None if tuning is None else round(tuning.recall, 4),
        "trust_in_words": calibration and calibration.keyword_weight,
        "answer_threshold": None if calibration is None else THRESHOLD,
        "own_questions_refused": calibration and calibration.own_refused,
        "foreign_questions_refused": calibration and calibration.foreign_refused,
        "bytes_on_disk": size_on_disk(folder),
    }
