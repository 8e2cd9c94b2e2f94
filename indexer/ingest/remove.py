"""Taking documents out of an index."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from askdex.corpus.sources import sorted_keys
from askdex.corpus.sources.folder import file_key, is_within, spelt_out
from askdex.corpus.sources.site.addresses import is_address, is_address_key, is_below, normalized
from askdex.corpus.sources.site.records import Bodies
from askdex.indexer.errors import DocumentsError
from askdex.indexer.generations import publish
from askdex.indexer.ingest.scan import known_files
from askdex.indexer.ingest.unpublished import asked_unpublished
from askdex.indexer.ingest.update import Changes, Check, EncoderLoader, Report
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.store import commits, generations, left_out, pages
from askdex.indexer.store.folder import FETCHED, require_index
from askdex.indexer.store.lock import changing
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.types import filter_text


def remove(
    folder: Path,
    names: Sequence[str],
    *,
    wait: bool = False,
    check: Check | None = None,
    load_encoder: EncoderLoader = load_encoder,
) -> Report:
    """Take documents out of an index: all of a folder or a site, or of a file or page by its name. They themselves stay.

    `check` is called before they are gone; the model is loaded for that alone. Raises MissingIndexError, DocumentsError where
    the index holds nothing of that name, BusyIndexError, DamagedIndexError, and what `check` raises.
    """
    started = time.monotonic()
    require_index(folder)
    with changing(folder, wait=wait) as connection:
        keys = {key for name in names for key in _keys_named(connection, folder, name)}
        changes = Changes(removed=tuple(sorted_keys(keys)))
        forgotten = [row for row in left_out.all_left_out(connection) if any(_is_named(row.key, name) for name in names)]
        if forgotten:
            with commits.writing(connection):
                left_out.replace(connection, forgotten, [])
        _forget_sites(folder, connection, names)
        asked = None if check is None else asked_unpublished(lambda searcher: check(searcher, changes), load_encoder)
        state = publish.publish(folder, connection, [], keys, check=asked)
    return Report(changes, state, seconds=time.monotonic() - started)


def _forget_sites(folder: Path, connection: Connection, names: Sequence[str]) -> None:
    """Forget what is known of the pages of sites that are taken out, and delete those of them that were kept."""
    starts = [start for start in pages.starts(connection) if any(_is_named(start.encode(), name) for name in names)]
    if starts:
        with commits.writing(connection):
            for start in starts:
                pages.forget(connection, start)
        Bodies(folder / FETCHED).clear(pages.digests_of_others(connection, starts))


def _is_named(key: bytes, name: str) -> bool:
    """Whether a key is that of a file at or below a path, or of a page at or below an address."""
    if is_address(name):
        return is_address_key(key) and is_below(key.decode(), normalized(name) or name)
    return is_within(key, file_key(Path(name).resolve()))


def _keys_named(connection: Connection, folder: Path, name: str) -> set[bytes]:
    """The keys of the files at or below a path, or of those with the document of this id or uri.

    Raises DocumentsError where there are none, or where the name is that of a part of a file only.
    """
    keys = {key for key in known_files(connection) if _is_named(key, name)}
    if keys:
        return keys
    name = spelt_out(name)
    rows = generations.current_files_of_document(connection, filter_text(name))
    for key, documents, matching in rows:
        if matching < documents:
            raise DocumentsError(
                f"{name} is a part of {os.fsdecode(key)}: take it out there and index the file again, or remove the file."
            )
    if not rows:
        raise DocumentsError(
            f"The index in {folder} holds nothing of the name {name}: give a file, a folder, or the uri of a document as "
            "results show it."
        )
    return {key for key, *_ in rows}
