"""Finding the sentences of a text."""

import re
from collections.abc import Iterator

# A Latin full stop ends a sentence only before a blank; the full stops of scripts without spaces always do. Of a row of
# marks all are looked at together and once, as a row of dots may be as long as the text.
_END = re.compile(
    r"""(?<![.!?…؟।॥])[.!?…؟।॥]++["'”’»)\]]*+(?=\s|$)
      | [。！？｡]+["'”’」』）》]*""",
    re.VERBOSE,
)
_ABBREVIATIONS = frozenset(
    "al approx apr art arts aug ave blvd ca cf ch co corp dec dept dr e.g ed eds eg esp est etc excl ext feb fig figs gen "
    "gov hon i.e ie inc incl jan jr jul jun lt ltd mar max messrs min mr mrs ms mt no nos nov oct p par ph.d pp prof rd rev "
    "sec sep sept sgt sr st tel vol vs "
    "abs bspw bzw d.h evtl ggf hr inkl mwst nr sog str usw vgl z.b zzgl dra mlle mme núm p.ej pág sra".split()
)
_GERMAN_MONTH = re.compile(
    r"\s+(?:Januar|Jänner|Februar|Feber|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b"
)
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+$")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """The spans of the sentences in `text[start:end]`, without the blanks around them.

    A full stop does not end a sentence after an abbreviation or an initial, in a German date, or before a lower-case letter.
    When in doubt two sentences stay together: a sentence cut in half is worse than two in one.
    """
    end = len(text) if end is None else end
    begin = start
    for match in _END.finditer(text, start, end):
        if _ends_here(text, begin, match):
            yield from _trimmed(text, begin, match.end())
            begin = match.end()
    yield from _trimmed(text, begin, end)


def _ends_here(text: str, begin: int, match: re.Match[str]) -> bool:
    mark = match.group()
    following = text[match.end() : match.end() + 8].lstrip()[:1]
    if following.islower():
        return False
    if mark[0] != "." or mark.startswith(".."):
        return True
    word = _LAST_WORD.search(text, max(begin, match.start() - 40), match.start())
    if word is None:
        return False
    before = word.group()
    is_marker = before.isdigit() and not text[begin : word.start()].strip()
    is_day = before.isdigit() and len(before) <= 2 and bool(_GERMAN_MONTH.match(text, match.end()))
    return not (is_marker or is_day or _INITIALS.fullmatch(before) or before.lower() in _ABBREVIATIONS)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
