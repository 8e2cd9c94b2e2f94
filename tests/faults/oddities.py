"""Machines and names that are out of the ordinary, and an index that is opened again and again."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, tzinfo
from functools import cache, partial
from pathlib import Path

from click.testing import CliRunner

from askdex.indexer.errors import StorageError
from askdex.indexer.generations import publish, swap
from askdex.indexer.generations.backup import restore, snapshot
from askdex.indexer.generations.publish import roll_back
from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import update
from askdex.indexer.models import loading
from askdex.indexer.store import database, sqlite, states
from askdex.indexer.store.folder import DERIVED, FILE, SHARED_MEMORY
from askdex.server.cli.main import main
from tests.faults import processes, quick, reopening
from tests.faults.breaking import read_only, small_disk
from tests.faults.checks import Checks, ImpossibleError, old_index, run_scenario, write
from tests.faults.collection import GONE, NEW, OLD, PRUNED, QuickEncoder, Seen, built, seen, unsound
from tests.faults.report import Row

_DISK_BYTES = 64 * 2**20
_NOBODY = 65534
_LONG_AGO, _FAR_AHEAD = 10**9, 4 * 10**9
_ODD = os.fsdecode(b"odd\n \xff\xfe 'name'")
_WRONG = ("crashes", "wrong")

Write = Callable[[Path, str], None]


def rows(share: float, folder: Path) -> Iterator[Row]:
    """A row for each oddity; those that this system does not allow are named on standard error."""
    scenarios: dict[str, Callable[[Checks, Path], None]] = {
        "opened again and again": partial(reopening.reopened, share=share),
        "replaced again and again": partial(reopening.replaced, share=share),
        "read-only folder": _read_only,
        "no permission": _forbidden,
        "several file systems": _across,
        "clock set back": _set_back,
        "documents of other times": _dated,
        "names that are no text": _oddly_named,
    }
    for number, (name, scenario) in enumerate(scenarios.items()):
        place = folder / str(number)
        place.mkdir()
        started = time.monotonic()
        with processes.worker() as pool:
            checks = pool.submit(run_scenario, scenario, place).result()
        if checks is None:
            sys.stderr.write(f"This system does not let it be tried: {name}\n")
        else:
            yield checks.tally.row(name, checks.tries, time.monotonic() - started, *_WRONG)


def _read_only(checks: Checks, folder: Path) -> None:
    index, documents = old_index(folder)
    expected = seen(index)
    snapshot(index, folder / "kept")
    with_log, worn = folder / "with log", folder / "worn"
    with closing(database.open_for_writing(index)) as connection:
        with sqlite.write_transaction(connection):
            states.set_settings(connection, odd=1)
        shutil.copytree(index, with_log)
    # Without this file, SQLite cannot read the log without writing.
    (with_log / SHARED_MEMORY).unlink()
    shutil.copytree(index, worn)
    next(worn.rglob("vectors.faiss")).write_bytes(b"worn")
    write(documents, NEW)
    try:
        with read_only(index), read_only(with_log), read_only(worn):
            for place, expected_answers in ((index, expected), (worn, expected), (with_log, StorageError)):
                with checks.tally.catching(f"asked of {place.name}"):
                    checks.equal(f"asked of {place.name}", seen(place), expected_answers)
            checks.equal("kept", snapshot(index, folder / "kept again").generation, 1)
            _check_refusals(checks, index, documents, folder / "kept")
    except PermissionError as error:
        raise ImpossibleError from error
    built(index, documents)
    checks.equal("unsound afterwards", unsound(index), [])


def _check_refusals(checks: Checks, index: Path, documents: Path, kept: Path) -> None:
    checks.refused("indexed", lambda: built(index, documents))
    checks.refused("removed", lambda: remove(index, [str(documents / GONE)]))
    checks.refused("rolled back", lambda: roll_back(index))
    checks.refused("restored", lambda: restore(index, kept))


def _forbidden(checks: Checks, folder: Path) -> None:
    # The readers may be forbidden something as well.
    quick.install(reads_here=False)
    # Load the modules that are loaded late: the user nobody may not be allowed to read them.
    old_index(folder)
    # Only root may enter the test's own folder.
    place = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(place, _NOBODY, _NOBODY)
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    try:
        # Files are read by programs of their own, which the user nobody must be able to start.
        subprocess.run([sys.executable, "-c", "import askdex.corpus.worker"], check=True, capture_output=True)
    except (PermissionError, subprocess.CalledProcessError) as error:
        shutil.rmtree(place)
        raise ImpossibleError from error
    try:
        _check_forbidden(checks, place)
    finally:
        shutil.rmtree(place)


def _check_forbidden(checks: Checks, place: Path) -> None:
    index, documents = old_index(place)
    expected = seen(index)
    snapshot(index, place / "kept")
    for name in (f"{GONE}/page-00.md", GONE):
        with _mode(documents / name, 0):
            built(index, documents)
        checks.equal(f"{name} may not be read", seen(index), expected)
    write(documents, NEW)
    with _mode(index / FILE, 0):
        checks.equal("the index may not be read", seen(index), StorageError)
        checks.refused("the index may not be read: indexed", lambda: built(index, documents))
        checks.refused("the index may not be read: kept", lambda: snapshot(index, place / "not kept"))
    with _mode(index / DERIVED, 0):
        checks.equal("the search files may not be read", seen(index), expected)
    with _mode(index, 0):
        checks.refused("the folder may not be entered: asked", lambda: seen(index))
        _check_refusals(checks, index, documents, place / "kept")
    with ExitStack() as stack:
        for path in (*index.rglob("*"), index):
            stack.enter_context(_mode(path, 0o500 if path.is_dir() else 0o400))
        with checks.tally.catching("nothing may be written"):
            checks.equal("nothing may be written", seen(index), expected)
        _check_refusals(checks, index, documents, place / "kept")
    built(index, documents)
    checks.equal("unsound afterwards", unsound(index), [])


@contextmanager
def _mode(path: Path, mode: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


def _across(checks: Checks, folder: Path) -> None:
    near, far = folder / "near", folder / "far"
    near.mkdir()
    far.mkdir()
    try:
        with small_disk(near, _DISK_BYTES), small_disk(far, _DISK_BYTES):
            _cycle(checks, folder, near / "index", far / "kept")
            restore(folder / "index", far / "kept")
            checks.equal("restored elsewhere", seen(folder / "index"), seen(near / "index"))
    except PermissionError as error:
        raise ImpossibleError from error


class _Past(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_Past":
        return cls(1999, 12, 31, tzinfo=tz)


def _set_back(checks: Checks, folder: Path) -> None:
    _cycle(checks, folder, folder / "index", folder / "kept")
    for module in (publish, swap):
        module.datetime = _Past  # type: ignore[attr-defined]
    time.time = lambda: float(_LONG_AGO)
    _cycle(checks, folder, folder / "index", folder / "kept again")


def _dated(checks: Checks, folder: Path) -> None:
    """The content of files counts, not the time when they were written."""
    index, documents = old_index(folder)
    page = documents / GONE / "page-00.md"
    for at in (_LONG_AGO, _FAR_AHEAD):
        for path in documents.rglob("*"):
            os.utime(path, (at, at))
        changes = update(index, [documents], load_encoder=QuickEncoder).changes
        checks.equal(f"untouched, of {at}", changes.changed, ())
        page.write_bytes(page.read_bytes().swapcase())
        os.utime(page, (at, at))
        changes = update(index, [documents], load_encoder=QuickEncoder).changes
        checks.equal(f"changed, of {at}", changes.changed, (bytes(page.resolve()),))


def _oddly_named(checks: Checks, folder: Path) -> None:
    place = folder / _ODD
    place.mkdir()
    for index in (folder / "index", place / f"index {_ODD}"):
        with checks.tally.catching(f"in {str(index)!r}"):
            _cycle(checks, place, index, place / f"kept {index.name}", _write_odd)
    # The readers are told the names.
    quick.install(reads_here=False)
    loading.load_encoder = lambda name, *_, **_options: QuickEncoder(name)
    index, documents, kept = folder / "by command", place / "documents", place / "kept by command"
    for arguments in (
        ["index", documents],
        ["info"],
        ["info", "--json"],
        ["snapshot", kept],
        ["remove", documents / GONE / f"{_ODD}.md"],
        ["rollback"],
        ["index", documents, "--dry-run"],
        ["restore", kept],
    ):
        result = CliRunner().invoke(main, [*map(str, arguments), "--index", str(index)])
        checks.equal(f"askdex {arguments[0]}", (result.exit_code, result.exception), (0, None))


def _write_odd(documents: Path, edition: str) -> None:
    write(documents, edition)
    for folder in (GONE, _ODD):
        if (edition, folder) != (PRUNED, GONE):
            (documents / folder).mkdir(exist_ok=True)
            text = f"# Odd\n\nThe odd limit of {folder!r} is {'new' if edition == NEW else 'old'}.\n"
            (documents / folder / f"{_ODD}.md").write_text(text, encoding="utf-8")


def _cycle(checks: Checks, folder: Path, index: Path, kept: Path, write: Write = write) -> None:
    """Everything that is done to an index, one after the other, against indexes that are made at once."""
    documents = folder / "documents"
    expected = _expected(documents, write)
    write(documents, OLD)
    built(index, documents)
    checks.equal("indexed", seen(index), expected[OLD])
    snapshot(index, kept)
    write(documents, NEW)
    built(index, documents)
    checks.equal("updated", seen(index), expected[NEW])
    roll_back(index)
    checks.equal("rolled back", seen(index), expected[OLD])
    remove(index, [str(documents / GONE)])
    checks.equal("removed", seen(index), expected[PRUNED])
    for _ in range(2):
        restore(index, kept)
        checks.equal("restored", seen(index), expected[OLD])
    checks.equal("unsound", unsound(index), [])


@cache
def _expected(documents: Path, write: Write) -> dict[str, Seen]:
    """What an index says that is made at once of each edition of the documents; the clock does not matter to that."""
    expected: dict[str, Seen] = {}
    for edition in (PRUNED, NEW, OLD):
        write(documents, edition)
        with tempfile.TemporaryDirectory() as undisturbed:
            built(Path(undisturbed) / "index", documents)
            expected[edition] = seen(Path(undisturbed) / "index")
    return expected
