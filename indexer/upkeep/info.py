"""What an index holds, without loading its model or its engine."""

from dataclasses import asdict
from os import fsdecode
from pathlib import Path
from typing import Any

from askdex.corpus.sources.folder import is_gone
from askdex.corpus.sources.site.addresses import is_address_key
from askdex.indexer.generations import engine_files
from askdex.indexer.generations.reader import viewed
from askdex.indexer.models import loading, reranker
from askdex.indexer.models.encoder import DEFAULT_MODEL
from askdex.indexer.search import calibrate
from askdex.indexer.search.relevance import THRESHOLD
from askdex.indexer.store import generations, left_out, read, states
from askdex.indexer.store.folder import size_on_disk
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Calibration, LeftOut


def require_documents(folder: Path) -> None:
    """Raise MissingIndexError where an index holds no documents, even if it once did, and what `viewed` raises."""
    with viewed(folder) as view:
        if not view.state.documents:
            raise states.empty(folder)


def gone_folders(folder: Path) -> dict[str, int]:
    """The indexed folders that are not there any more, each with the number of its documents in the index.

    Raises MissingIndexError, DamagedIndexError.
    """
    with viewed(folder) as view:
        return _gone_folders(view)


def left_out_files(folder: Path) -> list[LeftOut]:
    """What the index could not be made of: files, folders and parts of files. Raises MissingIndexError, DamagedIndexError."""
    with viewed(folder) as view:
        return left_out.all_left_out(view.connection)


def _gone_folders(view: StateView) -> dict[str, int]:
    documents = generations.documents_by_root(view.connection)
    return {fsdecode(root): number for root, number in documents.items() if is_gone(root)}


def _sites(view: StateView) -> dict[str, int]:
    documents = generations.documents_by_root(view.connection)
    return {root.decode(): number for root, number in documents.items() if is_address_key(root)}


def _refused_intervals(calibration: Calibration) -> dict[str, list[float]]:
    """The 95% interval of the share of each kind of questions that is refused."""
    intervals = calibrate.refused_intervals(calibration)
    return {name: [round(bound, 4) for bound in interval] for name, interval in intervals.items()}


def inventory(folder: Path) -> dict[str, Any]:
    """The contents of an index by name; `bytes_on_disk` counts all files of the index.

    `left_out` counts the files, folders and parts of files that could not be read. `gone_folders` are the folders that are
    not there any more, each with the number of its documents, and `sites` the addresses of those that were indexed, likewise.

    `vector_runtimes` says how many vectors were made by which runtime in which precision.

    `recall_at_10` is the recall of the vector search, measured when the search files were made; None where they are missing.
    `trust_in_words` is the weight of keyword matches relative to the usual one: more than 1 where the model does not know
    the language. `answer_threshold` is the least relevance of an answer. `own_questions_refused`, `near_questions_refused` and
    `foreign_questions_refused` say what it costs and brings: the shares of the collection's own headings and sentences,
    asked as questions, of some of them asked without the document that they are from, and of questions on other subjects, that
    get no answer. `refused_intervals` has the 95% interval of each. These are None where nothing was calibrated, what near
    questions get also where that was not measured. `tuning` is what was fitted to the collection, None where nothing was.

    Raises MissingIndexError, DamagedIndexError.
    """
    with viewed(folder) as view:
        languages, vector_runtimes = read.languages(view), read.runtimes(view)
        sites = _sites(view)
        gone, number_left_out = _gone_folders(view), left_out.number_left_out(view.connection)
        state, model, of_search_files = view.state, view.model, engine_files.tuning_of(view)
        calibration, tuning = states.calibration(view.connection), states.tuning(view.connection)
    runtime = loading.runtime(model.name or DEFAULT_MODEL)
    return {
        "index": str(folder),
        "documents": state.documents,
        "passages": state.passages,
        "vectors": state.vectors,
        "tokens_lost": state.tokens_lost,
        "left_out": number_left_out,
        "gone_folders": gone,
        "sites": sites,
        "languages": languages,
        "model": model.name,
        "dimension": model.dimension,
        "vector_runtimes": vector_runtimes,
        "runtime": runtime.name,
        "runtime_reason": runtime.reason,
        "reranker": reranker.DEFAULT_RERANKER
        if reranker.is_reranker_installed()
        else f"none; get it with: {reranker.INSTALL_EXTRA}",
        "generation": state.generation,
        "made": state.made,
        "recall_at_10": None if of_search_files is None else round(of_search_files.recall, 4),
        "trust_in_words": calibration and calibration.keyword_weight,
        "answer_threshold": None if calibration is None else THRESHOLD,
        "own_questions_refused": calibration and calibration.own_refused,
        "near_questions_refused": calibration and calibration.near_refused,
        "foreign_questions_refused": calibration and calibration.foreign_refused,
        "refused_intervals": calibration and _refused_intervals(calibration),
        "tuning": None if tuning is None else asdict(tuning),
        "bytes_on_disk": size_on_disk(folder),
    }
