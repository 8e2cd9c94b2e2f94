"""Load on a server from one process: connections that each send the next request when the last is answered.

The process shares the cores with the server, so it is a single thread on plain sockets, and reads of a response only what it
needs.
"""

import heapq
import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)
_BUFFER = 2**18
"""Bytes to receive at once: a whole response."""

_TIMEOUT_S = 30
"""Seconds without any response after which all connections count as failed."""

_LONGEST_RETRY_S = 1.0
"""Seconds to wait at most after a 503, whatever it asks for: the load is to stay on."""

_UNAVAILABLE = 503


@dataclass(slots=True)
class Outcome:
    """The result of a load: the seconds of each answer, the seconds to each 503, and the number of failed requests.

    `own_seconds` are the CPU seconds that asking itself took.
    """

    seconds: float = 0.0
    answered: list[float] = field(default_factory=list)
    shed_seconds: list[float] = field(default_factory=list)
    failed: int = 0
    bytes: int = 0
    own_seconds: float = 0.0

    @property
    def throughput(self) -> float:
        """Answers a second."""
        return len(self.answered) / self.seconds


@dataclass(slots=True)
class _Connection:
    """A connection, and what it has received of the present response; `sent` is when its request was sent."""

    port: int
    socket: socket.socket
    sent: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    @property
    def response_head(self) -> bytes | None:
        """The head of a response that has been received in full; None before that."""
        end = self.received.find(_HEAD_END)
        if end < 0:
            return None
        head = bytes(self.received[: end + len(_HEAD_END)])
        length = _LENGTH.search(head)
        return head if len(self.received) >= len(head) + int(length[1] if length else 0) else None


def ask(_: object, port: int, paths: Sequence[str], connections: int, seconds: float) -> Outcome:
    """Ask for these paths, each once, over a number of connections, until the seconds are over or all are asked."""
    requests = (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode() for path in paths)
    outcome = Outcome()
    cpu_start = time.process_time()
    start = time.perf_counter()
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        _ask(selector, stack, _Load(requests, start + seconds, outcome), port, connections)
    outcome.seconds = time.perf_counter() - start
    outcome.own_seconds = time.process_time() - cpu_start
    return outcome


@dataclass(slots=True)
class _Load:
    """The requests that are left, the time to stop, the outcome so far, and the connections that wait after a 503."""

    requests: Iterator[bytes]
    until: float
    outcome: Outcome
    waiting: list[tuple[float, int, _Connection]] = field(default_factory=list)


def _ask(selector: selectors.BaseSelector, stack: ExitStack, load: _Load, port: int, connections: int) -> None:
    for _ in range(connections):
        _send(selector, load, _Connection(port, stack.enter_context(_connected(port))))
    while selector.get_map() or load.waiting:
        pause = max(0.0, load.waiting[0][0] - time.perf_counter()) if load.waiting else _TIMEOUT_S
        events = selector.select(pause)
        if not events and not load.waiting:
            load.outcome.failed += len(selector.get_map())
            return
        for key, _mask in events:
            _receive(selector, stack, load, key.data)
        while load.waiting and load.waiting[0][0] <= time.perf_counter():
            _send(selector, load, heapq.heappop(load.waiting)[2])


def _send(selector: selectors.BaseSelector, load: _Load, connection: _Connection) -> None:
    """Send the next request, unless the time is over or there is none."""
    request = next(load.requests, None) if time.perf_counter() < load.until else None
    if request is None:
        return
    connection.received.clear()
    connection.sent = time.perf_counter()
    connection.socket.sendall(request)
    selector.register(connection.socket, selectors.EVENT_READ, connection)


def _receive(selector: selectors.BaseSelector, stack: ExitStack, load: _Load, connection: _Connection) -> None:
    """Receive what has come; when a response is complete, note it and send the next request."""
    try:
        part = connection.socket.recv(_BUFFER)
    except OSError:
        part = b""
    connection.received += part
    head = connection.response_head
    if part and head is None:
        return
    selector.unregister(connection.socket)
    pause = _note(load.outcome, connection, head)
    if head is None or _CLOSES.search(head):
        connection.socket.close()
        connection.socket = stack.enter_context(_connected(connection.port))
    if pause:
        # The id breaks ties, as connections cannot be compared.
        heapq.heappush(load.waiting, (time.perf_counter() + pause, id(connection), connection))
    else:
        _send(selector, load, connection)


def _note(outcome: Outcome, connection: _Connection, head: bytes | None) -> float:
    """Count a response. Returns the seconds to wait before the next request."""
    seconds = time.perf_counter() - connection.sent
    status = _STATUS.match(head) if head else None
    outcome.bytes += len(connection.received)
    if head is None or status is None or int(status[1]) not in (200, _UNAVAILABLE):
        outcome.failed += 1
    elif int(status[1]) == _UNAVAILABLE:
        outcome.shed_seconds.append(seconds)
        retry_after = _RETRY_AFTER.search(head)
        return min(_LONGEST_RETRY_S, float(retry_after[1])) if retry_after else 0.0
    else:
        outcome.answered.append(seconds)
    return 0.0


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), _TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
