"""Changes of documents that clients ask for: they are made one after the other, while questions are answered."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from askdex.corpus.errors import AskdexError
from askdex.corpus.sources.folder import reason
from askdex.corpus.types import Skipped
from askdex.indexer.errors import DocumentsError, NotFoundError
from askdex.indexer.ingest.update import Check, EncoderLoader
from askdex.indexer.ingest.uploads import Change, Uploads

MOST_WAITING = 100
"""Jobs; each may keep a file of the largest size."""

RETRY_AFTER_S = 10
"""Seconds after which a client that was turned away should ask again."""

_MOST_REMEMBERED = 1_000
"""Jobs that are done, whose results can be asked for."""

_LOOK_S = 0.05
"""Seconds between two looks whether questions are answered from a new generation."""

_LONGEST_LOOK_S = 60
"""Seconds after which a job is done even so: what keeps the new generation from being opened is said to who asks a question."""

_UNEXPECTED = "Something went wrong here, not in the document; the server's log says what."

_log = logging.getLogger(__name__)


class FullQueueError(AskdexError):
    """Too many changes wait already."""


class Status(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """A change, how far it is (`share` from 0 to 1), and what came of it.

    `generation` shows the change and `is_changed` is whether there was anything to do, both None until the job is done.
    `left_out` is what could not be read, and `reason` why it failed.
    """

    change: Change
    status: Status = Status.WAITING
    share: float = 0.0
    generation: int | None = None
    is_changed: bool | None = None
    left_out: tuple[Skipped, ...] = ()
    reason: str | None = None


class Jobs:
    """Makes the changes of the uploads of an index on a thread of its own, those first that waited when the server ended.

    `generation` tells from which one questions are answered. A change fails where `check` raises, which is called before it
    becomes visible. Many threads may ask for changes.
    """

    def __init__(
        self, folder: Path, load_encoder: EncoderLoader, generation: Callable[[], int], check: Check | None = None
    ) -> None:
        self._uploads = Uploads(folder)
        self._load_encoder = load_encoder
        self._generation = generation
        self._check = check
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jobs")
        for change in self._uploads.waiting():
            self._queued(change)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Finish the job that is running; those that wait are made when the server is started again."""
        self._thread.shutdown(cancel_futures=True)

    def put(self, uri: str, write: Callable[[BinaryIO], object]) -> Job:
        """Keep a file, which a function writes, as the document with this uri. Raises FullQueueError."""
        with self._lock:
            self._require_room()
            return self._queued(self._uploads.ask_to_put(uri, write))

    def remove(self, uri: str) -> Job:
        """Take out the document that was put with this uri. Raises NotFoundError, FullQueueError."""
        with self._lock:
            self._require_room()
            if not self._uploads.holds(uri):
                raise NotFoundError(f"No document {uri} was put here: see what is held at /api/v1/documents.")
            return self._queued(self._uploads.ask_to_remove(uri))

    def job(self, job_id: str) -> Job:
        """A job as it is now. Raises NotFoundError."""
        job = self._jobs.get(job_id)
        if job is None:
            raise NotFoundError(f"There is no job {job_id}: it was never asked for, or it was done long ago.")
        return job

    def _require_room(self) -> None:
        waiting = sum(job.status in (Status.WAITING, Status.RUNNING) for job in self._jobs.values())
        if waiting >= MOST_WAITING:
            raise FullQueueError(f"{waiting} changes are waiting already: ask again when some of them are made.")

    def _queued(self, change: Change) -> Job:
        job = self._jobs[change.id] = Job(change)
        self._thread.submit(self._run, change)
        return job

    def _run(self, change: Change) -> None:
        self._jobs[change.id] = Job(change, Status.RUNNING)
        try:
            made = self._uploads.make(change, self._load_encoder, partial(self._progress, change), self._check)
            shown = self._shown(made.generation)
        except DocumentsError as error:
            reasons = {skipped.uri: skipped.reason for skipped in error.skipped}
            self._fail(change, f"{change.uri}: {reasons.get(change.uri, error)}")
        except AskdexError as error:
            self._fail(change, str(error))
        except OSError as error:
            self._fail(change, f"{change.uri}: {reason(error)}")
        except Exception:
            _log.exception("Unexpected error in the job %s", change.id)
            self._fail(change, _UNEXPECTED)
        else:
            self._jobs[change.id] = Job(change, Status.DONE, 1.0, shown, made.is_changed, made.left_out)
        self._forget_oldest()

    def _progress(self, change: Change, done: int, size: int) -> None:
        self._jobs[change.id] = Job(change, Status.RUNNING, min(1.0, done / size) if size else 0.0)

    def _fail(self, change: Change, why: str) -> None:
        self._jobs[change.id] = replace(self._jobs[change.id], status=Status.FAILED, reason=why)

    def _shown(self, generation: int) -> int:
        """The generation that questions are answered from, once it is this or a later one."""
        latest = time.monotonic() + _LONGEST_LOOK_S
        while (shown := self._generation()) < generation and time.monotonic() < latest:
            time.sleep(_LOOK_S)
        return shown

    def _forget_oldest(self) -> None:
        done = [job_id for job_id, job in self._jobs.copy().items() if job.status in (Status.DONE, Status.FAILED)]
        for job_id in done[:-_MOST_REMEMBERED]:
            del self._jobs[job_id]
