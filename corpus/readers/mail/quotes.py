"""What a mail quotes without marking each line: the mails before it, each below a few lines of its header, as Outlook does."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, pairwise, takewhile
from typing import NamedTuple

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.types import Block, Kind, Link

_LEAST_REPEATED = 40
"""Characters of a paragraph that is known; a shorter one, such as "Thank you!", says nothing of where it is from."""
_FROM = frozenset(
    "from|von|de|da|van|från|fra|od|от|від|lähettäjä|kimden|gönderen|feladó|remitente|expéditeur|mittente|"
    "发件人|寄件者|寄件人|差出人|送信者|보낸 사람".split("|")
)
_SENT = frozenset(
    "sent|date|gesendet|datum|enviado|enviado el|enviada em|enviado em|fecha|data|envoyé|inviato|verzonden|skickat|sendt|dato|"
    "wysłano|odesláno|отправлено|дата|lähetetty|päivämäärä|gönderildi|tarih|elküldve|dátum|"
    "发送时间|发送日期|日期|时间|傳送時間|寄件日期|送信日時|日時|日付|보낸 날짜|날짜".split("|")
)
_SUBJECT = frozenset(
    "subject|betreff|asunto|objet|oggetto|assunto|onderwerp|ämne|emne|temat|předmět|predmet|тема|aihe|konu|tárgy|"
    "主题|主題|主旨|件名|제목".split("|")
)
"""The names of the fields that programs for mails show, in their languages."""
_COLONS = (":", "：")
_LONGEST_NAME = 20
"""Characters of a field's name."""
_MOST_LINES = 20
"""Lines in which all fields stand; recipients may take several."""
_RULES = ("--", "__")
"""What stands around "Original Message", or makes up the line above the fields."""
_RULE = ""
_LINE = re.compile(r"\S[^\n]*")


class _Quote(NamedTuple):
    """Where a mail that is quoted begins in the text, and where what stands below its fields does."""

    start: int
    body: int


def normalised(text: str) -> str:
    """A paragraph as it is compared with others."""
    return " ".join(text.split()).casefold()


def is_repeated(text: str, known: Collection[str]) -> bool:
    """Whether a paragraph is known, and long enough to say where it is from; `known` is as `normalised` gives it."""
    return len(text) >= _LEAST_REPEATED and normalised(text) in known


def are_repeated(texts: Sequence[str], known: Collection[str]) -> bool:
    """Whether paragraphs are those of something known: all that are long enough to say so, and at least one."""
    long_ones = [text for text in texts if len(text) >= _LEAST_REPEATED]
    return bool(long_ones) and all(is_repeated(text, known) for text in long_ones)


def without_quoted(builder: DocumentBuilder, known: Collection[str]) -> DocumentBuilder:
    """The text of a mail without what the mails quoted in it repeat of known ones, and without headings in the rest of them.

    A mail that is nothing but another that it hands on keeps its headings.
    """
    quotes = list(_quotes(builder.text))
    if not quotes:
        return builder
    builder.blocks = list(_split(builder, [place for quote in quotes for place in quote]))
    starts = [block.start for block in builder.blocks]
    first = bisect_left(starts, quotes[0].start)
    if first:  # a question right above a quote is not answered by it
        builder.blocks[first - 1 :] = map(as_text, builder.blocks[first - 1 :])
    dropped: set[int] = set()
    for quote, end in zip(quotes, [*(quote.start for quote in quotes[1:]), len(builder.text)], strict=True):
        head, body, after = (bisect_left(starts, place) for place in (quote.start, quote.body, end))
        texts = {n: builder.text_of(builder.blocks[n]) for n in range(body, after)}
        # Below a header, short paragraphs say enough where all are known.
        is_whole = all(normalised(text) in known for text in texts.values()) or are_repeated(list(texts.values()), known)
        dropped.update(range(head, after) if is_whole else (n for n, text in texts.items() if is_repeated(text, known)))
    return _without(builder, dropped)


def as_text(block: Block) -> Block:
    """A block that heads nothing."""
    return Block(Kind.PARAGRAPH, block.start, block.end) if block.kind in (Kind.TITLE, Kind.HEADING) else block


def _quotes(text: str) -> Iterator[_Quote]:
    """The mails that are quoted in a text: those whose sender, date and subject are named in lines close to each other."""
    lines = [(match.start(), match.end(), _field_or_rule(match[0])) for match in _LINE.finditer(text)]
    end_of_last = 0
    for number, (start, _, name) in enumerate(lines):
        if name not in _FROM or start < end_of_last:
            continue
        ahead = list(takewhile(lambda line: line[2] not in _FROM, lines[number + 1 : number + _MOST_LINES]))
        ends = [next((end for _, end, below in ahead if below in names), None) for names in (_SENT, _SUBJECT)]
        if None not in ends:
            end_of_last = max(filter(None, ends))
            is_below_rule = number > 0 and lines[number - 1][2] == _RULE
            yield _Quote(lines[number - 1][0] if is_below_rule else start, end_of_last + 1)


def _field_or_rule(line: str) -> str | None:
    """The name of the field that a line may show; `_RULE` for one that parts mails, None for any other."""
    line = line.strip(" \t*>")
    if line[:2] in _RULES and line.endswith(_RULES):
        return _RULE
    ends = [end for colon in _COLONS if (end := line.find(colon, 1, _LONGEST_NAME + 1)) > 0]
    return line[: min(ends)].strip(" *").casefold() if ends else None


def _split(builder: DocumentBuilder, places: Sequence[int]) -> Iterator[Block]:
    """The blocks, parted where one of these lines begins."""
    for block in builder.blocks:
        inside = places[bisect_right(places, block.start) : bisect_left(places, block.end)]
        for start, end in pairwise([block.start, *inside, block.end]):
            yield Block(block.kind, start, start + len(builder.text[start:end].rstrip()), block.level)


def _without(builder: DocumentBuilder, dropped: Collection[int]) -> DocumentBuilder:
    """A text without the blocks of these numbers."""
    kept = DocumentBuilder()
    for is_dropped, run in groupby(enumerate(builder.blocks), lambda numbered: numbered[0] in dropped):
        if not is_dropped:
            kept.extend(_part(builder, [block for _, block in run]))
    return kept if dropped else builder


def _part(builder: DocumentBuilder, blocks: Sequence[Block]) -> DocumentBuilder:
    """These blocks, which follow each other, with what stands between them and their links."""
    start, end = blocks[0].start, blocks[-1].end
    part = DocumentBuilder.holding(builder.text[start:end])
    part.blocks = [Block(block.kind, block.start - start, block.end - start, block.level) for block in blocks]
    part.links = list(_moved(builder.links, start, end))
    return part


def _moved(links: Sequence[Link], start: int, end: int) -> Iterator[Link]:
    for link in links:
        if start <= link.start and link.end <= end:
            yield Link(link.start - start, link.end - start, link.address)
