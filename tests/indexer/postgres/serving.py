"""`askdex serve` over a published index, as processes of their own, with an encoder that needs no model."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.stubs import PATIENCE_S

_MAIN = """
from askdex.server.cli import serve
from askdex.server.cli.main import main
from tests.stubs import StubEncoder
serve.encoder_loader = lambda *_, **__: lambda _: StubEncoder()
main()
"""


@contextmanager
def serving(address: object, folder: Path) -> Iterator[int]:
    """A server of a published index; gives its port."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", _MAIN, "serve", "--index", str(address), "--port", "0"]
    with (folder / "log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env=_environment())
        try:
            yield _port(process, folder / "log")
        finally:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """The environment of the tests, in which modules are found from any folder."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))}


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        written = log.read_text(encoding="utf-8")
        if "answers at" in written:
            return int(written.split("answers at http://127.0.0.1:")[1].split("/")[0].split()[0])
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text(encoding='utf-8')}")


def asked(port: int, question: str) -> tuple[int, Any]:
    """The status of an answer, 0 where none came, and its JSON."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/v1/search?{urlencode({'q': question})}", timeout=PATIENCE_S) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except (URLError, OSError) as error:
        return 0, str(error)


@dataclass(slots=True)
class Asking:
    """Clients that ask a server again and again, and what they got."""

    port: int
    question: str
    answers: list[tuple[int, Any]] = field(default_factory=list)
    _ends: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def going_on(self, clients: int = 2) -> Iterator["Asking"]:
        """Ask for as long as the block lasts."""
        threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._ends.set()
            for thread in threads:
                thread.join()

    def _ask(self) -> None:
        while not self._ends.is_set():
            self.answers.append(asked(self.port, self.question))

    def wait_for(self, more: int) -> None:
        """Wait until so many more answers have come, or somebody has to see why they do not."""
        wanted, until = len(self.answers) + more, time.monotonic() + PATIENCE_S
        while len(self.answers) < wanted and time.monotonic() < until:
            time.sleep(0.05)
