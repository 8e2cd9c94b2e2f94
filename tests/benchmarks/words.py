"""Any number of passages that read, to a keyword index, as real ones do.

Each word follows the one before it as somewhere in real text: the next word is that after a random occurrence of the
present one, which draws from the bigrams as often as they occur. New words come as text grows: with the probability that
the next word of the real text would be a new one (the share of words that occur once; Good 1953), a word is drawn by rank
from the tail of a Zipf law beyond the real vocabulary, whose exponent makes the vocabulary grow as it does in the real text
(Heaps 1978; an exponent 1/b gives a growth of n^b). All is drawn block by block from seeds, so nothing needs to be kept.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import regex

BLOCK = 1_000
LENGTH = 60
_HEADING = 6
_OF_DOCUMENT = 8
_ASKED = 7
_RARE = 3
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+(?:['’.-][\p{L}\p{N}\p{M}]+)*")
_SEED = 0
_SYLLABLES = [first + last for first in "bdfgklmnprstvz" for last in ("a", "e", "i", "o", "u", "an", "er", "il", "os")]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Words:
    """The words of real text in their order as numbers, and what each number is; `growth` is the exponent of Heaps' law."""

    text: Numbers
    vocabulary: npt.NDArray[np.object_]
    growth: float
    share_new: float

    @cached_property
    def _counts(self) -> Numbers:
        return np.bincount(self.text, minlength=len(self.vocabulary))

    @cached_property
    def _places(self) -> Numbers:
        """The places of the words in the text, those of one word together."""
        return np.argsort(self.text, kind="stable")

    def numbers(self, seed: Sequence[int], passages: int, length: int) -> Numbers:
        """Words of shape (passages, length); numbers beyond the vocabulary are words that are not in the real text."""
        chances = np.random.default_rng(seed)
        firsts = np.cumsum(self._counts) - self._counts
        found = np.empty((passages, length), np.int64)
        now = self.text[chances.integers(0, len(self.text), passages)]
        for column in found.T:
            column[:] = now
            place = self._places[firsts[now] + (chances.random(passages) * self._counts[now]).astype(np.int64)]
            now = self.text[(place + 1) % len(self.text)]
        is_new = chances.random(found.shape) < self.share_new
        # A Pareto variable with this tail, cut to whole numbers, has the ranks of Zipf's law beyond the vocabulary.
        tail = (1 - chances.random(int(is_new.sum()))) ** (-1 / (1 / self.growth - 1))
        found[is_new] = np.minimum(len(self.vocabulary) * tail, 2**48).astype(np.int64)
        return found

    def sample(self) -> Numbers:
        """As many words as the real text has, in blocks."""
        blocks = range(-(-len(self.text) // (BLOCK * LENGTH)))
        return np.concatenate([self.numbers([block, 0], BLOCK, LENGTH).ravel() for block in blocks])[: len(self.text)]

    def written(self, numbers: Numbers) -> list[str]:
        """Rows of words as text."""
        known = self.vocabulary[np.minimum(numbers, len(self.vocabulary) - 1)]
        for at in zip(*np.nonzero(numbers >= len(self.vocabulary)), strict=True):
            known[at] = _coined(int(numbers[at]))
        return [" ".join(row) for row in known.tolist()]

    def passages(self, block: int, size: int) -> Iterator[tuple[str, str]]:
        """The headings and texts of a block's first passages, the same each time; those in a row are of one document."""
        headings = self.written(self.numbers([block, 1], BLOCK // _OF_DOCUMENT, _HEADING))
        for number, text in enumerate(self.written(self.numbers([block, 0], BLOCK, LENGTH)[:size])):
            yield headings[number // _OF_DOCUMENT], text

    def questions(self, block: int, size: int) -> list[str]:
        """Questions of ten words: seven in a row as text has them, and the three rarest of one of the block's passages."""
        asked = self.numbers([block, 2], size, _ASKED)
        targets = self.numbers([block, 0], BLOCK, LENGTH)[:size]
        counts = np.append(self._counts, 0)[np.minimum(targets, len(self.vocabulary))]
        rare = np.take_along_axis(targets, np.argsort(counts, axis=1, kind="stable")[:, :_RARE], 1)
        return self.written(np.concatenate([asked, rare], axis=1))


def learnt(texts: Sequence[str]) -> Words:
    """The words of real texts; how their vocabulary grows is measured between half of the text and all of it."""
    # In the order of their sources the second half would be on other subjects than the first.
    mixed = random.Random(_SEED).sample(texts, len(texts))
    spelt = [word.lower() for text in mixed for word in _WORD.findall(text)]
    vocabulary, text = np.unique(np.array(spelt, object), return_inverse=True)
    sizes = [len(np.unique(text[: len(text) // part])) for part in (2, 1)]
    # Of very little text it may come out as one that no Zipf law has.
    growth = float(np.clip(np.log2(sizes[1] / sizes[0]), 0.1, 0.9))
    once = int((np.bincount(text) == 1).sum())
    return Words(text.astype(np.int64), vocabulary, growth, once / len(text))


def different(text: Numbers) -> int:
    """How many different words there are."""
    return len(np.unique(text))


def commonest(text: Numbers) -> float:
    """The share of the hundred commonest words."""
    counts = np.unique(text, return_counts=True)[1]
    return float(np.sort(counts)[-100:].sum() / len(text))


def _coined(number: int) -> str:
    """A word of its own for every number."""
    parts = []
    while number:
        number, part = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[part])
    return "".join(parts)
