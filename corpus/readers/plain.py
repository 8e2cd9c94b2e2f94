"""Plain text: headings are found by how lines stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from askdex.corpus.builder import DocumentBuilder, clean
from askdex.corpus.text.lines import (
    continues,
    ends_as_running_text,
    is_closed,
    is_full,
    is_underline,
    leads_in,
    opens_item,
    outline_number,
)
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.text.sentences import sentences
from askdex.corpus.types import Block, Kind

_LONGEST_HEADING = 120
_LONGEST_TITLE = 200
_LONGEST_UNSPACED_HEADING = 40
_LONGEST_LEAD = 4
_LONGEST_QUESTION_LINES = 3
_MOST_NESTED = 3
_SHORTEST_TEXT = 40
_NUMBER = re.compile(r"(\d{1,3})[.)]\s+\S")
_LEGAL_NUMBER = re.compile(
    r"\s*(?:(book|part|title|chapter|section|article|appendix|annex|schedule|§)\s*[\divxlc]+\b|第[\d一二三四五六七八九十百千零〇]+([编章节条]))",
    re.IGNORECASE,
)
_BASE_LEVEL = 2
# Numbers that are set to the right stand a little in, and so do the lesser headings of manuals. What stands further in is
# text or an example, unless it is in the middle of a page, which is some 72 characters wide.
_LITTLE_IN = 3
_FAR_IN = 8
_PAGE_WIDTHS = range(60, 85)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without the blanks around it; `indent` is how far in it stands, in characters from the file's margin."""

    start: int
    end: int
    text: str
    indent: int

    @property
    def is_inset(self) -> bool:
        """Whether it stands further in than a heading does."""
        is_centred = self.indent >= _FAR_IN and 2 * self.indent + len(self.text) in _PAGE_WIDTHS and "  " not in self.text
        return self.indent > _LITTLE_IN and not is_centred


def read_plain(text: str) -> DocumentBuilder:
    """Find title, headings, lists and paragraphs in a plain text; the document's text is the file's, line ends made alike."""
    builder = DocumentBuilder.of(clean(text))
    groups = [part for group in _groups(builder.text) for part in _parted_at_headings(group)]
    first = _read_title(builder, groups)
    numbered = _numbered_headings(groups)
    levels: dict[str, int] = {}
    run: list[list[_Line]] = []
    for n, group in enumerate(groups[first:], first):
        if n in numbered or _is_heading(group):
            run.append(group)
            continue
        _close_run(builder, run, levels)
        builder.blocks += _body(group)
    # What looks like headings but has nothing below it is how the text ends: a place and a date, or who wrote it.
    builder.blocks += [block for group in run for block in _body(group)]
    return builder


def _groups(text: str) -> Iterator[list[_Line]]:
    """Runs of lines between blank lines."""
    raw_lines = text.splitlines(keepends=True)
    margin = min((_indent(raw) for raw in raw_lines if raw.strip()), default=0)
    group: list[_Line] = []
    start = 0
    for raw in raw_lines:
        if raw.strip():
            group.append(_Line(start, start + len(raw.rstrip()), raw.strip(), _indent(raw) - margin))
        elif group:
            yield group
            group = []
        start += len(raw)
    if group:
        yield group


def _indent(raw: str) -> int:
    """How far in a line stands. Blanks of a script that is written without them are none: they open each paragraph."""
    spaced = raw.expandtabs()
    return len(spaced) - len(spaced.lstrip(" "))


def _parted_at_headings(group: list[_Line]) -> Iterator[list[_Line]]:
    """Part a group before and after each of its lines that is a heading by itself and is followed by something."""
    begin = 0
    widest = max(len(line.text) for line in group)
    for n, line in enumerate(group[:-1]):
        opens = n == 0 or is_closed(group[n - 1].text)
        is_heading = opens and (_is_lone_question(line) or _is_right_above_text(line, group[n + 1], widest))
        is_heading = is_heading or (n == begin and _is_above_inset(line, group[n + 1]))
        if n >= begin and is_heading:
            end = n + 2 if is_underline(group[n + 1].text) else n + 1
            if begin < n:
                yield group[begin:n]
            yield group[n:end]
            begin = end
    if begin < len(group):
        yield group[begin:]


def _read_title(builder: DocumentBuilder, groups: list[list[_Line]]) -> int:
    """Mark the title's lines and return the number of groups that they took.

    A first line that ends in the second ("Site - Section - Title", then "Title") is the way there, not the title.
    """
    if not groups or not _is_title(groups[0]):
        return 0
    taken = 1
    title = groups[0][0].text
    if len(groups) > 1 and len(groups[1]) == 1 and title.casefold().endswith(groups[1][0].text.casefold()):
        title = groups[1][0].text
        taken = 2
    builder.title = " ".join(title.split())
    for group in groups[:taken]:
        builder.blocks.append(Block(Kind.TITLE, group[0].start, group[-1].end))
    return taken


def _is_title(group: list[_Line]) -> bool:
    line = group[0].text
    is_alone = len(group) == 1 or (len(group) == 2 and is_underline(group[1].text))
    return (
        is_alone
        and len(line) <= _LONGEST_TITLE
        and not ends_as_running_text(line)
        and not opens_item(line)
        and _has_letter(line)
    )


