"""From the lines of a PDF to headings, paragraphs, lists and tables."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.pdf.kinds import is_one_heading, kinds
from askdex.corpus.readers.pdf.lines import MOST_BLANKS, Line
from askdex.corpus.readers.pdf.style import GAP, LEADER, Style, heading_levels, is_contents, rank, style_of
from askdex.corpus.text.lines import is_closed, is_closed_before_note, without_bullet
from askdex.corpus.types import CELL_JOINT, Kind

# In sizes of the letters.
_INDENT = 0.8
_FARTHEST_INDENT = 6
_SAME_LEFT = 0.5
_BLANK = 0.3
_LETTER = 0.6
_NOTE_SIZE = 0.92
_BROKEN_WORD = re.compile(r"[^\W\d_]-$")
_UNSPACED = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]")


@dataclass(slots=True)
class _Group:
    """Lines that become a block."""

    kind: Kind
    lines: list[Line]
    ends: list[str] = field(default_factory=list)


def lay_out(pages: Sequence[Sequence[Line]]) -> DocumentBuilder:
    """A builder of the pages' lines; a paragraph that goes on over the end of a page is one."""
    builder = DocumentBuilder()
    lines = [line for page in pages for line in page]
    if not lines:
        return builder
    groups = list(_groups(pages, style_of(lines)))
    levels = heading_levels(group.lines[0] for group in groups if group.kind is Kind.HEADING)
    for _, alike in groupby(groups, key=lambda group: group.kind is Kind.ROW):
        rows = list(alike)
        for n, group in enumerate(rows):
            builder.append(group.kind, _text(group), _level(group, levels, is_first=n == 0 and len(rows) > 1))
    return builder


def _level(group: _Group, levels: dict[tuple[float, bool, int], int], *, is_first: bool) -> int:
    if group.kind is Kind.HEADING:
        return levels[rank(group.lines[0])]
    return int(group.kind is Kind.ROW and is_first and group.lines[0].style.is_bold)


def _groups(pages: Sequence[Sequence[Line]], style: Style) -> Iterator[_Group]:
    """The lines of each block; notes at the end of a page come after the paragraph that goes on over it."""
    group: _Group | None = None
    waiting: list[_Group] = []
    for page in pages:
        body, notes = _parted_from_notes(page, style)
        for line, kind in zip(body, kinds(body, style), strict=True):
            end = _end(group, line, kind, style) if group else None
            if group and end is not None:
                group.ends.append(end)
                group.lines.append(line)
                continue
            if group:
                yield group
            yield from waiting
            waiting = []
            group = _Group(kind, [line])
        waiting += _groups([notes], style._replace(size=notes[0].style.size)) if notes else ()
    if group:
        yield group
    yield from waiting


def _parted_from_notes(page: Sequence[Line], style: Style) -> tuple[Sequence[Line], Sequence[Line]]:
    """The lines of a page, and those in smaller letters that close it."""
    count = 0
    for line in reversed(page):
        if line.style.size > _NOTE_SIZE * style.size or len(line.cells) > 1 or line.style.is_mono:
            break
        count += 1
    return (page[:-count], page[-count:]) if 0 < count < len(page) else (page, [])


def _end(group: _Group, line: Line, kind: Kind, style: Style) -> str | None:
    """What stands before a line that goes on with a group: a blank or a line end; None where it is the first of another."""
    last = group.lines[-1]
    fall = last.base - line.base
    usual = GAP * style.fall(line)
    jumps = last.page != line.page or fall < 0
    if group.kind is Kind.CODE:
        return "\n" * (1 + (not jumps and fall > usual)) if kind is Kind.CODE else None
    if group.kind is Kind.HEADING:
        return " " if kind is Kind.HEADING and is_one_heading(last, line, style) else None
    if group.kind is Kind.ROW or kind in (Kind.ROW, Kind.CODE, Kind.HEADING) or is_contents(last.text):
        return None
    if jumps:
        return _end_over_page(group, line, kind)
    return _end_below(group, line, kind) if fall <= usual else None


def _end_over_page(group: _Group, line: Line, kind: Kind) -> str | None:
    last = group.lines[-1]
    goes_on = line.text[:1].islower() or (_is_full(group, line) and not _is_closed(last))
    return " " if kind is Kind.PARAGRAPH and goes_on and abs(last.style.size - line.style.size) < 1 else None


def _end_below(group: _Group, line: Line, kind: Kind) -> str | None:
    """What stands before a line that follows closely below."""
    last, size = group.lines[-1], line.style.size
    is_closed = _is_closed(last)
    is_short = not _is_full(group, line)
    if kind is Kind.ITEM and (group.kind is Kind.ITEM or is_closed or is_short or line.left > last.left + _SAME_LEFT * size):
        return None
    if group.kind is Kind.ITEM:
        is_within = line.left > group.lines[0].left + _SAME_LEFT * size or (len(group.lines) > 1 and line.left >= last.left - 1)
        return None if not is_within and (is_closed or is_short) else " "
    indent = (line.left - last.left) / size
    if is_closed and (is_short or _INDENT < indent < _FARTHEST_INDENT):
        return None
    return "\n" if is_short and not line.text[:1].islower() else " "


def _is_closed(line: Line) -> bool:
    """Whether a line ends as a sentence does; on a printed page the number of a footnote may stand behind it."""
    return is_closed(line.text) or is_closed_before_note(line.text)


def _is_full(group: _Group, line: Line) -> bool:
    """Whether the first word of a line had no room on the line before."""
    last = group.lines[-1]
    shift = max(0.0, line.left - last.left) if line.page != last.page or line.base > last.base else 0.0
    edge = max(line.right - shift, *(above.right for above in group.lines[-8:]))
    return last.right + line.opening + _BLANK * line.style.size > edge - 0.1


def _text(group: _Group) -> str:
    if group.kind is Kind.ROW:
        return CELL_JOINT.join(_joined([cell], []) for cell in group.lines[0].cells)
    if group.kind is Kind.CODE:
        return _code(group)
    text = LEADER.sub(r" … \1", _joined([line.text for line in group.lines], group.ends))
    return without_bullet(text) if group.kind is Kind.ITEM else text


def _code(group: _Group) -> str:
    """The lines of code, each as far in as it stands."""
    margin = min(line.left for line in group.lines)
    width = _LETTER * group.lines[0].style.size
    indented = [" " * min(MOST_BLANKS, round((line.left - margin) / width)) + line.text for line in group.lines]
    return "".join(f"{line}{end}" for line, end in zip(indented, [*group.ends, ""], strict=True))


def _joined(texts: Sequence[str], ends: Sequence[str]) -> str:
    """The text of lines put together again: without the hyphen of a word that goes on in lower case."""
    pieces = [texts[0]]
    for end, text in zip(ends, texts[1:], strict=True):
        last = pieces[-1]
        if last.endswith("\xad") or (_BROKEN_WORD.search(last) and text[:1].islower()):
            pieces[-1] = last[:-1]
        elif not (last.endswith("-") and not last.endswith(" -")) and not _is_unspaced(last, text):
            pieces.append(end)
        pieces.append(text)
    return "".join(pieces).replace("\xad", "")


def _is_unspaced(last: str, text: str) -> bool:
    """Whether two lines are of a script that is written without blanks."""
    return bool(_UNSPACED.match(last[-1:]) and _UNSPACED.match(text[:1]))
