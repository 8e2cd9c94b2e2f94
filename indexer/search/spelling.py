"""Questions as their collection spells: misspelt words corrected, compounds that it does not know taken apart.

The bounds below are chosen by hand. What corrections do was measured where they are kept or dropped
(`searcher._LEAST_GAIN`).
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from askdex.indexer.engine.analyzer import (
    Token,
    located_words,
    may_be_one,
    stems,
)
from askdex.indexer.engine.function_words import is_function_word
from askdex.indexer.engine.identifiers import asked_identifiers
from askdex.indexer.engine.protocol import Vocabulary
from askdex.indexer.engine.question import known_forms

_SHORTEST = 4
"""Letters of the shortest word that is corrected, and of the shortest that tells whether the model knows the language."""

_SHORTEST_QUESTION_WORD = 3
"""Letters of a misspelt question word; other words as short are too many to tell apart."""

_QUESTION_WORDS = ("what", "when", "where", "which", "does", "have", "with", "there")
"""Words of questions that documents may lack."""

_ENDINGS = ("ed", "ing", "s", "er", "es", "ion")
"""Endings of English words that the collection may have where the question has another."""

_DEGREES = ("er", "est")
"""Endings of English adjectives, which stemming leaves on."""

_LONG = 8
"""Letters from which on a word may have two mistakes."""

_FEW = 2
"""Up to this many content words, all words of a question may be misspelt."""

_SHORTEST_PART = 3
"""Letters of each part of a compound."""

_SMALL = 1_000
"""Passages of a small collection. In a larger one, a word that a single passage holds may be a mistake itself."""

_LEAST_PASSAGES = 2
"""Passages that must hold a word, in a collection that is not small, for it to replace another."""

_APOSTROPHES = frozenset("'’")
_BESIDE_NUMBER = re.compile(r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)")


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A question as the encoder reads it, and its words as passages spell them; both as written where all words are known.

    `synonyms` are looked up beside these words, because they mean the same.
    """

    question: str
    words: str
    synonyms: tuple[str, ...] = ()

    @property
    def looked_up(self) -> str:
        """The words and their synonyms."""
        return " ".join([self.words, *self.synonyms])


def interpretations(
    question: str, vocabulary: Vocabulary, is_whole: Callable[[str], bool], *, corrects: bool = True
) -> list[Interpretation]:
    """How a question may be read with the words of a vocabulary: as it is written, then as it is corrected, if it can be.

    Words that no passage holds are touched, and beside a misspelt one those that are known only by their stem. A word made of
    two known words is looked up as these two; any other may be replaced by the nearest known word, in the question too.
    `is_whole` says whether the model's tokenizer has a word, in lower case, as one token: such a word is taken for right,
    though the collection does not use it, unless another one of the question is misspelt.
    """
    words = located_words(question)
    unknown = _unknown(question, words, vocabulary)
    named = asked_identifiers(question)
    plain = [word for word in unknown if not any(form.start <= word.start < form.end for one in named for form in one.forms)]
    parted = {word: parts for word in plain if (parts := _parted(word.text, vocabulary))}
    readings = [Interpretation(question, _with(question, parted))]
    if corrects:
        misspelt = [word for word in unknown if word not in parted and _may_be_misspelt(question, word)]
        better = {word: near for word in misspelt if not is_whole(word.text) and (near := _nearest(word.text, vocabulary))}
        if better and _is_understood(words, unknown, better, vocabulary, is_whole):
            better |= {
                word: near for word in words if word not in unknown and (near := _written(word.text, vocabulary, is_whole))
            }
            # Whoever misspells one word misspells others, even into right ones: "fond things keept".
            right = [word for word in misspelt if word not in better and len(word.text) >= _SHORTEST]
            better |= {word: near for word in right if (near := _likeliest(word.text, vocabulary))}
            readings.append(Interpretation(_with(question, better), _with(question, parted | better)))
    return readings


def _unknown(question: str, words: Sequence[Token], vocabulary: Vocabulary) -> list[Token]:
    """The content words of a question that no passage holds, not even in a joined form."""
    content = [word for word in words if not is_function_word(word.text)]
    forms = known_forms(question, vocabulary)
    return [
        word
        for word, term in zip(content, stems(word.text for word in content), strict=True)
        if not vocabulary.document_frequency(forms[term])
    ]


def _is_understood(
    words: Sequence[Token],
    unknown: Sequence[Token],
    better: Collection[Token],
    vocabulary: Vocabulary,
    is_whole: Callable[[str], bool],
) -> bool:
    """Whether a question is in a language of the collection and of the model; in another, right words look misspelt.

    The collection must know half of the content words of a longer question, or words near to half of the others (`better`). The
    model must have most of the known words, and of the short function words that it knows, as one token.
    """
    content = sum(not is_function_word(word.text) for word in words)
    if content > _FEW and 2 * len(unknown) > content and 2 * len(better) < len(unknown):
        return False
    others = [word.text for word in words if word not in unknown and word.text.isalpha()]
    known = [word for word in others if len(word) >= _SHORTEST and (vocabulary.spellings(word, 0) or is_function_word(word))]
    # Names of products are no token of a model. Words such as "who" and "in" say too which language a question is in.
    known += [word for word in others if len(word) < _SHORTEST and is_function_word(word) and is_whole(word)]
    return not known or 2 * sum(map(is_whole, known)) > len(known)


