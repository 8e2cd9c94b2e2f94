"""Masking what may tell who wrote a text: numbers, addresses, and words that look like names of persons.

It goes by the form of the words, and so finds what is written as numbers, addresses and names usually are. It cannot find
all: a name in small letters, or one that begins a sentence, looks like any other word.
"""

from collections.abc import Callable, Iterator

import regex

from askdex.corpus.text import language

NUMBER, ADDRESS, NAME = "[number]", "[address]", "[name]"

_NOUNS_ARE_CAPITALISED = ("de", "lb")

# Chinese, Japanese and Thai have no blanks between words: no number and no address runs on into them.
_BOUND = r"\s\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}"
_ADDRESSES = regex.compile(rf"[^{_BOUND}]*(?:@|://)[^{_BOUND}]+")
_TOKEN = regex.compile(r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}_#'’.,:/+–-]+")
_NUMBERS = regex.compile(rf"{regex.escape(NUMBER)}(?:[\s()]*{regex.escape(NUMBER)})+")

_WORD = r"\p{L}[\p{L}\p{M}'’-]+"
_CAPITALISED = r"\p{Lu}[\p{L}\p{M}'’-]*\p{Ll}[\p{L}\p{M}'’-]*"
_RUN = regex.compile(rf"(?<![\p{{L}}\[]){_CAPITALISED}(?:\s+{_CAPITALISED})*")
_BLANKLESS = regex.compile(r"\S+")
_SENTENCE_END = regex.compile(r"(?:^|[.?!:;。？！])[\s\p{P}]*$")
_AFTER_TITLE = regex.compile(
    rf"(?:\b(?i:mrs?|ms|dr|prof|sra?|mme)\b\.?\s+(?P<name>{_WORD}(?:\s+{_CAPITALISED})*)"
    rf"|\b(?:Miss|Herrn?|Frau|Señora?|Doña|Don|Madame|Monsieur)\s+(?P<name>{_CAPITALISED}(?:\s+{_CAPITALISED})*))"
)
_AFTER_INTRODUCTION = regex.compile(
    rf"\b(?i:my name is|my name['’]s|i am called|mein name ist|ich heiße|me llamo|mi nombre es|je m['’]appelle)\s+"
    rf"(?P<name>{_WORD}(?:\s+{_WORD})?)"
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
"""The hundred most frequent surnames in China."""
_HAN_NAME = regex.compile(
    rf"(?:我叫|名叫|姓名(?:是|：|:)?)(?P<name>\p{{Han}}{{2,3}})|(?P<name>[{_SURNAMES}]\p{{Han}}{{0,2}})(?=先生|女士|小姐|老师|医生)"
)

IsKnown = Callable[[str], bool]
"""Whether a word stands in the documents."""


def masked(text: str, is_known: IsKnown) -> str:
    """A text with marks in place of numbers, addresses and names, on one line.

    >>> masked("Does Maria get 300 euros? Write to m@example.org", lambda word: word == "Write")
    'Does [name] get [number] euros? Write to [address]'

    A word with a capital letter within a sentence is taken for a name unless it is known; in German, where all nouns have
    one, only several of them in a row are.
    """
    text = _ADDRESSES.sub(ADDRESS, " ".join(text.split()))
    text = _NUMBERS.sub(NUMBER, _TOKEN.sub(_without_number, text))
    for pattern in (_AFTER_TITLE, _HAN_NAME):
        text = _replaced(text, (match.span("name") for match in pattern.finditer(text)))
    text = _replaced(text, _introduced(text, is_known))
    return _replaced(text, _unknown(text, is_known))


def _without_number(token: regex.Match[str]) -> str:
    """A mark in place of a token with a digit, before the sign that ends the sentence."""
    written = token[0]
    end = len(written.rstrip(".,:"))
    return f"{NUMBER}{written[end:]}" if any(map(str.isdigit, written)) else str(written)


def _introduced(text: str, is_known: IsKnown) -> Iterator[tuple[int, int]]:
    """The spans of names that somebody introduces himself by; "my name is wrong on the card" has none."""
    for match in _AFTER_INTRODUCTION.finditer(text):
        if any(word[0].isupper() or not is_known(word) for word in match["name"].split()):
            yield match.span("name")


def _unknown(text: str, is_known: IsKnown) -> Iterator[tuple[int, int]]:
    """The spans of words in a row that have a capital letter as names do, where the documents do not hold all of them."""
    runs = list(_RUN.finditer(text))
    nouns = bool(runs) and language.detect(text) in _NOUNS_ARE_CAPITALISED
    for run in runs:
        words = list(_BLANKLESS.finditer(text, *run.span()))
        begins_sentence = _SENTENCE_END.search(text, 0, run.start()) is not None
        if begins_sentence and is_known(words[0][0]):
            # It has a capital letter because it is the first; what follows has one of its own.
            del words[0]
            begins_sentence = False
        if _is_name([is_known(word[0]) for word in words], needs_several=nouns or begins_sentence):
            yield words[0].start(), words[-1].end()


def _is_name(are_known: list[bool], *, needs_several: bool) -> bool:
    """Whether words in a row are taken for a name; `needs_several` where a single one may have a capital letter anyway."""
    return len(are_known) > 1 and not any(are_known) if needs_several else not all(are_known)


def _replaced(text: str, spans: Iterator[tuple[int, int]]) -> str:
    """The text with the mark of a name in place of each span."""
    for start, end in reversed(list(spans)):
        text = text[:start] + NAME + text[end:]
    return text
