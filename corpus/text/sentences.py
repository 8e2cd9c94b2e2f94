"""Splitting a text into sentences."""

import re
from collections.abc import Iterator

# A Latin full stop ends a sentence only before a blank; the full stops of scripts without blanks always do. A row of marks is
# one match, without backtracking (++), as a row of dots may be as long as the text.
# Spanish laws end articles with ".-".
_END = re.compile(
    r"""(?<![.!?…؟।॥])[.!?…؟।॥]++["'”’»)\]]*+-?(?=\s|$)
      | [。！？｡]+["'”’」』）》]*""",
    re.VERBOSE,
)
# English, then German, French and Spanish.
_ABBREVIATIONS = frozenset(
    "al approx apr art arts aug ave blvd ca cf ch co corp dec dept dr e.g ed eds eg esp est etc excl ext feb fig figs gen "
    "gov hon i.e ie inc incl jan jr jul jun lt ltd mar max messrs min mr mrs ms mt no nos nov oct p par ph.d pp prof rd rev "
    "sec sep sept sgt sr st tel vol vs "
    "abs anm aufl bd bspw buchst bzgl bzw d.h einschl entspr evtl ff ggf hr inkl lfd mio mrd mwst nr pkt sog std stellv str "
    "tägl usw vgl z.b ziff zzgl aprox av avda corresp dpto dra dto expte mlle mme nro núm p.ej pág sra".split()
)
_ORDINAL = re.compile(
    r"(?:\b(?:d(?:er|ie|as|es|em|en)|am|beim|im|vom|zum|zur|jede[mnrs]?|vollendete[mnrs]?)"
    r"|\d\.[ \t]+(?:und|oder|bzw\.|bis))\s+\d{1,3}$"
)
"""A German number before a full stop that is an ordinal: "der 1. Vorsitzende", "des 6. und 7. Lebensjahres"."""
_LONGEST_ORDINAL = 30
"""Characters before a full stop in which an ordinal and the word before it are looked for."""
_WEEKDAYS = frozenset("Mo Di Mi Do Fr Sa So".split())
_AFTER_WEEKDAY = re.compile(r"\s*(?:[–—-]|\d|und\b|bis\b|(?:Mo|Di|Mi|Do|Fr|Sa|So)\b)")
"""What follows a German weekday that is cut short: "Mo. – Fr. 8:30"."""
_GERMAN_MONTH = re.compile(
    r"\s+(?:Januar|Jänner|Februar|Feber|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b"
)
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+$")
_ITEM_NUMBER = re.compile(r"\d+(?:\.\d+)*|(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})", re.IGNORECASE)
"""The number of an item of a list, without the full stop behind it: "3", "2.1", "iv"."""
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_REMARK = re.compile(r"[ \t]*[(\[][^()\[\].!?\n]{1,40}[)\]][.!?]?(?=\s|$)")
"""A short remark in brackets behind the mark that ends a sentence, such as a code or a source: "Paper jam. (E-14)"."""
_LOOK_AHEAD = 8
"""Characters behind a mark in which the next letter is looked for; more blanks than that part sentences in any case."""
_LONGEST_WORD = 40
"""Characters before a full stop that are looked at: no abbreviation is longer, and a text without blanks may be huge."""


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """The spans of the sentences in `text[start:end]`, without the blanks around them.

    A full stop does not end a sentence after an abbreviation, an initial or the number of a list item, after a German ordinal
    ("am 1. Mai", "der 1. Vorsitzende"), or before a lower-case letter. In doubt two sentences stay together: half a sentence
    is worse than two. A short remark in brackets belongs to the sentence before it.
    """
    end = len(text) if end is None else end
    begin = start
    for match in _END.finditer(text, start, end):
        if _ends_sentence(text, begin, match):
            remark = _REMARK.match(text, match.end(), end)
            last, begin = begin, remark.end() if remark else match.end()
            yield from trimmed(text, last, begin)
    yield from trimmed(text, begin, end)


def _ends_sentence(text: str, begin: int, match: re.Match[str]) -> bool:
    """Whether the marks that were matched end the sentence that begins at `begin`."""
    marks = match.group()
    following = text[match.end() : match.end() + _LOOK_AHEAD].lstrip()[:1]
    if following.islower():
        return False
    if marks[0] != "." or marks.startswith(".."):
        return True
    match_before = _LAST_WORD.search(text, max(begin, match.start() - _LONGEST_WORD), match.start())
    if match_before is None:
        return False
    word = match_before.group()
    is_item_number = bool(_ITEM_NUMBER.fullmatch(word)) and not text[begin : match_before.start()].strip()
    is_ordinal = word.isdigit() and _is_german_ordinal(text, begin, match)
    is_weekday = word in _WEEKDAYS and bool(_AFTER_WEEKDAY.match(text, match.end()))
    is_cut_short = is_weekday or bool(_INITIALS.fullmatch(word)) or word.lower() in _ABBREVIATIONS
    return not (is_item_number or is_ordinal or is_cut_short)


def _is_german_ordinal(text: str, begin: int, match: re.Match[str]) -> bool:
    """Whether the full stop behind a number makes it an ordinal, by the words before it or by a month behind it."""
    before = _ORDINAL.search(text, max(begin, match.start() - _LONGEST_ORDINAL), match.start())
    return before is not None or bool(_GERMAN_MONTH.match(text, match.end()))


def trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without the blanks around it; nothing where there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
