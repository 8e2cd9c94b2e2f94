"""Identifiers: codes (E45, W-8BEN, M8x1.25), versions (v4.2.0) and numbered things (Article 58, ISO 9001, room 12).

Each has one spelling under which passages are indexed and questions look it up, whatever separators are written: the letters
and digits of a code ("w8ben"), the number of a version with its points ("4.2.0"), a noun and its number as one ("articl58").
Beside a numbered thing stands a mark that things of this noun are numbered ("articl#"). A number that stands alone in a cell or
at the head of an item has a mark too ("#58"). Quantities (250 km, 20 hours), amounts, times and dates are no identifiers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from askdex.indexer.engine.dates import dates
from askdex.indexer.engine.function_words import is_function_word, stem
from askdex.indexer.engine.han_numbers import han_numbered
from askdex.indexer.engine.quantities import is_measured, is_quantity

_LETTERS = "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u024f\u0370-\u052f"
"""The letters that are written beside digits: Latin, Greek, Cyrillic."""

_RUN = f"[0-9{_LETTERS}]+"
_TOKEN = re.compile(
    r"(?P<amount>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d))"
    rf"|(?P<word>{_RUN}(?:[-‐‑.:]{_RUN}|\([0-9A-Za-z]{{1,3}}\))*)"
    r"|(?P<section>§+)"
)
_DIGIT = re.compile(r"\d")
_PIECE = re.compile(_RUN)
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_VERSION = re.compile(r"[vV](\d+(?:\.\d+)*)")
_SIZE = re.compile(r"([A-Za-z]+\d+)[xX]\d.*")
"""A measure with a first part that names it by itself: M8x1.25 is an M8."""

_HEAD = re.compile(f"[{_LETTERS}]+")
_REMARK = re.compile(f"[-‐‑][{_LETTERS}]{{4,}}$")
"""What is joined to a code but says something of it: COVID-19-related."""

_ALONE = re.compile(
    r"(?:^|\|)\s*(?P<cell>\d+(?:\.\d+)*)\s*(?=\||$)"
    r"|^\s*[(§]?\s?(?P<item>\d{1,3}(?:\.\d+)*)(?:[.):]\s|\s(?=[^\W\d_a-zß-öø-ÿ]))",
    re.MULTILINE,
)
"""A number that is all there is in a cell or a line, or that begins an item or a heading: "12. Final rules"."""

_RANGE = re.compile(r"(\d{1,3})[-‐‑](\d{1,3})")
_AND = r"(?:and|or|und|oder|et|ou|y|e|o)"
_RANGE_JOINT = re.compile(r"\s*(?:-|–|to|through|until|bis|à|a|al)\s*")
_LIST_JOINT = re.compile(rf"\s*(?:,|;|&|/)\s*(?:{_AND}\s+)?|\s+{_AND}\s+|{_RANGE_JOINT.pattern}")
_LONGEST_RANGE = 40
"""Numbers of a range that are all named, as in "Articles 95 to 98"; of a longer one only the first and the last are."""

_NUMBER_WORDS = frozenset("no nr num number nummer número núm numéro".split())
_BEFORE_NUMBER = re.compile(rf"[ \u00a0]{{1,2}}|\s?[:#№]\s?|\s(?:{'|'.join(sorted(_NUMBER_WORDS))})\.?\s?", re.IGNORECASE)
"""What may stand between a noun and its number."""

_SAME = {
    **dict.fromkeys(("art", "arts"), "article"),
    **dict.fromkeys(("sec", "sect", "§", "§§"), "section"),
    **dict.fromkeys(("ch", "chap"), "chapter"),
    **dict.fromkeys(("para", "paras"), "paragraph"),
    **dict.fromkeys(("p", "pp"), "page"),
    **dict.fromkeys(("v", "ver", "vers", "release"), "version"),
    **dict.fromkeys(("no", "nr"), "number"),
    "fig": "figure",
    "app": "appendix",
    "abs": "absatz",
    "kap": "kapitel",
    "reg": "regulation",
    "ext": "extension",
}
"""Abbreviations and other names of nouns that are numbered."""

_VERSION_NOUN = "version"
_SHORTEST_STEMMED = 4
"""Letters of the shortest noun whose ending is cut: a shorter one is mostly an abbreviation."""

_NAMING = frozenset(
    stem(noun)
    for noun in (
        "article section chapter paragraph clause rule regulation part annex appendix schedule title subsection subpart "
        "amendment act law form version page table figure level tier step phase type class category grade gate platform track "
        "line bus tram route zone building room unit lot plot model series bug error code deck channel extension port note "
        "directive standard question lesson module exercise station stage artikel absatz kapitel abschnitt anlage anhang "
        "formular zimmer raum linie gleis stufe klasse fehler modell seite artículo capítulo sección anexo formulario sala "
        "línea nivel página chapitre annexe formulaire salle ligne niveau"
    ).split()
)
"""Nouns whose numbers are names: in English, then German, Spanish, French."""

_LONGEST_PART = 5
"""Letters of a word beside a code that may be a part of it: W-8 BEN, KT INS114 DRE."""

_MOST_WORDS_OF_NAME = 4
"""Words of a question that may be no more than a name: "error 48", "ISO 9002 certificate"."""

_LONGEST = 64
"""Characters of a spelling that count."""


class Certainty(Enum):
    """How surely a noun and a number in a question name something, rather than count or measure it."""

    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3


class Form(NamedTuple):
    """A spelling of an identifier, and the span of the text that it stands for, in characters."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Identifier:
    """What a question names by a number or a code.

    `forms` are the spellings under which passages may have it, the most exact first. `mark` is the mark of its noun and
    `number` its number; both are None for a code.
    """

    forms: Sequence[Form]
    certainty: Certainty
    mark: str | None = None
    number: str | None = None

    @property
    def start(self) -> int:
        """Where its spellings begin, in characters."""
        return self.forms[-1].start


