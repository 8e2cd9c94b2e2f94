"""Keyword features of candidates: their BM25, and how the terms of a question stand in each passage.

All follow from the term sequences of the candidates, so that they are the same whichever engine found them. The frequency of a
term is the sum over its joined forms; `keywords`, which only proposes candidates, takes the largest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from askdex.indexer.engine import arrays, bm25
from askdex.indexer.engine.postings import END, term_hash
from askdex.indexer.engine.protocol import Found, QueryTerm, Vocabulary
from askdex.indexer.engine.question import QuestionTerms
from askdex.indexer.types import Mask, Numbers, Positions, TermHashes, Vectors

_SMALLEST_TABLE_BITS = 12
"""A table of 4,096 codes stays in the processor's first cache, and seldom has two terms of a question in one place."""

_END_CODE = 1
"""The code of END among the codes of the forms of a question."""

_Codes = npt.NDArray[np.uint16]


class KeywordFeatures(NamedTuple):
    """What the terms of a question say of n candidates, each of shape (n,); all but `coverage` in points of BM25.

    `bm25` is their BM25; `pairs` the weights of the term pairs of the question that stand side by side in the passage too;
    `sentence` the weights of the terms in the best of its sentences; `context` those in its title and headings. `coverage` is
    the share, 0 to 1, of the weight of the question's content words that the passage has.
    """

    bm25: Numbers
    pairs: Numbers
    sentence: Numbers
    context: Numbers
    coverage: Numbers


class _Matches(NamedTuple):
    """The terms of a question in the term sequences of n candidates.

    `position`, `form`, `owner` and `sentence` have one entry for each match: where it stands in all sequences, which of the
    question's forms it is, which candidate it is in, and the number of its sentence among the `sentences` of all candidates,
    contexts included. `contexts` has the sentence number of each candidate's context, `lengths` its number of terms, both of
    shape (n,).

    For a question "lost card" and two candidates with the sequences `[card END lost card END]` and `[END fee END]`, `position`
    is (0, 2, 3), `form` (1, 0, 1), `owner` (0, 0, 0), `sentence` (0, 1, 1), `contexts` (0, 2), `lengths` (3, 1).
    """

    position: Positions
    form: _Codes
    owner: Positions
    sentence: Positions
    sentences: int
    contexts: Positions
    lengths: Positions


@dataclass(frozen=True, slots=True)
class _Forms:
    """The different forms of the terms of a question by their hashes, and which terms each stands for.

    `stands_for` has shape (forms, terms) and holds 1 where a form stands for a term: "healthcare" for "health" and for "care".
    """

    hashes: list[int]
    stands_for: Vectors

    @classmethod
    def of(cls, terms: Sequence[QueryTerm]) -> "_Forms":
        hashes = dict.fromkeys(term_hash(form) for term in terms for form in term.forms)
        number = {value: n for n, value in enumerate(hashes)}
        stands_for = np.zeros((len(number), len(terms)), np.float32)
        for n, term in enumerate(terms):
            for form in term.forms:
                stands_for[number[term_hash(form)], n] = 1
        return cls(list(number), stands_for)


def keyword_features(found: Found, question: QuestionTerms, vocabulary: Vocabulary) -> KeywordFeatures:
    """The keyword features of candidates."""
    if not question.terms or not len(found):
        return KeywordFeatures(*np.zeros((len(KeywordFeatures._fields), len(found))))
    forms = _Forms.of(question.terms)
    matches = _matches(found, forms.hashes)
    tf = _term_frequencies(matches, forms)
    norms = bm25.length_norm(matches.lengths, vocabulary.average_length)
    # All sums are row by row: a matrix product may give a row other last digits in other company.
    scores: Numbers = np.vecdot(bm25.tf_weight(tf, norms[:, None]), question.weights)
    coverage: Numbers = np.vecdot(tf > 0, question.content_weights) / question.content_weight
    context, sentence = _sentence_weights(matches, forms, question.weights)
    return KeywordFeatures(scores, _pair_weights(matches, forms, question), sentence, context, coverage)


def term_gains(found: Found, question: QuestionTerms, vocabulary: Vocabulary) -> list[dict[str, float]]:
    """For each candidate the terms of a question that it has, with what each adds to its BM25."""
    if not question.terms or not len(found):
        return [{} for _ in range(len(found))]
    forms = _Forms.of(question.terms)
    matches = _matches(found, forms.hashes)
    norms = bm25.length_norm(matches.lengths, vocabulary.average_length)
    gains: Numbers = bm25.tf_weight(_term_frequencies(matches, forms), norms[:, None]) * question.weights
    texts = [term.text for term in question.terms]
    return [{text: gain for text, gain in zip(texts, row, strict=True) if gain} for row in gains.tolist()]


def named_shares(found: Found, question: QuestionTerms) -> Numbers:
    """For each candidate the share of the identifiers that a question names which it has, of shape (n,); see QuestionTerms."""
    asked = len(question.named) + question.missing
    if not question.named or not len(found):
        return np.full(len(found), 0.0 if asked else 1.0)
    forms = _Forms.of([question.terms[n] for n in question.named])
    held: Numbers = np.add.reduce(_term_frequencies(_matches(found, forms.hashes), forms) > 0, axis=1) / asked
    return held


