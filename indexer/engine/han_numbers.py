"""Numbered things in Chinese, Japanese and Korean: 第五十八条 is 第58条."""

import re
from collections.abc import Iterator

_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_NUMBERED = re.compile(
    r"第\s?([〇零一二两三四五六七八九十百千]{1,7}|\d{1,4})\s?([条條章节節款項项編编號号回課课])|제\s?(\d{1,4})\s?(조|장|항)"
)
"""An ordinal sign, a number, and the noun that it numbers: article, chapter, section, paragraph, item, lesson."""


def han_numbered(text: str) -> Iterator[tuple[str, int, int]]:
    """The numbered things of a text, their numbers in digits, with their spans in characters."""
    if "第" in text or "제" in text:
        for match in _NUMBERED.finditer(text):
            number, noun = match[1] or match[3], match[2] or match[4]
            yield f"第{number if number.isdigit() else _value(number)}{noun}", *match.span()


def _value(signs: str) -> int:
    """The value of a number in Chinese signs, below ten thousand: 一百零三 and 一〇三 are 103."""
    if not _TENS.keys() & set(signs):
        return int("".join(str(_DIGITS[sign]) for sign in signs))
    value = digit = 0
    for sign in signs:
        if sign in _TENS:
            value, digit = value + (digit or 1) * _TENS[sign], 0
        else:
            digit = _DIGITS[sign]
    return value + digit
