"""Numbers, dates and times as the number format of a cell shows them (ECMA-376, part 1, 18.8.30).

Dates of which nobody can tell day and month apart ("3/1/24"), and those that are shown as each computer is set up, are written
as ISO 8601 has them. Years have four digits.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from itertools import takewhile

GENERAL = "General"
_SYSTEM_DATES = ("mm-dd-yy", "m/d/yy h:mm", "m/d/yyyy", "m/d/yyyy h:mm")
"""What openpyxl calls the formats 14 and 22, which each computer shows in its own way, and what programs write for them."""
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<elapsed>h+|m+|s+)\]|\[[^\]]*\]|'
    r"(?P<clock>am/pm|a/p)|(?P<general>general)|(?P<exponent>e[+-][0#?]+)|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?)|(?P<digit>[0#?])|"
    r"(?P<sign>[.,%/@])|(?P<plain>.)",
    re.IGNORECASE | re.DOTALL,
)
_FOREIGN_DATE = re.compile(r"\[\$[^\]]*-(?:F800|[0-9A-F]*(?!09)[0-9A-F]{2})\]", re.IGNORECASE)
"""A language other than English, in which the month is written, or that of the computer."""
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_EXACT = Context(prec=400)
"""A float has no more digits before its point."""
_MOST_DECIMALS = 30
_LARGEST_PLAIN = 1e15
_SECONDS = {"h": 3600, "m": 60, "s": 1}

_Token = tuple[str, str]
"""What a part of a format is, and its text."""


def shown(value: object, number_format: str) -> str:
    """What a cell with this value shows."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, date | time | timedelta):
        return _date(value, number_format)
    if isinstance(value, int | float):
        with suppress(InvalidOperation, OverflowError):
            return _number(value, number_format)
    return str(value)


def _number(value: float, number_format: str) -> str:
    sections = _sections(number_format)
    has_own_section = value < 0 and len(sections) > 1
    section = sections[1 if has_own_section else 2 if value == 0 and len(sections) > 2 else 0]
    kinds = [kind for kind, _ in section]
    literals = "".join(text for kind, text in section if kind == "text")
    sign = "-" if value < 0 and not has_own_section else ""
    if GENERAL in literals:
        return sign + literals.replace(GENERAL, _general(abs(value)))
    if "exponent" in kinds or "date" in kinds or not {("sign", "/"), ("sign", "@")}.isdisjoint(section):
        return _general(value)
    if "digit" not in kinds:
        return literals.strip()
    return sign + _filled(Decimal(repr(abs(value))), section).strip()


def _filled(value: Decimal, section: Sequence[_Token]) -> str:
    """The number with the digits, signs and words of a section."""
    places = [n for n, (kind, _) in enumerate(section) if kind == "digit"]
    point = next((n for n, token in enumerate(section) if token == ("sign", ".")), len(section))
    before = [n for n in places if n < point]
    after = [section[n][1] for n in places if n > point][:_MOST_DECIMALS]
    rest = section[places[-1] + 1 :]
    thousands = sum(1 for _ in takewhile(lambda token: token == ("sign", ","), rest))
    shift = 2 * section.count(("sign", "%")) - 3 * thousands
    rounded = value.scaleb(shift, _EXACT).quantize(Decimal(1).scaleb(-len(after)), ROUND_HALF_UP, _EXACT)
    whole, _, decimals = f"{rounded:f}".partition(".")
    while decimals and after[len(decimals) - 1] != "0" and decimals.endswith("0"):
        decimals = decimals[:-1]
    least = sum(section[n][1] == "0" for n in before)
    whole = whole.lstrip("0").rjust(least, "0")
    inner = section[before[0] : before[-1] + 1] if before else []
    whole = f"{int(whole or 0):,}".lstrip("0" if not least else "") if ("sign", ",") in inner else _spread(whole, inner)
    return f"{_literals(section[: places[0]])}{whole}{'.' if decimals else ''}{decimals}{_literals(rest)}"


def _spread(digits: str, section: Sequence[_Token]) -> str:
    """Digits at the places for them, from the last on, with what stands between the places: 000-0000 gives 555-1234."""
    left, texts = list(digits), []
    places = sum(kind == "digit" for kind, _ in section)
    if not places:
        return digits
    for kind, text in reversed(section):
        if kind == "digit":
            places -= 1
            texts.append("".join(left) if not places else left.pop() if left else "")
        elif kind == "text" and left:
            texts.append(text)
    return "".join(reversed(texts))


