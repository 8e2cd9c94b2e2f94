"""Bringing an index into the state of its documents."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain
from pathlib import Path

from askdex.corpus.errors import FailedReadingError, UnreadableError
from askdex.corpus.passages import CutDocument
from askdex.corpus.readers import registry
from askdex.corpus.sources import Source, sorted_keys
from askdex.corpus.sources.folder import file_key, folder_sources
from askdex.corpus.sources.rules import NO_RULES, FolderRules
from askdex.corpus.sources.site.addresses import is_address_key
from askdex.corpus.sources.site.rules import DEFAULT_RULES, CrawlProgress, SiteRules
from askdex.corpus.types import Skipped
from askdex.indexer.errors import BrokenAnswersError, DocumentsError, ModelError
from askdex.indexer.generations import publish
from askdex.indexer.ingest import token_codes
from askdex.indexer.ingest.elsewhere import Elsewhere
from askdex.indexer.ingest.model_choice import suited_model
from askdex.indexer.ingest.progress import Progress, unheard
from askdex.indexer.ingest.reading import FileToRead, PageReader, Pool
from askdex.indexer.ingest.repeats import note_repeats
from askdex.indexer.ingest.scan import KnownFile, Scan, known_files, require_some, resolved, scan
from askdex.indexer.ingest.sites import KeptPages, site_sources, unkept_pages
from askdex.indexer.ingest.staging import StagedFile, Staging, require_any_document
from askdex.indexer.ingest.unpublished import searcher_of
from askdex.indexer.models.encoder import Encoder, canonical_name
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.search import calibrate
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.store import commits, database, generations, left_out, states, write
from askdex.indexer.store.folder import has_index, uploads_folder
from askdex.indexer.store.lock import changing
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Curation, LeftOut, State

EncoderLoader = Callable[[str], Encoder]


@dataclass(frozen=True, slots=True)
class Changes:
    """How an index differs from its documents: the keys of the files; `moved` has the old key of each new one.

    The key of a file is its full path as bytes.
    """

    new: tuple[bytes, ...] = ()
    changed: tuple[bytes, ...] = ()
    moved: dict[bytes, bytes] = field(default_factory=dict)
    removed: tuple[bytes, ...] = ()
    unchanged: tuple[bytes, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def are_any(self) -> bool:
        """Whether the index differs from its documents."""
        return bool(self.new or self.changed or self.moved or self.removed)


Check = Callable[[Searcher, Changes], object]
"""Asks a generation that nobody sees yet, which differs from the one before by these changes.

