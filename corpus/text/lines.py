"""The shapes of lines: what begins a list item, what ends a sentence, what leads in to a list, what was wrapped by hand.

Each pattern stands here once, for all readers and for the units of a passage. PDFs differ in two points: the number of a
footnote may stand behind a sentence (`is_closed_before_note`), and a line is full by its width in points, not in characters.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, repeat
from typing import NamedTuple

from askdex.corpus.text.numerals import roman
from askdex.corpus.types import CELL_JOINT

_BULLET_SIGN = "[•◦▪‣·–—●○■□➢✓➤►*+-]"
_ITEM_NUMBER = r"\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]"
"""The number of a list item: "1.", "a)", "(iv)"; a blank follows it."""
_CHINESE_ITEM_NUMBER = r"\d{1,3}(?:[、．]|,(?! ))(?!\d)|（\d{1,3}）|[①-⑳]"
"""The number of an item in Chinese: "1、", "（1）", "①"; the item follows without a blank. "12, the" is running text."""
_CHINESE_CLAUSE_NUMBER = re.compile(r"\s*[（(][一二三四五六七八九十]{1,3}[）)]")
_SECTION_NUMBER = r"\d{1,3}(?:\.\d{1,3})*"
"""The number of a section: "2.3"."""
CLOSERS = r"['\"”’“»」』)\]）》]"
"""Quotation marks and brackets that may stand behind the mark that ends a sentence; a German quotation ends with “."""
_OPENERS = " \t(\"'“‘„«"
"""Blanks, brackets and quotation marks that may stand before the first letter of a line."""

_IN_NUMBER = re.compile(r"[^\W_]+")
_FIRST_LETTER = 10_000
_BULLET = re.compile(rf"\s*{_BULLET_SIGN}\s+")
_NUMBER = re.compile(rf"\s*(?:{_ITEM_NUMBER}\s+|{_CHINESE_ITEM_NUMBER})")
_MARKER = re.compile(rf"{_BULLET_SIGN}|{_ITEM_NUMBER}|{_SECTION_NUMBER}\.?")
_OUTLINE_NUMBER = re.compile(rf"\s*({_SECTION_NUMBER})\.?\s+\S")
_UNDERLINE = re.compile(r"\s*([=\-~^*#_])\1{2,}\s*")
_CLOSED = re.compile(rf"(?:[.!?:;…。！？：；]{CLOSERS}*|\.-)\s*$")
_CLOSED_BEFORE_NOTE = re.compile(rf"[.!?:;…。！？：；]{CLOSERS}*\[?\d{{1,3}}\]?$")
_ENDS_OF_TEXT = (*".,;!。，；！、", ".-")
"""No heading ends with one of these; with a question mark or a colon it may. Spanish laws end articles with ".-"."""
_INITIALS_AT_END = re.compile(r"\b(?:[^\W\d_]\.){2,}$")
_LEADS_ON = re.compile(
    r"\b(?:a|an|the|of|and|or|with|from|der|die|das|den|dem|des|ein|eine[mnrs]?|und|oder|von|vom|zu|zum|zur|für|mit|"
    r"del?|las?|los|el|una?|y|o|con|por|para|al|les?|du|et|ou|di|dell[aeo]|degli|e|do|da|dos|das|em)\s*$"
)
"""Articles, prepositions and conjunctions with which no line ends but one that goes on in the next."""
_ROMAN_NUMBERS = {roman(number): number for number in range(1, 40)}
_COLONS = (":", "：")
_SHORTEST_WRAPPED = 40
"""Characters. Text is wrapped at 60 to 100; where all lines are shorter, they are the entries of a list or an address."""
_WIDEST_WRAPPED = 120
"""Characters. A paragraph with a longer line was not wrapped by hand: each of its lines ends by itself."""


class Line(NamedTuple):
    """A line of a text, `text[start:end]` without its line end.

    `width` is the length of the longest line of its paragraph, in characters; blank lines part paragraphs.
    """

    start: int
    end: int
    width: int


def has_bullet(line: str) -> bool:
    """Whether a line begins with a bullet: "- a form"."""
    return bool(_BULLET.match(line))


def without_bullet(line: str) -> str:
    """The line without the bullet that it may begin with."""
    return line[bullet.end() :] if (bullet := _BULLET.match(line)) else line


def has_number(line: str) -> bool:
    """Whether a line begins as a numbered item of a list does: "1. a form", "(b) a form", "1、表格"."""
    return bool(_NUMBER.match(line))


def number_end(line: str) -> int:
    """Where the text of a line begins behind the number of an item, with which it may begin."""
    return number.end() if (number := _NUMBER.match(line)) else 0


def opens_item(line: str) -> bool:
    """Whether a line begins with a bullet or a number, as an item of a list does."""
    return has_bullet(line) or has_number(line)


def counts_on(line: str, following: str) -> bool:
    """Whether two lines are items of one list: both have the same bullet, or the number of the second follows the first's."""
    bullet, other = _BULLET.match(line), _BULLET.match(following)
    if bullet and other:
        return bullet[0].strip() == other[0].strip()
    number, next_number = _NUMBER.match(line), _NUMBER.match(following)
    if number is None or next_number is None:
        return False
    shown, follows = number[0].strip(), next_number[0].strip()
    is_alike = _IN_NUMBER.sub("", shown) == _IN_NUMBER.sub("", follows)
    return is_alike and any(value + 1 in _values(follows) for value in _values(shown))


