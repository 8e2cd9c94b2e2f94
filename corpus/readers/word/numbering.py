"""The numbers that Word counts by itself: "2.1", "(a)", "§ 3" (ECMA-376, part 1, 17.9)."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree.ElementTree import Element

from askdex.corpus.readers.office import child, children, is_on, value_of
from askdex.corpus.readers.word.styles import ListPlace, Style, Styles
from askdex.corpus.text.numerals import roman

_LEVELS = 9
"""Levels of a numbering."""
_PLACEHOLDER = re.compile(r"%([1-9])")
"""Where the text of a number has the count of a level: "%1.%2"."""
_MOST_DIGITS = 6
_BULLET = "bullet"
_NONE = "none"
_MOST_LETTERS = 20
"""A count in letters has at most so many; it goes on with "aa", "bb" after "z"."""
_CHINESE_DIGITS = "〇一二三四五六七八九"
_FIRST_CIRCLED = ord("①") - 1
_LAST_CIRCLED = 20


class _Level(NamedTuple):
    """How a level of a numbering counts; `text` is what the number looks like, such as "%1.%2"."""

    start: int = 1
    number_format: str = "decimal"
    text: str = ""
    is_legal: bool = False
    restarts_after: int | None = None
    """The level (1 is the outermost) from which on a higher level restarts the count; 0: none does. None: all do."""
    joint: str = " "
    style_id: str | None = None


@dataclass(slots=True)
class _Numbering:
    """A numbering: its levels, and its counts so far, which it shares with others of the same definition (`shared_with`)."""

    shared_with: str
    levels: Mapping[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)
    """By level, the counts that begin anew at the numbering's first use."""


class Number(NamedTuple):
    """A place in a list: the number as it is shown with what separates it from the text, "" for a bullet; and the level."""

    label: str
    level: int
    numbering: str


