"""Requests that come through a proxy, and below a path of its site."""

import re
from collections.abc import Collection, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH = re.compile(r"/?([\w.~-]+(?:/[\w.~-]+)*)/?", re.ASCII)

Network = IPv4Network | IPv6Network


def network(address: str) -> Network:
    """An address, or a network such as 172.16.0.0/12. Raises ValueError."""
    return ip_network(address)


def is_among(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address is one of these, or in one of them."""
    sender = ip_address(address)
    # A socket for both families writes addresses of IPv4 as such of IPv6.
    bare = getattr(sender, "ipv4_mapped", None) or sender
    return any(bare in each for each in networks)


def believing(app: "WSGIApplication", proxies: Collection[Network], own_header: str | None = None) -> "WSGIApplication":
    """An app that believes these proxies, and nobody else, who sent a request, to which host, and whether it was encrypted.

    They say so in X-Forwarded-For, X-Forwarded-Host and X-Forwarded-Proto, the last value of each being the proxy's own.
    `own_header` is one more that nobody else may send.
    """
    own_variable = f"HTTP_{(own_header or '').upper().replace('-', '_')}"
    told = ProxyFix(app, x_for=1, x_host=1, x_proto=1)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if is_among(environ["REMOTE_ADDR"], proxies):
            return told(environ, start_response)
        environ.pop(own_variable, None)
        return app(environ, start_response)

    return application


def path_prefix(path: str) -> str:
    """The beginning of the paths below a path: with a slash before it and none behind. Raises ValueError where it is none."""
    if not (found := _PATH.fullmatch(path)):
        raise ValueError(f"{path!r} is no path such as /ask")
    return f"/{found[1]}"
