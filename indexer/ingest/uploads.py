"""Documents that are given to an index itself, and no folder or site of its owner: they are files in a folder within it.

That folder is a source like any other. A change is first kept beside the files, so that it is made even if the process is
killed, and a file that cannot be read does not take the place of one that could.
"""

import filecmp
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from askdex.corpus import starter
from askdex.corpus.types import Skipped
from askdex.indexer.errors import DocumentsError
from askdex.indexer.ingest.progress import Progress
from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import Check, EncoderLoader, update
from askdex.indexer.rights import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER
from askdex.indexer.store.folder import uploads_folder

_WAITING = ".waiting"
"""The folder of the changes that are not made yet, within that of the uploads; hidden, so that no document is in it."""

_CHANGE, _NEW, _OLD = ".json", ".new", ".old"
"""What is kept of a change: what it is, the file that it brings, and the one that this replaces."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was asked for: to keep a file as the upload with this uri, or to take that out; ids are in order."""

    id: str
    uri: str
    removes: bool


@dataclass(frozen=True, slots=True)
class Made:
    """What a change did: the generation that shows it, whether anything changed, and what was left out of the file."""

    generation: int
    is_changed: bool
    left_out: tuple[Skipped, ...]


def upload_sources(folder: Path) -> list[Path]:
    """The folder of the uploads of an index, where there are any."""
    place = uploads_folder(folder)
    return [place] if any(place.glob("[!.]*")) else []


class Uploads:
    """The uploads of an index and the changes to them, which one process at a time may ask for and make."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._place = uploads_folder(folder)
        self._waiting = self._place / _WAITING
        self._waiting.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)

    def waiting(self) -> list[Change]:
        """The changes that were asked for and not made yet, in order."""
        return [Change(**json.loads(path.read_bytes())) for path in sorted(self._waiting.glob(f"[!.]*{_CHANGE}"))]

    def holds(self, uri: str) -> bool:
        """Whether there is an upload with this uri, or will be."""
        with suppress(OSError):  # no name of a file at all
            return (self._place / uri).is_file() or any(change.uri == uri for change in self.waiting())
        return False

    def ask_to_put(self, uri: str, write: Callable[[BinaryIO], object]) -> Change:
        """Ask for a file that a function writes, in place of the one with its uri. Once this returns, the file is kept."""
        change = _new_change(uri, removes=False)
        _write(self._waiting / f"{change.id}{_NEW}", write)
        return self._asked(change)

    def ask_to_remove(self, uri: str) -> Change:
        """Ask for a file to be taken out."""
        return self._asked(_new_change(uri, removes=True))

    def make(self, change: Change, load_encoder: EncoderLoader, progress: Progress, check: Check | None = None) -> Made:
        """Make a change that was asked for, in the files and in the index; then it does not wait any more.

        `check` is called before the change becomes visible. Raises DocumentsError where the file cannot be read, what `check`
        raises, what `update` raises, and OSError: all is then as before.
        """
        place = self._place / change.uri
        try:
            if change.removes:
                return self._taken_out(place, load_encoder, check)
            return self._put(change, place, load_encoder, progress, check)
        finally:
            for kind in (_NEW, _OLD, _CHANGE):
                (self._waiting / f"{change.id}{kind}").unlink(missing_ok=True)

    def _asked(self, change: Change) -> Change:
        _write(self._waiting / f"{change.id}{_CHANGE}", lambda file: file.write(json.dumps(asdict(change)).encode()))
        return change

    def _put(self, change: Change, place: Path, load_encoder: EncoderLoader, progress: Progress, check: Check | None) -> Made:
        new, old = (self._waiting / f"{change.id}{kind}" for kind in (_NEW, _OLD))
        place.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        is_replaced = place.is_file()
        # After a kill the new file may be in place already.
        if is_replaced and not filecmp.cmp(new, place, shallow=False):
            _copy(place, old)
        try:
            _copy(new, place)
            report = update(
                self._folder,
                [place],
                instead_of=starter.FOLDER,
                load_encoder=load_encoder,
                progress=progress,
                wait=True,
                check=check,
            )
            left_out = report.changes.skipped
            if any(skipped.uri == change.uri for skipped in left_out):
                raise DocumentsError(f"The file {change.uri} cannot be read.", left_out)
        except BaseException:
            if old.exists():
                old.replace(place)
            elif not is_replaced:
                self._delete(place)
            raise
        return Made(report.state.generation, report.changes.are_any, left_out)

    def _taken_out(self, place: Path, load_encoder: EncoderLoader, check: Check | None) -> Made:
        """Take a file out of the index, and then away; after a kill either may be done already."""
        report = None
        with suppress(DocumentsError):
            report = remove(self._folder, [str(place)], wait=True, check=check, load_encoder=load_encoder)
        self._delete(place)
        return Made(report.state.generation if report is not None else 0, report is not None, ())

    def _delete(self, place: Path) -> None:
        """Delete a file, and the folders that are empty without it."""
        place.unlink(missing_ok=True)
        with suppress(OSError):
            for folder in place.relative_to(self._place).parents:
                (self._place / folder).rmdir()


def _new_change(uri: str, *, removes: bool) -> Change:
    return Change(f"{time.time_ns():020}-{secrets.token_hex(4)}", uri, removes)


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file that is whole as soon as it has its name, also after the power fails."""
    unfinished = path.with_name(f".{secrets.token_hex(8)}")
    unfinished.touch(OWNER_ONLY_FILE)
    try:
        with unfinished.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        _write(target, lambda copy: shutil.copyfileobj(file, copy))
