"""Examining an index: checks of everything that can be wrong with it, each with a finding."""

import json
import math
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from askdex.corpus.errors import AskdexError
from askdex.indexer.engine import tuning
from askdex.indexer.engine.files import StaleError
from askdex.indexer.errors import DamagedIndexError
from askdex.indexer.generations import engine_files
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import DEFAULT_MODEL
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.store import database, generations, inspection, read, states, write
from askdex.indexer.store.embedded_texts import stored_texts
from askdex.indexer.store.folder import FOREIGN_VALUES, UNFINISHED, all_own_files, size_on_disk
from askdex.indexer.store.sqlite import Connection, SQLiteError
from askdex.indexer.store.states import StateView

_UNIT_TOLERANCE = 1e-3
"""How far the length of a vector may be from 1: more than 32-bit floats lose, less than a damaged number changes."""

_SAMPLE = 16
"""Texts that are embedded again to check the model: enough to notice another model, few enough for a second on a CPU."""

_LEAST_COSINE = 0.98
"""The bound that a converted model's vectors keep to those of torch; see `askdex.indexer.models.conversion`."""

_FAULTS_TOLD = 10
"""Faults of the file's structure that are listed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check; `detail` says what is wrong, or what was found in order."""

    check: str
    is_sound: bool
    detail: str


