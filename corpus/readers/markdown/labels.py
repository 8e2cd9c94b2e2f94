"""What a container or a component is called, as HTML."""

import re
from html import escape

from markdown_it import MarkdownIt

from askdex.corpus.text.questions import ends_as_question

_FOLDING_NAMES = re.compile(
    r"accordion(?!s\b|group)|details|disclosure|expand|collaps|toggle|faq(?!s)|question|spoiler|dropdown"
    r"|tabs?[._-]?(?:item|panel|pane|content|tab)?$(?<!tabs)",
    re.IGNORECASE,
)
"""Names of what folds away its text, or shows it on a tab: the label heads it."""
_INLINE = MarkdownIt("commonmark")
_LONGEST_LABEL = 5_000
"""Characters; a longer one is shown as it is written."""


def folds(name: str) -> bool:
    """Whether a container or component of this name folds its text away."""
    return bool(_FOLDING_NAMES.search(name))


def shown(label: str) -> str:
    """A label in Markdown as HTML."""
    return _INLINE.renderInline(label.strip()) if len(label) <= _LONGEST_LABEL else escape(label)


def opening(label: str, *, is_folded: bool) -> tuple[str, str]:
    """The HTML that opens and the HTML that closes a container with this label, which may be empty."""
    if label.strip() and (is_folded or ends_as_question(label)):
        return f"<details><summary>{shown(label)}</summary>", "</details>"
    title = f'<p class="admonition-title">{shown(label)}</p>' if label.strip() else ""
    return f"<div>{title}", "</div>"
