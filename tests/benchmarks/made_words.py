"""Any number of made passages that look like real ones to a keyword index.

Each word follows the one before it as somewhere in real text: the next word is the one after a random occurrence of the
present one, so that bigrams are drawn as often as they occur. New words come as text grows. A word is new with the
probability that the next word of the real text would be new, which is the share of words that occur once (Good, 1953). New
words are drawn by rank from the tail of a Zipf law beyond the real vocabulary. Its exponent lets the vocabulary grow as in
the real text: an exponent of 1/b makes n words have n^b different ones (Heaps, 1978).

Words are made block by block from seeds, so that none has to be stored.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import regex

BLOCK = 1_000
"""Passages that are made together."""

LENGTH = 60
"""Words of a passage."""

_HEADING = 6
"""Words of a heading."""

_PASSAGES_OF_DOCUMENT = 8
_BIGRAM_WORDS, _RARE_WORDS = 7, 3
"""Words of a question: in a row as text has them, and the rarest of a passage."""

_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+(?:['’.-][\p{L}\p{N}\p{M}]+)*")
_SEED = 0
_SYLLABLES = [first + last for first in "bdfgklmnprstvz" for last in ("a", "e", "i", "o", "u", "an", "er", "il", "os")]
_GREATEST_NUMBER = 2**48
"""Of a made word; the tail of the law has no end, and an integer has."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TextModel:
    """The words of real text in their order, as numbers, and the word of each number.

    `growth` is the exponent b of Heaps' law, `share_new` the probability that the next word is new.
    """

    text: Numbers
    vocabulary: npt.NDArray[np.object_]
    growth: float
    share_new: float

    @cached_property
    def _counts(self) -> Numbers:
        return np.bincount(self.text, minlength=len(self.vocabulary))

    @cached_property
    def _occurrences(self) -> Numbers:
        """The positions of the words in the text, those of one word together."""
        return np.argsort(self.text, kind="stable")

    def numbers(self, seed: Sequence[int], passages: int, length: int) -> Numbers:
        """Words of shape (passages, length). Numbers beyond the vocabulary are words that the real text does not have."""
        generator = np.random.default_rng(seed)
        first_occurrence = np.cumsum(self._counts) - self._counts
        numbers = np.empty((passages, length), np.int64)
        word = self.text[generator.integers(0, len(self.text), passages)]
        for column in numbers.T:
            column[:] = word
            at_random = (generator.random(passages) * self._counts[word]).astype(np.int64)
            position = self._occurrences[first_occurrence[word] + at_random]
            word = self.text[(position + 1) % len(self.text)]
        is_new = generator.random(numbers.shape) < self.share_new
        # A Pareto variable with this tail, cut to whole numbers, has the ranks of Zipf's law beyond the vocabulary.
        tail = (1 - generator.random(int(is_new.sum()))) ** (-1 / (1 / self.growth - 1))
        numbers[is_new] = np.minimum(len(self.vocabulary) * tail, _GREATEST_NUMBER).astype(np.int64)
        return numbers

    def sample(self) -> Numbers:
        """As many words as the real text has, in blocks."""
        blocks = range(-(-len(self.text) // (BLOCK * LENGTH)))
        return np.concatenate([self.numbers([block, 0], BLOCK, LENGTH).ravel() for block in blocks])[: len(self.text)]

    def written(self, numbers: Numbers) -> list[str]:
        """Rows of words as text."""
        spelled = self.vocabulary[np.minimum(numbers, len(self.vocabulary) - 1)]
        for at in zip(*np.nonzero(numbers >= len(self.vocabulary)), strict=True):
            spelled[at] = _made_word(int(numbers[at]))
        return [" ".join(row) for row in spelled.tolist()]

    def passages(self, block: int, size: int) -> Iterator[tuple[str, str]]:
        """The headings and texts of a block's first passages, the same each time; eight in a row are of one document."""
        headings = self.written(self.numbers([block, 1], BLOCK // _PASSAGES_OF_DOCUMENT, _HEADING))
        for number, text in enumerate(self.written(self.numbers([block, 0], BLOCK, LENGTH)[:size])):
            yield headings[number // _PASSAGES_OF_DOCUMENT], text

    def questions(self, block: int, size: int) -> list[str]:
        """Questions of ten words: seven in a row as text has them, and the three rarest of one of the block's passages."""
        bigrams = self.numbers([block, 2], size, _BIGRAM_WORDS)
        targets = self.numbers([block, 0], BLOCK, LENGTH)[:size]
        counts = np.append(self._counts, 0)[np.minimum(targets, len(self.vocabulary))]
        rarest = np.take_along_axis(targets, np.argsort(counts, axis=1, kind="stable")[:, :_RARE_WORDS], 1)
        return self.written(np.concatenate([bigrams, rarest], axis=1))


def learned_text(texts: Sequence[str]) -> TextModel:
    """The model of real texts; the growth of their vocabulary is measured between half of the text and all of it."""
    # In their own order the second half would be on other subjects than the first.
    shuffled = random.Random(_SEED).sample(texts, len(texts))
    spelled = [word.lower() for text in shuffled for word in _WORD.findall(text)]
    vocabulary, text = np.unique(np.array(spelled, object), return_inverse=True)
    half, whole = (vocabulary_size(text[: len(text) // divisor]) for divisor in (2, 1))
    # Very little text may give an exponent that no Zipf law has.
    growth = float(np.clip(np.log2(whole / half), 0.1, 0.9))
    once = int((np.bincount(text) == 1).sum())
    return TextModel(text.astype(np.int64), vocabulary, growth, once / len(text))


def vocabulary_size(text: Numbers) -> int:
    """The number of different words."""
    return len(np.unique(text))


def share_of_commonest(text: Numbers) -> float:
    """The share of the text that its hundred commonest words make up."""
    counts = np.unique(text, return_counts=True)[1]
    return float(np.sort(counts)[-100:].sum() / len(text))


def _made_word(number: int) -> str:
    """A word for a number; every number has another."""
    syllables = []
    while number:
        number, syllable = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[syllable])
    return "".join(syllables)
