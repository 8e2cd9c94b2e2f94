"""An engine in a folder: a folder for each of its segments, and a manifest with the checksum of every file."""

import json
import os
import re
import shutil
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from askdex.indexer.engine import arrays
from askdex.indexer.engine.embedded import EmbeddedEngine, SketchTuning
from askdex.indexer.engine.segment import LiveSegment, Segment
from askdex.indexer.rights import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER, keep_for_owner

_FORMAT = 10
"""The number of the format. It is raised when the files or their meaning change, such as the terms of a text; an engine of
another format is built anew."""

_CHUNK = 2**20
"""Bytes of a file that are read at once."""

_MANIFEST = "manifest.json"
_LIVE = ".live.npy"
_SEGMENT = re.compile(r"[0-9a-f]{16}")
_PATH = re.compile(rf"{_SEGMENT.pattern}(/\.?[\w-]+(\.\w+)*|{re.escape(_LIVE)})", re.ASCII)
"""The form of the paths of files: none leads out of the folder, whoever wrote the manifest."""


class StaleError(Exception):
    """The files of an engine are missing or damaged, or were made from another state of the database."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The state of the database that an engine was made from, and how many passages and vectors it must hold."""

    token: str
    passages: int
    vectors: int


@dataclass(frozen=True, slots=True)
class EngineManifest:
    """The manifest of an engine's folder: the names of its segments, the checksum of every file by its path, its tuning."""

    folder: Path
    segments: Sequence[str]
    files: Mapping[str, int]
    tuning: SketchTuning

    def verify(self, segments: Iterable[str]) -> None:
        """Read every file of these segments. Raises StaleError where a checksum differs from the manifest."""
        # A file may be deleted while it is read: by a writer, where the reader's generation is no longer kept.
        with _raising_stale():
            for name in segments:
                checksums = _checksums(self.folder, (self.folder / name).glob("*"))
                if checksums != _of_segment(self.files, name):
                    raise StaleError("a file is damaged")

    def engine(self, known: Mapping[str, Segment]) -> EmbeddedEngine:
        """The engine; `known` are segments that are open already, by their names. Raises StaleError."""
        with _raising_stale():
            segments = []
            for name in self.segments:
                segment = known.get(name) or Segment.load(self.folder / name)
                live = self.folder / f"{name}{_LIVE}"
                segments.append(LiveSegment(segment, arrays.load(live) if live.exists() else None))
            return EmbeddedEngine(segments, self.tuning)


def read_manifest(folder: Path, token: str) -> EngineManifest:
    """The manifest of the engine in a folder; its segments are not verified.

    `token` names the state of the database. Raises StaleError where the engine was made from another state.
    """
    with _raising_stale():
        content = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if content["format"] != _FORMAT or content["token"] != token:
            raise StaleError("made from another state of the index")
        manifest = EngineManifest(folder, content["segments"], content["files"], SketchTuning(**content["tuning"]))
        if not all(map(_SEGMENT.fullmatch, manifest.segments)) or not all(map(_PATH.fullmatch, manifest.files)):
            raise StaleError("its manifest names what is no file of an engine")
        masks = {path: checksum for path, checksum in manifest.files.items() if "/" not in path}
        if _checksums(folder, folder.glob(f"*{_LIVE}")) != masks:
            raise StaleError("a file is damaged")
        return manifest


def opened(folder: Path, stamp: Stamp, known: Mapping[str, Segment] | None = None) -> EmbeddedEngine:
    """The engine in a folder, with every file verified but those of `known`, the segments that are open already, by name.

    Raises StaleError where the engine does not match the stamp.
    """
    manifest = read_manifest(folder, stamp.token)
    manifest.verify(name for name in manifest.segments if name not in (known or {}))
    engine = manifest.engine(known or {})
    require(engine, stamp)
    return engine


def require(engine: EmbeddedEngine, stamp: Stamp) -> None:
    """Raise StaleError where an engine does not hold as many passages and vectors as the stamp says."""
    if (len(engine), engine.vector_count) != (stamp.passages, stamp.vectors):
        raise StaleError("the numbers of passages and vectors do not agree")


class EngineWriter:
    """Writes an engine into an empty folder. Segments that the engine before has too are linked from its folder."""

    def __init__(self, folder: Path, before: EngineManifest | None = None) -> None:
        self._folder = folder
        self._before = before
        self._files: dict[str, int] = {}

    def keep(self, segment: Segment) -> Segment:
        """Write a segment, and return it mapped from its files, so that it takes no memory. Raises OSError."""
        folder = self._folder / segment.name
        folder.mkdir(OWNER_ONLY_FOLDER)
        segment.save(folder)
        self._files |= _checksums(self._folder, folder.glob("*"))
        return Segment.load(folder)

    def finish(self, engine: EmbeddedEngine, token: str) -> None:
        """Write the masks and, last, the manifest: a folder without one is not opened. Raises OSError."""
        names = [segment.name for segment in engine.segments]
        for name in {path.partition("/")[0] for path in self._files}.difference(names):
            shutil.rmtree(self._folder / name)
        files: dict[str, int] = {}
        for segment in engine.segments:
            files |= _of_segment(self._files, segment.name) or self._linked(segment.name)
            if segment.live is not None:
                arrays.save(self._folder / f"{segment.name}{_LIVE}", segment.live)
        files |= _checksums(self._folder, self._folder.glob(f"*{_LIVE}"))
        keep_for_owner(self._folder.rglob("*"))
        content = {"format": _FORMAT, "token": token, "segments": names, "tuning": asdict(engine.tuning), "files": files}
        (self._folder / _MANIFEST).touch(OWNER_ONLY_FILE)
        (self._folder / _MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")

    def _linked(self, name: str) -> Mapping[str, int]:
        """Link the files of a segment of the engine before into this folder, and return their checksums."""
        if self._before is None:
            raise ValueError(f"segment {name} was not kept")
        (self._folder / name).mkdir(OWNER_ONLY_FOLDER)
        files = _of_segment(self._before.files, name)
        for path in files:
            _link(self._before.folder / path, self._folder / path)
        return files


def _of_segment(files: Mapping[str, int], name: str) -> Mapping[str, int]:
    """The files of a segment, with their checksums."""
    return {path: checksum for path, checksum in files.items() if path.startswith(f"{name}/")}


def _link(source: Path, target: Path) -> None:
    """Link a file that never changes, or copy it where the file system has no hard links."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


@contextmanager
def _raising_stale() -> Iterator[None]:
    """Raise StaleError in place of the errors that reading missing or damaged files raises."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise StaleError(str(error)) from error


def _checksums(folder: Path, paths: Iterable[Path]) -> dict[str, int]:
    """The checksums of files by their paths in the folder."""
    ordered = sorted(paths)
    # Reading files is most of the time that opening takes, and threads can read several at once.
    with ThreadPoolExecutor() as pool:
        return dict(zip((path.relative_to(folder).as_posix() for path in ordered), pool.map(_checksum, ordered), strict=True))


def _checksum(path: Path) -> int:
    """The CRC-32 of a file. It detects damage, not malice, and is as fast as reading: opening an index reads every file."""
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
