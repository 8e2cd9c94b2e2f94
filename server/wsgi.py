"""Serving the application with waitress, a WSGI server."""

import ipaddress
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from waitress import wasyncore

from askdex.corpus.errors import AskdexError
from askdex.server.batching import MOST_QUICK, MOST_SLOW
from askdex.server.connections import MOST_CONNECTIONS, create_server
from askdex.server.settings import LARGEST_REQUEST

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from askdex.server.metrics import Metrics

_THREADS = MOST_QUICK + MOST_SLOW + 8
"""Each question that is being answered holds a thread; the 8 others serve documents and turn away further questions."""

_THREADS_MEANWHILE = 2
"""To say that the index is being built takes no time."""

_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  # only compared with
_ELSEWHERE = {socket.AF_INET: ("192.0.2.1", 9), socket.AF_INET6: ("2001:db8::1", 9)}
"""Addresses on no machine (RFC 5737, RFC 3849)."""

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


class ListeningError(AskdexError):
    """A server cannot listen at the address."""


def take_address(host: str, port: int, options: str = "--host or --port") -> socket.socket:
    """Open a socket that listens at an address, which these options choose.

    This is done before any other work, so that a port in use is reported at once and not after an hour of indexing.

    Raises AddressError.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with ExitStack() as undo:
            bound = undo.enter_context(socket.socket(family, kind, protocol))
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            # Until one of them listens, two processes may bind the same port. Early requests wait until the server is up.
            bound.listen(MOST_CONNECTIONS)
            undo.pop_all()
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ListeningError(f"Cannot serve at {host} port {port} ({reason}): choose another with {options}.") from error
    return bound


def url(bound: socket.socket, prefix: str = "") -> str:
    """The address to open in a browser on this machine, where all paths begin with a prefix."""
    return f"http://{_host(bound)}:{bound.getsockname()[1]}{prefix}/"


def reached_url(bound: socket.socket, prefix: str = "") -> str:
    """The address that others reach, where they do; else the one to open on this machine."""
    if bound.getsockname()[0] not in _EVERY_ADDRESS:
        return url(bound, prefix)
    return f"http://{_bracketed(_own_address(bound))}:{bound.getsockname()[1]}{prefix}/"


def trusted_hosts(bound: socket.socket, more_names: Sequence[str]) -> list[str] | None:
    """The host names that requests may carry, None for any; the address to open in a browser is always among them.

    A server that only this machine reaches must not answer under a foreign name. Otherwise a web page whose name resolves
    to this machine could read what is served here (DNS rebinding).
    """
    return [*_LOCAL_NAMES, _host(bound), _own_address(bound), *more_names] if is_local(bound) or more_names else None


def is_local(bound: socket.socket) -> bool:
    """Whether only this machine reaches an address."""
    return bool(ipaddress.ip_address(bound.getsockname()[0]).is_loopback)


def _host(bound: socket.socket) -> str:
    """The host part of the address to open in a browser on this machine."""
    host = bound.getsockname()[0]
    return _bracketed("127.0.0.1" if host in _EVERY_ADDRESS else host)


def _own_address(bound: socket.socket) -> str:
    """The address of this machine that the others of its network reach, where it listens at all of its addresses."""
    host = str(bound.getsockname()[0])
    if host not in _EVERY_ADDRESS:
        return host
    with socket.socket(bound.family, socket.SOCK_DGRAM) as asking:
        try:
            # Nothing is sent: the system only says by which of its addresses it would.
            asking.connect(_ELSEWHERE[bound.family])
        except OSError:
            return socket.gethostname()
        return str(asking.getsockname()[0])


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextmanager
def answering(
    app: "WSGIApplication", bound: socket.socket, prefix: str = "", metrics: "Metrics | None" = None
) -> Iterator[None]:
    """Let an app answer in a thread for as long as the block lasts; the socket stays open, and others may serve it then."""
    open_sockets: dict[int, object] = {}
    server = create_server(app, bound.dup(), prefix, _THREADS_MEANWHILE, open_sockets, LARGEST_REQUEST, metrics)
    is_woken = threading.Event()

    def close() -> None:
        # What wakes this thread is itself among the sockets, and must not be closed while it is used.
        is_woken.wait()
        wasyncore.close_all(open_sockets)

    thread = threading.Thread(target=server.run, name="answering meanwhile", daemon=True)
    thread.start()
    try:
        yield
    finally:
        # The threads that answer wake the one that waits on the sockets, so they end first.
        server.task_dispatcher.shutdown()
        # Only the thread that waits on the sockets may close them; it ends when none is left.
        server.trigger.pull_trigger(close)
        is_woken.set()
        thread.join()


def run(
    app: "WSGIApplication",
    bound: socket.socket,
    when_ready: Callable[[], None],
    prefix: str = "",
    largest_body: int = LARGEST_REQUEST,
    metrics: "Metrics | None" = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; questions that are being answered are finished first."""
    server = create_server(app, bound, prefix, _THREADS, {}, largest_body, metrics)
    # It would log a warning for each request that waits for a thread.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, _stop)
    when_ready()
    server.run()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
