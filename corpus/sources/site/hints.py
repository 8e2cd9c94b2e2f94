"""What a page says to programs that go through a site, in its own text or in the headers that it comes with."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

ROBOT = "Askdex"
"""The name that robots.txt and pages call this program by."""
_AGENT = re.compile(r"\s*([\w.-]+)\s*:\s*")
_WITH_VALUE = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
"""Directives with a colon of their own, which are no names of robots."""
_LINK = re.compile(r"<([^<>]{1,2000})>([^<]{0,500})")
_IS_CANONICAL = re.compile(r";\s*rel\s*=\s*\"?(?:[\w -]*\s)?canonical(?:\s[\w -]*)?\"?\s*(?:[;,]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a page says: where it leads, as it is written there, which address is its own, and what it does not want.

    `base` is what its addresses are relative to, "" for its own address. `directives` are in lower case.
    """

    links: tuple[str, ...] = ()
    canonical: str = ""
    base: str = ""
    directives: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """What readers know of what is fetched.

    `is_read` tells by its media type, or by its name where that says nothing, whether something can be read, and `hints` what
    a page says; it raises UnreadableError where that cannot be found out.
    """

    is_read: Callable[[str, PurePath], bool]
    hints: Callable[[bytes], Hints]


def header_directives(value: str) -> frozenset[str]:
    """What X-Robots-Tag says to this program: "noindex", or "askdex: noindex" to it alone."""
    said: set[str] = set()
    is_for_us = True
    for part in value.lower().split(","):
        agent = _AGENT.match(part)
        is_named = agent is not None and agent[1] not in _WITH_VALUE
        if agent is not None and is_named:
            is_for_us = agent[1] == ROBOT.lower()
        if is_for_us:
            said.add((part[agent.end() :] if agent is not None and is_named else part).strip())
    return frozenset(said)


def header_canonical(headers: Mapping[str, str]) -> str:
    """The address that a header names as the page's own; "" where none does."""
    links: Iterable[re.Match[str]] = _LINK.finditer(headers.get("link", ""))
    return next((link[1] for link in links if _IS_CANONICAL.search(link[2])), "")


def forbids_indexing(directives: frozenset[str]) -> bool:
    """Whether a page does not want to be found."""
    return not directives.isdisjoint(("noindex", "none"))


def forbids_following(directives: frozenset[str]) -> bool:
    """Whether a page does not want its links to be followed."""
    return not directives.isdisjoint(("nofollow", "none"))