class _Numbered(NamedTuple):
    """A code or a number in a text, with the noun before it as it is looked up and as it is written.

    Without a noun both are empty. `start` is where the noun begins or else the code, which ends at `end`; `at` is the position
    of its token in the text.
    """

    code: str
    noun: str
    written_noun: str
    start: int
    end: int
    at: int


def index_forms(text: str) -> list[Form]:
    """The spellings of all identifiers in a text."""
    forms = [Form(*numbered) for numbered in han_numbered(text)]
    if not _DIGIT.search(text):
        return forms
    for alone in _ALONE.finditer(text):
        group = alone.lastgroup or 0
        forms.append(Form(f"#{alone[group]}", *alone.span(group)))
    tokens = list(_TOKEN.finditer(text))
    # Of 1,350.50 the words are 1350 and 50.
    forms += (Form(token[0].replace(",", ""), *token.span()) for token in tokens if token["amount"] and "." in token[0])
    for numbered in _all_numbered(text, tokens):
        spelt = [Form(spelling[:_LONGEST], numbered.start, numbered.end) for spelling in _spellings(numbered)]
        forms += spelt
        if not _NUMBER.fullmatch(numbered.code):
            # In a question any short word may be a part of the code; in a text only capitals tell it from what follows.
            parts = _with_part_behind(text, tokens, numbered.at, spelt[0])
            forms += (part for part in parts if text[part.end - 1].isupper())
    return forms


def asked_identifiers(question: str) -> list[Identifier]:
    """The identifiers in a question, in its order."""
    found = [Identifier((Form(*numbered),), Certainty.CERTAIN) for numbered in han_numbered(question)]
    if not _DIGIT.search(question):
        return found
    tokens = list(_TOKEN.finditer(question))
    found += (_identifier(question, tokens, numbered) for numbered in _all_numbered(question, tokens))
    return sorted((one for one in found if one.forms), key=lambda one: one.start)


def _all_numbered(text: str, tokens: Sequence[re.Match[str]]) -> Iterator[_Numbered]:
    """The codes and numbers among the tokens of a text that are no quantities and no dates."""
    in_dates = [range(date.start, date.end) for date in dates(text)]
    last: _Numbered | None = None
    for at, token in enumerate(tokens):
        if not token["word"] or not _DIGIT.search(token[0]) or any(token.start() in date for date in in_dates):
            continue
        noun, written_noun, start = _noun_before(text, tokens, at)
        if noun != _SAME["§"] and is_quantity(text, *token.span()):
            last = None
            continue
        if not token[0][0].isdigit() and not _is_acronym(written_noun):
            # In "error E45" the noun is no part of the code.
            noun, written_noun, start = "", "", token.start()
        numbered = _Numbered(token[0], noun, written_noun, start, token.end(), at)
        if not noun and last and last.noun and _NUMBER.fullmatch(token[0]):
            joint = text[last.end : token.start()]
            if _LIST_JOINT.fullmatch(joint):
                numbered = numbered._replace(noun=last.noun, written_noun=last.written_noun)
                yield from _between(last, numbered) if _RANGE_JOINT.fullmatch(joint) else ()
        if noun and (ends := _RANGE.fullmatch(token[0])) and int(ends[1]) < int(ends[2]):
            first, numbered = (numbered._replace(code=end) for end in ends.groups())
            yield from (first, *_between(first, numbered))
        elif version := _VERSION.fullmatch(token[0]):
            numbered = numbered._replace(code=version[1], noun=_VERSION_NOUN, written_noun=_VERSION_NOUN)
        last = numbered
        yield numbered


def _between(first: _Numbered, last: _Numbered) -> Iterator[_Numbered]:
    """The numbers of a range between its first and its last."""
    if first.code.isdigit() and last.code.isdigit() and int(last.code) - int(first.code) < _LONGEST_RANGE:
        for number in range(int(first.code) + 1, int(last.code)):
            yield last._replace(code=str(number))


