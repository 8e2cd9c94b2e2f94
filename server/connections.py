"""Connections that wait: slow, silent and broken clients keep nobody from being answered.

waitress reads requests without a thread and hands them over when they are whole. It leaves a connection open for as long as
some byte comes now and then, and takes no further one once there are many.
"""

import socket
import time
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from askdex.server.metrics import Metrics

MOST_CONNECTIONS = 500
"""Connections in all. With more, those that have waited longest for a whole request are closed."""

MOST_OF_ADDRESS = 100
"""The same of one address, which many people may share, among those that wait."""

LONGEST_WAIT_S = 60
"""Seconds for a request to come whole, from when the connection was opened or the request before it came."""

_MORE_THAT_ARE_SERVED = 100
"""Connections beyond the most, where so many are being answered that none can be closed for them."""

_CLEANUP_S = 5
"""Seconds between two looks at how long connections have waited."""

_TOO_MANY, _TOO_SLOW = "too many", "too slow"
"""Why a connection is closed."""

_LARGEST_HEAD = 48 * 2**10
"""Bytes; the longest question takes 24 kB in an address at most."""


class _Refusal(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """The answer to a request that is none or too large, in the shape of all problems."""

    @property
    def _details(self) -> dict[HTTPStatus, str]:
        """What is said by status, where waitress says it in other words than ours."""
        head, body = (size // 2**10 for size in (_LARGEST_HEAD, self.channel.adj.max_request_body_size))
        return {
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"The body is larger than {body // 2**10} MiB.",
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: f"The address and the headers are larger than {head} KiB.",
        }

    def execute(self) -> None:
        """Write the answer, after which the connection ends."""
        error = self.request.error
        status = HTTPStatus(error.code)
        detail = self._details.get(status, error.body)
        body = to_json({"type": "about:blank", "title": status.phrase, "status": status, "detail": detail})
        self.status = f"{status} {status.phrase}"
        self.response_headers.append(("Content-Type", "application/problem+json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.channel.is_refused = True
        if self.channel.server.metrics is not None:
            self.channel.server.metrics.count_refused(status)
        self.write(body)


class _Connection(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection; `asked_at` is when it was opened or last brought a whole request."""

    error_task_class = _Refusal
    close_when_flushed: bool
    is_refused = False
    """Whether its request was refused before it was read to the end."""

    is_ending = False
    """Whether the refusal is sent, and what still comes is thrown away."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  # as waitress has it
        super().__init__(*arguments, **named)
        self.asked_at = time.time()

    @property
    def waiting_since(self) -> float:
        """When it began to wait for a whole request, or for the client to take more of an answer."""
        return float(self.last_activity if self.total_outbufs_len else self.asked_at)

    def readable(self) -> bool:
        """See HTTPChannel; a connection that is closed is not waited for."""
        return bool(self.connected and super().readable())

    def writable(self) -> bool:
        """See HTTPChannel; a connection that is closed is not waited for."""
        return bool(self.connected and super().writable())

    def received(self, data: bytes) -> bool:
        """See HTTPChannel."""
        if self.is_ending:
            return False
        is_read = bool(super().received(data))
        if self.requests:
            self.asked_at = time.time()
        return is_read

    def handle_write(self) -> None:
        """Send what is to be sent, and close the connection after the last answer.

        After a refusal only our side is closed: the other would take an end while it still sends for a fault of the network,
        and never read why it was refused.
        """
        if not self.is_refused or not self.close_when_flushed or self.will_close:
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.connected and not self.total_outbufs_len:
            self.close_when_flushed = False
            self.is_ending = True
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)


class Server(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """A server over a socket that listens; the connection that has waited longest makes room for a new one."""

    channel_class = _Connection
    metrics: "Metrics | None" = None
    """Counts what never reaches the app, where it is given."""

    def readable(self) -> bool:
        """Whether connections may be taken, of which the longest waiting have made room; called before sockets are waited for.

        What is closed here is not waited for (`_Connection.readable`), so a socket that gets its number is not taken for it.
        """
        if len(self.active_channels) > min(MOST_CONNECTIONS, MOST_OF_ADDRESS):
            self._make_room()
        return bool(super().readable())

    def handle_accept(self) -> None:
        """Take connections, but not so many at once that the oldest would be closed before they were read."""
        number = -1
        most = min(self.adj.connection_limit, len(self.active_channels) + _MORE_THAT_ARE_SERVED)
        while number < len(self.active_channels) < most:
            number = len(self.active_channels)
            super().handle_accept()

    def _make_room(self) -> None:
        """Close the connections that are too many, in all or of their address."""
        waiting = sorted((each for each in self.active_channels.values() if not each.requests), key=attrgetter("waiting_since"))
        of_address = Counter(each.addr[0] for each in waiting)
        for connection in waiting:
            address = connection.addr[0]
            if len(self.active_channels) > MOST_CONNECTIONS or of_address[address] > MOST_OF_ADDRESS:
                of_address[address] -= 1
                self._close(connection, _TOO_MANY)

    def maintenance(self, now: float) -> None:
        """Close the connections that have waited for too long."""
        for channel in list(self.active_channels.values()):
            if not channel.requests and channel.waiting_since < now - LONGEST_WAIT_S:
                self._close(channel, _TOO_SLOW)

    def _close(self, connection: _Connection, why: str) -> None:
        connection.handle_close()
        if self.metrics is not None:
            self.metrics.count_closed(why)


def create_server(
    app: "WSGIApplication",
    listener: socket.socket,
    prefix: str,
    threads: int,
    open_sockets: dict[int, object],
    largest_body: int,
    metrics: "Metrics | None" = None,
) -> Server:
    """A server over a socket that listens; it takes the prefix off a path that has it, as some proxies do before."""
    settings = Adjustments(
        threads=threads,
        url_prefix=prefix,
        connection_limit=MOST_CONNECTIONS + _MORE_THAT_ARE_SERVED,
        cleanup_interval=_CLEANUP_S,
        asyncore_use_poll=True,
        max_request_header_size=_LARGEST_HEAD,
        # It refuses what reaches its limit.
        max_request_body_size=largest_body + 1,
        # What proxies say is left to the app, which knows whom to believe.
        clear_untrusted_proxy_headers=False,
        ident=None,
    )
    family = (listener.family, listener.type, listener.proto, listener.getsockname())
    server = Server(app, open_sockets, _sock=listener, adj=settings, bind_socket=False, sockinfo=family)
    server.metrics = metrics
    return server
