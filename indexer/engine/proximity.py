"""What the words of a question say of a passage by where they stand in it: in its headings, in one sentence, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

from askdex.indexer.engine import arrays, bm25
from askdex.indexer.engine.analyzer import function_terms
from askdex.indexer.engine.postings import END, Postings
from askdex.indexer.engine.protocol import Evidence
from askdex.indexer.types import Numbers, Positions, Rows, Vectors


@dataclass(frozen=True, slots=True)
class QueryTerms:
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
    ) -> "QueryTerms":
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


def evidence(postings: Postings, asked: QueryTerms, numbers: Sequence[Sequence[int]], rows: Rows, norms: Vectors) -> Evidence:
    """What a question says of passages of a segment, at least one, in which its words are these.

    A word may be several there, and one word there may stand for several: "healthcare" for "health", and for "care".
    """
    if not len(asked.weights):
        return Evidence(*np.zeros((len(Evidence._fields), len(rows))))
    starts = postings.sequence_ends[rows]
    sizes = postings.sequence_ends[rows + 1] - starts
    slots, stands_for = _slots(numbers)
    found = _codes(postings, slots)[postings.sequence[arrays.ranges(starts, sizes)]]
    at = np.flatnonzero(found > 0)
    slot, owners = found[at].astype(np.intp) - 1, np.repeat(np.arange(len(rows)), sizes)[at]
    # A passage has its context before its sentences, and an END after each, even where there is none.
    ended = np.cumsum(found == END)
    firsts = np.concatenate([[0], ended[np.cumsum(sizes)[:-1] - 1]])
    often = np.bincount(owners * len(slots) + slot, minlength=len(rows) * len(slots)).reshape(len(rows), -1) @ stands_for
    # Summed row by row: a matrix product may give one row other last digits in other company.
    whole: Numbers = np.vecdot(bm25.tf_weight(often, norms[:, None]), asked.weights)
    covered: Numbers = np.vecdot(often > 0, asked.content) / asked.whole
    in_sentence = _seen(ended[at], slot, (int(ended[-1]), len(slots))) @ stands_for
    held: Numbers = np.vecdot(in_sentence > 0, asked.weights)
    above = held[firsts]
    held[firsts] = 0
    beside = np.flatnonzero(np.diff(at) == 1)
    word = stands_for.argmax(axis=1)[slot]
    two = asked.pairs[word[beside], word[beside + 1]]
    is_pair = two >= 0
    in_passage = _seen(owners[beside[is_pair]], two[is_pair], (len(rows), len(asked.pair_weights)))
    pairs: Numbers = np.vecdot(in_passage, asked.pair_weights)
    return Evidence(whole, pairs, np.maximum.reduceat(held, firsts), above, covered)


def _slots(numbers: Sequence[Sequence[int]]) -> tuple[list[int], Vectors]:
    """The different words of a segment among these; 1 for each word of the question it stands for, (slots, words)."""
    slots = {number: n for n, number in enumerate(dict.fromkeys(chain.from_iterable(numbers)))}
    stands_for = np.zeros((len(slots), len(numbers)), np.float32)
    for n, of_word in enumerate(numbers):
        stands_for[[slots[number] for number in of_word], n] = 1
    return list(slots), stands_for


def _codes(postings: Postings, numbers: Sequence[int]) -> Rows:
    """For each word of a segment its place among these and 1, 0 where it is not among them; END for END, the last."""
    codes = np.zeros(len(postings.hashes) + 1, np.int32)
    codes[list(numbers)] = np.arange(1, len(numbers) + 1)
    codes[END] = END
    return codes


def _seen(places: Positions, numbers: Positions, shape: tuple[int, int]) -> Vectors:
    """1 for each place and number that come together, 0 for all others."""
    found = np.zeros(shape, np.float32)
    found[places, numbers] = 1
    return found
