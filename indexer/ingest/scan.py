"""Finding out which files are new, changed, moved, unchanged or gone."""

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from askdex.corpus.errors import RefusedError, UnreadableError
from askdex.corpus.readers.registry import described, load, parse
from askdex.corpus.sources.folder import walk
from askdex.corpus.types import Document, Skipped, Source
from askdex.indexer.errors import DocumentsError
from askdex.indexer.store import generations
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.write import FileVersion

_RECIPE = b"askdex documents 3"
"""Part of every file's digest: raised when the same bytes give other documents or passages than before."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that is in the index: the folder that it belongs to and its content."""

    root: Path
    digest: bytes


@dataclass(slots=True)
class Scan:
    """What the named files and folders hold, compared with what the index knows of them.

    `found` are files that are new or changed, by their paths; whether there are documents in them is not known yet.
    `removed` are files of the index that are gone, `skipped` what is left out, once each and in order.
    """

    known: dict[Path, KnownFile]
    found: dict[Path, FileVersion] = field(default_factory=dict)
    unchanged: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)
    skipped: dict[Skipped, None] = field(default_factory=dict)

    @property
    def moved(self) -> dict[Path, Path]:
        """Where files that are gone have gone to: the old path of each new file that has the content of one of them."""
        gone = {self.known[path].digest: path for path in sorted(self.removed, reverse=True)}
        here: dict[Path, Path] = {}
        for path in sorted(self.found.keys() - self.known.keys()):
            before = gone.pop(self.found[path].digest, None)
            if before is not None:
                here[path] = before
        return here

    def skip(self, source: Source, error: UnreadableError) -> None:
        """Leave a file out, and say why."""
        refused = source.path if isinstance(error, RefusedError) else None
        self.skipped.setdefault(Skipped(source.uri, str(error), refused))


def known_files(connection: Connection) -> dict[Path, KnownFile]:
    """The files that are in the newest generation, by their paths."""
    rows = generations.current_files(connection)
    return {Path(os.fsdecode(path)): KnownFile(Path(os.fsdecode(root)), digest) for path, root, digest in rows}


def scan(known: dict[Path, KnownFile], named: Sequence[Path], leave_out: Path) -> Scan:
    """Compare files and folders with what is known, by content.

    `named` are full paths. A folder inside one that was indexed before is a part of it. What the system would not open
    stays as it is. Raises DocumentsError where a path holds no file that could be read.
    """
    roots = {file.root for file in known.values()} | {start for start in named if start.is_dir()}
    result = Scan(known)
    for start in named:
        seen: set[Path] = set()
        for item in walk(start, _root_of(start, roots), leave_out):
            if isinstance(item, Skipped):
                result.skipped.setdefault(item)
            else:
                try:
                    _compare(result, item)
                    seen.add(item.path)
                except UnreadableError as error:
                    result.skip(item, error)
        require_some(start, seen, result.skipped)
        gone = {path for path in known if path.is_relative_to(start) and path not in seen}
        refused = {item.refused for item in result.skipped}
        result.removed |= {path for path in gone if refused.isdisjoint((path, *path.parents))}
    return result


def read_file(edition: FileVersion, skipped: dict[Skipped, None]) -> Iterator[Document]:
    """The documents of a file, from first to last; the parts of it that are left out are added to `skipped`.

    Raises UnreadableError where there is nothing in it, RefusedError where it cannot be read or is not as it was.
    """
    data = load(edition.source)
    if digest_of(edition.source, data) != edition.digest:
        raise RefusedError("it changed while it was read: index it again")
    for item in parse(edition.source, data):
        if isinstance(item, Document):
            yield item
        else:
            skipped.setdefault(item)


def digest_of(source: Source, data: bytes) -> bytes:
    """The digest of a file's content."""
    return hashlib.blake2b(_RECIPE + os.fsencode(source.path.suffix) + b"\0" + data, digest_size=16).digest()


def resolved(path: Path) -> Path:
    """The full path of what a user named. Raises DocumentsError where it is not there."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise DocumentsError(f"There is no file or folder {path}: name the documents to index.") from error


def require_some(start: Path, read_file: set[Path], skipped: Collection[Skipped]) -> None:
    """Raise DocumentsError where nothing was read of what was named."""
    if any(path.is_relative_to(start) for path in read_file):
        return
    if not skipped:
        raise DocumentsError(f"The folder {start} holds no documents: name one that does. Nothing was changed.")
    first = next(iter(skipped))
    others = f", and {len(skipped) - 1} more were left out" if len(skipped) > 1 else ""
    raise DocumentsError(
        f"There is nothing to read in {start} ({first.uri}: {first.reason}{others}): name {described()} files. "
        "Nothing was changed."
    )


def _root_of(start: Path, roots: set[Path]) -> Path:
    """The folder that uris are relative to: the outermost that is or was named, or the one that a lone file is in."""
    above = [root for root in roots if start.is_relative_to(root)]
    return min(above, key=lambda root: len(root.parts)) if above else start.parent


def _compare(result: Scan, source: Source) -> None:
    data = load(source)
    digest = digest_of(source, data)
    known = result.known.get(source.path)
    if known is not None and (known.root, known.digest) == (source.root, digest):
        result.unchanged.add(source.path)
    else:
        result.found[source.path] = FileVersion(source, digest, len(data))
