"""Superscripts and subscripts as the signs that Unicode has for them: a number must not run on into what is raised behind it.

10 with a raised 3 is "10³", not "103"; m with a raised 2 is "m²", and CO with a lowered 2 "CO₂".
"""

from collections.abc import Mapping
from typing import NamedTuple

_DIGITS = "0123456789"
_RAISED = str.maketrans(_DIGITS, "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans(_DIGITS, "₀₁₂₃₄₅₆₇₈₉")
_RAISED_SIGNS = str.maketrans("+-−", "⁺⁻⁻")
_LOWERED_SIGNS = str.maketrans("+-−", "₊₋₋")
_OPENERS = ("(", "[", "{", "（", "［")
_LONGEST = 12
"""Characters. Longer ones are small print, not exponents, indices, or marks of notes."""


class Script(NamedTuple):
    """How a superscript or a subscript is written: a joint before it, and signs for some of its characters."""

    joint: str
    signs: Mapping[int, int]


def script(text: str, before: str, *, is_raised: bool) -> Script:
    """How to write a superscript, or a subscript, that stands behind the text `before`.

    Its digits and signs become those of Unicode. Letters stay ("1st"), and so does what stands in brackets; it is set apart
    where it would run on behind a digit ("5 [a]").
    """
    shown = text.strip()
    signs: dict[int, int] = {}
    if len(shown) <= _LONGEST and not shown.startswith(_OPENERS):
        signs.update(_RAISED if is_raised else _LOWERED)
        if not any(map(str.isalpha, shown)):
            signs.update(_RAISED_SIGNS if is_raised else _LOWERED_SIGNS)
    first = shown.translate(signs)[:1]
    runs_on = before[-1:].isdecimal() and (first.isdecimal() or first in _OPENERS)
    return Script(" " if runs_on else "", signs)


def in_script(text: str, before: str, *, is_raised: bool) -> str:
    """The text of a superscript, or a subscript, as it is written behind the text `before`."""
    joint, signs = script(text, before, is_raised=is_raised)
    return f"{joint}{text.translate(signs)}"
