"""Addresses that stand in a text as such, and that readers take for links."""

import re
from collections.abc import Iterator, Sequence
from heapq import merge

from askdex.corpus.types import Link

_LETTER = r"[^\W\u0e00-\u0eff\u2e80-\U0010ffff]"
"""A letter or digit of a script that puts blanks between words; in others text may go on right behind an address."""
_ADDRESS = re.compile(
    rf"(?<![@/])(?<!{_LETTER})(?:https?://|www\.(?={_LETTER}))(?:{_LETTER}|[-.~:/?#\[\]@!$&'()*+,;=%]){{1,2000}}", re.IGNORECASE
)
_MARKS_BEHIND = ".,;:!?'*_~"
"""They end the sentence, not the address, if nothing of the address follows."""
_BRACKETS = {")": "(", "]": "["}
_SHORTEST = len("http://a.b")


def with_bare_links(text: str, links: Sequence[Link]) -> tuple[Link, ...]:
    """The links of a text, and its addresses that are none of them yet; all in order."""
    return tuple(merge(links, _outside(_bare_links(text), links), key=lambda link: link.start))


def _bare_links(text: str) -> Iterator[Link]:
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        if len(address) >= _SHORTEST:
            scheme = "" if "://" in address[:8] else "http://"
            yield Link(match.start(), match.start() + len(address), f"{scheme}{address}")


def _trimmed(address: str) -> str:
    """The address without what belongs to the sentence around it: a full stop, or a bracket that it does not open."""
    while address:
        last = address[-1]
        is_bracket = last in _BRACKETS and address.count(last) > address.count(_BRACKETS[last])
        if not is_bracket and last not in _MARKS_BEHIND:
            break
        address = address[:-1]
    return address


def _outside(candidates: Iterator[Link], links: Sequence[Link]) -> Iterator[Link]:
    """The candidates that overlap none of the links; both are in order."""
    place = 0
    for candidate in candidates:
        while place < len(links) and links[place].end <= candidate.start:
            place += 1
        if place == len(links) or candidate.end <= links[place].start:
            yield candidate
