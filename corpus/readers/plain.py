"""Plain text: headings, lists and paragraphs are found by how lines stand.

The text is parted into groups of lines at blank lines. A group of one short line is a heading, unless it reads as text; so is
a line within a group that stands out by its number, its capitals or its indent.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from askdex.corpus.builder import DocumentBuilder, clean
from askdex.corpus.question_pairs import mark_questions
from askdex.corpus.readers.page_furniture import without_page_furniture
from askdex.corpus.text.headings import could_be_heading, first_letter, is_item, leads_in_to_list
from askdex.corpus.text.lines import (
    continues,
    ends_as_running_text,
    is_closed,
    is_full,
    is_underline,
    opens_item,
    outline_number,
)
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.text.sentences import sentences
from askdex.corpus.types import Block, Kind
from askdex.corpus.versions import is_date, names_version, says_origin

# Lengths in characters, chosen by hand. A lower bound takes headings for text, a higher one text for headings.
_LONGEST_LONE_LINE = 120
"""Of a numbered sentence that stands alone and is a heading."""
_LONGEST_TITLE = 200
"""Characters of a first line that stands alone and is the title."""

_SHORTEST_TEXT = 40
"""A line of this length below another is running text, even if it has no full stop."""
_LONGEST_QUESTION_LINES = 3
"""Lines of a numbered question that is a heading."""
_MOST_NESTED = 3
"""Short lines in a row that are headings, each below the one before; more of them are the lines of a list."""
_TOP_LEVEL = 2
"""The level of headings; 1 is that of the title."""

# How far in a line stands, in characters from the margin of the file.
_LARGEST_HEADING_INDENT = 3
"""Numbers that are set flush right stand a little in, and so do the lesser headings of manuals. What stands further in is
text or an example, unless it is centred."""
_SMALLEST_CENTRED_INDENT = 8
"""A line that is centred with less around it fills most of the width, as text does."""
_PAGE_WIDTHS = range(60, 85)
"""Characters of a page on which lines are centred; most have 72 or 80."""

_COUNTED = re.compile(r"(\d{1,3})[.)]\s+\S")
_DIVISIONS = (
    "book part title chapter section article appendix annex schedule § "
    "artikel kapitel abschnitt teil anlage anhang artículo capítulo título sección anexo chapitre titre annexe "
    "articolo capo allegato artigo"
).split()
"""The divisions of laws and rules, in English, then in German, Spanish, French, Italian and Portuguese."""
_LEGAL_DIVISION = re.compile(
    rf"\s*(?:({'|'.join(_DIVISIONS)})\s*[\divxlc]+\b|第[\d一二三四五六七八九十百千零〇]+([编章节条]))", re.IGNORECASE
)
_LABEL = re.compile(r"[^\W\d_][^:：\d]{0,40}[:：]\s+")
"""A label that a value follows: "Next meeting: 4 May 2024"."""
_RUN_IN = re.compile(r"[°ºª]?\s*[:.)–-]+\s*\w")
"""What stands behind the number of a division with text in the same line: "Article 4: Whoever"."""


@dataclass(frozen=True, slots=True)
class _IndentedLine:
    """A line that is not blank: `text` is without the blanks around it, `indent` counts characters from the file's margin.

    `is_text` is whether it is no heading, whatever it looks like: it is the first of an article whose text begins in the line
    of its number, or it says when or by whom the text was made.
    """

    start: int
    end: int
    text: str
    indent: int
    is_text: bool = False

    @property
    def is_inset(self) -> bool:
        """Whether it stands further in than a heading does."""
        is_centred = (
            self.indent >= _SMALLEST_CENTRED_INDENT
            and 2 * self.indent + len(self.text) in _PAGE_WIDTHS
            and "  " not in self.text
        )
        return self.indent > _LARGEST_HEADING_INDENT and not is_centred


_LineGroup = list[_IndentedLine]


def read_plain(text: str) -> DocumentBuilder:
    """Find title, headings, lists and paragraphs in a plain text.

    The document's text is the file's, line ends made alike, without what returns on every page.
    """
    builder = DocumentBuilder.holding(without_page_furniture(clean(text)))
    lines_together = _with_origin(_with_run_in(list(_line_groups(builder.text))))
    groups = [part for group in lines_together for part in _parted_at_headings(group)]
    before_title = len(list(takewhile(_is_origin, groups)))
    builder.blocks += [block for group in groups[:before_title] for block in _text_blocks(group)]
    groups = groups[before_title:]
    title_groups = _read_title(builder, groups)
    numbered = _numbered_headings(groups)
    levels: dict[str, int] = {}
    headings: list[_LineGroup] = []
    for n, group in enumerate(groups[title_groups:], title_groups):
        if n in numbered or _is_heading(group):
            headings.append(group)
        else:
            builder.blocks += _heading_blocks(headings, levels)
            builder.blocks += _text_blocks(group)
            headings = []
    # Headings with nothing below them are how the text ends: a place and a date, or who wrote it.
    builder.blocks += [block for group in headings for block in _text_blocks(group)]
    mark_questions(builder)
    return builder


def _line_groups(text: str) -> Iterator[_LineGroup]:
    """The lines between blank lines."""
    # A line without blanks around it is one string, here and in its group; every line end is one character by now.
    raw_lines = text.splitlines()
    margin = min((_indent(raw) for raw in raw_lines if raw.strip()), default=0)
    group: _LineGroup = []
    start = 0
    for raw in raw_lines:
        if raw.strip():
            group.append(_IndentedLine(start, start + len(raw.rstrip()), raw.strip(), _indent(raw) - margin))
        elif group:
            yield group
            group = []
        start += len(raw) + 1
    if group:
        yield group


def _with_run_in(groups: list[_LineGroup]) -> list[_LineGroup]:
    """The groups with a note at the lines of those kinds of division ("article") whose text mostly begins in the same line."""
    kinds = [[_run_in_kind(line.text) for line in group] for group in groups]
    goes_on: dict[str, list[bool]] = {}
    for group, of_lines in zip(groups, kinds, strict=True):
        width = max(len(line.text) for line in group)
        for line, below, kind in zip(group, [*group[1:], None], of_lines, strict=True):
            if kind is not None:
                is_text = not could_be_heading(line.text) or (below is not None and _goes_on(line.text, below.text, width))
                goes_on.setdefault(kind, []).append(is_text)
    run_in = {kind for kind, are_text in goes_on.items() if 2 * sum(are_text) > len(are_text)}
    return [
        [replace(line, is_text=True) if kind in run_in else line for line, kind in zip(group, of_lines, strict=True)]
        for group, of_lines in zip(groups, kinds, strict=True)
    ]


def _with_origin(groups: list[_LineGroup]) -> list[_LineGroup]:
    """The groups with a note at the lines that say when, in which version or by whom the text was made.

    Several versions are those of a list of changes, in which they are headings.
    """
    versions = [line.text for group in groups for line in group if names_version(line.text)]
    is_list_of_changes = len(versions) > 1
    return [
        [
            replace(line, is_text=True)
            if _says_origin(line.text) and not (is_list_of_changes and names_version(line.text))
            else line
            for line in group
        ]
        for group in groups
    ]


def _says_origin(line: str) -> bool:
    if len(line) > _LONGEST_LONE_LINE:
        return False
    label = _LABEL.match(line)
    return says_origin(line) or (label is not None and is_date(line[label.end() :]))


def _is_origin(group: _LineGroup) -> bool:
    """Whether all lines of a group say when, in which version or by whom the text was made."""
    return all(line.is_text and says_origin(line.text) for line in group)


def _run_in_kind(line: str) -> str | None:
    """The division whose number a line begins with ("article"), where a text stands behind it in the same line."""
    division = _LEGAL_DIVISION.match(line)
    return (division[1] or division[2]).lower() if division and _RUN_IN.match(line, division.end()) else None


def _goes_on(line: str, below: str, width: int) -> bool:
    return first_letter(below).islower() or is_full(line, below, width)


def _indent(raw: str) -> int:
    """The blanks before a line. The wide ones of Chinese do not count: with them each paragraph begins."""
    expanded = raw.expandtabs()
    return len(expanded) - len(expanded.lstrip(" "))


def _parted_at_headings(group: _LineGroup) -> Iterator[_LineGroup]:
    """Part a group before and after each line that is a heading by itself and is followed by something."""
    begin = 0
    widest = max(len(line.text) for line in group)
    for n, (line, below) in enumerate(pairwise(group)):
        follows_end = n == 0 or is_closed(group[n - 1].text)
        is_above_text = _is_right_above_text(line, below, widest) and not _begins_list(group[n:])
        is_heading = follows_end and (_is_lone_question(line) or is_above_text)
        is_heading = is_heading or (n == begin and _is_above_inset(line, below))
        if n >= begin and is_heading:
            end = n + 2 if is_underline(below.text) else n + 1
            if begin < n:
                yield group[begin:n]
            yield group[n:end]
            begin = end
    if begin < len(group):
        yield group[begin:]


def _read_title(builder: DocumentBuilder, groups: Sequence[_LineGroup]) -> int:
    """Mark the title's lines, and return how many groups they take.

    A first line that ends with the second ("Site - Section - Title", then "Title") is a breadcrumb, not the title.
    """
    if not groups or not _is_title(groups[0]):
        return 0
    count = 1
    title = groups[0][0].text
    if len(groups) > 1 and len(groups[1]) == 1 and title.casefold().endswith(groups[1][0].text.casefold()):
        title = groups[1][0].text
        count = 2
    builder.title = " ".join(title.split())
    for group in groups[:count]:
        builder.blocks.append(Block(Kind.TITLE, group[0].start, group[-1].end))
    return count


def _is_title(group: _LineGroup) -> bool:
    """Whether the first group is one line standing alone, or an underlined line, that does not read as text."""
    line = group[0].text
    is_alone = len(group) == 1 or _is_underlined(group)
    # Patterns are matched against short lines only: a line may be as long as the file.
    if not is_alone or len(line) > _LONGEST_TITLE:
        return False
    return _has_letter(line) and not opens_item(line) and not ends_as_running_text(line)


def _is_heading(group: _LineGroup) -> bool:
    """Whether a group is one short line standing alone, or an underlined line of any length."""
    if _is_underlined(group):
        line = group[0].text
        return _has_letter(line) and not is_item(line)
    return len(group) == 1 and not group[0].is_inset and _may_be_heading(group[0])


def _may_be_heading(line: _IndentedLine) -> bool:
    return not line.is_text and could_be_heading(line.text)


def _is_underlined(group: _LineGroup) -> bool:
    return len(group) == 2 and is_underline(group[1].text)


def _has_letter(line: str) -> bool:
    return any(map(str.isalpha, line))


def _is_lone_question(line: _IndentedLine) -> bool:
    text = line.text
    return ends_as_question(text) and not line.is_inset and could_be_heading(text) and _is_one_sentence(text)


def _is_one_sentence(text: str) -> bool:
    return len(list(sentences(text))) == 1


def _is_right_above_text(line: _IndentedLine, below: _IndentedLine, widest: int) -> bool:
    """Whether a line is a heading by its number or its capitals, with the text right below it: "4. Bonfires".

    An item of a list is none, nor is a line of running text, which ends where the next word would not have fitted.
    """
    if line.is_inset or not _may_be_heading(line) or is_full(line.text, below.text, widest):
        return False
    is_legal = bool(_LEGAL_DIVISION.match(line.text))
    is_numbered = is_legal or outline_number(line.text) is not None
    is_in_capitals = line.text.isupper() and not below.text.isupper()
    # The paragraphs of a law are numbered too: "Article 58" stands above "(1) The employer ...".
    is_above_item = opens_item(below.text) and not is_legal
    is_above_text = is_closed(below.text) or len(below.text) >= _SHORTEST_TEXT
    starts_low = first_letter(below.text).islower()
    return (is_numbered or is_in_capitals) and is_above_text and not is_above_item and not starts_low


def _begins_list(lines: Sequence[_IndentedLine]) -> bool:
    """Whether the number of the first line is that of an item: the next number stands right before a sentence."""
    first = _COUNTED.match(lines[0].text)
    if first is None:
        return False
    counted = ((line.text, _COUNTED.match(line.text)) for line in lines[1:])
    following = (text for text, number in counted if number and int(number[1]) == int(first[1]) + 1)
    return ends_as_running_text(next(following, ""))


def _is_above_inset(line: _IndentedLine, below: _IndentedLine) -> bool:
    """Whether a line is a heading as manual pages have them, with text below that stands further in.

    It is in capitals at the margin ("OPTIONS"), or a little in.
    """
    is_lesser_heading = line.indent <= _LARGEST_HEADING_INDENT < below.indent
    stands_out = line.text.isupper() if line.indent == 0 else is_lesser_heading
    return stands_out and below.indent > line.indent and could_be_heading(line.text)


def _numbered_headings(groups: Sequence[_LineGroup]) -> set[int]:
    """The places of groups that are numbered headings, though they end as a sentence does or take several lines.

    Items of a list are numbered too. But a heading has text below it that is no item, and the headings count on: its number
    follows that of the heading before it, or the next follows it.
    """
    numbers = {
        n: int(number[1])
        for n, (group, below) in enumerate(pairwise(groups))
        if (number := _COUNTED.match(group[0].text)) and _could_be_numbered_heading(group) and not opens_item(below[0].text)
    }
    neighbours = [(n, m) for n, m in pairwise(numbers) if numbers[m] == numbers[n] + 1]
    return {n for pair in neighbours for n in pair}


def _could_be_numbered_heading(group: _LineGroup) -> bool:
    """Whether a group is one short sentence, or a question of a few lines."""
    text = " ".join(line.text for line in group)
    if group[0].is_inset:
        return False
    if ends_as_question(text):
        return len(group) <= _LONGEST_QUESTION_LINES
    is_short = len(group) == 1 and len(text) <= _LONGEST_LONE_LINE
    return is_short and not leads_in_to_list(text) and _is_one_sentence(text)


def _heading_blocks(headings: Sequence[_LineGroup], levels: dict[str, int]) -> Iterator[Block]:
    """The blocks of headings that stand one after the other; `levels` are those of the numbered divisions so far.

    A few headings above a text are nested ("Legal basis", "Social Insurance Law", "Article 58"); many are lines of a list.
    """
    level = _TOP_LEVEL
    are_nested = len(headings) <= _MOST_NESTED
    for group in headings:
        is_lesser = 0 < group[0].indent <= _LARGEST_HEADING_INDENT
        level = _numbered_level(group[0].text, levels, level) or max(level, _TOP_LEVEL + is_lesser)
        yield Block(Kind.HEADING, group[0].start, group[-1].end, level)
        level += are_nested


def _numbered_level(line: str, levels: dict[str, int], fallback: int) -> int | None:
    """The level that a number gives: "2.3" lies below "2", and each article has the level of the first article."""
    if division := _LEGAL_DIVISION.match(line):
        return levels.setdefault((division[1] or division[2]).lower(), fallback)
    if number := outline_number(line):
        return levels.setdefault("outline", fallback) + number.count(".")
    return None


def _text_blocks(group: _LineGroup) -> Iterator[Block]:
    """The paragraphs and list items of a group.

    An item ends before the next item, and before a line at the margin that no sentence goes on in.
    """
    width = max(line.end - line.start for line in group)
    kind, start, end, last = Kind.PARAGRAPH, group[0].start, group[0].start, ""
    for line in group:
        is_item = opens_item(line.text)
        is_indented = line.end - line.start > len(line.text)
        is_within = is_indented or is_underline(line.text) or continues(last, line.text, width)
        ends_list = kind is Kind.ITEM and not is_within
        if (is_item or ends_list) and end > start:
            yield Block(kind, start, end)
            start = line.start
        if is_item or ends_list:
            kind = Kind.ITEM if is_item else Kind.PARAGRAPH
        end, last = line.end, line.text
    yield Block(kind, start, end)
