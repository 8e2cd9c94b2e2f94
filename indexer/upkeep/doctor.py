"""Examining an index: everything that can be wrong with it, a finding for each check."""

import json
import math
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import apsw
import numpy as np

from askdex.corpus.errors import AskdexError
from askdex.indexer.engine import tuning
from askdex.indexer.engine.files import StaleError
from askdex.indexer.errors import DamagedIndexError
from askdex.indexer.generations import engine_files, publish
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import DEFAULT_MODEL
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.store import database, sqlite, states, write
from askdex.indexer.store.embedded_texts import stored_texts
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Ids

_UNIT_TOLERANCE = 1e-3
_SAMPLE = 16
_LEAST_COSINE = 0.98
"""As far as a converted model's vectors may be from those of torch; see `askdex.indexer.models.conversion`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; where `is_sound` is false something is wrong."""

    check: str
    is_sound: bool
    detail: str


class _UnsoundError(Exception):
    """Something that is not as it must be; the message says what."""


@dataclass(frozen=True, slots=True)
class Examination:
    """An index under examination: its states, the newest first."""

    folder: Path
    connection: apsw.Connection
    views: tuple[StateView, ...]
    load_encoder: EncoderLoader

    @property
    def newest(self) -> StateView:
        """The state that questions are answered from."""
        return self.views[0]


def examine(folder: Path, load_encoder: EncoderLoader = load_encoder) -> list[Finding]:
    """Check everything. Raises MissingIndexError where there is nothing to check, OlderIndexError, NewerIndexError."""
    with ExitStack() as stack:
        try:
            connection = database.open_for_reading(folder)
            stack.callback(connection.close)
            held = stack.enter_context(states.reading(connection))
            stack.enter_context(database.errors_reported(folder))
            states.newest(folder, connection, held)
        except DamagedIndexError as error:
            return [Finding("file", is_sound=False, detail=str(error))]
        model = states.model(connection)
        views = tuple(StateView(folder, connection, state, model) for state in held)
        patient = Examination(folder, connection, views, load_encoder)
        return [_finding(name, check, patient) for name, check in CHECKS.items()]


def _finding(name: str, check: Callable[[Examination], str], patient: Examination) -> Finding:
    try:
        return Finding(name, is_sound=True, detail=check(patient))
    except (_UnsoundError, AskdexError, OSError, ValueError, KeyError, TypeError, apsw.Error) as error:
        return Finding(name, is_sound=False, detail=str(error) or type(error).__name__)


def _file(patient: Examination) -> str:
    state = patient.newest.state
    return f"an index of this format, at generation {state.generation} of {state.made}"


def _pages(patient: Examination) -> str:
    faults = [row[0] for row in sqlite.rows(patient.connection, "PRAGMA integrity_check(10)")]
    _require(faults == ["ok"], "; ".join(map(str, faults)))
    pages, size = (sqlite.one(patient.connection, f"PRAGMA {name}")[0] for name in ("page_count", "page_size"))
    return f"{pages:,} pages of {size:,} bytes, their checksums and structure are right"


def _references(patient: Examination) -> str:
    faults = list(sqlite.rows(patient.connection, "PRAGMA foreign_key_check"))
    _require(not faults, f"{len(faults):,} rows refer to what is not there, the first in {faults[0][0] if faults else ''}")
    return "every row refers to what is there"


def _counts(patient: Examination) -> str:
    for view in patient.views:
        state = view.state
        found = publish.recount(patient.connection, state.generation)
        noted = {name: getattr(state, name) for name in found}
        _require(found == noted, f"generation {state.generation} notes {noted} and holds {found}")
    wrong = sqlite.one(
        patient.connection,
        """
        SELECT count(*) FROM files f WHERE f.documents IS NOT NULL AND (f.documents, f.passages, f.vectors) IS NOT (
            SELECT count(DISTINCT d.id), count(DISTINCT p.id), count(pv.vector_id) FROM documents d
            LEFT JOIN passages p ON p.document_id = d.id LEFT JOIN passage_vectors pv ON pv.passage_id = p.id
            WHERE d.file_id = f.id)
        """,
    )[0]
    _require(not wrong, f"{wrong:,} files do not hold as many documents, passages and vectors as they note")
    state = patient.newest.state
    return f"{state.documents:,} documents, {state.passages:,} passages and {state.vectors:,} vectors, as noted"


def _passages(patient: Examination) -> str:
    number = 0
    rows = sqlite.rows(
        patient.connection,
        """
        SELECT p.id, d.name, p.ordinal, f.digest, p.start, p."end", length(d.text), p.heading_path,
               EXISTS (SELECT 1 FROM passage_vectors pv WHERE pv.passage_id = p.id)
        FROM passages p JOIN documents d ON d.id = p.document_id JOIN files f ON f.id = d.file_id
        """,
    )
    for passage_id, name, ordinal, digest, start, end, length, heading_path, has_vector in rows:
        place = f"passage {ordinal} of document {name}"
        _require(0 <= start < end <= length, f"{place} lies outside its document")
        _require(passage_id == write.passage_id_of(name, ordinal, digest), f"{place} has the id of another")
        _require(bool(has_vector), f"{place} has no vector")
        _require(isinstance(json.loads(heading_path), list), f"{place} has no heading path")
        number += 1
    return f"{number:,} passages lie in their documents and have vectors"


def _vectors(patient: Examination) -> str:
    damaged = damaged_vectors(patient.connection, patient.newest.model.dimension)
    _require(
        not damaged, f"{len(damaged):,} vectors are not of unit length and {patient.newest.model.dimension} finite numbers"
    )
    weights = "SELECT count(*) FROM passage_vectors WHERE weight NOT BETWEEN 0 AND 1"
    _require(not sqlite.one(patient.connection, weights)[0], "some vectors count for more than 1")
    number = sqlite.one(patient.connection, "SELECT count(*) FROM vectors")[0]
    return f"{number:,} vectors of unit length and finite numbers"


