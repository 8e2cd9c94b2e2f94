"""The words that the keyword index knows: what is stored of a text and what is looked up for a question."""

import re
import threading
import unicodedata
from itertools import pairwise

import Stemmer

_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s?\b")
# Scripts written without spaces: Thai to Khmer, Japanese syllables, Han and its extensions.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUNS = re.compile(f"[{_UNSPACED}\U00020000-\U0003134f]+|[^{_UNSPACED}\U00020000-\U0003134f]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}\U00020000-\U0003134f]")
_LONGEST = 64
_local = threading.local()


def terms(text: str) -> list[str]:
    """The terms of a text, in its order: case and width levelled, English endings cut, initials joined (U.S. is us).

    Text without spaces gives its characters and its pairs of characters.
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _INITIALS.sub(lambda match: match.group().replace(".", "") + " ", text)
    words: list[str] = []
    for match in _WORD.finditer(_POSSESSIVE.sub(" ", text)):
        for run in _RUNS.findall(match.group()):
            if _IS_UNSPACED.match(run):
                words += run
                words += map("".join, pairwise(run))
            else:
                words.append(run[:_LONGEST])
    return list(_stemmer().stemWords(words))


def _stemmer() -> Stemmer.Stemmer:
    """A stemmer for each thread: one stemmer may not be used by two at once."""
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    stemmer: Stemmer.Stemmer = _local.stemmer
    return stemmer
