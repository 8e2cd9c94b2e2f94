"""Load from one process: so many connections that each ask the next question as soon as the last is answered.

It shares the cores with the servers, so it is one thread on plain sockets that reads no more of a response than it must.
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
_RETRY = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)
_RECEIVED = 2**18
_PATIENCE_S = 30
_REFUSED = 503


@dataclass(slots=True)
class Outcome:
    """What came of a load: the seconds of each answer, how many requests were shed and failed, what asking itself cost.

    `shed_seconds` are those in which a 503 came back; whoever gets one waits as long as it says, at the most a second.
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
    """A connection and what it has received of a response; `sent` is when the request began."""

    port: int
    socket: socket.socket
    sent: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    @property
    def response(self) -> bytes | None:
        """The head of a response that has come as a whole, None before that."""
        end = self.received.find(_HEAD_END)
        if end < 0:
            return None
        head = bytes(self.received[: end + len(_HEAD_END)])
        length = _LENGTH.search(head)
        return head if len(self.received) >= len(head) + int(length[1] if length else 0) else None


def ask(_: object, port: int, paths: Sequence[str], connections: int, seconds: float) -> Outcome:
    """Ask for these paths, each once, from so many connections for so many seconds or until all are asked."""
    requests = (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode() for path in paths)
    outcome = Outcome()
    spent = time.process_time()
    started = time.perf_counter()
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        _ask(selector, stack, _Asking(requests, started + seconds, outcome), port, connections)
    outcome.seconds = time.perf_counter() - started
    outcome.own_seconds = time.process_time() - spent
    return outcome


@dataclass(slots=True)
class _Asking:
    requests: Iterator[bytes]
    until: float
    outcome: Outcome
    waiting: list[tuple[float, int, _Connection]] = field(default_factory=list)


def _ask(selector: selectors.BaseSelector, stack: ExitStack, asking: _Asking, port: int, connections: int) -> None:
    for _ in range(connections):
        one = _Connection(port, stack.enter_context(_connected(port)))
        _send(selector, asking, one)
    while selector.get_map() or asking.waiting:
        pause = max(0.0, asking.waiting[0][0] - time.perf_counter()) if asking.waiting else _PATIENCE_S
        events = selector.select(pause)
        if not events and not asking.waiting:
            asking.outcome.failed += len(selector.get_map())
            return
        for key, _mask in events:
            _receive(selector, stack, asking, key.data)
        while asking.waiting and asking.waiting[0][0] <= time.perf_counter():
            _send(selector, asking, heapq.heappop(asking.waiting)[2])


def _send(selector: selectors.BaseSelector, asking: _Asking, one: _Connection) -> None:
    """Send the next request, unless the time is over or there is none."""
    request = next(asking.requests, None) if time.perf_counter() < asking.until else None
    if request is None:
        return
    one.received.clear()
    one.sent = time.perf_counter()
    one.socket.sendall(request)
    selector.register(one.socket, selectors.EVENT_READ, one)


def _receive(selector: selectors.BaseSelector, stack: ExitStack, asking: _Asking, one: _Connection) -> None:
    """Take what has come; of a whole response, note what it was and go on."""
    try:
        part = one.socket.recv(_RECEIVED)
    except OSError:
        part = b""
    one.received += part
    head = one.response
    if part and head is None:
        return
    selector.unregister(one.socket)
    pause = _note(asking.outcome, one, head)
    if head is None or _CLOSES.search(head):
        one.socket.close()
        one.socket = stack.enter_context(_connected(one.port))
    if pause:
        heapq.heappush(asking.waiting, (time.perf_counter() + pause, id(one), one))
    else:
        _send(selector, asking, one)


def _note(outcome: Outcome, one: _Connection, head: bytes | None) -> float:
    """Count a response. Returns the seconds to wait before the next request."""
    took = time.perf_counter() - one.sent
    status = _STATUS.match(head) if head else None
    outcome.bytes += len(one.received)
    if head is None or status is None or int(status[1]) not in (200, _REFUSED):
        outcome.failed += 1
    elif int(status[1]) == _REFUSED:
        outcome.shed_seconds.append(took)
        wait = _RETRY.search(head)
        return min(1.0, float(wait[1])) if wait else 0.0
    else:
        outcome.answered.append(took)
    return 0.0


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), _PATIENCE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
