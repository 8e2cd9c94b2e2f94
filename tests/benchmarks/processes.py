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

import askdex

PACKAGES = Path(askdex.__file__).parents[1]
"""The folder that this process imports Askdex from; its processes import the same, whatever else is installed."""

PATIENCE_S = 180
"""Seconds that a server may take to its first answer, with the conversion of the model on a slow machine in it."""

_STOPS_WITHIN_S = 15
_RUN = "from askdex.server.cli.main import main; main(prog_name='askdex')"
_IMPORTED = re.compile(r"^import time:.*\| +(\w+)$", re.MULTILINE)


class FailedError(Exception):
    """A process that is measured has failed."""


def askdex_command(*arguments: str | Path) -> list[str]:
    """The command line of a command of Askdex."""
    return python("-c", _RUN, *map(str, arguments))


def python(*arguments: str) -> list[str]:
    """The command line of Python."""
    return [sys.executable, *arguments]


def finished(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """The seconds that a process takes from its start to its end. Raises FailedError where it fails."""
    start = time.perf_counter()
    process = subprocess.run(command, env=_environment(environment), capture_output=True, text=True, check=False)
    if process.returncode:
        raise FailedError(f"{' '.join(command)}: {process.stderr}")
    return time.perf_counter() - start


def imported(command: Sequence[str], port: int = 0, path: str = "") -> set[str]:
    """The top-level packages that a command of Python imports. A server is asked for the path, then stopped."""
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
    """A server that is stopped at the end of the block. A FailedError in the block gets what the server printed."""
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(command, env=_environment(environment), stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield process
        except FailedError as error:
            output.seek(0)
            raise FailedError(f"{error}: {output.read().decode(errors='replace')}") from error
        finally:
            process.terminate()
            try:
                process.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def first_answer(process: "subprocess.Popen[bytes]", port: int, path: str) -> float:
    """Wait until a server that was just started answers. Returns the seconds since this call. Raises FailedError."""
    start = time.perf_counter()
    while time.perf_counter() - start < PATIENCE_S and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        with closing(connection):
            try:
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return time.perf_counter() - start
            except OSError:
                pass
        time.sleep(0.005)
    raise FailedError("the server did not answer")


def free_port() -> int:
    """A port that no process listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def resident(pid: int) -> int | None:
    """The bytes that a process and its children hold, shared pages counted once; None where the system does not say."""
    try:
        own = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8"), re.MULTILINE)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return None
    return int(own[1] if own else 0) * 1024 + sum(resident(int(child)) or 0 for child in children)


def _environment(changes: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PACKAGES), "HF_HUB_OFFLINE": "1", **(changes or {})}
