"""Running the application under a production WSGI server."""

import ipaddress
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import FrameType

import waitress
from flask import Flask

from askdex.corpus.errors import AskdexError
from askdex.server.batching import MOST_QUESTIONS, MOST_SLOW

_THREADS = MOST_QUESTIONS + MOST_SLOW + 8
"""Some are left, however many questions are being answered, to turn others away and for all that is no question."""
_MOST_CONNECTIONS = 500
_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  # to recognise, not to choose
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_LARGEST_BODY = 64 * 2**20


class AddressError(AskdexError):
    """The address cannot be served on."""


def bind(host: str, port: int) -> socket.socket:
    """Take the address before any work is done for it: a port in use must not show after an hour of indexing.

    Raises AddressError where it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with ExitStack() as undo:
            taken = undo.enter_context(socket.socket(family, kind, protocol))
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(address)
            # Two processes may bind a port that neither listens on; whoever asks before the server is up has to wait.
            taken.listen(_MOST_CONNECTIONS)
            undo.pop_all()
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AddressError(f"Cannot serve at {host} port {port} ({reason}): choose another with --host or --port.") from error
    return taken


def url(taken: socket.socket) -> str:
    """The address to open in a browser."""
    return f"http://{_host(taken)}:{taken.getsockname()[1]}/"


def trusted_hosts(taken: socket.socket, named: Sequence[str]) -> list[str] | None:
    """The host names that requests may carry; None for any.

    A server that only this machine reaches must not answer under a foreign name: that is how a web page would read
    what is served here (DNS rebinding). The address to open in a browser is always among them.
    """
    is_local = ipaddress.ip_address(taken.getsockname()[0]).is_loopback
    return [*_LOCAL_NAMES, _host(taken), *named] if is_local or named else None


def _host(taken: socket.socket) -> str:
    """What a server is reached under from this machine."""
    host = taken.getsockname()[0]
    shown = "127.0.0.1" if host in _EVERY_ADDRESS else host
    return f"[{shown}]" if ":" in shown else shown


def run(app: Flask, taken: socket.socket, when_ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; questions under way are answered first."""
    # The app itself refuses large bodies, with an error in its own shape.
    server = waitress.create_server(
        app,
        sockets=[taken],
        threads=_THREADS,
        connection_limit=_MOST_CONNECTIONS,
        asyncore_use_poll=True,
        max_request_body_size=_LARGEST_BODY,
        ident=None,
    )
    # It would tell of every request that waits for a thread.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, _stop)
    when_ready()
    server.run()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
