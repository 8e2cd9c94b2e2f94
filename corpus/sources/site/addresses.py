"""Addresses of pages: one spelling for each, and which of them lie below another."""

import re
from urllib.parse import quote, urljoin, urlsplit

_SCHEMES = {"http": 80, "https": 443}
"""The schemes that are fetched, with their usual ports."""
_IS_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_LONGEST = 2_000
"""Characters; browsers and servers take about as many."""
_HOST = re.compile(r"[a-z0-9._-]{1,253}")
_UNSEEN = re.compile(r"[\t\r\n]")
"""Characters that browsers drop from an address, wherever they stand."""
_HEX = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;?]*", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm_\w+|hsa_\w+|pk_\w+|mtm_\w+|fbclid|gclid|gclsrc|gbraid|wbraid|dclid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|mc_cid"
    r"|mc_eid|_ga|_gl|_hsenc|_hsmi|__hstc|__hssc|__hsfp|hsctatracking|mkt_tok|oly_anon_id|oly_enc_id|vero_id|wickedid|s_kwcid"
    r"|phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken|oscsid|zenid)=.*",
    re.IGNORECASE | re.DOTALL,
)
"""Parameters that say who follows a link and from where, and none of what the page shows."""
_SESSION = re.compile(r"(?:s|sid|session|sessionid|session_id|sess)=(?=[^&]*\d)[0-9A-Za-z_-]{16,}", re.IGNORECASE)
"""Parameters that may be those of a session: so they are where the value is long and random, and not `sid=12`."""
_FILE_NAME = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,5}$")


def is_address(text: str) -> bool:
    """Whether a text is the address of a page or a site, and no path."""
    return _IS_ADDRESS.match(text) is not None


def is_address_key(key: bytes) -> bool:
    """Whether the key of an item is an address."""
    return key.startswith((b"http://", b"https://"))


def normalized(address: str, base: str = "") -> str | None:
    """The one spelling of an address, which may be relative to `base`; None where it is none that could be fetched.

    The host is in lower case, the path has no dots, and what says nothing of the page is gone: the fragment, the usual port,
    parameters that track people or name a session.
    """
    try:
        parts = urlsplit(urljoin(base, _UNSEEN.sub("", address).strip()))
        port = parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES or parts.username is not None:
        return None
    place = host if port in (None, _SCHEMES[scheme]) else f"{host}:{port}"
    path = _without_dots(_spelt(_SESSION_IN_PATH.sub("", parts.path)) or "/")
    query = _query(parts.query)
    whole = f"{scheme}://{place}{path}{'?' if query else ''}{query}"
    return whole if len(whole) <= _LONGEST else None


def host_of(address: str) -> str:
    """The host of an address, with its port where that is not the usual one."""
    return without_scheme(address).partition("/")[0]


def origin_of(address: str) -> str:
    """The scheme and the host of an address."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def path_of(address: str) -> str:
    """The path of an address, without its query."""
    return "/" + without_scheme(address).partition("/")[2].partition("?")[0]


def without_scheme(address: str) -> str:
    """An address without http:// or https://, which lead to the same pages."""
    return address.partition("://")[2]


def is_one_page(address: str) -> bool:
    """Whether an address names a page and no site: it ends in the name of a file, or in a query."""
    return "?" in address or _FILE_NAME.search(path_of(address).rpartition("/")[2]) is not None


def is_below(address: str, start: str) -> bool:
    """Whether a page is that of another address, or lies below it."""
    page, place = without_scheme(address), without_scheme(start)
    if page == place:
        return True
    return not is_one_page(start) and page.startswith((place.rstrip("/") + "/", place.rstrip("/") + "?"))


def _host(host: str) -> str:
    name = host.lower().rstrip(".")
    if not name.isascii():
        import idna  # few names need it, and it takes a while

        return idna.encode(name, uts46=True).decode("ascii")
    if ":" in name:
        return f"[{name}]"
    if not _HOST.fullmatch(name):
        raise ValueError("no host")
    return name


def _spelt(text: str) -> str:
    """A part of an address in which exactly those characters are escaped that have to be."""
    plain = _HEX.sub(lambda match: char if (char := chr(int(match[1], 16))) in _UNRESERVED else match[0].upper(), text)
    return quote(plain, safe="/%:@!$&'()*+,;=~-._?", encoding="utf-8", errors="surrogatepass")


def _query(query: str) -> str:
    pairs = (pair for pair in query.split("&") if pair and not _TRACKING.fullmatch(pair) and not _SESSION.fullmatch(pair))
    return _spelt("&".join(pairs))


def _without_dots(path: str) -> str:
    parts: list[str] = []
    *folders, last = path.split("/")[1:]
    for part in folders:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    if last == "..":
        parts = parts[:-1]
    return "/" + "".join(f"{part}/" for part in parts) + ("" if last in (".", "..") else last)