def _noun_before(text: str, tokens: Sequence[re.Match[str]], at: int) -> tuple[str, str, int]:
    """The noun of the number at a position, as it is looked up and as it is written, and where it begins with the number.

    Between the two may stand "no."; without a noun there are empty texts and the start of the number.
    """
    start = tokens[at].start()
    has_number_word = at > 1 and tokens[at - 1][0].lower() in _NUMBER_WORDS
    for before in tokens[at - 2 : at] if has_number_word else tokens[max(0, at - 1) : at]:
        gap = text[before.end() : start]
        is_abbreviation = gap == ". " and before[0].lower() in _SAME
        is_joined = _BEFORE_NUMBER.fullmatch(gap) or is_abbreviation or (before["section"] and not gap.strip())
        if is_joined and _may_be_numbered(before):
            written = before["section"] or _PIECE.findall(before[0])[-1]
            return _noun(written.lower()), before[0], before.start()
    return "", "", start


def _may_be_numbered(token: re.Match[str]) -> bool:
    """Whether a word may be a noun that is numbered."""
    if token["section"]:
        return True
    if not token["word"] or _DIGIT.search(token[0]):
        return False
    word = _PIECE.findall(token[0])[-1].lower()
    return word in _SAME or not (is_measured(word) or is_function_word(word))


def _noun(word: str) -> str:
    """A noun as it is looked up: "articles", "article" and "art" are one."""
    word = _SAME.get(word, word)
    return stem(word) if len(word) >= _SHORTEST_STEMMED else word


def _codes(code: str) -> list[str]:
    """The spellings of a code: the whole, then what may stand for it; none of a number without points.

    RFC-2616 is rfc2616; NOR.0707-60 is nor070760 and nor0707; M8x1.25 is m8x125, m8x1 and m8.
    """
    if _NUMBER.fullmatch(code):
        return [code] if "." in code else []
    parts = _PIECE.findall(code.lower())
    ends = [len(parts), *(end for end in range(len(parts) - 1, 0, -1) if _DIGIT.search(parts[end - 1]))]
    beginnings = ["".join(parts[:end]) for end in ends]
    size = _SIZE.fullmatch(code.lower())
    return [_with_noun(beginning) for beginning in (*beginnings, *(size.groups() if size else ()))]


def _with_noun(code: str) -> str:
    """A code, with the letters at its head as a noun is looked up: Windows11 is window11, as Windows 11 is."""
    head = _HEAD.match(code)
    return _noun(head[0]) + code[head.end() :] if head else code


def _spellings(numbered: _Numbered) -> list[str]:
    """The spellings under which a passage with a code or a number is indexed."""
    codes = _codes(numbered.code)
    return (
        [*codes, *(numbered.noun + code for code in codes or [numbered.code]), f"{numbered.noun}#"] if numbered.noun else codes
    )


def _identifier(question: str, tokens: Sequence[re.Match[str]], numbered: _Numbered) -> Identifier:
    """What a code or a number of a question names; nothing, so without forms, where it is a number without a noun."""
    codes, certainty = _codes(numbered.code), Certainty.CERTAIN
    if not _NUMBER.fullmatch(numbered.code):
        spellings = codes if _REMARK.search(numbered.code) else codes[:1]
    elif numbered.noun:
        spellings, certainty = codes or [f"#{numbered.code}"], _certainty(question, tokens, numbered)
    else:
        spellings = [numbered.code] if numbered.code.count(".") > 1 or len(tokens) == 1 else []
    if not spellings:
        return Identifier((), certainty)
    place = (numbered.start, numbered.end)
    forms = [Form(spelling, *place) for spelling in spellings]
    if numbered.noun:
        forms.insert(0, Form(numbered.noun + (codes[0] if codes else numbered.code), *place))
    forms = [*_with_part_behind(question, tokens, numbered.at, forms[0]), *forms]
    if numbered.noun and _NUMBER.fullmatch(numbered.code):
        return Identifier(forms, certainty, f"{numbered.noun}#", numbered.code)
    return Identifier(forms, certainty)


def _with_part_behind(text: str, tokens: Sequence[re.Match[str]], at: int, form: Form) -> list[Form]:
    """A code with the short word behind it, which may be a part of it: W-8 BEN is w8ben."""
    if at + 1 == len(tokens) or text[form.end : tokens[at + 1].start()] != " ":
        return []
    word = (tokens[at + 1]["word"] or "").lower()
    if not word or len(word) > _LONGEST_PART or is_function_word(word):
        return []
    return [form._replace(text=form.text + "".join(_PIECE.findall(word)), end=tokens[at + 1].end())]


def _certainty(question: str, tokens: Sequence[re.Match[str]], numbered: _Numbered) -> Certainty:
    """How surely a noun and a number name something: Article 58, ISO 9001, but not "saved 250"."""
    is_version = numbered.code.count(".") > 1
    if numbered.noun in _NAMING or is_version:
        return Certainty.CERTAIN
    is_name = numbered.written_noun[:1].isupper() and numbered.start > 0 and not question.isupper()
    if is_name or _is_acronym(numbered.written_noun) or len(tokens) <= _MOST_WORDS_OF_NAME:
        return Certainty.LIKELY
    return Certainty.POSSIBLE


def _is_acronym(noun: str) -> bool:
    return noun.isupper() and len(noun) <= _LONGEST_PART