def _written(word: str, vocabulary: Vocabulary, is_whole: Callable[[str], bool]) -> str | None:
    """The word of the collection that a known term stands for, where it is not written as the collection writes it: "leav"."""
    if len(word) < _SHORTEST or not word.isalpha() or is_function_word(word) or is_whole(word) or vocabulary.spellings(word, 0):
        return None
    (term,) = stems([word])
    same = [other for other in vocabulary.spellings(word, 1) if stems([other]) == [term]]
    return next((other for other in same if _is_likely(other, word)), same[0] if same else None)


def _may_be_misspelt(question: str, word: Token) -> bool:
    """Whether a word has enough letters, and is neither an acronym nor what stands before an apostrophe (isn't)."""
    written, follows = question[word.start : word.end], question[word.end : word.end + 1]
    is_acronym = written.isupper() and not question.isupper()
    return word.text.isalpha() and len(word.text) >= _SHORTEST_QUESTION_WORD and not is_acronym and follows not in _APOSTROPHES


def _nearest(word: str, vocabulary: Vocabulary) -> str | None:
    """The known word with the fewest edits; of equally near ones that which most passages hold.

    A question word comes before all others, and a letter too few or too many, or two swapped, before one replaced by another,
    which is the rarest mistake. Where no word is near, one may be that has another ending.
    """
    asking = [other for other in _QUESTION_WORDS if OSA.distance(word, other) == 1 and _is_likely(other, word)]
    if asking or len(word) < _SHORTEST:
        return asking[0] if asking else None
    for edits in (1, 2) if len(word) >= _LONG else (1,):
        # Of two edits, not those that cut the first two letters off: the rest often means the opposite (unpaid, paid).
        near = [other for other in vocabulary.spellings(word, edits) if edits == 1 or not word.endswith(other)]
        best = (_likeliest(word, vocabulary) if edits == 1 else None) or _most_frequent_word(near, vocabulary)
        if best:
            return best
    return _with_other_ending(word, vocabulary)


def _likeliest(word: str, vocabulary: Vocabulary) -> str | None:
    """The known word one likely mistake away that most passages hold."""
    return _most_frequent_word([other for other in vocabulary.spellings(word, 1) if _is_likely(other, word)], vocabulary)


def _is_likely(other: str, word: str) -> bool:
    """Whether a word one edit away is a likely mistake: not one letter for another."""
    return len(other) != len(word) or sorted(other) == sorted(word)


def _with_other_ending(word: str, vocabulary: Vocabulary) -> str | None:
    """The word that is meant where the collection has it with another ending: "ataching" for attaching, of "attached"."""
    (term,) = stems([word])
    if term == word:
        return _compared(word, vocabulary)
    if not word.startswith(term) or len(term) < _SHORTEST:
        return None
    for ending in _ENDINGS:
        for near in vocabulary.spellings(term + ending, 1):
            (other,) = stems([near])
            if near.startswith(other) and stems([other + word[len(term) :]]) == [other]:
                return other + word[len(term) :]
    return None


def _compared(word: str, vocabulary: Vocabulary) -> str | None:
    """The adjective that is meant where the collection has it in another degree: "lage" for large, of "largest"."""
    base = word.removesuffix("e")
    for ending in _DEGREES:
        for near in vocabulary.spellings(base + ending, 1):
            if near.endswith(ending) and _is_likely(near, base + ending):
                return near.removesuffix(ending) + word[len(base) :]
    return None


def _parted(word: str, vocabulary: Vocabulary) -> str | None:
    """The two known words that make up a word, or the word and the number in it."""
    choices: list[tuple[str, ...]] = [(word[: cut.start()], word[cut.start() :]) for cut in _BESIDE_NUMBER.finditer(word)]
    if not choices:
        cuts = range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1)
        pairs = [(word[:cut], word[cut:]) for cut in cuts if may_be_one(word[:cut], word[cut:])]
        choices = [pair for pair in pairs if all(vocabulary.spellings(part, 0) for part in pair)]
    best = _most_frequent(choices, vocabulary)
    return " ".join(best) if best else None


def _most_frequent_word(words: Sequence[str], vocabulary: Vocabulary) -> str | None:
    """See `_most_frequent`."""
    best = _most_frequent([(word,) for word in words], vocabulary)
    return best[0] if best else None


def _most_frequent(choices: Sequence[tuple[str, ...]], vocabulary: Vocabulary) -> tuple[str, ...] | None:
    """The first of the choices whose rarest word has the largest document frequency; None where that is too small."""

    def frequency(choice: tuple[str, ...]) -> int:
        return min(vocabulary.document_frequency((term,)) for term in stems(choice))

    best = max(choices, key=frequency, default=None)
    least = 1 if vocabulary.passage_count <= _SMALL else _LEAST_PASSAGES
    return best if best and frequency(best) >= least else None


def _with(question: str, replaced: Mapping[Token, str]) -> str:
    """A question with some words replaced; each new word has capitals as the old one has."""
    for word in sorted(replaced, key=lambda word: -word.start):
        written, other = question[word.start : word.end], replaced[word]
        if written[0].isupper():
            other = other.upper() if written.isupper() else other[0].upper() + other[1:]
        question = question[: word.start] + other + question[word.end :]
    return question