def _is_heading(group: list[_Line]) -> bool:
    """Whether a group is one short line standing alone, or such a line underlined."""
    if len(group) == 2 and is_underline(group[1].text):
        line = group[0].text
        return _has_letter(line) and (not opens_item(line) or outline_number(line) is not None)
    return len(group) == 1 and not group[0].is_inset and _could_be_heading(group[0].text)


def _could_be_heading(line: str) -> bool:
    if len(line) > _LONGEST_HEADING or "://" in line or ends_as_running_text(line) or _leads_on(line):
        return False
    if " " not in line and len(line) > _LONGEST_UNSPACED_HEADING:
        return False
    if opens_item(line) and outline_number(line) is None:
        return False
    first_letter = _first_letter(line)
    return bool(first_letter) and not first_letter.islower()


def _first_letter(text: str) -> str:
    """The first letter of a text; nothing where it has none."""
    return next(filter(str.isalpha, text), "")


def _has_letter(line: str) -> bool:
    return any(map(str.isalpha, line))


def _is_lone_question(line: _Line) -> bool:
    text = line.text
    return ends_as_question(text) and not line.is_inset and _could_be_heading(text) and len(list(sentences(text))) == 1


def _is_right_above_text(line: _Line, below: _Line, widest: int) -> bool:
    """Whether a line is a heading by its number or its capitals, no blank line between it and the text: "4. Bonfires".

    None is an item of a list, nor a line that goes on in the next: that ends where the next word would not have fitted.
    """
    if line.is_inset or not _could_be_heading(line.text) or is_full(line.text, below.text, widest):
        return False
    is_legal = bool(_LEGAL_NUMBER.match(line.text))
    stands_out = is_legal or outline_number(line.text) is not None or (line.text.isupper() and not below.text.isupper())
    is_above_item = opens_item(below.text) and not is_legal
    is_above_text = is_closed(below.text) or len(below.text) >= _SHORTEST_TEXT
    return stands_out and is_above_text and not is_above_item and not _first_letter(below.text).islower()


def _is_above_inset(line: _Line, below: _Line) -> bool:
    """Whether a line is a heading as manuals have them: in capitals at the margin, or a little in, above what is further in."""
    stands_out = line.text.isupper() if line.indent == 0 else line.indent <= _LITTLE_IN < below.indent
    return stands_out and below.indent > line.indent and _could_be_heading(line.text)


def _numbered_headings(groups: list[list[_Line]]) -> set[int]:
    """The places of groups that are numbered headings, though they end as a sentence does or take several lines.

    A list is numbered too. A heading has text below it that is no item of a list, and its number goes on from that of the
    heading before it, or the next goes on from it.
    """
    numbers = {
        n: int(number[1])
        for n, (group, below) in enumerate(pairwise(groups))
        if (number := _NUMBER.match(group[0].text)) and _could_be_numbered_heading(group) and not opens_item(below[0].text)
    }
    goes_on = [(n, m) for n, m in pairwise(numbers) if numbers[m] == numbers[n] + 1]
    return {n for both in goes_on for n in both}


def _could_be_numbered_heading(group: list[_Line]) -> bool:
    """Whether a group is one short sentence, or a question of a few lines."""
    text = " ".join(line.text for line in group)
    if ends_as_question(text):
        return len(group) <= _LONGEST_QUESTION_LINES and not group[0].is_inset
    is_short = len(group) == 1 and len(text) <= _LONGEST_HEADING
    return is_short and not group[0].is_inset and not _leads_on(text) and len(list(sentences(text))) == 1


def _leads_on(line: str) -> bool:
    """Whether a line leads to what follows it, and no further: "Please bring these:", but not "Legal basis:"."""
    return leads_in(line) and (len(line.split()) > _LONGEST_LEAD or "," in line)


def _close_run(builder: DocumentBuilder, run: list[list[_Line]], levels: dict[str, int]) -> None:
    """Give levels to the headings that stand one after the other, and empty the run.

    A few headings above a text are nested ("Legal basis", "Social Insurance Law", "Article 58"); many are lines of a list.
    """
    level = _BASE_LEVEL
    is_ladder = len(run) <= _MOST_NESTED
    for group in run:
        is_lesser = 0 < group[0].indent <= _LITTLE_IN
        level = _numbered_level(group[0].text, levels, level) or max(level, _BASE_LEVEL + is_lesser)
        builder.blocks.append(Block(Kind.HEADING, group[0].start, group[-1].end, level))
        level += is_ladder
    run.clear()


def _numbered_level(line: str, levels: dict[str, int], fallback: int) -> int | None:
    """The level that a number gives: "2.3" lies below "2", and an article keeps the level of the first article."""
    if legal := _LEGAL_NUMBER.match(line):
        return levels.setdefault((legal[1] or legal[2]).lower(), fallback)
    if outline := outline_number(line):
        return levels.setdefault("outline", fallback) + outline.count(".")
    return None


def _body(group: list[_Line]) -> Iterator[Block]:
    """Paragraphs and list items.

    A line that is indented goes on with the item above it, and so does one that the item was wrapped to.
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
