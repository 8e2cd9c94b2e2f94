"""From running text to blocks: a bold line that asks, or stands above text, is a heading."""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.html.inline import Inline, joined
from askdex.corpus.text.headings import could_be_heading, first_letter
from askdex.corpus.text.lines import leads_in, number_end
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.types import DEEPEST_HEADING_LEVEL, Block, Kind

_LONGEST_QUESTION = 200
"""Characters of a bold question that is a heading."""
_QUESTION_MARK = re.compile(r"\s*[?？؟]")
_GOING_ON = (":", "：", ",", ";", ")")
"""Marks behind a question that is part of a sentence: "When?: the first loss"."""
_HIGHEST_LABEL = 2
"""The level of a heading that has none of its own and stands below no other: 1 is that of the title."""


class _Part(NamedTuple):
    """A part of a running text, and whether it is a bold heading."""

    content: Inline
    is_heading: bool


class BlockWriter:
    """Adds the headings, texts and rows of a page to `builder`."""

    def __init__(self) -> None:
        self.builder = DocumentBuilder()
        self.level = 0
        """The level of the nearest heading above, without those that have no level of their own."""
        self._floor = 0
        """The level of the heading of the panel that is open; the headings in it stand below that."""
        self._outside: list[tuple[int, int]] = []
        """Level and floor outside each panel that is open."""
        self._bold_line: int | None = None
        """The place of a bold line that becomes a heading when text follows."""
        self._bold_line_leads = False
        """Whether that line ends with a colon."""
        self._is_below_label = False
        """Whether the nearest heading above is a bold line with a colon."""

    def add_heading(self, content: Inline, level: int | None = None, mark: str = "") -> None:
        """Add a heading; one without a level of its own stands one below the nearest that has one.

        `mark` is the number of the item that it stands in; it belongs to the heading, unless that is a question.
        """
        heading = content.collapsed(to_one_line=True)
        heading = heading if ends_as_question(heading.text) else heading.after(mark)
        level = level and min(max(level, self._floor + 1), DEEPEST_HEADING_LEVEL)
        self.builder.append(Kind.HEADING, heading.text, level or self._label_level, links=heading.links)
        self.level = level or self.level
        self._bold_line, self._is_below_label = None, False

    def open_panel(self) -> None:
        """Begin what stands under a heading without a level of its own, or with that heading itself."""
        self._outside.append((self.level, self._floor))

    def name_panel(self) -> None:
        """Say that the heading of the panel that is open is now above."""
        self.level = self._floor = self._label_level

    def close_panel(self) -> None:
        """End a panel."""
        self.level, self._floor = self._outside.pop()

    def add_text(self, kind: Kind, content: Inline, level: int = 0, *, mark: str = "", joins: bool = False) -> None:
        """Add a paragraph or an item; `mark` is the number of the item."""
        for part in _parts(content, heads_text=kind is Kind.PARAGRAPH):
            if part.is_heading:
                self.add_heading(part.content)
                mark, joins = "", False
            else:
                is_bold_line = kind is Kind.PARAGRAPH and self._heads(part.content)
                self._add(kind, part.content.after(mark), level, joins=joins, is_bold_line=is_bold_line)
                mark = ""

    def add_whole(self, kind: Kind, content: Inline, level: int = 0) -> int:
        """Add a row or code, and return its place among the blocks."""
        self._add(kind, content, level)
        return len(self.builder.blocks) - 1

    def name_columns(self, place: int) -> None:
        """Say of a row that it names the columns of its table."""
        row = self.builder.blocks[place]
        self.builder.blocks[place] = Block(Kind.ROW, row.start, row.end, 1)

    def _add(self, kind: Kind, content: Inline, level: int, *, joins: bool = False, is_bold_line: bool = False) -> None:
        if self._bold_line is not None and not is_bold_line:
            line = self.builder.blocks[self._bold_line]
            self.builder.blocks[self._bold_line] = Block(Kind.HEADING, line.start, line.end, self._label_level)
            self._is_below_label = self._bold_line_leads
        self.builder.append(kind, content.text, level, links=content.links, joins=joins)
        self._bold_line = len(self.builder.blocks) - 1 if is_bold_line else None
        self._bold_line_leads = leads_in(content.text)

    def _heads(self, line: Inline) -> bool:
        """Whether a bold line heads the text below it; a lead-in does below another label, whose text it ends."""
        if _is_bold_heading(line):
            return True
        is_label = self._is_below_label and _is_bold_line(line) and leads_in(line.text)
        return is_label and could_be_heading(line.text.rstrip(": ："))

    @property
    def _label_level(self) -> int:
        return min(max(self.level + 1, _HIGHEST_LABEL), DEEPEST_HEADING_LEVEL)


def _parts(content: Inline, *, heads_text: bool) -> Iterator[_Part]:
    """Part a text at its bold questions.

    With `heads_text` a first line that is bold, and has other text below it, is a heading too.
    """
    lines = list(content.lines()) if content.bold else []
    if not lines:
        yield _Part(content, is_heading=False)
        return
    if heads_text and len(lines) > 1 and _is_bold_heading(lines[0]) and not lines[1].is_bold:
        yield _Part(lines.pop(0), is_heading=True)
    rest: list[Inline] = []
    for line in lines:
        if end := _question_end(line):
            wrapped = list(takewhile(lambda above: above.is_bold, reversed(rest)))
            yield from _text_part(rest[: len(rest) - len(wrapped)])
            yield _Part(joined([*reversed(wrapped), line.cut(0, end)], "\n"), is_heading=True)
            rest = [line.cut(end, len(line.text))]
        else:
            rest.append(line)
    yield from _text_part(rest)


def _text_part(lines: list[Inline]) -> Iterator[_Part]:
    content = joined(lines, "\n").collapsed()
    if content.text:
        yield _Part(content, is_heading=False)


def _question_end(line: Inline) -> int:
    """Where the bold question ends that a line begins with; 0 where it begins with none."""
    start = number_end(line.text)
    end = line.bold_end(start)
    if start == end:
        return 0
    if mark := _QUESTION_MARK.match(line.text, end):
        end = mark.end()
    question, goes_on = line.text[:end], line.text[end:].lstrip().startswith(_GOING_ON)
    is_heading = end <= _LONGEST_QUESTION and ends_as_question(question) and bool(first_letter(question)) and not goes_on
    return end if is_heading else 0


def _is_bold_heading(line: Inline) -> bool:
    return _is_bold_line(line) and could_be_heading(line.text)


def _is_bold_line(line: Inline) -> bool:
    return bool(line.bold) and "\n" not in line.text and line.is_bold