def _values(number: str) -> set[int]:
    """What the number of an item may count, letters from far beyond all numbers on: "(iv)" is 4, "a)" is the first letter."""
    shown = "".join(filter(str.isalnum, number))
    if shown.isascii() and shown.isdigit():
        return {int(shown)}
    if not shown.isascii():
        return {ord(shown[0])} if len(shown) == 1 else set()
    letter = {_FIRST_LETTER + ord(shown)} if len(shown) == 1 else set()
    is_of_one_case = shown.islower() or shown.isupper()
    numeral = _ROMAN_NUMBERS.get(shown.lower()) if is_of_one_case else None
    return letter | ({numeral} if numeral is not None else set())


def opens_clause(line: str) -> bool:
    """Whether a line begins as the clause of a Chinese law or rule does: "（一）"."""
    return bool(_CHINESE_CLAUSE_NUMBER.match(line))


def is_marker(word: str) -> bool:
    """Whether a word is nothing but a bullet, the number of an item, or that of a section."""
    return bool(_MARKER.fullmatch(word))


def outline_number(line: str) -> str | None:
    """The number of the section that a line is the heading of, if it has one: "2.3" of "2.3 Fees" and of "2.3. Fees"."""
    number = _OUTLINE_NUMBER.match(line)
    return number[1] if number else None


def is_underline(line: str) -> bool:
    """Whether a line is a row of one sign, as it stands below headings and between sections."""
    return bool(_UNDERLINE.fullmatch(line))


def is_closed(line: str) -> bool:
    """Whether a line ends as a sentence, a clause or a lead-in does; no sentence goes on in the line after it."""
    return bool(_CLOSED.search(line))


def is_closed_before_note(line: str) -> bool:
    """Whether a line is closed but for the number of a footnote, as on printed pages: "as the law says.3"."""
    return bool(_CLOSED_BEFORE_NOTE.search(line))


def ends_as_running_text(line: str) -> bool:
    """Whether a line ends with a mark that no heading ends with; the point of initials ("in the U.S.") is none."""
    return line.endswith(_ENDS_OF_TEXT) and not _INITIALS_AT_END.search(line)


def leads_in(line: str) -> bool:
    """Whether a line ends with a colon, as one does that leads in to a list."""
    return line.rstrip().endswith(_COLONS)


def is_full(line: str, following: str, width: int) -> bool:
    """Whether the first word of the following line, which has one, would not have fitted into `width` characters."""
    return len(line) + 1 + len(following.split(maxsplit=1)[0]) > width


def continues(line: str, following: str, width: int, *, is_list: bool = False) -> bool:
    """Whether a sentence goes on from one line to the next, as the break was made for want of room.

    `width` is that of the paragraph. A long line is wrapped where the next word had no room; any line, where the text goes
    on in lower case, or where it ends as no sentence does ("of the"). The entries of a list may begin in lower case too.
    """
    if not _may_continue(line, following):
        return False
    is_wide = len(line) >= _SHORTEST_WRAPPED and width <= _WIDEST_WRAPPED
    is_wrapped = (is_wide and is_full(line.rstrip(), following, width)) or bool(_LEADS_ON.search(line))
    return is_wrapped or (not is_list and following.lstrip(_OPENERS)[:1].islower())


def _may_continue(line: str, following: str) -> bool:
    """Whether nothing in the shape of two lines forbids that a sentence goes on from one to the other."""
    is_blank = not line.strip() or not following.strip()
    is_row = CELL_JOINT in line or CELL_JOINT in following
    return not is_blank and not is_row and not is_closed(line) and not opens_item(following)


def lines(text: str) -> list[Line]:
    """The lines of a text, blank ones among them; the end of a page ends a line too."""
    raw_lines = text.splitlines(keepends=True)
    texts = [raw.rstrip("\n\f") for raw in raw_lines]
    starts = accumulate(map(len, raw_lines), initial=0)
    return [Line(start, start + len(line), width) for start, line, width in zip(starts, texts, _widths(texts), strict=False)]


def _widths(texts: Sequence[str]) -> Iterator[int]:
    """The width of the paragraph that each line is in."""
    for _, paragraph in groupby(texts, key=lambda line: bool(line.strip())):
        lengths = [len(line.rstrip()) for line in paragraph]
        yield from repeat(max(lengths), len(lengths))


def runs(text: str, block: Sequence[Line]) -> list[tuple[int, int]]:
    """The spans of a block's lines, where those that were wrapped by hand are one: a sentence may go on over the line end.

    "The office issues the card to all" and "who ask for it." are one run, "12 Main Street" and "Springfield" are two.
    """
    spans: list[tuple[int, int]] = []
    last, is_list = "", False
    for line in block:
        content = text[line.start : line.end]
        if continues(last, content, line.width, is_list=is_list):
            spans[-1] = (spans[-1][0], line.end)
        else:
            spans.append((line.start, line.end))
            # A list goes on from the line that leads in to it as far as its entries have no full stop.
            is_list = leads_in(last) or (is_list and bool(last.strip()) and not is_closed(last))
        last = content
    return spans
