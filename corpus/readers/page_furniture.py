"""Plain text that was taken out of printed pages: it is read without what returns on every page and without rows of dashes.

A letterhead that returns on every page stands in the middle of sentences, and as many passages hold it as there are pages.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from askdex.corpus.text.lines import is_closed

# How a letterhead shows; chosen by hand. Refrains and the lines of forms return sooner, and hold less.
_LINES = 3
"""Lines that return together."""
_LEAST_LETTERS = 30
"""Letters in them."""
_LEAST_TIMES = 3
_LEAST_APART = 20
"""Lines from one time to the next, in the mean, without blank ones."""

_PAGE_NUMBER = re.compile(
    r"[\W_]*(?:(?:page|seite|p[áa]gina|pag|p)\b[.:]?\s*)?\d+(?:\s*(?:/|of|von|de|sur|di)\s*\d+)?[\W_]*", re.IGNORECASE
)
_LONGEST_PAGE_NUMBER = 40
"""Characters."""
_FILLER = re.compile(r"^[ \t]*-{4,}[ \t]+(?=[^\s-])(?!.*-[ \t]*$)", re.MULTILINE)
"""A row of dashes before text: laws are typed so from the second line of an article on. Between two rows stands a heading."""


def without_page_furniture(text: str) -> str:
    """The text without page numbers and lines that return on every page, but for their first time, and without filling dashes.

    A sentence that was interrupted goes on in the next line; else a blank line stands where a page ended.
    """
    text = _FILLER.sub("", text)
    lines = text.split("\n")
    returning = _returning(lines)
    if not returning:
        return text
    kept: list[str] = []
    for n, line in enumerate(lines):
        if n in returning:
            continue
        if n - 1 in returning and kept and line.strip():
            _end_page(kept, line)
        kept.append(line)
    return "\n".join(kept)


def _returning(lines: Sequence[str]) -> set[int]:
    """The places of lines that return, but for their first time, with the blank lines between and behind them."""
    places = [n for n, line in enumerate(lines) if line.strip()]
    keys = [_key(lines[n]) for n in places]
    often = {key for key, number in Counter(keys).items() if number >= _LEAST_TIMES}
    times: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at in range(len(keys) - _LINES + 1):
        together = tuple(keys[at : at + _LINES])
        if often.issuperset(together):
            times[together].append(at)
    marked = {
        at + n for together, found in times.items() if _is_furniture(together, found) for at in found[1:] for n in range(_LINES)
    }
    return set(_with_blanks(sorted(marked), places, keys, len(lines)))


def _key(line: str) -> str:
    is_number = len(line) <= _LONGEST_PAGE_NUMBER and _PAGE_NUMBER.fullmatch(line)
    return "#" if is_number else " ".join(line.split())


def _is_furniture(together: Sequence[str], found: Sequence[int]) -> bool:
    """Whether lines that were found together at these places return as a letterhead does."""
    is_long = sum(map(str.isalpha, "".join(together))) >= _LEAST_LETTERS
    return is_long and len(found) >= _LEAST_TIMES and found[-1] - found[0] >= _LEAST_APART * (len(found) - 1)


def _with_blanks(marked: Sequence[int], places: Sequence[int], keys: Sequence[str], number: int) -> Iterator[int]:
    """The lines from the first to the last of each marked run, with a page number beside it and the blank lines around it."""
    ends = [*places, number]
    of_pages = set(marked) | {
        beside for at in marked for beside in (at - 1, at + 1) if 0 <= beside < len(keys) and keys[beside] == "#"
    }
    for at in sorted(of_pages):
        before = ends[at - 1] + 1 if at else 0
        yield from range(before, ends[at + 1])


def _end_page(kept: list[str], following: str) -> None:
    """Part what stands before and behind the end of a page by a blank line, unless a sentence goes on over it."""
    goes_on = not is_closed(kept[-1]) and following.lstrip()[:1].islower()
    if kept[-1].strip() and not goes_on:
        kept.append("")