def _literals(tokens: Sequence[_Token]) -> str:
    return "".join(text for kind, text in tokens if kind == "text" or (kind == "sign" and text == "%"))


def _general(value: float) -> str:
    if isinstance(value, int) or (value.is_integer() and abs(value) < _LARGEST_PLAIN):
        return str(int(value))
    text = f"{value:.10g}"
    return repr(value) if "e" in text else text


@lru_cache(maxsize=256)
def _sections(number_format: str) -> list[list[_Token]]:
    """The parts of a format for positive numbers, negative ones, zero and text."""
    sections: list[list[_Token]] = [[]]
    for match in _TOKEN.finditer(number_format):
        kind, text = match.lastgroup or "", match[0]
        if kind == "plain" and text == ";":
            sections.append([])
        elif kind == "general":
            sections[-1].append(("text", GENERAL))
        elif kind in ("quoted", "escaped", "currency", "plain"):
            sections[-1].append(("text", match[kind]))
        elif kind:
            sections[-1].append((kind, match["elapsed"] if kind == "elapsed" else text))
        elif text.startswith("_"):
            sections[-1].append(("text", " "))
    return sections


def _date(value: date | time | timedelta, number_format: str) -> str:
    tokens = _with_minutes(_sections(number_format)[0])
    if isinstance(value, timedelta):
        return _elapsed(value, tokens)
    parts = {text[0].lower() for kind, text in tokens if kind == "date"}
    names_month = any(kind == "date" and text.lower().startswith("mmm") for kind, text in tokens)
    is_unclear = {"y", "m", "d"} <= parts and not names_month and ("text", ".") not in tokens and ("sign", ".") not in tokens
    is_foreign = number_format in _SYSTEM_DATES or bool(_FOREIGN_DATE.match(number_format) and names_month)
    if not parts or is_unclear or is_foreign:
        return _iso(value, has_time=not parts or "h" in parts or number_format.endswith("h:mm"))
    has_clock = any(kind == "clock" for kind, _ in tokens)
    return "".join(_date_part(value, kind, text, has_clock=has_clock) for kind, text in tokens).strip()


def _iso(value: date | time, *, has_time: bool) -> str:
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes") if has_time and value.time() != time() else value.date().isoformat()
    return value.isoformat()


def _with_minutes(tokens: Sequence[_Token]) -> list[_Token]:
    """The tokens, with those that are minutes named so: "m" beside hours or seconds."""
    named = list(tokens)
    times = [n for n, (kind, _) in enumerate(named) if kind in ("date", "elapsed")]
    for before, n, after in zip([None, *times], times, [*times[1:], None], strict=False):
        if named[n][1].lower() in ("m", "mm") and named[n][0] == "date":
            follows_hours = before is not None and named[before][1][0] in "hH"
            if follows_hours or (after is not None and named[after][1][0] in "sS"):
                named[n] = ("minute", named[n][1])
    return named


def _date_part(value: date | time, kind: str, text: str, *, has_clock: bool) -> str:
    if kind == "clock":
        return "AM" if getattr(value, "hour", 0) < 12 else "PM"
    if kind == "minute":
        return f"{getattr(value, 'minute', 0):0{len(text)}}"
    if kind != "date":
        return text if kind in ("text", "sign") else ""
    letter = text[0].lower()
    if letter in "hs":
        hour = getattr(value, "hour", 0)
        number = (hour % 12 or 12 if has_clock else hour) if letter == "h" else getattr(value, "second", 0)
        return f"{number:0{min(len(text), 2)}}"
    if isinstance(value, time):
        return ""
    if letter == "y":
        return f"{value.year:04}"
    number, names = (value.month, _MONTHS[value.month - 1]) if letter == "m" else (value.day, _DAYS[value.weekday()])
    return f"{number:0{len(text)}}" if len(text) <= 2 else names[:3] if len(text) == 3 else names


def _elapsed(value: timedelta, tokens: Sequence[_Token]) -> str:
    """A span of time: its largest unit counts on, so that a day and an hour are 25:00."""
    left, texts = int(value.total_seconds()), []
    sign = "-" if left < 0 else ""
    left = abs(left)
    for kind, text in tokens:
        letter = "m" if kind == "minute" else text[:1].lower()
        if kind in ("elapsed", "date", "minute") and letter in _SECONDS:
            number, left = divmod(left, _SECONDS[letter])
            texts.append(f"{number:0{min(len(text), 2)}}")
        elif kind == "text":
            texts.append(text)
    return sign + "".join(texts).strip() if any(map(str.isdigit, "".join(texts))) else str(value)
