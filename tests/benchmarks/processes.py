"""Commands as processes: how long they take, what they import, how much memory they hold."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 180
_STOPS_WITHIN_S = 15
_RUN = "from askdex.server.cli.main import main; main(prog_name='askdex')"
_IMPORTED = re.compile(r"^import time:.*\| +(\w+)$", re.MULTILINE)


class FailedError(Exception):
    """A process that is measured did not do what it must."""


def askdex(*arguments: str | Path) -> list[str]:
    """The command line of a command of Askdex."""
    return python("-c", _RUN, *map(str, arguments))


def python(*arguments: str) -> list[str]:
    """The command line of Python."""
    return [sys.executable, *arguments]


def finished(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """The seconds that a process takes from its start to its end. Raises FailedError where it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, env=_environment(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise FailedError(f"{' '.join(command)}: {done.stderr}")
    return time.perf_counter() - started


def imported(command: Sequence[str], port: int = 0, path: str = "") -> set[str]:
    """The top-level packages that a command of Python imports; a server is asked this path, then stopped."""
    traced = [command[0], "-X", "importtime", *command[1:]]
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(traced, env=_environment(None), stdout=subprocess.DEVNULL, stderr=errors) as process:
            if path:
                first_answer(process, port, path)
                process.terminate()
        errors.seek(0)
        return set(_IMPORTED.findall(errors.read()))


@contextmanager
def serving(command: Sequence[str], environment: Mapping[str, str] | None = None) -> "Iterator[subprocess.Popen[bytes]]":
    """A server that does not outlive the block; what it has said is told where it fails."""
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, env=_environment(environment), stdout=said, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield process
        except FailedError as error:
            said.seek(0)
            raise FailedError(f"{error}: {said.read().decode(errors='replace')}") from error
        finally:
            process.terminate()
            try:
                process.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def first_answer(process: "subprocess.Popen[bytes]", port: int, path: str) -> float:
    """Wait until a server that was just started answers. Returns the seconds since this call. Raises FailedError."""
    started = time.perf_counter()
    while time.perf_counter() - started < PATIENCE_S and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        with closing(connection):
            try:
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return time.perf_counter() - started
            except OSError:
                pass
        time.sleep(0.005)
    raise FailedError("the server did not answer")


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def resident(pid: int) -> int | None:
    """The bytes that a process and its children hold, shared pages counted once; None where the system does not tell."""
    try:
        own = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8"), re.MULTILINE)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return None
    return int(own[1] if own else 0) * 1024 + sum(resident(int(child)) or 0 for child in children)


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", **(more or {})}
