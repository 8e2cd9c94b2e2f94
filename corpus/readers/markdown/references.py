"""The definitions of a Markdown text that its links refer to (`[card]: card.html`)."""

from typing import TypedDict

_LEAST_EXPANDED = 100_000
"""Characters that links may take from definitions however short the text is; the limit of cmark, the reference program."""


class Definition(TypedDict, total=False):
    """What a definition says, as the renderer has it."""

    href: str
    title: str
    map: list[int]


class References(dict[str, Definition]):
    """Definitions by their labels, each of which many links may refer to.

    A link takes a copy of its definition: 100,000 links to one of 100,000 characters would take ten gigabytes. So all links
    together take no more than the text has, or 100,000 characters. What refers to a definition after that is text.
    """

    def __init__(self, size: int) -> None:
        """`size` is the number of characters of the text."""
        super().__init__()
        self._room = max(size, _LEAST_EXPANDED)

    def get(self, label: str, default: Definition | None = None) -> Definition | None:  # type: ignore[override]
        """The definition of a label that a link refers to; None where there is none, or no more room for it."""
        definition = super().get(label, default)
        if definition is None:
            return None
        self._room -= len(definition.get("href", "")) + len(definition.get("title", ""))
        return definition if self._room >= 0 else None