class ParagraphNumbers:
    """The numbers of a document's paragraphs, counted in its order."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._definitions = {one.get("w:abstractNumId", ""): one for one in children(root, "w:abstractNum")}
        self._numberings = {one.get("w:numId", ""): self._numbering(one) for one in children(root, "w:num")}
        self._counts: defaultdict[str, dict[int, int]] = defaultdict(dict)

    def next_number(self, own: ListPlace, style: Style) -> Number | None:
        """The number of the next paragraph, which has a place of its own or that of its style; None where it is in no list."""
        inherited = style.list_place
        numbering_id = own.numbering_id if own.numbering_id is not None else inherited.numbering_id
        numbering = None if numbering_id is None else self._numberings.get(numbering_id)
        if numbering is None:
            return None
        level = next(
            (level for level in (own.level, _level_of_style(numbering, style), inherited.level) if level is not None), 0
        )
        if level not in numbering.levels:
            return None
        counts = self._counted(numbering, level)
        shown = numbering.levels[level]
        label = "" if shown.number_format == _BULLET else _label(numbering.levels, level, counts)
        return Number(f"{label}{shown.joint}" if label else "", level, numbering.shared_with)

    def _counted(self, numbering: _Numbering, level: int) -> Mapping[int, int]:
        """The counts of a numbering after one more paragraph at a level; skipped levels above it are at their start."""
        counts = self._counts[numbering.shared_with]
        if level in numbering.starts:
            counts.pop(level, None)
        start = numbering.starts.pop(level, numbering.levels[level].start)
        counts[level] = counts[level] + 1 if level in counts else start
        for skipped in range(level):
            counts.setdefault(skipped, numbering.levels[skipped].start if skipped in numbering.levels else 1)
        for deeper in [deeper for deeper in counts if deeper > level]:
            after = numbering.levels[deeper].restarts_after if deeper in numbering.levels else None
            if after is None or level < after:
                del counts[deeper]
        return counts

    def _numbering(self, instance: Element) -> _Numbering:
        definition_id = value_of(instance, "w:abstractNumId") or ""
        definition = self._linked(self._definitions.get(definition_id))
        overrides = [one for one in children(instance, "w:lvlOverride") if one.get("w:ilvl", "").isdecimal()]
        levels = dict(_levels(definition))
        levels |= {level: read for one in overrides for level, read in _levels(one)}
        starts = {int(one.get("w:ilvl", "")): _count(value_of(one, "w:startOverride")) for one in overrides}
        shared_with = definition_id if definition is None else definition.get("w:abstractNumId", "")
        return _Numbering(shared_with, levels, {level: start for level, start in starts.items() if start is not None})

    def _linked(self, definition: Element | None) -> Element | None:
        """The definition itself, or the one that its style leads to."""
        style_id = value_of(definition, "w:numStyleLink")
        if style_id is None:
            return definition
        return next((one for one in self._definitions.values() if value_of(one, "w:styleLink") == style_id), definition)


def _level_of_style(numbering: _Numbering, style: Style) -> int | None:
    """The level of a numbering that belongs to a style or to one that it is based on."""
    levels = {read.style_id: level for level, read in numbering.levels.items() if read.style_id}
    return next((levels[style_id] for style_id in style.ids if style_id in levels), None)


def _levels(parent: Element | None) -> Iterator[tuple[int, _Level]]:
    for n, element in enumerate(children(parent, "w:lvl")):
        level = element.get("w:ilvl", str(n))
        if not level.isdecimal() or int(level) >= _LEVELS:
            continue
        yield (
            int(level),
            _Level(
                start=_count(value_of(element, "w:start")) or 0,
                number_format=value_of(element, "w:numFmt") or "decimal",
                text=value_of(element, "w:lvlText") or "",
                is_legal=is_on(child(element, "w:isLgl")),
                restarts_after=_count(value_of(element, "w:lvlRestart")),
                joint="" if value_of(element, "w:suff") == "nothing" else " ",
                style_id=value_of(element, "w:pStyle"),
            ),
        )


def _label(levels: Mapping[int, _Level], level: int, counts: Mapping[int, int]) -> str:
    """A number as it is shown."""

    def count_of(placeholder: re.Match[str]) -> str:
        place = int(placeholder[1]) - 1
        if place > level:
            return ""
        shown = levels.get(place, _Level()).number_format
        is_plain = levels[level].is_legal and shown not in (_NONE, _BULLET)
        return _formatted(counts[place], "decimal" if is_plain else shown)

    return _PLACEHOLDER.sub(count_of, levels[level].text).strip()


def _count(value: str | None) -> int | None:
    """The number that a value says; None where it is none, or larger than any that people count to."""
    return int(value) if value is not None and value.isdecimal() and len(value) <= _MOST_DIGITS else None


def _formatted(count: int, number_format: str) -> str:
    """A count in a format of numbers (ST_NumberFormat); decimal for what is not known."""
    return _FORMATS.get(number_format, str)(count)


def _letters(count: int) -> str:
    repeats, letter = divmod(count - 1, 26)
    return chr(ord("a") + letter) * (repeats + 1) if 0 <= repeats < _MOST_LETTERS else str(count)


def _ordinal(count: int) -> str:
    suffixes = {1: "st", 2: "nd", 3: "rd"}
    return f"{count}{'th' if 10 <= count % 100 <= 20 else suffixes.get(count % 10, 'th')}"


def _chinese(count: int) -> str:
    """A count below 100 in Chinese characters: 21 is "二十一"."""
    tens, ones = divmod(count, 10)
    if not 0 <= tens < 10:
        return str(count)
    ten = "" if not tens else "十" if tens == 1 else f"{_CHINESE_DIGITS[tens]}十"
    return f"{ten}{_CHINESE_DIGITS[ones] if ones or not tens else ''}"


def _circled(count: int) -> str:
    return chr(_FIRST_CIRCLED + count) if 0 < count <= _LAST_CIRCLED else str(count)


_FORMATS: Mapping[str, Callable[[int], str]] = {
    _NONE: lambda _: "",
    _BULLET: lambda _: "",
    "decimalZero": lambda count: f"{count:02}",
    "lowerLetter": _letters,
    "upperLetter": lambda count: _letters(count).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda count: roman(count).upper(),
    "ordinal": _ordinal,
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "ideographDigital": _chinese,
    "japaneseCounting": _chinese,
    "taiwaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
}
