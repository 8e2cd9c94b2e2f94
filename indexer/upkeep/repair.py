"""Mending an index: search files are made anew, damaged vectors embedded again, lost documents named."""

from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from askdex.corpus.sources.folder import named_place
from askdex.indexer.errors import DamagedIndexError, MissingIndexError
from askdex.indexer.generations import engine_files, swap
from askdex.indexer.ingest.progress import Progress, unheard
from askdex.indexer.ingest.staging import steps
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import DEFAULT_MODEL
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.rights import keep_for_owner
from askdex.indexer.store import commits, database, states, survivors, write
from askdex.indexer.store.embedded_texts import stored_texts
from askdex.indexer.store.folder import FILE, all_own_files, has_index
from askdex.indexer.store.lock import only_writer
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.states import StateView
from askdex.indexer.upkeep.doctor import damaged_vectors, examine
from askdex.indexer.upkeep.rebuild import rebuild
from askdex.indexer.upkeep.salvage import open_salvage

_DATABASE_CHECKS = frozenset({"file", "pages", "references", "counts", "passages"})
"""The checks of `doctor` after whose failure the database cannot be mended in place."""


@dataclass(slots=True)
class Repair:
    """What was done, in sentences; the files whose documents were lost; where the damaged index is kept, if any is."""

    done: list[str] = field(default_factory=list)
    lost: list[Path | str] = field(default_factory=list)
    aside: Path | None = None


def repair(
    folder: Path,
    load_encoder: EncoderLoader = load_encoder,
    progress: Progress = unheard,
    *,
    wait: bool = False,
) -> Repair:
    """Mend what an examination finds wrong. Nothing is deleted: a damaged database is kept under a dated name.

    Raises MissingIndexError, BusyIndexError, ModelError, and DamagedIndexError where nothing can be read any more.
    """
    result = Repair()
    if not has_index(folder):
        raise MissingIndexError(
            f"There is no index in {folder}: bring it back with: askdex restore FILE, or make a new one with: askdex index "
            "DOCUMENTS"
        )
    with only_writer(folder, wait=wait):
        failed = _failed_checks(folder, load_encoder)
        if failed & _DATABASE_CHECKS:
            _rebuild(folder, load_encoder, progress, result)
            failed = _failed_checks(folder, load_encoder) if has_index(folder) else set()
        if "permissions" in failed:
            keep_for_owner(all_own_files(folder))
            result.done.append("The files are the owner's alone.")
        if failed & {"vectors", "search files"}:
            with database.errors_reported(folder), closing(database.open_for_writing(folder)) as connection:
                if "vectors" in failed:
                    result.done.append(f"{_embed_again(connection, load_encoder):,} texts were embedded again.")
                _make_search_files(folder, connection)
                result.done.append("The search files were made anew.")
    return result


def _failed_checks(folder: Path, load_encoder: EncoderLoader) -> set[str]:
    return {finding.check for finding in examine(folder, load_encoder) if not finding.is_sound}


def _rebuild(folder: Path, load_encoder: EncoderLoader, progress: Progress, result: Repair) -> None:
    """Make an index from what is intact, and put it in place of the damaged one."""
    with ExitStack() as stack:
        try:
            salvage = stack.enter_context(closing(open_salvage(folder)))
            contents = salvage.contents()
        except DamagedIndexError as error:
            result.lost = [named_place(key) for key in survivors.unverified_keys(folder)]
            result.aside = swap.set_aside(folder)
            (folder / FILE).unlink()
            result.done.append(f"Nothing can be carried over ({error}).")
            return
        new = stack.enter_context(swap.workplace(folder))
        embedded = rebuild(contents, new, load_encoder, progress)
        result.lost = [named_place(key) for key in salvage.lost]
        result.aside = swap.exchange(folder, new)
        result.done.append(f"What is intact was carried over into a new file; {embedded:,} texts were embedded again.")
        result.done += salvage.notes


def _embed_again(connection: Connection, load_encoder: EncoderLoader) -> int:
    """Replace damaged vectors, and delete those that stand for no passage. Returns the number of texts embedded."""
    model = states.model(connection)
    encoder = load_encoder(model.name or DEFAULT_MODEL)
    damaged_ids = damaged_vectors(connection, model.dimension)
    texts = stored_texts(connection, encoder, damaged_ids)
    with commits.writing(connection):
        write.delete_unused_vectors(connection, damaged_ids)
    # A transaction for each step: a run that is stopped keeps what it has embedded.
    for keys in steps(texts):
        vectors = encoder.encode_documents([texts[key] for key in keys])
        with commits.writing(connection):
            write.replace_vectors(connection, keys, vectors, encoder.runtime.name)
    return len(texts)


def _make_search_files(folder: Path, connection: Connection) -> None:
    for state in states.all_states(connection):
        engine_files.make(StateView(folder, connection, state, states.model(connection)))