def holding(found: Found, phrase: Sequence[str]) -> Mask:
    """Which candidates hold these terms side by side, of shape (n,); an empty phrase is in none."""
    if not phrase:
        return np.zeros(len(found), np.bool_)
    wanted = [term_hash(term) for term in phrase]
    # Behind the last term stand ENDs, so that all shifted copies have the same length.
    sequence = np.concatenate([found.terms, np.full(len(wanted), END, np.uint32)])
    begins = np.logical_and.reduce([sequence[n : n + len(found.terms)] == value for n, value in enumerate(wanted)])
    holds = np.zeros(len(found), np.bool_)
    holds[found.term_ends.searchsorted(begins.nonzero()[0], side="right") - 1] = True
    return holds


def score_of(terms: Sequence[str], question: QuestionTerms, vocabulary: Vocabulary) -> float:
    """The BM25 of a passage that is not in the index, by its terms."""
    tf = np.array([sum(map(terms.count, term.forms)) for term in question.terms])
    norm = bm25.length_norm(np.array([len(terms)]), vocabulary.average_length)
    return float(bm25.tf_weight(tf, norm) @ question.weights) if len(tf) else 0.0


def _matches(found: Found, hashes: Sequence[int]) -> _Matches:
    """Find the forms with these hashes in the term sequences."""
    # END has code 1, the forms have the codes from 2 on.
    at, codes = _coded(found.terms, [END, *hashes])
    is_end = codes == _END_CODE
    closed = is_end.cumsum()
    firsts = at[is_end].searchsorted(found.term_ends)
    counts = firsts[1:] - firsts[:-1]
    owner_of_sentence = arrays.counting(len(found)).repeat(counts)
    is_term = ~is_end
    sentence = closed[is_term]
    lengths = found.term_ends[1:] - found.term_ends[:-1] - counts
    return _Matches(
        at[is_term], codes[is_term] - 2, owner_of_sentence[sentence], sentence, int(firsts[-1]), firsts[:-1], lengths
    )


def _coded(terms: TermHashes, hashes: Sequence[int]) -> tuple[Positions, _Codes]:
    """Where one of these different hashes stands among all terms, and which it is, counted from 1.

    The low bits of a hash lead to its code in a small table; hashes that are not among these but have the low bits of one are
    sorted out in a second step.
    """
    bits = _SMALLEST_TABLE_BITS
    while len({value & ((1 << bits) - 1) for value in hashes}) < len(hashes):
        bits += 1
    low = np.uint32((1 << bits) - 1)
    # Code 0 means none of them; its place is taken so that codes and positions agree.
    wanted = np.array([0, *hashes], np.uint32)
    table = np.zeros(1 << bits, np.uint16)
    table[wanted[1:] & low] = range(1, len(wanted))
    codes = table[terms & low]
    at = codes.nonzero()[0]
    codes = codes[at]
    is_same = wanted[codes] == terms[at]
    return at[is_same], codes[is_same]


def _term_frequencies(matches: _Matches, forms: _Forms) -> Numbers:
    """How often each candidate has each term of the question, of shape (n, terms)."""
    candidates, number = len(matches.contexts), len(forms.hashes)
    counts = np.bincount(matches.owner * number + matches.form, minlength=candidates * number)
    tf: Numbers = np.matmul(counts.reshape(candidates, number), forms.stands_for, dtype=np.float64)
    return tf


def _sentence_weights(matches: _Matches, forms: _Forms, weights: Numbers) -> tuple[Numbers, Numbers]:
    """The weights of the terms in the context of each candidate, and in the best of its sentences, both of shape (n,)."""
    shape = matches.sentences, len(forms.hashes)
    by_sentence: Numbers = np.vecdot(_marked(matches.sentence, matches.form, shape) @ forms.stands_for > 0, weights)
    context = by_sentence[matches.contexts]
    by_sentence[matches.contexts] = 0
    return context, np.maximum.reduceat(by_sentence, matches.contexts)


def _pair_weights(matches: _Matches, forms: _Forms, question: QuestionTerms) -> Numbers:
    """The weights of the pairs of the question whose terms stand side by side in each candidate, of shape (n,)."""
    if not question.pairs:
        return np.zeros(len(matches.contexts))
    number = len(question.terms)
    pair_of = np.full(number * number, -1)
    pair_of[[first * number + second for first, second in question.pairs]] = range(len(question.pairs))
    beside = (matches.position[1:] - matches.position[:-1] == 1).nonzero()[0]
    # A joined form counts as the first of the terms that it stands for: "plan healthcare" has the pair "plan health".
    term = forms.stands_for.argmax(axis=1)[matches.form]
    pairs = pair_of[term[beside] * number + term[beside + 1]]
    is_pair = pairs >= 0
    shape = len(matches.contexts), len(question.pairs)
    weights: Numbers = np.vecdot(
        _marked(matches.owner[beside[is_pair]], pairs[is_pair], shape), np.array(list(question.pairs.values()), np.float64)
    )
    return weights


def _marked(rows: Positions, columns: npt.NDArray[np.integer], shape: tuple[int, int]) -> Vectors:
    """A matrix with 1 where a row and a column come together, and 0 elsewhere."""
    marks = np.zeros(shape, np.float32)
    marks[rows, columns] = 1
    return marks