def damaged_vectors(connection: apsw.Connection, dimension: int) -> list[int]:
    """The ids of the vectors that are no unit vectors of this dimension."""
    return [
        vector_id
        for vector_id, blob in sqlite.rows(connection, "SELECT id, vector FROM vectors")
        if len(blob) != 4 * dimension or not math.isclose(_length(blob), 1.0, abs_tol=_UNIT_TOLERANCE)
    ]


def _length(blob: bytes) -> float:
    """The Euclidean length of a vector; not a number where one of its values is none."""
    vector = np.frombuffer(blob, "<f4").astype(np.float64)
    return math.sqrt(vector @ vector)


def _tokens(patient: Examination) -> str:
    lost = patient.newest.state.tokens_lost
    _require(not lost, f"{lost:,} tokens were cut off before the encoder")
    return "0 tokens lost"


def _model(patient: Examination) -> str:
    """The model is the one that the vectors are from: by its fingerprint, and by embedding some texts again."""
    view = patient.newest
    if view.model.fingerprint is None:
        return "none is needed yet"
    encoder = patient.load_encoder(view.model.name or DEFAULT_MODEL)
    _require(encoder.fingerprint == view.model.fingerprint, f"{view.model.name} is not what it was, or its prompts are not")
    query = "SELECT id, key, vector FROM vectors ORDER BY key LIMIT ?"
    sample = {key: (vector_id, vector) for vector_id, key, vector in sqlite.rows(patient.connection, query, (_SAMPLE,))}
    texts = stored_texts(patient.connection, encoder, [vector_id for vector_id, _ in sample.values()])
    if texts:
        again = encoder.encode_documents(list(texts.values()))
        kept = np.stack([np.frombuffer(sample[key][1], "<f4") for key in texts])
        least = float((again * kept).sum(axis=1).min())
        _require(least >= _LEAST_COSINE, f"{view.model.name} gives other vectors than those kept (cosine {least:.4f})")
    return f"{view.model.name}, with the fingerprint and prompts of the index; {len(texts)} texts embedded again agree"


def _search_files(patient: Examination) -> str:
    for view in patient.views:
        state = view.state
        try:
            engine = engine_files.verified(view)
        except StaleError as error:
            raise _UnsoundError(f"those of generation {state.generation} are missing or damaged ({error})") from error
        vector_ids, word_ids = engine.ids
        of_vectors, of_passages = ids_of(view)
        for part, found, expected in (("FAISS", vector_ids, of_vectors), ("the keyword index", word_ids, of_passages)):
            is_same = np.array_equal(np.sort(found), expected)
            _require(is_same, f"{part} holds other passages than generation {state.generation}")
    return "FAISS and keyword files hold the passages of their generation; their checksums are right"


def _recall(patient: Examination) -> str:
    """How much of what is near is found, measured again."""
    try:
        opened = engine_files.verified(patient.newest)
    except StaleError:
        return "not measured: the search files are missing or damaged"
    if opened.tuning.probes is None:
        return "every question is compared with every vector"
    found = tuning.recall(opened)
    _require(
        found >= tuning.ENOUGH_RECALL, f"{found:.1%} of the 10 nearest passages are found, less than {tuning.ENOUGH_RECALL:.0%}"
    )
    return f"{found:.1%} of the 10 nearest passages are found"


def ids_of(view: StateView) -> tuple[Ids, Ids]:
    """The ids of a state's passages in order: once for each vector, and once each."""
    query = """
        SELECT p.id, count(*) FROM presence e JOIN documents d ON d.file_id = e.file_id
        JOIN passages p ON p.document_id = d.id JOIN passage_vectors pv ON pv.passage_id = p.id
        WHERE e.born <= ?1 AND ?1 < e.died GROUP BY p.id ORDER BY p.id
    """
    found = np.array(list(sqlite.rows(view.connection, query, (view.state.generation,))), np.int64).reshape(-1, 2)
    return np.repeat(found[:, 0], found[:, 1]), found[:, 0]


def _unfinished(patient: Examination) -> str:
    number = len(write.staged(patient.connection))
    return f"{number:,} files of a run that is under way or was stopped; indexing goes on from there" if number else "none"


def _permissions(patient: Examination) -> str:
    for path in database.all_own(patient.folder):
        if any(part.startswith(database.UNFINISHED) for part in path.relative_to(patient.folder).parts[:-1]):
            # What is in the making is behind a folder that is the owner's.
            continue
        rights = stat.S_IMODE(path.stat().st_mode)
        _require(not rights & (stat.S_IRWXG | stat.S_IRWXO), f"others than the owner may use {path.name} ({rights:o})")
        _require(os.access(path, os.R_OK | os.W_OK), f"{path.name} cannot be read and written")
    return "the owner alone may read and write"


def _disk(patient: Examination) -> str:
    needed = database.bytes_in(patient.folder)
    free = shutil.disk_usage(patient.folder).free
    _require(free >= needed, f"{free / 2**20:,.0f} MiB are free, an update may need {needed / 2**20:,.0f}")
    return f"{free / 2**20:,.0f} MiB free, the index takes {needed / 2**20:,.0f}"


def _require(is_right: bool, otherwise: str) -> None:  # noqa: FBT001
    if not is_right:
        raise _UnsoundError(otherwise)


CHECKS: dict[str, Callable[[Examination], str]] = {
    "file": _file,
    "pages": _pages,
    "references": _references,
    "counts": _counts,
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
