"""The host names that an app answers under."""

from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.exceptions import SecurityError


def host_name(host: str) -> str:
    """The name that a Host header or a person gives: without a port, in small letters, an address of IPv6 without brackets.

    Raises ValueError where it is none.
    """
    with suppress(ValueError):
        return str(IPv6Address(host))
    parts = urlsplit(f"//{host}")
    if not parts.hostname or parts.netloc != host or parts.username is not None:
        raise ValueError(f"{host!r} is no host name")
    return str(IPv6Address(parts.hostname)) if ":" in parts.hostname else parts.hostname.encode("idna").decode("ascii")


def answer_under(app: Flask, names: Iterable[str]) -> None:
    """Let an app answer requests under these names alone; Werkzeug's own check knows no IPv6 and minds the case.

    Raises ValueError where one is no host name.
    """
    trusted = {host_name(name) for name in names}

    @app.before_request
    def check_host() -> None:
        try:
            is_trusted = host_name(request.host) in trusted
        except ValueError:
            is_trusted = False
        if not is_trusted:
            raise SecurityError
