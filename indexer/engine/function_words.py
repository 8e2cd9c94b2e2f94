"""Function words, such as "the" and "how", those of other languages apart, and the stemmer that terms are cut with."""

import threading
from collections.abc import Sequence
from functools import cache, lru_cache

import Stemmer

_FUNCTION_WORDS = frozenset(
    "a about all am an and any are as at be been but by can cannot could did do does for from had has have he her him his how "
    "i if in into is it its just may me might much must my no not of on or our shall she should so some such than that the "
    "their them then there these they this those to too up us was we were what when where which who whom whose why will with "
    "would you your "
    # Written with an apostrophe or without.
    "aint arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt neednt shant shouldnt wasnt werent wont "
    "wouldnt hows im ive thats theres theyre theyve weve whats wheres whos youll youre youve".split()
)
_OTHER_FUNCTION_WORDS = frozenset(
    # German, French, Spanish, Italian, Portuguese, Dutch.
    "der die das den dem des ein eine einen einem einer und oder aber ist sind war ich du er sie es wir ihr mit von zu für auf "
    "nicht wie wo wer was wann warum im am zum zur "
    "le la les l un une du de et ou est sont je tu il elle nous vous avec pour dans sur pas que qui où quand comment au aux "
    "el los las uno una y o es son yo él ella con por para en no que quién dónde cuándo cómo del al "
    "il lo gli e ed che chi dove quando come per con di da nel della os as um uma ou com em do da que quem onde "
    "het een en of van met voor op niet "
    # Chinese, Japanese: single signs.
    "的 了 是 在 和 吗 呢 の は が を に と で か".split()
)
"""Function words of other languages. Some are words with a meaning in English, so they count as nothing only by themselves."""

_local = threading.local()


def is_function_word(word: str) -> bool:
    """Whether a word, in lower case, says nothing of what a text is about."""
    return word in _FUNCTION_WORDS


def asks_nothing(words: Sequence[str]) -> bool:
    """Whether a question of these words, in lower case, has nothing but function words, of whatever language."""
    return all(word in _FUNCTION_WORDS or word in _OTHER_FUNCTION_WORDS for word in words)


@cache
def function_terms() -> frozenset[str]:
    """The terms of the function words."""
    return frozenset(map(stem, _FUNCTION_WORDS))


@lru_cache(maxsize=2**16)
def stem(word: str) -> str:
    """The term of a word in lower case: the word without its English ending."""
    return str(_stemmer().stemWord(word))


def _stemmer() -> Stemmer.Stemmer:
    """A stemmer for each thread: one stemmer may not be used by two at once."""
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    stemmer: Stemmer.Stemmer = _local.stemmer
    return stemmer
