"""Fetching an address, and nothing but that: from a public host, as much as may be taken, in the time that it may take.

A name may lead to an address of the own network, and to another one the next time it is looked up. So names are looked up
here, each address is checked, and the connection is made to the address that was checked.
"""

import ipaddress
import socket
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.request import getproxies_environment

import httpcore2

from askdex.corpus.sources.site.hints import ROBOT

USER_AGENT = f"{ROBOT}/{version('askdex')} (makes an index of these pages for a search page)"

_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate",
    # A server that sends more than it says would answer the next request with that. Between two requests is a pause, in which
    # many servers close a connection anyway.
    "Connection": "close",
}
_CHUNK = 2**20
"""Bytes that are unpacked at once."""
_NOT_PUBLIC = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "100.64.0.0/10", "168.63.129.16/32", "64:ff9b:1::/48", "fec0::/10"))
)
"""Networks that not every Python knows for what they are, and the one public address at which a cloud serves its machines."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

_IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
ResponseHeaders = Mapping[str, str]


class FetchError(Exception):
    """The server gave no answer, or not all of it. The message is the reason, in a few words."""


class BrokenPageError(FetchError):
    """The server answered that it failed."""


class PrivateAddressError(FetchError):
    """A host is on this computer or in the local network, and may not be asked."""


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server said: the names of headers are in lower case. `is_too_large` is whether there is more than may be taken."""

    status: int
    headers: ResponseHeaders
    body: bytes = b""
    is_too_large: bool = False


class Fetcher:
    """Fetches addresses one after the other. `sent` counts the requests."""

    def __init__(self, *, allows_private: bool, silence_s: float, longest_s: float) -> None:
        """A server may be silent for `silence_s`, and take `longest_s` for an answer."""
        self._backend = _CheckedBackend(allows_private=allows_private)
        self._silence_s, self._longest_s = silence_s, longest_s
        self._pool = httpcore2.ConnectionPool(
            httpcore2.default_ssl_context(), max_connections=1, max_keepalive_connections=0, network_backend=self._backend
        )
        self.sent = 0

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def fetch(
        self, address: str, conditions: ResponseHeaders, is_wanted: Callable[[int, ResponseHeaders], bool], most_bytes: int
    ) -> ServerAnswer:
        """Ask for an address, with these headers. The body is read if it is wanted after a look at the status and the headers.

        Raises FetchError, PrivateAddressError.
        """
        self.sent += 1
        self._backend.deadline = time.monotonic() + self._longest_s
        headers = {**_HEADERS, **conditions}
        try:
            return self._answer(address, headers, is_wanted, most_bytes)
        except httpcore2.ConnectTimeout as error:
            raise FetchError("the server took too long" + _unused_proxy(address)) from error
        except httpcore2.TimeoutException as error:
            raise FetchError("the server took too long") from error
        except zlib.error as error:
            raise FetchError("it is packed in a damaged way") from error
        except httpcore2.ConnectError as error:
            raise FetchError(_reason(error) + _unused_proxy(address)) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, OSError) as error:
            raise FetchError(_reason(error)) from error

    def _answer(
        self, address: str, headers: ResponseHeaders, is_wanted: Callable[[int, ResponseHeaders], bool], most_bytes: int
    ) -> ServerAnswer:
        times = {"connect": self._silence_s, "read": self._silence_s, "write": self._silence_s, "pool": self._silence_s}
        pairs = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
        with self._pool.stream("GET", address, headers=pairs, extensions={"timeout": times}) as response:
            given = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            parts = response.iter_stream()
            if not is_wanted(response.status, given):
                return ServerAnswer(response.status, given)
            length = given.get("content-length", "")
            if length.isdecimal() and int(length) > most_bytes:
                return ServerAnswer(response.status, given, is_too_large=True)
            body = bytearray()
            for part in _unpacked(parts, given.get("content-encoding", "")):
                body += part
                if len(body) > most_bytes:
                    return ServerAnswer(response.status, given, is_too_large=True)
            return ServerAnswer(response.status, given, bytes(body))


def _unpacked(parts: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The bytes of a body, a piece at a time, however small they were packed. Raises FetchError, zlib.error."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        yield from parts
        return
    if name not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"it is packed in a way that was not asked for ({name[:20]})")
    # Its window bits find out which of both it is.
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    for part in parts:
        rest = part
        while rest and not unpacker.eof:
            yield unpacker.decompress(rest, _CHUNK)
            rest = unpacker.unconsumed_tail
    while not unpacker.eof and (piece := unpacker.decompress(unpacker.unconsumed_tail, _CHUNK)):
        yield piece
    if not unpacker.eof:
        raise FetchError("the answer ended too soon")


class _CheckedBackend(httpcore2.NetworkBackend):
    """Connects to public addresses only, each looked up and checked at the moment of the connection."""

    def __init__(self, *, allows_private: bool) -> None:
        self._allows_private = allows_private
        self._backend = httpcore2.SyncBackend()
        self.deadline = 0.0

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first of the addresses of a host that answers."""
        error: Exception | None = None
        for address in self._addresses(host, port):
            try:
                stream = self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failure:
                error = failure
            else:
                return _TimedStream(stream, self)
        raise error or httpcore2.ConnectError("its host has no address")

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"its host {host} is not known") from error
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
        # All of them: a name that leads to both is a name that leads to the own network.
        if not self._allows_private and not all(map(is_public, addresses)):
            raise PrivateAddressError(f"its host {host} is on this computer or in its network, which --allow-private allows")
        return addresses


class _TimedStream(httpcore2.NetworkStream):
    """A connection on which no answer takes longer than the deadline, however slowly it drips."""

    def __init__(self, stream: httpcore2.NetworkStream, backend: _CheckedBackend) -> None:
        self._stream, self._backend = stream, backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> "_TimedStream":  # noqa: ANN401
        stream = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _TimedStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  # as httpcore2 has it
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None) -> float:
        left = self._backend.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout
        return left if timeout is None else min(timeout, left)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and so is any that is wrapped in it."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(map(_is_global, (ip, *_wrapped(ip))))


def _is_global(ip: _IpAddress) -> bool:
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)


def _wrapped(ip: _IpAddress) -> Iterator[_IpAddress]:
    """The IPv4 addresses to which gateways may pass on what is sent to an IPv6 address."""
    if isinstance(ip, ipaddress.IPv6Address):
        yield from filter(None, (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())))
        if ip in _NAT64 or ip.packed[:12] == bytes(12):
            yield ipaddress.IPv4Address(ip.packed[12:])


def _unused_proxy(address: str) -> str:
    """What to add to a reason where a proxy is set: it would look names up where they cannot be checked, so none is used."""
    has_proxy = address.partition(":")[0] in getproxies_environment()
    return " (Askdex uses no proxy, although one is set)" if has_proxy else ""


def _reason(error: Exception) -> str:
    """Why there is no answer, in a line."""
    text = " ".join(str(error).split())
    return (text[:1].lower() + text[1:])[:200] if text else "the connection failed"
