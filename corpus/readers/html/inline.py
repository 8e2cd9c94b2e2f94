"""Running text as a page shows it: blanks collapsed, with the places of its links and of what is bold."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter, itemgetter
from typing import NamedTuple

from askdex.corpus.builder import clean
from askdex.corpus.text.scripts import script
from askdex.corpus.types import Link

_BLANKS = re.compile(r"[ \t\n\r\f]+")
"""Characters that HTML collapses to one space; a no-break space is not among them."""
_WORD = re.compile(r"[^ \t\n\r\f]+")
_LINK_START, _LINK_END = attrgetter("start"), attrgetter("end")
_SPAN_START, _SPAN_END = itemgetter(0), itemgetter(1)
_LONGEST_ADDRESS = 2_000
"""Characters. Browsers take about as many; a longer address is data, such as a picture."""
_NO_ADDRESS = re.compile(r"\s*(?:#|(?:javascript|data|vbscript|about|blob):|$)", re.IGNORECASE)
"""Addresses that lead nowhere from outside the page."""


class _Word(NamedTuple):
    """A word: its place in the text as it is written, and where it begins in the collapsed text."""

    start: int
    end: int
    place: int


@dataclass(frozen=True, slots=True)
class Inline:
    """A text; `links` and the spans that are `bold` are in order, with offsets in it."""

    text: str
    links: tuple[Link, ...] = ()
    bold: tuple[tuple[int, int], ...] = ()

    def cut(self, start: int, end: int) -> "Inline":
        """The part `text[start:end]`."""
        links = self.links[bisect_right(self.links, start, key=_LINK_END) : bisect_left(self.links, end, key=_LINK_START)]
        bold = self.bold[bisect_right(self.bold, start, key=_SPAN_END) : bisect_left(self.bold, end, key=_SPAN_START)]
        return Inline(
            self.text[start:end],
            tuple(Link(max(link.start, start) - start, min(link.end, end) - start, link.address) for link in links),
            tuple((max(begin, start) - start, min(stop, end) - start) for begin, stop in bold),
        )

    def lines(self) -> "Iterator[Inline]":
        """The lines of the text."""
        start = 0
        for line in self.text.split("\n"):
            yield self.cut(start, start + len(line))
            start += len(line) + 1

    def collapsed(self, *, to_one_line: bool = False) -> "Inline":
        """The text with blanks collapsed and without blank lines; a heading is put on one line."""
        if self.links or self.bold:
            return self._collapsed_with_spans(to_one_line=to_one_line)
        if to_one_line:
            return Inline(" ".join(self.text.split()))
        lines = (_BLANKS.sub(" ", line).strip() for line in self.text.split("\n"))
        return Inline("\n".join(filter(None, lines)))

    def _collapsed_with_spans(self, *, to_one_line: bool) -> "Inline":
        pieces: list[str] = []
        words: list[_Word] = []
        place = 0
        for start, line in _lines(self.text, to_one_line=to_one_line):
            joint = "\n" if words else ""
            for match in re.finditer(r"\S+", line) if to_one_line else _WORD.finditer(line):
                pieces += (joint, match.group())
                place += len(joint)
                words.append(_Word(start + match.start(), start + match.end(), place))
                place += match.end() - match.start()
                joint = " "
        starts, ends = [word.start for word in words], [word.end for word in words]

        def moved(start: int, end: int) -> Iterator[tuple[int, int]]:
            """A span of the text in the collapsed text; nothing where it holds no word."""
            first, last = bisect_right(ends, start), bisect_left(starts, end) - 1
            if first <= last:
                begin = words[first].place + max(0, start - words[first].start)
                yield begin, words[last].place + min(end, words[last].end) - words[last].start

        links = tuple(Link(*span, link.address) for link in self.links for span in moved(link.start, link.end))
        return Inline("".join(pieces), links, tuple(chain.from_iterable(moved(*span) for span in self.bold)))

    def after(self, prefix: str) -> "Inline":
        """The text behind a prefix."""
        return joined([Inline(prefix), self], "") if prefix else self

    def bold_end(self, start: int = 0) -> int:
        """The end of the bold text that begins at `start`; `start` itself where there is none."""
        end = start
        for begin, stop in self.bold:
            if any(map(str.isalnum, self.text[end:begin])):
                break
            end = max(end, stop)
        return end

    @property
    def is_bold(self) -> bool:
        """Whether all letters and digits of the text are bold; not where it has none."""
        return bool(self.bold) and not any(map(str.isalnum, self.text[self.bold_end() :]))


def joined(parts: Iterable[Inline], joint: str) -> Inline:
    """The parts with a joint between them."""
    texts, links, bold, start = [], [], [], 0
    for part in parts:
        texts.append(part.text)
        links += [replace(link, start=link.start + start, end=link.end + start) for link in part.links]
        bold += [(begin + start, end + start) for begin, end in part.bold]
        start += len(part.text) + len(joint)
    return Inline(joint.join(texts), tuple(links), tuple(bold))


def _lines(text: str, *, to_one_line: bool) -> Iterator[tuple[int, str]]:
    """The lines of a text that are not blank, each with its place and without the blanks around it."""
    start = 0
    for line in [text] if to_one_line else text.split("\n"):
        if words := line.strip():
            yield start + len(line) - len(line.lstrip()), words
        start += len(line) + 1


class InlineCollector:
    """Running text in the making, from the start of a block to its end."""

    def __init__(self) -> None:
        self.length = 0
        """Characters so far."""
        self._pieces: list[str] = []
        self._links: list[Link] = []
        self._bold: list[tuple[int, int]] = []
        self._link: tuple[int, str] | None = None
        """Where the link that is open began, and its address."""
        self._last_link: tuple[int, str] | None = None
        """Where the last link ended, and its address."""
        self._opened = ""
        """The address of the link that was opened last, also where it leads nowhere."""
        self._bold_depth = 0
        self._bold_start = 0
        self._signs: Mapping[int, int] = {}
        """The signs that stand for the characters of the superscript or subscript that is open."""

    def add(self, text: str, *, keeps_blanks: bool = False) -> None:
        """Add text, with its blanks collapsed unless they are kept."""
        piece = clean(text) if keeps_blanks else _BLANKS.sub(" ", clean(text))
        piece = piece.translate(self._signs) if self._signs else piece
        self._pieces.append(piece)
        self.length += len(piece)

    def add_line_end(self) -> None:
        """End the line."""
        self._pieces.append("\n")
        self.length += 1

    def open_link(self, address: str) -> None:
        """Begin a link, apart from another one right before it, unless its address leads nowhere from outside the page."""
        is_usable = len(address) <= _LONGEST_ADDRESS and not _NO_ADDRESS.match(address)
        if self._last_link is not None and self._last_link[0] == self.length and self._last_link[1] != address:
            self.add(" ")  # pages set links apart that stand beside each other
        self._link, self._opened = (self.length, clean(address).strip()) if is_usable else None, address

    def close_link(self) -> None:
        """End the link that is open."""
        if self._link is not None:
            self._links.append(Link(self._link[0], self.length, self._link[1]))
        self._link, self._last_link = None, (self.length, self._opened)

    def open_bold(self) -> None:
        """Begin bold text."""
        self._bold_start = self._bold_start if self._bold_depth else self.length
        self._bold_depth += 1

    def close_bold(self) -> None:
        """End bold text."""
        self._bold_depth -= 1
        if not self._bold_depth and self._bold_start < self.length:
            self._bold.append((self._bold_start, self.length))

    def open_script(self, text: str, *, is_raised: bool) -> None:
        """Begin a superscript or a subscript, of which the text is known."""
        before = next(filter(None, reversed(self._pieces)), "")
        joint, signs = script(text, before, is_raised=is_raised)
        self.add(joint)
        self._signs = signs

    def close_script(self) -> None:
        """End a superscript or a subscript."""
        self._signs = {}

    def take(self) -> Inline:
        """All text so far, which is then forgotten; what is open goes on in the text after it."""
        link, is_bold = self._link, self._bold_depth > 0
        if link is not None:
            self._links.append(Link(link[0], self.length, link[1]))
            self._link = (0, link[1])
        if is_bold and self._bold_start < self.length:
            self._bold.append((self._bold_start, self.length))
        taken = Inline("".join(self._pieces), tuple(self._links), tuple(self._bold))
        self.length = self._bold_start = 0
        self._last_link = None
        self._pieces, self._links, self._bold = [], [], []
        return taken
