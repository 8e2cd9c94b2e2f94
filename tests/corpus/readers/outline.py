"""What a reader found, in a form that a test can spell out."""

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.types import Kind


def outline(draft: DocumentBuilder) -> list[str]:
    """A line for each block: "title: Lost card", "heading 2: What to do", "paragraph: ..."."""
    return [f"{_name(block.kind, block.level)}: {draft.text[block.start : block.end]}" for block in draft.blocks]


def texts(draft: DocumentBuilder, kind: Kind) -> list[str]:
    """The texts of the blocks of one kind."""
    return [draft.text[block.start : block.end] for block in draft.blocks if block.kind is kind]


def outside_blocks(draft: DocumentBuilder) -> str:
    """The text that no block holds; fails where blocks are empty, overlap or are out of order."""
    left = []
    position = 0
    for block in draft.blocks:
        assert position <= block.start < block.end <= len(draft.text)
        left.append(draft.text[position : block.start])
        position = block.end
    return "".join([*left, draft.text[position:]])


def _name(kind: Kind, level: int) -> str:
    return f"{kind} {level}" if level else str(kind)
