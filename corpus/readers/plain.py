"""Plain text: headings are found by how lines stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpus.draft import Draft, clean
from corpus.questions import ends_as_question
from corpus.sentences import sentences
from corpus.types import Block, Kind

_LONGEST_HEADING = 120
_LONGEST_TITLE = 200
_LONGEST_UNSPACED_HEADING = 40
_MOST_NESTED = 3
_UNDERLINE = re.compile(r"\s*([=\-~^*#_])\1{2,}\s*")
_BULLET = re.compile(
    r"\s*(?:[*+\-•◦▪‣·–—]\s+|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]\s+|\d{1,3}[,、．](?!\d)\s*|（\d{1,3}）|[①-⑳])"
)
_OUTLINE_NUMBER = re.compile(r"\s*(\d{1,3}(?:\.\d{1,3})*)\.?\s+\S")
_LEGAL_NUMBER = re.compile(
    r"\s*(?:(book|part|title|chapter|section|article|appendix|annex|schedule|§)\s*[\divxlc]+\b|第[\d一二三四五六七八九十百千零〇]+([编章节条]))",
    re.IGNORECASE,
)
_NOT_A_HEADING_END = tuple(".,;!。，；！、")
_SPEECH_END = re.compile(r"[.!?。！？:：]['\"”’)\]]*\s*$")
_INITIALS_END = re.compile(r"\b(?:[^\W\d_]\.){2,}$")
_BASE_LEVEL = 2


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


def read_plain(text: str) -> Draft:
    """Find title, headings, lists and paragraphs in a plain text; the document's text is the file's, line ends made alike."""
    draft = Draft.of(clean(text))
    groups = list(_groups(draft.text))
    groups = [part for group in groups for part in _parted_at_questions(group)]
    first = _read_title(draft, groups)
    levels: dict[str, int] = {}
    run: list[list[_Line]] = []
    for group in groups[first:]:
        if _is_heading(group):
            run.append(group)
            continue
        _close_run(draft, run, levels)
        draft.blocks += _body(group)
    _close_run(draft, run, levels, is_last=True)
    return draft


def _groups(text: str) -> Iterator[list[_Line]]:
    """Runs of lines between blank lines."""
    group: list[_Line] = []
    start = 0
    for raw in text.splitlines(keepends=True):
        if raw.strip():
            group.append(_Line(start, start + len(raw.rstrip()), raw.strip()))
        elif group:
            yield group
            group = []
        start += len(raw)
    if group:
        yield group


def _parted_at_questions(group: list[_Line]) -> Iterator[list[_Line]]:
    """Part a group before and after each of its lines that is a question by itself and is followed by something."""
    begin = 0
    for n, line in enumerate(group):
        opens = n == 0 or bool(_SPEECH_END.search(group[n - 1].text))
        if n >= begin and opens and n + 1 < len(group) and _is_lone_question(line.text):
            end = n + 2 if _UNDERLINE.fullmatch(group[n + 1].text) else n + 1
            if begin < n:
                yield group[begin:n]
            yield group[n:end]
            begin = end
    if begin < len(group):
        yield group[begin:]


def _read_title(draft: Draft, groups: list[list[_Line]]) -> int:
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
    draft.title = " ".join(title.split())
    for group in groups[:taken]:
        draft.blocks.append(Block(Kind.TITLE, group[0].start, group[-1].end))
    return taken


def _is_title(group: list[_Line]) -> bool:
    line = group[0].text
    is_alone = len(group) == 1 or (len(group) == 2 and bool(_UNDERLINE.fullmatch(group[1].text)))
    return is_alone and len(line) <= _LONGEST_TITLE and not _goes_on(line) and not _BULLET.match(line) and _has_letter(line)


def _is_heading(group: list[_Line]) -> bool:
    """Whether a group is one short line standing alone, or such a line underlined."""
    if len(group) == 2 and _UNDERLINE.fullmatch(group[1].text):
        line = group[0].text
        return _has_letter(line) and (not _BULLET.match(line) or bool(_OUTLINE_NUMBER.match(line)))
    return len(group) == 1 and _could_be_heading(group[0].text)


def _could_be_heading(line: str) -> bool:
    if len(line) > _LONGEST_HEADING or "://" in line or _goes_on(line):
        return False
    if " " not in line and len(line) > _LONGEST_UNSPACED_HEADING:
        return False
    if _BULLET.match(line) and not _OUTLINE_NUMBER.match(line):
        return False
    first_letter = next(filter(str.isalpha, line), "")
    return bool(first_letter) and not first_letter.islower()


def _has_letter(line: str) -> bool:
    return any(map(str.isalpha, line))


def _is_lone_question(line: str) -> bool:
    return ends_as_question(line) and _could_be_heading(line) and len(list(sentences(line))) == 1


def _goes_on(line: str) -> bool:
    """Whether a line ends as running text does; a closing abbreviation ("in the U.S.") is no such end."""
    return line.endswith(_NOT_A_HEADING_END) and not _INITIALS_END.search(line)


def _close_run(draft: Draft, run: list[list[_Line]], levels: dict[str, int], *, is_last: bool = False) -> None:
    """Give levels to the headings that stand one after the other, and empty the run.

    A few headings above a text are nested ("Legal basis", "Social Insurance Law", "Article 58"); many, or some that
    nothing follows, are lines of a list.
    """
    level = _BASE_LEVEL
    is_ladder = len(run) <= _MOST_NESTED and not is_last
    for group in run:
        level = _numbered_level(group[0].text, levels, level) or level
        draft.blocks.append(Block(Kind.HEADING, group[0].start, group[-1].end, level))
        level += is_ladder
    run.clear()


def _numbered_level(line: str, levels: dict[str, int], fallback: int) -> int | None:
    """The level that a number gives: "2.3" lies below "2", and an article keeps the level of the first article."""
    if legal := _LEGAL_NUMBER.match(line):
        return levels.setdefault((legal[1] or legal[2]).lower(), fallback)
    if outline := _OUTLINE_NUMBER.match(line):
        return levels.setdefault("outline", fallback) + outline[1].count(".")
    return None


def _body(group: list[_Line]) -> Iterator[Block]:
    """Paragraphs and list items; an indented line goes on with the item above it."""
    kind, start, end = Kind.PARAGRAPH, group[0].start, group[0].start
    for line in group:
        is_indented = line.end - line.start > len(line.text)
        opens_item = bool(_BULLET.match(line.text))
        ends_list = kind is Kind.ITEM and not is_indented and not _UNDERLINE.fullmatch(line.text)
        if (opens_item or ends_list) and end > start:
            yield Block(kind, start, end)
            start = line.start
        if opens_item or ends_list:
            kind = Kind.ITEM if opens_item else Kind.PARAGRAPH
        end = line.end
    yield Block(kind, start, end)
