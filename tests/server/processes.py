"""Servers as processes of their own, and what they print."""

import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.stubs import PATIENCE_S


@dataclass
class Server:
    """A process that serves; `output` is what it has printed so far."""

    process: "subprocess.Popen[str]"
    output: str = ""
    _address: str | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        """The address that it prints when it is ready."""
        if self._address is None:
            self._address = self.printed(r"http://\S+")
        return self._address

    def printed(self, pattern: str) -> str:
        """Wait for a line that matches the pattern, and return the match; it is killed where it says nothing for too long."""
        assert self.process.stdout is not None
        timer = threading.Timer(PATIENCE_S, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                self.output += line
                if match := re.search(pattern, line):
                    return match[0]
        finally:
            timer.cancel()
        pytest.fail(f"it ended and printed {self.output!r}")

    def stopped(self, number: signal.Signals) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        self.process.send_signal(number)
        self.output += self.process.communicate(timeout=PATIENCE_S)[0]
        return self.process.returncode


@contextmanager
def started(*command: str | Path) -> Iterator[Server]:
    """A server, killed in the end if it is still there."""
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Server(process)
        finally:
            process.kill()
