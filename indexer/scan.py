"""Finding out which files are new, changed, unchanged or gone."""

import hashlib
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus.errors import RefusedError, UnreadableError
from corpus.read import load, parse
from corpus.types import Document, Skipped, Source
from corpus.walk import walk
from indexer.errors import DocumentsError

_RECIPE = b"askdex documents 1"
"""Part of every file's digest: raised when the same bytes give other documents or passages than before."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A new or changed file, read."""

    source: Source
    digest: bytes
    documents: tuple[Document, ...]


@dataclass(slots=True)
class Scan:
    """What the named files and folders hold, compared with what the index knows of them.

    `removed` are files of the index that are gone or hold nothing to read any more.
    """

    changed: list[Changed] = field(default_factory=list)
    unchanged: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    root: Path
    digest: bytes


def scan(connection: sqlite3.Connection, named: Sequence[Path], leave_out: Path) -> Scan:
    """Compare files and folders with the index, by content, and read what is new or changed.

    `named` are full paths. A folder inside one that was indexed before is a part of it. What the system would not open
    stays as it is. Raises DocumentsError where a path holds nothing to read.
    """
    known = {
        Path(os.fsdecode(row["path"])): _Known(Path(os.fsdecode(row["root"])), row["digest"])
        for row in connection.execute("SELECT path, root, digest FROM files")
    }
    roots = {file.root for file in known.values()} | {start for start in named if start.is_dir()}
    found = Scan()
    for start in named:
        root = _root_of(start, roots)
        part = Scan()
        for item in walk(start, root, leave_out):
            if isinstance(item, Skipped):
                part.skipped.append(item)
            else:
                _compare(part, item, known.get(item.path))
        if not part.changed and not part.unchanged:
            raise _nothing_to_read(start, part.skipped)
        seen = {file.source.path for file in part.changed} | part.unchanged
        refused = [item.refused for item in part.skipped if item.refused is not None]
        part.removed = {
            path for path in known if path.is_relative_to(start) and path not in seen and not _is_below(path, refused)
        }
        _merge(found, part)
    return found


def resolved(path: Path) -> Path:
    """The full path of what a user named. Raises DocumentsError where it is not there."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise DocumentsError(f"There is no file or folder {path}: name the documents to index.") from error


def _root_of(start: Path, roots: set[Path]) -> Path:
    """The folder that uris are relative to: the outermost that is or was named, or the one that a lone file is in."""
    above = [root for root in roots if start.is_relative_to(root)]
    return min(above, key=lambda root: len(root.parts)) if above else start.parent


def _compare(part: Scan, source: Source, known: _Known | None) -> None:
    try:
        data = load(source)
        digest = hashlib.blake2b(_RECIPE + os.fsencode(source.path.suffix) + b"\0" + data, digest_size=16).digest()
        if known is not None and (known.root, known.digest) == (source.root, digest):
            part.unchanged.add(source.path)
            return
        items = list(parse(source, data))
    except UnreadableError as error:
        refused = source.path if isinstance(error, RefusedError) else None
        part.skipped.append(Skipped(source.uri, str(error), refused))
        return
    documents = tuple(item for item in items if isinstance(item, Document))
    part.skipped += [item for item in items if isinstance(item, Skipped)]
    if documents:
        part.changed.append(Changed(source, digest, documents))


def _nothing_to_read(start: Path, skipped: Sequence[Skipped]) -> DocumentsError:
    if not skipped:
        return DocumentsError(f"The folder {start} holds no documents: name one that does. Nothing was changed.")
    first = skipped[0]
    others = f", and {len(skipped) - 1} more were left out" if len(skipped) > 1 else ""
    return DocumentsError(
        f"There is nothing to read in {start} ({first.uri}: {first.reason}{others}): name text, Markdown, HTML, CSV or JSON "
        "Lines files. Nothing was changed."
    )


def _is_below(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _merge(found: Scan, part: Scan) -> None:
    """Add what one path held to what the others held; a file that was named twice counts once."""
    seen = {file.source.path for file in found.changed}
    found.changed += [file for file in part.changed if file.source.path not in seen]
    found.unchanged |= part.unchanged
    found.removed |= part.removed
    found.skipped += [item for item in part.skipped if item not in found.skipped]
