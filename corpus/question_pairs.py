"""Questions and answers that are marked by labels, "Q: Where?" above "A: Here.": the question becomes a heading.

The labels stay in the text, but in no block. A label counts only where that of the answer follows: "P:" may be anything.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.text.lines import counts_on
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.types import DEEPEST_HEADING_LEVEL, Block, Kind

_PAIRS = (
    ("q|question|ques", "a|ans|answer|r|réponse"),
    ("frage|f", "antwort|a"),
    ("p|preg|pregunta|pergunta", "r|resp|respuesta|resposta"),
    ("d|domanda", "r|risposta"),
    ("问|問|问题|質問", "答|回答|答案"),
    ("вопрос|в", "ответ|о"),
)
"""The labels of questions and those of their answers: English and French, German, Spanish and Portuguese, Italian, Chinese and
Japanese, Russian."""
_MARK = r"\s?\d{0,3}\s?(?:[:：]|[.)](?=\s))\s*(?=\S)"
_NUMBER = r"[^\S\n]*(?:\d{1,3}[.)]\s+)?"
_LABELS = [
    (re.compile(rf"{_NUMBER}(?:{asks}){_MARK}", re.IGNORECASE), re.compile(rf"[^\S\n]*(?:{answers}){_MARK}", re.IGNORECASE))
    for asks, answers in _PAIRS
]
_ANSWER = re.compile(
    rf"(?:^[^\S\n]*|(?<=[?？؟])\s+)(?:{'|'.join(answers for _, answers in _PAIRS)}){_MARK}", re.IGNORECASE | re.MULTILINE
)
_CUT = re.compile(r"\n|(?<=[?？؟])\s+")
"""Where a label may stand within a block: in a line of its own, or behind a question."""
_SURE = re.compile(rf"{_NUMBER}(?:q|ques|问|問|\w{{5,}})\s?\d{{0,3}}\s?[:：]", re.IGNORECASE)
"""A label that asks whatever stands behind it; a question mark must end what stands behind others."""
_LONGEST_QUESTION = 300
"""Characters, as of a heading."""
_TEXT_KINDS = frozenset((Kind.PARAGRAPH, Kind.ITEM, Kind.HEADING, Kind.TITLE))
_TOP_LEVEL = 2


class _Part(NamedTuple):
    """A part of a block, of which only the first may begin without a label."""

    block: Block
    start: int
    end: int


class _Pair(NamedTuple):
    """Where a question and its answer begin behind their labels."""

    question: int
    answer: int


def mark_questions(builder: DocumentBuilder) -> None:
    """Make headings of the questions and paragraphs of the answers of a document that have labels, and leave these out."""
    text = builder.text
    if not _ANSWER.search(text):
        return
    parts = [part for block in builder.blocks for part in _parts(text, block)]
    pairs = {n: pair for n in range(len(parts) - 1) if (pair := _pair(text, parts[n : n + 3])) is not None}
    builder.blocks = list(_marked(text, parts, pairs))
    titles = (text[block.start : block.end] for block in builder.blocks if block.kind is Kind.TITLE)
    if builder.title is not None and 0 in pairs:
        builder.title = " ".join(next(titles, builder.title).split())


def is_pair(line: str, following: str) -> bool:
    """Whether a line is a question and the following one its answer, by their labels."""
    return _starts(line, following) is not None


def _parts(text: str, block: Block) -> Iterator[_Part]:
    starts = [block.start]
    if block.kind in _TEXT_KINDS:
        cuts = (cut.end() for cut in _CUT.finditer(text, block.start, block.end))
        starts += [cut for cut in cuts if any(label.match(text, cut, block.end) for label in chain(*_LABELS))]
    for start, end in pairwise([*starts, block.end]):
        yield _Part(block, start, end)


def _pair(text: str, parts: Sequence[_Part]) -> _Pair | None:
    """The question and the answer that the first two parts are; the answer is none if it is the first of several choices."""
    asks, answers = (text[part.start : part.end] for part in parts[:2])
    are_text = parts[0].block.kind in _TEXT_KINDS and parts[1].block.kind in (Kind.PARAGRAPH, Kind.ITEM)
    if not are_text or len(asks) > _LONGEST_QUESTION or (found := _starts(asks, answers)) is None:
        return None
    answer, *others = [*answers.split("\n"), *(text[part.start : part.end].partition("\n")[0] for part in parts[2:])]
    if any(counts_on(answer, other) for other in others):
        return None
    return _Pair(parts[0].start + found.question, parts[1].start + found.answer)


def _starts(asks: str, answers: str) -> _Pair | None:
    if not (_SURE.match(asks) or ends_as_question(asks)):
        return None
    for question_label, answer_label in _LABELS:
        if (question := question_label.match(asks)) and (answer := answer_label.match(answers)):
            return _Pair(question.end(), answer.end())
    return None


def _marked(text: str, parts: Sequence[_Part], pairs: dict[int, _Pair]) -> Iterator[Block]:
    """The blocks, with those that are questions and answers; parts of a block that are neither stay one."""
    level, waiting = _TOP_LEVEL - 1, list[_Part]()
    for n, part in enumerate(parts):
        if n not in pairs and n - 1 not in pairs:
            if waiting and waiting[0].block is not part.block:
                yield _joined(text, waiting)
                waiting = []
            waiting.append(part)
            level = part.block.level if part.block.kind is Kind.HEADING else level
            continue
        if waiting:
            yield _joined(text, waiting)
            waiting = []
        kind = part.block.kind
        if n not in pairs:
            yield _block(text, Kind.PARAGRAPH, pairs[n - 1].answer, part.end)
        elif kind in (Kind.TITLE, Kind.HEADING):
            yield _block(text, kind, pairs[n].question, part.end, part.block.level)
        else:
            below = min(max(level + 1, _TOP_LEVEL), DEEPEST_HEADING_LEVEL)
            yield _block(text, Kind.HEADING, pairs[n].question, part.end, below)
    if waiting:
        yield _joined(text, waiting)


def _joined(text: str, parts: Sequence[_Part]) -> Block:
    return _block(text, parts[0].block.kind, parts[0].start, parts[-1].end, parts[0].block.level)


def _block(text: str, kind: Kind, start: int, end: int, level: int = 0) -> Block:
    return Block(kind, start, start + len(text[start:end].rstrip()), level)