Raises BrokenAnswersError to stop it.
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What was done to an index: the changes, its state after them, and the work that they took.

    `embedded` counts the texts that went through the encoder.
    """

    changes: Changes
    state: State
    embedded: int = 0
    seconds: float = 0.0


def update(
    folder: Path,
    named: Sequence[Path | str],
    *,
    model: str | None = None,
    instead_of: Path | None = None,
    load_encoder: EncoderLoader = load_encoder,
    progress: Progress = unheard,
    wait: bool = False,
    retries: bool = False,
    rules: FolderRules = NO_RULES,
    site_rules: SiteRules = DEFAULT_RULES,
    fetched: CrawlProgress = unheard,
    check: Check | None = None,
    curation: Curation | None = None,
    elsewhere: Callable[[Encoder], Elsewhere] | None = None,
) -> Report:
    """Index files, folders and sites: read those that are new or changed, take out those that are gone, leave the rest alone.

    The index is made where there is none. Each step is kept, so that a run after one that was stopped continues it.
    All changes become visible at once, at the end. `instead_of` is an indexed folder whose files are removed in the
    same change. The model is loaded only if something has to be embedded. With `wait` it waits for another process that
    changes the index. A file that could not be read is read again only once it has changed, unless this `retries` it. `rules`
    say what is left out of folders, `site_rules` what is fetched of sites, which are named by their addresses; `fetched` is
    called with the number of pages that were, and of those that wait. `check` is called before the changes become visible.
    `curation` is what editors say of the collection; where that is new, it is a change too. Without one it stays as it is.
    `elsewhere` has texts embedded on other machines, with vectors as the encoder here makes them.

    Raises PatternError, AddressError, DocumentsError, ModelError, BusyIndexError, DamagedIndexError, StorageError, and what
    `check` raises; the visible state is then as before.
    """
    started = time.monotonic()
    starts = [place if isinstance(place, str) else resolved(place) for place in named]
    with changing(folder, wait=wait) as connection, ExitStack() as opened:
        known = known_files(connection)
        sources = _sources(known, folder, starts, rules)
        reader = opened.enter_context(PageReader())
        sources += site_sources(_addresses(starts), known, KeptPages(connection, folder), site_rules, reader.hints, fetched)
        result = _scanned(known, opened, sources, instead_of)
        left_out_before = left_out.all_left_out(connection)
        note_repeats(result, [] if retries else left_out_before, reader.regions)
        if not retries:
            _leave_out_again(result, left_out_before)
        name = _model_for(folder, connection, model)
        entries = list(result.pending.values())

        @cache
        def encoder() -> Encoder:
            return _claimed(folder, connection, load_encoder(name or suited_model(entries)))

        token_model = cache(partial(token_codes.load_for, connection, encoder))
        if not generations.newest_state(connection).generation and states.model(connection).name is not None:
            # A first run that was stopped may have left vectors of another model: they are deleted before any is used.
            encoder()
        size = sum(entry.item.size for entry in entries)
        others = None if elsewhere is None else cache(lambda: elsewhere(encoder()))
        staging = Staging(connection, encoder, size, progress, token_model, others)
        with Pool(encoder, size, after=reader) as pool:
            for file, error in staging.take(_staged_files(connection, pool, result)):
                result.leave_out(file.item, error)
        _forget_unwanted(connection, result)
        _require_some_of_each(result)
        changes = _changes(result)
        _note_left_out(connection, result, left_out_before)
        token_codes.complete_codes(connection, token_model, encoder, progress, has_new=bool(staging.embedded))
        is_said_anew = curation is not None and curation != states.curation(connection)
        if staging.files or result.removed or is_said_anew:
            asked = None if check is None else lambda view: check(searcher_of(view, encoder, token_model), changes)
            with _finished_if_refused(result.sources):
                state = publish.publish(
                    folder, connection, staging.files, [*result.pending, *result.removed], check=asked, curation=curation
                )
        else:
            state = generations.newest_state(connection)
        for source in result.sources:
            source.finish()
        # A smaller collection alone is no reason to load the model.
        if encoder.cache_info().currsize or states.calibration(connection) is None:
            calibrate.calibrate(StateView(folder, connection, state, states.model(connection)), encoder, token_model)
    return Report(changes, state, staging.embedded, time.monotonic() - started)


def plan(
    folder: Path,
    named: Sequence[Path | str],
    *,
    instead_of: Path | None = None,
    retries: bool = False,
    rules: FolderRules = NO_RULES,
    site_rules: SiteRules = DEFAULT_RULES,
    fetched: CrawlProgress = unheard,
) -> Changes:
    """What `update` would do. Everything is read that it would read, and fetched; nothing is changed.

    Raises DocumentsError, AddressError, DamagedIndexError.
    """
    starts = [place if isinstance(place, str) else resolved(place) for place in named]
    known: dict[bytes, KnownFile] = {}
    left_out_before: list[LeftOut] = []
    if has_index(folder):
        with database.errors_reported(folder), closing(database.open_for_reading(folder)) as connection:
            known = known_files(connection)
            left_out_before = left_out.all_left_out(connection)
    with unkept_pages(folder) as store, ExitStack() as opened:
        sources = _sources(known, folder, starts, rules)
        reader = opened.enter_context(PageReader())
        sources += site_sources(_addresses(starts), known, store, site_rules, reader.hints, fetched)
        result = _scanned(known, opened, sources, instead_of)
        note_repeats(result, [] if retries else left_out_before, reader.regions)
        if not retries:
            _leave_out_again(result, left_out_before)
        entries = list(result.pending.values())
        with Pool(None, sum(entry.item.size for entry in entries), after=reader) as pool:
            for file, parts in pool.read(map(FileToRead, entries)):
                try:
                    # To its end: the reason to leave out a row, or the whole file, may come after any number of good rows.
                    require_any_document(sum(1 for _ in _documents(parts, result)))
                except UnreadableError as error:
                    result.leave_out(file.entry.item, error)
        _require_some_of_each(result)
        return _changes(result)


def _staged_files(connection: Connection, pool: Pool, result: Scan) -> Iterator[StagedFile]:
    """The files that are new or changed, with the documents of them that the index does not have yet."""
    complete, incomplete = [], []
    for entry in result.pending.values():
        number, is_complete = write.documents_here(connection, entry.file_version.stored)
        if is_complete:
            complete.append(StagedFile(entry.file_version, (), number))
        else:
            incomplete.append(FileToRead(entry, number))
    rest = (
        StagedFile(file.entry.file_version, _documents(parts, result), file.known_documents)
        for file, parts in pool.read(incomplete)
    )
    return chain(complete, rest)


def _documents(parts: Iterable[CutDocument | Skipped], result: Scan) -> Iterator[CutDocument]:
    """The documents among the parts of a file; those that are left out are noted."""
    for part in parts:
        if isinstance(part, Skipped):
            result.skip(part)
        else:
            yield part


def _sources(known: dict[bytes, KnownFile], folder: Path, starts: Sequence[Path | str], rules: FolderRules) -> list[Source]:
    """The folders and files among what is named. Uploads keep their names, also where the index lies in a folder of others."""
    uploads = uploads_folder(folder)
    roots = {file.root for file in known.values() if not is_address_key(file.root)}
    paths = [start for start in starts if isinstance(start, Path)]
    uploaded = [path for path in paths if path.is_relative_to(uploads)]
    others = [path for path in paths if path not in uploaded]
    make = partial(folder_sources, is_read=registry.is_read, leave_out=folder.resolve(), rules=rules)
    return [*make(others, roots), *make(uploaded, [file_key(uploads)])]


def _addresses(starts: Sequence[Path | str]) -> list[str]:
    return [start for start in starts if isinstance(start, str)]


def _scanned(known: dict[bytes, KnownFile], opened: ExitStack, sources: Sequence[Source], instead_of: Path | None) -> Scan:
    for source in sources:
        opened.callback(source.close)
    with _finished_if_refused(sources):
        result = scan(known, sources)
    if instead_of is not None:
        replaced = {key for key, file in known.items() if file.root == file_key(instead_of)}
        result.removed |= replaced - result.unchanged - result.pending.keys()
    return result


def _model_for(folder: Path, connection: Connection, requested: str | None) -> str | None:
    """The model to embed with: the index's own, once it has a generation; None where the documents are to decide.

    Raises ModelError where another than its own is wanted.
    """
    name = canonical_name(requested) if requested is not None else None
    own_name = states.model(connection).name
    if own_name is not None and generations.newest_state(connection).generation:
        if name not in (None, own_name):
            raise _other_model(folder, own_name)
        return own_name
    return name or own_name


def _claimed(folder: Path, connection: Connection, encoder: Encoder) -> Encoder:
    """Note that the index is made with this encoder, before anything is embedded. Raises ModelError."""
    model = states.model(connection)
    if model.fingerprint == encoder.fingerprint:
        return encoder
    if model.name is not None and generations.newest_state(connection).generation:
        raise _other_model(folder, model.name)
    with commits.writing(connection):
        # A first run that was stopped may have kept vectors of another model, and passages that were cut for it.
        write.delete_all(connection)
        states.set_settings(
            connection, model=canonical_name(encoder.name), fingerprint=encoder.fingerprint, dimension=encoder.dimension
        )
    return encoder


def _other_model(folder: Path, model: str) -> ModelError:
    return ModelError(
        f"The index in {folder} was made with the model {model} as it was then: use that one, or name another folder with "
        "--index."
    )


def _forget_unwanted(connection: Connection, result: Scan) -> None:
    """Forget what a stopped run staged of the sources where they hold something else by now.

    This comes after the staging of what they hold now, which has taken over the vectors of the texts that are in both.
    """
    for staged in generations.staged_files(connection):
        entry = result.pending.get(staged.key)
        is_wanted = entry is not None and entry.file_version.stored == staged
        if not is_wanted and any(source.holds(staged.key) for source in result.sources):
            with commits.writing(connection):
                generations.unstage(connection, staged)


def _leave_out_again(result: Scan, before: Sequence[LeftOut]) -> None:
    """Leave out the files that could not be read before, and have not changed since, with what is in them."""
    again: set[tuple[bytes, bytes | None]] = set()
    for row in before:
        entry = result.pending.get(row.key)
        if entry is not None and (entry.item.uri, entry.item.version) == (row.uri, row.version):
            result.leave_out(entry.item, FailedReadingError(row.reason))
            again.add((row.key, row.version))
    for row in before:
        if (row.key, row.version) in again:
            result.skip(Skipped(row.uri, row.reason, key=row.key, version=row.version))


def _note_left_out(connection: Connection, result: Scan, before: Iterable[LeftOut]) -> None:
    """Keep what is left out now, of the sources that were looked at, and since when."""
    outdated = [
        row
        for row in before
        # Parts that are left out of a file that is in the index stay so with it.
        if any(source.holds(row.key) for source in result.sources)
        and not (row.key in result.unchanged and row.version == result.known[row.key].version)
    ]
    since = {(row.key, row.uri): row.since for row in outdated}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    present = [
        LeftOut(skipped.key, skipped.uri, skipped.reason, since.get(place, now), skipped.version)
        for place, skipped in result.skipped.items()
    ]
    if set(outdated) != set(present):
        with commits.writing(connection):
            left_out.replace(connection, outdated, present)


def _require_some_of_each(result: Scan) -> None:
    with _finished_if_refused(result.sources):
        for source in result.sources:
            require_some(source, result.unchanged | result.pending.keys(), result.skipped.values())


@contextmanager
def _finished_if_refused(sources: Sequence[Source]) -> Iterator[None]:
    """Be done with sources where what they hold is refused: the next run is to look at all of it again."""
    try:
        yield
    except (DocumentsError, BrokenAnswersError):
        for source in sources:
            source.finish()
        raise


def _changes(result: Scan) -> Changes:
    moved = result.moved
    return Changes(
        new=tuple(sorted_keys(result.pending.keys() - result.known.keys() - moved.keys())),
        changed=tuple(sorted_keys(result.pending.keys() & result.known.keys())),
        moved=moved,
        removed=tuple(sorted_keys(result.removed - set(moved.values()))),
        unchanged=tuple(sorted_keys(result.unchanged)),
        skipped=tuple(result.skipped.values()),
    )
