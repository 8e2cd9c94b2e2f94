"""What the words of a question say of a passage by where they stand in it: in its headings, in one sentence, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from indexer import arrays, bm25
from indexer.arrays import Mask, Positions, Rows
from indexer.engine import Evidence, Numbers, Vectors
from indexer.postings import END, Postings
from indexer.terms import function_terms


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of a question that a collection knows: their numbers in each segment, and what each weighs.

    `content` are what those weigh that say what the question is about, 0 for others, and `whole` what all such words of the
    question weigh, the unknown among them.

    `pairs` has the number of each two words that stand side by side in the question, -1 for any others, of shape (words,
    words); function words alone make no pair. A pair weighs as much as the rarer of its words: it cannot be commoner.
    """

    numbers: Sequence[Sequence[Sequence[int]]]
    weights: Numbers
    pairs: Positions
    pair_weights: Numbers
    content: Numbers
    whole: float

    @classmethod
    def of(
        cls,
        question: Sequence[str],
        known: Sequence[str],
        numbers: Sequence[Sequence[Sequence[int]]],
        weights: Numbers,
        unknown: float,
    ) -> "Asked":
        """From the words of a question in their order, and those of them that are known; others weigh `unknown`."""
        place = {word: n for n, word in enumerate(known)}
        pairs = np.full((len(known), len(known)), -1)
        pair_weights: list[float] = []
        for two in dict.fromkeys(pairwise(question)):
            if place.keys() >= set(two) and not function_terms().issuperset(two):
                pairs[place[two[0]], place[two[1]]] = len(pair_weights)
                pair_weights.append(max(weights[place[word]] for word in two))
        telling = set(question) - function_terms() or set(question)
        content = np.array([weights[n] * (word in telling) for word, n in place.items()], np.float64)
        whole = float(content.sum()) + unknown * len(telling - place.keys())
        return cls(numbers, weights, pairs, np.array(pair_weights, np.float64), content, whole)


def evidence(postings: Postings, asked: Asked, numbers: Sequence[Sequence[int]], rows: Rows, norms: Vectors) -> Evidence:
    """What a question says of passages of a segment, at least one, in which its words are these.

    A word may be several there, and one word there may stand for several: "healthcare" for "health", and for "care".
    """
    if not len(asked.weights):
        return Evidence(*np.zeros((len(Evidence._fields), len(rows))))
    starts = postings.sequence_ends[rows]
    sizes = postings.sequence_ends[rows + 1] - starts
    slots, stands_for = _slots(numbers)
    found = _codes(postings, slots)[postings.sequence[arrays.ranges(starts, sizes)]]
    owners, is_end = np.repeat(np.arange(len(rows)), sizes), found == END
    sentences = np.cumsum(is_end) - is_end
    # A passage has its context before its sentences, and an END after each, even where there is none.
    firsts = sentences[np.cumsum(sizes) - sizes]
    at = np.flatnonzero(found > 0)
    held, words = np.nonzero(stands_for[found[at] - 1])
    places = at[held]
    is_above = sentences[places] == firsts[owners[places]]
    shape = len(rows), len(asked.weights)
    often = np.bincount(owners[places] * shape[1] + words, minlength=shape[0] * shape[1]).reshape(shape)
    above = _summed(owners[places[is_above]], words[is_above], asked.weights, len(rows))
    within = _summed(sentences[places[~is_above]], words[~is_above], asked.weights, int(sentences[-1]) + 1)
    # Summed row by row: a matrix product may give one row other last digits in other company.
    whole: Numbers = np.einsum("nw,w->n", bm25.saturated(often, norms[:, None]), asked.weights)
    covered: Numbers = np.einsum("nw,w->n", often > 0, asked.content) / asked.whole
    beside = np.flatnonzero(np.diff(at) == 1)
    word = stands_for.argmax(axis=1)[found[at] - 1]
    two = asked.pairs[word[beside], word[beside + 1]]
    pairs = _summed(owners[at[beside[two >= 0]]], two[two >= 0], asked.pair_weights, len(rows))
    return Evidence(whole, pairs, np.maximum.reduceat(within, firsts), above, covered)


def _slots(numbers: Sequence[Sequence[int]]) -> tuple[list[int], Mask]:
    """The different words of a segment among these, and which words of the question each stands for, (slots, words)."""
    slots = list(dict.fromkeys(number for of_word in numbers for number in of_word))
    stands_for = np.zeros((len(slots), len(numbers)), np.bool_)
    for n, of_word in enumerate(numbers):
        stands_for[[slots.index(number) for number in of_word], n] = True
    return slots, stands_for


def _codes(postings: Postings, numbers: Sequence[int]) -> Rows:
    """For each word of a segment its place among these and 1, 0 where it is not among them; END for END, the last."""
    codes = np.zeros(len(postings.hashes) + 1, np.int32)
    codes[list(numbers)] = np.arange(1, len(numbers) + 1)
    codes[END] = END
    return codes


def _summed(places: Positions, numbers: Positions, weights: Numbers, size: int) -> Numbers:
    """What weighs all that is at each place, counting what is there several times once; of shape (size,)."""
    if not len(weights):
        return np.zeros(size)
    distinct = np.unique(places * len(weights) + numbers)
    found: Numbers = np.bincount(distinct // len(weights), weights[distinct % len(weights)], size).astype(np.float64)
    return found
