"""Mending an index: what is derived is made anew, what is damaged embedded again, what is lost named."""

from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from askdex.indexer.errors import DamagedIndexError, MissingIndexError
from askdex.indexer.generations import engine_files, swap
from askdex.indexer.ingest.progress import Progress, unheard
from askdex.indexer.ingest.staging import steps
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import DEFAULT_MODEL
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.rights import keep_for_owner
from askdex.indexer.store import database, sqlite, states, write
from askdex.indexer.store.embedded_texts import stored_texts
from askdex.indexer.store.lock import only_writer
from askdex.indexer.store.states import StateView
from askdex.indexer.upkeep.carrying import unload
from askdex.indexer.upkeep.doctor import damaged_vectors, examine
from askdex.indexer.upkeep.salvage import open_salvage, readable_names

_TRUTH = frozenset({"file", "pages", "references", "counts", "passages"})


@dataclass(slots=True)
class Repair:
    """What was done, in words; the files whose documents were lost; where the damaged files are kept, if any."""

    done: list[str] = field(default_factory=list)
    lost: list[Path] = field(default_factory=list)
    aside: Path | None = None


def repair(
    folder: Path,
    load_encoder: EncoderLoader = load_encoder,
    progress: Progress = unheard,
    *,
    wait: bool = False,
) -> Repair:
    """Mend what a thorough examination finds wrong. Nothing is deleted: a damaged truth is kept under a dated name.

    Raises MissingIndexError, BusyIndexError, ModelError, and DamagedIndexError where nothing can be read any more.
    """
    result = Repair()
    if not database.exists(folder):
        raise MissingIndexError(
            f"There is no index in {folder}: bring it back with: askdex restore FILE, or make a new one with: askdex index "
            "DOCUMENTS"
        )
    with only_writer(folder, wait=wait):
        wrong = _wrong(folder, load_encoder)
        if wrong & _TRUTH:
            _carry_over(folder, load_encoder, progress, result)
            wrong = _wrong(folder, load_encoder) if database.exists(folder) else set()
        if "permissions" in wrong:
            keep_for_owner(database.all_own(folder))
            result.done.append("The files are the owner's alone.")
        if wrong & {"vectors", "search files"}:
            with database.errors_reported(folder), closing(database.open_for_writing(folder)) as connection:
                if "vectors" in wrong:
                    result.done.append(f"{_embed_again(connection, load_encoder):,} texts were embedded again.")
                _make_search_files(folder, connection)
                result.done.append("The search files were made anew.")
    return result


def _wrong(folder: Path, load_encoder: EncoderLoader) -> set[str]:
    return {finding.check for finding in examine(folder, load_encoder) if not finding.is_sound}


def _carry_over(folder: Path, load_encoder: EncoderLoader, progress: Progress, result: Repair) -> None:
    """Make an index of what is intact, and put it in the place of the damaged one."""
    with ExitStack() as stack:
        try:
            salvage = stack.enter_context(closing(open_salvage(folder)))
            cargo = salvage.cargo()
        except DamagedIndexError as error:
            result.lost = readable_names(folder)
            result.aside = swap.set_aside(folder)
            (folder / database.FILE).unlink()
            result.done.append(f"Nothing can be carried over ({error}).")
            return
        made = stack.enter_context(swap.workplace(folder))
        embedded = unload(cargo, made, load_encoder, progress)
        result.lost = salvage.lost
        result.aside = swap.exchange(folder, made)
        result.done.append(f"What is intact was carried over into a new file; {embedded:,} texts were embedded again.")
        result.done += salvage.notes


def _embed_again(connection: apsw.Connection, load_encoder: EncoderLoader) -> int:
    """Make new vectors for damaged ones. Returns their number."""
    model = states.model(connection)
    encoder = load_encoder(model.name or DEFAULT_MODEL)
    damaged = damaged_vectors(connection, model.dimension)
    texts = stored_texts(connection, encoder, damaged)
    with sqlite.writing(connection):
        unused = [(vector_id,) for vector_id in damaged]
        connection.executemany(
            "DELETE FROM vectors WHERE id = ?1 AND ?1 NOT IN (SELECT vector_id FROM passage_vectors)", unused
        )
    for keys in steps(texts):
        vectors = encoder.encode_documents([texts[key] for key in keys])
        with sqlite.writing(connection):
            connection.executemany(
                "UPDATE vectors SET vector = ? WHERE key = ?", zip(map(write.vector_bytes, vectors), keys, strict=True)
            )
    return len(texts)


def _make_search_files(folder: Path, connection: apsw.Connection) -> None:
    for state in states.held(connection):
        engine_files.make(StateView(folder, connection, state, states.model(connection)))
