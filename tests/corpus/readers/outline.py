"""What a reader found, in a form that a test can spell out."""

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.types import Kind


def outline(builder: DocumentBuilder) -> list[str]:
    """A line for each block: "title: Lost card", "heading 2: What to do", "paragraph: ..."."""
    return [f"{_name(block.kind, block.level)}: {builder.text[block.start : block.end]}" for block in builder.blocks]


def texts(builder: DocumentBuilder, kind: Kind) -> list[str]:
    """The texts of the blocks of one kind."""
    return [builder.text[block.start : block.end] for block in builder.blocks if block.kind is kind]


def outside_blocks(builder: DocumentBuilder) -> str:
    """The text that no block holds; fails where blocks are empty, overlap or are out of order."""
    left = []
    position = 0
    for block in builder.blocks:
        assert position <= block.start < block.end <= len(builder.text)
        left.append(builder.text[position : block.start])
        position = block.end
    return "".join([*left, builder.text[position:]])


def _name(kind: Kind, level: int) -> str:
    return f"{kind} {level}" if level else str(kind)