class _UnsoundError(Exception):
    """A check has failed; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Examination:
    """An index under examination: a connection that reads it, and its states, the newest first."""

    folder: Path
    connection: Connection
    views: tuple[StateView, ...]
    load_encoder: EncoderLoader

    @property
    def newest(self) -> StateView:
        """The state that questions are answered from."""
        return self.views[0]


def examine(folder: Path, load_encoder: EncoderLoader = load_encoder) -> list[Finding]:
    """Run every check. Raises MissingIndexError where there is nothing to check, OlderIndexError, NewerIndexError."""
    with ExitStack() as stack:
        try:
            connection = database.open_for_reading(folder)
            stack.callback(connection.close)
            kept_states = stack.enter_context(states.reading(connection))
            stack.enter_context(database.errors_reported(folder))
            states.newest(folder, connection, kept_states)
        except DamagedIndexError as error:
            return [Finding("file", is_sound=False, detail=str(error))]
        model = states.model(connection)
        views = tuple(StateView(folder, connection, state, model) for state in kept_states)
        examination = Examination(folder, connection, views, load_encoder)
        return [_finding(name, check, examination) for name, check in CHECKS.items()]


def _finding(name: str, check: Callable[[Examination], str], examination: Examination) -> Finding:
    try:
        return Finding(name, is_sound=True, detail=check(examination))
    except (_UnsoundError, AskdexError, OSError, SQLiteError, *FOREIGN_VALUES) as error:
        return Finding(name, is_sound=False, detail=str(error) or type(error).__name__)


def _file(examination: Examination) -> str:
    states.calibration(examination.connection)
    states.tuning(examination.connection)
    state = examination.newest.state
    return f"an index of this format, at generation {state.generation} of {state.made}"


def _pages(examination: Examination) -> str:
    faults = inspection.structural_faults(examination.connection, _FAULTS_TOLD)
    _require(not faults, "; ".join(faults))
    pages, size = inspection.page_count_and_size(examination.connection)
    return f"{pages:,} pages of {size:,} bytes, their checksums and structure are right"


def _references(examination: Examination) -> str:
    tables = inspection.broken_references(examination.connection)
    _require(not tables, f"{len(tables):,} rows refer to what is not there, the first in {tables[0] if tables else ''}")
    return "every row refers to what is there"


def _counts(examination: Examination) -> str:
    for view in examination.views:
        state = view.state
        counts = dict(generations.counts(examination.connection, state.generation))
        noted = {name: getattr(state, name) for name in counts}
        _require(counts == noted, f"generation {state.generation} notes {noted} and holds {counts}")
    miscounted = inspection.miscounted_files(examination.connection)
    _require(not miscounted, f"{miscounted:,} files do not hold as many documents, passages and vectors as they note")
    state = examination.newest.state
    return f"{state.documents:,} documents, {state.passages:,} passages and {state.vectors:,} vectors, as noted"


def _documents(examination: Examination) -> str:
    view = examination.newest
    documents = read.page_of_documents(view, view.state.documents, 0)
    for document in documents:
        read.document(view, document.id)
    return f"{len(documents):,} documents, with blocks, links and metadata that are some"


def _passages(examination: Examination) -> str:
    number = 0
    for row in inspection.passage_rows(examination.connection):
        place = f"passage {row.ordinal} of document {row.document}"
        _require(0 <= row.start < row.end <= row.document_length, f"{place} lies outside its document")
        _require(row.id == write.passage_id_of(row.document, row.ordinal, row.version), f"{place} has the id of another")
        _require(bool(row.has_vector), f"{place} has no vector")
        _require(isinstance(json.loads(row.heading_path), list), f"{place} has no heading path")
        number += 1
    return f"{number:,} passages lie in their documents and have vectors"


def _vectors(examination: Examination) -> str:
    dimension = examination.newest.model.dimension
    damaged_ids = damaged_vectors(examination.connection, dimension)
    _require(not damaged_ids, f"{len(damaged_ids):,} vectors are not of unit length and {dimension} finite numbers")
    _require(not inspection.overweight_vectors(examination.connection), "some vectors count for more than 1")
    return f"{inspection.vector_count(examination.connection):,} vectors of unit length and finite numbers"


def damaged_vectors(connection: Connection, dimension: int) -> list[int]:
    """The ids of the vectors that are no unit vectors of this dimension."""
    return [
        vector_id
        for vector_id, blob in inspection.stored_vectors(connection)
        if len(blob) != 4 * dimension or not math.isclose(_length(blob), 1.0, abs_tol=_UNIT_TOLERANCE)
    ]


def _length(blob: bytes) -> float:
    """The Euclidean length of a vector; not a number where one of its values is none."""
    vector = np.frombuffer(blob, "<f4").astype(np.float64)
    return math.sqrt(vector @ vector)


def _tokens(examination: Examination) -> str:
    lost = examination.newest.state.tokens_lost
    _require(not lost, f"{lost:,} tokens were cut off before the encoder")
    return "0 tokens lost"


def _model(examination: Examination) -> str:
    """The model is the one that made the vectors: its fingerprint is the same, and some texts get the same vectors again."""
    view = examination.newest
    if view.model.fingerprint is None:
        return "none is needed yet"
    encoder = examination.load_encoder(view.model.name or DEFAULT_MODEL)
    _require(encoder.fingerprint == view.model.fingerprint, f"{view.model.name} is not what it was, or its prompts are not")
    sample = inspection.sampled_vectors(examination.connection, _SAMPLE)
    texts = stored_texts(examination.connection, encoder, [vector_id for vector_id, _ in sample.values()])
    if texts:
        new_vectors = encoder.encode_documents(list(texts.values()))
        stored_vectors = np.stack([np.frombuffer(sample[key][1], "<f4") for key in texts])
        cosine = float((new_vectors * stored_vectors).sum(axis=1).min())
        _require(cosine >= _LEAST_COSINE, f"{view.model.name} gives other vectors than those kept (cosine {cosine:.4f})")
    return f"{view.model.name}, with the fingerprint and prompts of the index; {len(texts)} texts embedded again agree"


def _search_files(examination: Examination) -> str:
    for view in examination.views:
        state = view.state
        try:
            engine = engine_files.verified(view)
        except StaleError as error:
            raise _UnsoundError(f"those of generation {state.generation} are missing or damaged ({error})") from error
        parts = zip(
            ("FAISS", "the keyword index"),
            (engine.vector_ids, engine.ids),
            inspection.vector_and_passage_ids(view),
            strict=True,
        )
        for part, ids, expected_ids in parts:
            is_same = np.array_equal(np.sort(ids), expected_ids)
            _require(is_same, f"{part} holds other passages than generation {state.generation}")
    return "FAISS and keyword files hold the passages of their generation; their checksums are right"


def _recall(examination: Examination) -> str:
    """The recall of the vector search, measured again."""
    try:
        engine = engine_files.verified(examination.newest)
    except StaleError:
        return "not measured: the search files are missing or damaged"
    if engine.tuning.probes is None:
        return "every question is compared with every vector"
    recall = tuning.recall(engine)
    _require(
        recall >= tuning.ENOUGH_RECALL,
        f"{recall:.1%} of the 10 nearest passages are found, less than {tuning.ENOUGH_RECALL:.0%}",
    )
    return f"{recall:.1%} of the 10 nearest passages are found"


def _unfinished(examination: Examination) -> str:
    number = len(generations.staged_files(examination.connection))
    return f"{number:,} files of a run that is under way or was stopped; indexing goes on from there" if number else "none"


def _permissions(examination: Examination) -> str:
    for path in all_own_files(examination.folder):
        if any(part.startswith(UNFINISHED) for part in path.relative_to(examination.folder).parts[:-1]):
            # The folder that another process works in is closed to all but the owner.
            continue
        rights = stat.S_IMODE(path.stat().st_mode)
        _require(not rights & (stat.S_IRWXG | stat.S_IRWXO), f"others than the owner may use {path.name} ({rights:o})")
        _require(os.access(path, os.R_OK | os.W_OK), f"{path.name} cannot be read and written")
    return "the owner alone may read and write"


def _disk(examination: Examination) -> str:
    needed = size_on_disk(examination.folder)
    free = shutil.disk_usage(examination.folder).free
    _require(free >= needed, f"{free / 2**20:,.0f} MiB are free, an update may need {needed / 2**20:,.0f}")
    return f"{free / 2**20:,.0f} MiB free, the index takes {needed / 2**20:,.0f}"


def _require(is_right: bool, fault: str) -> None:  # noqa: FBT001
    if not is_right:
        raise _UnsoundError(fault)


CHECKS: dict[str, Callable[[Examination], str]] = {
    "file": _file,
    "pages": _pages,
    "references": _references,
    "counts": _counts,
    "documents": _documents,
    "passages": _passages,
    "vectors": _vectors,
    "tokens": _tokens,
    "model": _model,
    "search files": _search_files,
    "recall": _recall,
    "unfinished": _unfinished,
    "permissions": _permissions,
    "disk": _disk,
}
