"""A crowd of connections, some of which send what is no request: nobody gets an error but a deliberate 503, nothing grows."""

import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

from tests.faults.checks import old_index
from tests.faults.load import served
from tests.faults.report import Row, Tally
from tests.stubs import PATIENCE_S

_SECONDS = 60
_LEAST_SECONDS = 4
_CONNECTIONS = 64
_BROKEN_EACH = 100
"""One of so many requests is broken."""

_ALONE = 20
"""Times that a question is asked alone, before and after."""

_MOST_GROWTH = 1.1
_SLACK_BYTES = 16 * 2**20
"""How much memory may grow in the second half of the time: Python's own allocator gives nothing back at once."""

_QUESTION = b"GET /api/v1/search?q=What+is+the+pension+rule+%d%%3F HTTP/1.1\r\nHost: localhost\r\n\r\n"
_BROKEN = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET /%zz?\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a b\r\nHost: c\r\n\r\n",
    b'POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"questio',
    b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
)


def rows(share: float, folder: Path) -> Iterator[Row]:
    """The row of a server that a crowd asks."""
    started = time.monotonic()
    index, _ = old_index(folder)
    tally = Tally()
    seconds = max(_LEAST_SECONDS, _SECONDS * share)
    with served(index) as (server, port):
        before = _alone(tally, port)
        _crowd(tally, port, seconds / 2)
        middle = _memory(server.pid)
        _crowd(tally, port, seconds / 2)
        end = _memory(server.pid)
        time.sleep(1)
        after = _alone(tally, port)
    if end > middle * _MOST_GROWTH + _SLACK_BYTES:
        tally.fail("grown", "the server", f"{middle / 2**20:.0f} to {end / 2**20:.0f} MiB")
    tally.counts["MiB at half time"] = round(middle / 2**20)
    tally.counts["MiB at the end"] = round(end / 2**20)
    tally.counts["us alone before"] = round(before * 1e6)
    tally.counts["us alone after"] = round(after * 1e6)
    number = sum(tally.counts[kind] for kind in ("answered", "turned away", "refused", "failed"))
    yield tally.row(
        "asked by a crowd", number, time.monotonic() - started, "failed", "grown", "answered", "turned away", "refused"
    )


def _crowd(tally: Tally, port: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    asking = [Thread(target=_ask_until, args=(tally, port, number, until)) for number in range(_CONNECTIONS)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()


def _ask_until(tally: Tally, port: int, number: int, until: float) -> None:
    while time.monotonic() < until:
        with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), PATIENCE_S) as connection:
            while time.monotonic() < until:
                number += _CONNECTIONS + 1
                if not number % _BROKEN_EACH:
                    _note(tally, _response(connection, _BROKEN[number // _BROKEN_EACH % len(_BROKEN)]), is_broken=True)
                    break
                response = _response(connection, _QUESTION % (number % 60))
                _note(tally, response, is_broken=False)
                if not response or b"\r\nConnection: close" in response:
                    break


def _note(tally: Tally, response: bytes, *, is_broken: bool) -> None:
    """Count a response, and what is not as it must be: only a broken request may get 4xx or the end of its connection."""
    status = response[9:12].decode(errors="replace")
    if status == "200" and not is_broken:
        tally.counts["answered"] += 1
    elif status == "503" and b"\r\nRetry-After: " in response:
        tally.counts["turned away"] += 1
    elif is_broken and status[:1] in ("", "2", "4"):
        tally.counts["refused"] += 1
    else:
        tally.fail("failed", "a broken request" if is_broken else "a question", response[:200])


def _response(connection: socket.socket, request: bytes) -> bytes:
    """What comes back of a request: all of it where it says how long it is; what came where the connection ends."""
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received or len(received) < _length(received):
        part = connection.recv(2**16)
        if not part:
            break
        received += part
    return received


def _length(received: bytes) -> int:
    head, _, _ = received.partition(b"\r\n\r\n")
    _, _, after = head.lower().partition(b"\r\ncontent-length: ")
    return len(head) + 4 + int(after.partition(b"\r\n")[0] or 0)


def _alone(tally: Tally, port: int) -> float:
    """The median seconds of a question that nobody else asks beside."""
    seconds = []
    for number in range(_ALONE):
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as connection:
            started = time.monotonic()
            _note(tally, _response(connection, _QUESTION % number), is_broken=False)
            seconds.append(time.monotonic() - started)
    return statistics.median(seconds)


def _memory(process: int | None) -> int:
    """The bytes of memory of a process, 0 where the system does not say so in a file."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 2**10 for line in status.splitlines() if line.startswith("VmRSS:")), 0)
