"""An engine in a folder: a folder for each of its segments, and a manifest with the checksum of every file."""

import json
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from askdex.indexer.engine import arrays
from askdex.indexer.engine.embedded import EmbeddedEngine, Tuning
from askdex.indexer.engine.segment import LiveSegment, Segment
from askdex.indexer.rights import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER, keep_for_owner

FORMAT = 5
"""Raised when what is derived changes in kind, such as the terms of a text; what is of another format is made anew."""

_CHUNK = 2**20
_MANIFEST = "manifest.json"
_LIVE = ".live.npy"


class StaleError(Exception):
    """What is derived is missing, damaged, or was made from another state of the truth."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which state of the truth an engine was made from, and what it must hold."""

    token: str
    passages: int
    vectors: int


@dataclass(frozen=True, slots=True)
class EngineManifest:
    """What is noted of an engine in its folder: its segments, the checksum of every file by its path, how it was tuned."""

    folder: Path
    segments: Sequence[str]
    files: Mapping[str, int]
    tuning: Tuning

    def verify(self, segments: Iterable[str]) -> None:
        """Read these segments through. Raises StaleError where something of them is not as it was."""
        for name in segments:
            found = _checksums(self.folder, (self.folder / name).glob("*"))
            if found != _of_segment(self.files, name):
                raise StaleError("a file is damaged")

    def engine(self, known: Mapping[str, Segment]) -> EmbeddedEngine:
        """The engine, with segments that are open already by their names. Raises StaleError."""
        with _stale_where_it_fails():
            found = []
            for name in self.segments:
                segment = known.get(name) or Segment.load(self.folder / name)
                live = self.folder / f"{name}{_LIVE}"
                found.append(LiveSegment(segment, arrays.load(live) if live.exists() else None))
            return EmbeddedEngine(found, self.tuning)


def read_manifest(folder: Path, token: str) -> EngineManifest:
    """The manifest of an engine; its segments are not verified. Raises StaleError where it is that of another state."""
    with _stale_where_it_fails():
        content = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["token"] != token:
            raise StaleError("made from another state of the index")
        found = EngineManifest(folder, content["segments"], content["files"], Tuning(**content["tuning"]))
        if _checksums(folder, folder.glob(f"*{_LIVE}")) != {path: of for path, of in found.files.items() if "/" not in path}:
            raise StaleError("a file is damaged")
        return found


def opened(folder: Path, stamp: Stamp, known: Mapping[str, Segment] | None = None) -> EmbeddedEngine:
    """The engine in a folder, after every check of it, but for segments that are open already by their names.

    Raises StaleError where it is not what the stamp says.
    """
    manifest = read_manifest(folder, stamp.token)
    manifest.verify(name for name in manifest.segments if name not in (known or {}))
    engine = manifest.engine(known or {})
    require(engine, stamp)
    return engine


def require(engine: EmbeddedEngine, stamp: Stamp) -> None:
    """Raise StaleError where an engine does not hold as much as the state that it is for."""
    if (len(engine), len(engine.vector_ids)) != (stamp.passages, stamp.vectors):
        raise StaleError("the numbers of passages and vectors do not agree")


class EngineWriter:
    """An engine in the making, in an empty folder; segments of the engine before are shared with it."""

    def __init__(self, folder: Path, before: EngineManifest | None = None) -> None:
        self._folder = folder
        self._before = before
        self._files: dict[str, int] = {}

    def keep(self, segment: Segment) -> Segment:
        """Write a segment, and map it from its files, so that it takes no memory. Raises OSError."""
        place = self._folder / segment.name
        place.mkdir(OWNER_ONLY_FOLDER)
        segment.save(place)
        self._files |= _checksums(self._folder, place.glob("*"))
        return Segment.load(place)

    def finish(self, engine: EmbeddedEngine, token: str) -> None:
        """Write what is left to write, the manifest last: without one an engine is not trusted. Raises OSError."""
        names = [of.segment.name for of in engine.segments]
        for name in {path.partition("/")[0] for path in self._files}.difference(names):
            shutil.rmtree(self._folder / name)
        files: dict[str, int] = {}
        for of, name in zip(engine.segments, names, strict=True):
            files |= _of_segment(self._files, name) or self._shared(name)
            if of.live is not None:
                arrays.save(self._folder / f"{name}{_LIVE}", of.live)
        files |= _checksums(self._folder, self._folder.glob(f"*{_LIVE}"))
        keep_for_owner(self._folder.rglob("*"))
        content = {"format": FORMAT, "token": token, "segments": names, "tuning": asdict(engine.tuning), "files": files}
        (self._folder / _MANIFEST).touch(OWNER_ONLY_FILE)
        (self._folder / _MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")

    def _shared(self, name: str) -> Mapping[str, int]:
        """The files of a segment of the engine before, now in this folder too, with their checksums."""
        if self._before is None:
            raise ValueError(f"segment {name} was not kept")
        (self._folder / name).mkdir(OWNER_ONLY_FOLDER)
        files = _of_segment(self._before.files, name)
        for path in files:
            _share(self._before.folder / path, self._folder / path)
        return files


def _of_segment(files: Mapping[str, int], name: str) -> Mapping[str, int]:
    return {path: checksum for path, checksum in files.items() if path.startswith(f"{name}/")}


def _share(source: Path, target: Path) -> None:
    """Give a file that never changes a second name, or a copy where the file system knows no second names."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


@contextmanager
def _stale_where_it_fails() -> Iterator[None]:
    """Raise StaleError for what reading files raises that are missing or damaged."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise StaleError(str(error)) from error


def _checksums(folder: Path, paths: Iterable[Path]) -> dict[str, int]:
    """The checksums of files by their paths in the folder."""
    every = sorted(paths)
    # Reading lets other threads run, and is most of the time that opening takes.
    with ThreadPoolExecutor() as pool:
        return dict(zip((path.relative_to(folder).as_posix() for path in every), pool.map(_checksum, every), strict=True))


def _checksum(path: Path) -> int:
    """A CRC-32, which tells damage, not malice, and is as fast as reading: all of an index is read when it is opened."""
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found = zlib.crc32(chunk, found)
    return found
