"""Telling a question from any other line."""

import re

from askdex.corpus.text.lines import CLOSERS

_MARK = re.compile(rf"[?？؟]{CLOSERS}*\s*$")
_ASKING = re.compile(r"(?:how|what|when|where|which|who|whom|whose|why)\b", re.IGNORECASE)


def ends_as_question(line: str) -> bool:
    """Whether a line closes with a question mark of any script."""
    return bool(_MARK.search(line))


def is_question(heading: str) -> bool:
    """Whether a heading asks: it closes with a question mark or opens with an asking word ("How to apply")."""
    return ends_as_question(heading) or bool(_ASKING.match(heading.strip()))
