"""Which lines are questions."""

import re

from askdex.corpus.text.lines import CLOSERS

_QUESTION_MARK = re.compile(rf"[?？؟]{CLOSERS}*\s*$")
_QUESTION_WORD = re.compile(r"(?:how|what|when|where|which|who|whom|whose|why)\b", re.IGNORECASE)


def ends_as_question(line: str) -> bool:
    """Whether a line ends with a question mark of any script."""
    return bool(_QUESTION_MARK.search(line))


def is_question(heading: str) -> bool:
    """Whether a heading ends with a question mark or begins with a question word ("How to apply")."""
    return ends_as_question(heading) or bool(_QUESTION_WORD.match(heading.strip()))
