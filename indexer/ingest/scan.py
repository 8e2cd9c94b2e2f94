"""Finding out which items of the sources are new, changed, moved, unchanged or gone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from askdex.corpus.errors import FailedReadingError, RefusedError, UnreadableError
from askdex.corpus.readers.registry import described, is_page
from askdex.corpus.sources import Item, Source, left_out, sorted_keys
from askdex.corpus.types import Skipped
from askdex.indexer.errors import DocumentsError
from askdex.indexer.store import generations
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.write import FileVersion


@dataclass(frozen=True, slots=True)
class KnownFile:
    """An item as the index has it: the root of the source that it came from, and its version."""

    root: bytes
    version: bytes


@dataclass(frozen=True, slots=True)
class SourceItem:
    """An item and the source that holds it."""

    source: Source
    item: Item

    @property
    def file_version(self) -> FileVersion:
        """The item as the index takes it in."""
        return FileVersion(self.source.root, self.item)


@dataclass(slots=True)
class Scan:
    """The items of the sources, compared with what the index knows of them. All are given by their keys.

    `pending` are items that are new or changed; whether there are documents in them is not known before they are read.
    `removed` are those of the index that are gone, `skipped` what is left out, once each and in order, by key and uri. `pages`
    are the HTML pages among the items, as their sources have them.
    """

    known: dict[bytes, KnownFile]
    sources: Sequence[Source]
    pending: dict[bytes, SourceItem] = field(default_factory=dict)
    unchanged: set[bytes] = field(default_factory=set)
    removed: set[bytes] = field(default_factory=set)
    skipped: dict[tuple[bytes, str], Skipped] = field(default_factory=dict)
    pages: dict[bytes, SourceItem] = field(default_factory=dict)

    @property
    def moved(self) -> dict[bytes, bytes]:
        """The old key of each new item that has the same version as one that is gone."""
        # Reversed, so that of several gone items with one version the first by name is the one that moved.
        gone = {self.known[key].version: key for key in reversed(sorted_keys(self.removed))}
        old_keys: dict[bytes, bytes] = {}
        for key in sorted_keys(self.pending.keys() - self.known.keys()):
            old_key = gone.pop(self.pending[key].item.version, None)
            if old_key is not None:
                old_keys[key] = old_key
        return old_keys

    def skip(self, skipped: Skipped) -> None:
        """Note that something is left out, and why."""
        self.skipped.setdefault((skipped.key, skipped.uri), skipped)

    def leave_out(self, item: Item, error: UnreadableError) -> None:
        """Leave out an item that was to be read. One that was refused stays in the index as it is."""
        is_final = isinstance(error, FailedReadingError) or not isinstance(error, RefusedError)
        self.skip(left_out(item.key, item.uri, error, item.version if is_final else None))
        del self.pending[item.key]
        if item.key in self.known:
            (self.unchanged if isinstance(error, RefusedError) else self.removed).add(item.key)

    def compare(self, source: Source, item: Item) -> None:
        """Note whether an item is unchanged or has to be read, whatever was noted of it before."""
        if self.known.get(item.key) == KnownFile(source.root, item.version):
            self.unchanged.add(item.key)
            self.pending.pop(item.key, None)
        else:
            self.unchanged.discard(item.key)
            self.pending[item.key] = SourceItem(source, item)


def known_files(connection: Connection) -> dict[bytes, KnownFile]:
    """The items that are in the newest generation, by their keys."""
    return {key: KnownFile(root, version) for key, root, version in generations.current_files(connection)}


def scan(known: dict[bytes, KnownFile], sources: Sequence[Source]) -> Scan:
    """Compare the items of sources with what is known of them.

    An item that a source refuses to give stays in the index as it is. Raises DocumentsError where no item of a source can be
    read.
    """
    result = Scan(known, sources)
    for source in sources:
        seen: set[bytes] = set()
        for item in source.items():
            if isinstance(item, Skipped):
                result.skip(item)
            else:
                result.compare(source, item)
                if is_page(item):
                    result.pages[item.key] = SourceItem(source, item)
                seen.add(item.key)
        require_some(source, seen, result.skipped.values())
        gone = {key for key in known if source.holds(key) and key not in seen}
        # A folder that cannot be opened now may be open at the next run: what was read from it stays.
        refused = {skipped.refused for skipped in result.skipped.values()}
        result.removed |= {key for key in gone if refused.isdisjoint(source.levels(key))}
    return result


def resolved(path: Path) -> Path:
    """The full path of what a user named. Raises DocumentsError where it is not there."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise DocumentsError(f"There is no file or folder {path}: name the documents to index.") from error


def require_some(source: Source, keys: Collection[bytes], skipped: Collection[Skipped]) -> None:
    """Raise DocumentsError where no item of the source can be read."""
    if any(map(source.holds, keys)):
        return
    if not skipped:
        raise DocumentsError(f"The folder {source.name} holds no documents: name one that does. Nothing was changed.")
    first = next(iter(skipped))
    others = f", and {len(skipped) - 1} more were left out" if len(skipped) > 1 else ""
    raise DocumentsError(
        f"There is nothing to read in {source.name} ({first.uri}: {first.reason}{others}): name {described()} files. "
        "Nothing was changed.",
        tuple(skipped),
    )
