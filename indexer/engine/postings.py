"""An inverted index: which passages of a segment hold a term, how often, and in which order they hold all terms."""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from askdex.indexer.engine import arrays
from askdex.indexer.types import Rows, TermHashes

END = 0
"""The hash that closes a context or a sentence in a term sequence; no term has it."""

_MOST_COUNTED = 255
"""The largest term frequency that 8 bits hold; BM25 saturates far below it."""

_HASHES_REMEMBERED = 2**15
"""Terms; indexing meets the same ones again and again."""

_Int64s = npt.NDArray[np.int64]
Counts = npt.NDArray[np.uint8]
"""Term frequencies."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Terms are numbered in the order of their 64-bit hashes; the postings of term n go from `ends[n]` to `ends[n + 1]`.

    `rows` are the passages of the postings by their rows in the segment, ascending within a term, `counts` their term
    frequencies (255 for more). `lengths` are the numbers of terms of all passages, of shape (passages,). The term sequence of
    passage n is `sequence[sequence_ends[n]:sequence_ends[n + 1]]`: the 32-bit hashes of its context, END, those of its first
    sentence, END, and so on. The term itself is `spelling[spelling_ends[n]:spelling_ends[n + 1]]` as UTF-8.
    """

    hashes: npt.NDArray[np.uint64]
    ends: _Int64s
    rows: Rows
    counts: Counts
    lengths: Rows
    sequence: TermHashes
    sequence_ends: _Int64s
    spelling: npt.NDArray[np.uint8]
    spelling_ends: _Int64s

    @classmethod
    def load(cls, folder: Path) -> "Postings":
        """Map the files that `save` wrote. Raises OSError, ValueError."""
        return cls(*(arrays.load(folder / _file(field.name)) for field in fields(cls)))

    def save(self, folder: Path) -> None:
        """Write the files into a folder. Raises OSError."""
        for field in fields(self):
            arrays.save(folder / _file(field.name), getattr(self, field.name))

    def find(self, term: str) -> int | None:
        """The number of a term, None where no passage holds it."""
        wanted, spelt = np.uint64(word_hash(term)), term.encode()
        # Different terms may have the same hash.
        for number in range(int(self.hashes.searchsorted(wanted)), len(self.hashes)):
            if self.hashes[number] != wanted:
                break
            if self.spelling[self.spelling_ends[number] : self.spelling_ends[number + 1]].tobytes() == spelt:
                return number
        return None

    def place(self, number: int) -> slice:
        """Where the postings of a term are."""
        return slice(int(self.ends[number]), int(self.ends[number + 1]))

    def terms(self) -> list[str]:
        """All terms, by their numbers."""
        spelling, ends = self.spelling.tobytes(), self.spelling_ends.tolist()
        return [spelling[start:end].decode() for start, end in pairwise(ends)]


class PostingsWriter:
    """Takes in the terms of one passage after the other; its length is that of all term sequences so far, with their ENDs."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._sequence = array("i")
        self._sizes = array("i")

    def __len__(self) -> int:
        return len(self._sequence)

    def add(self, parts: Iterable[Sequence[str]]) -> None:
        """Take in a passage: the terms of its context, then those of each sentence."""
        before = len(self._sequence)
        for terms in parts:
            self._sequence.extend([self._numbers.setdefault(term, len(self._numbers)) for term in terms])
            self._sequence.append(-1)
        self._sizes.append(len(self._sequence) - before)

    def finish(self, row_of: Rows) -> Postings:
        """The index of all passages; the nth that was added becomes row `row_of[n]`."""
        order = np.argsort(row_of)
        sizes = np.asarray(self._sizes, np.int64)
        # Few arrays as long as the sequence at a time: they take most of the memory when a long text is indexed.
        sequence = arrays.gathered(np.asarray(self._sequence, np.int32), (np.cumsum(sizes) - sizes)[order], sizes[order])
        sizes = sizes[order]
        terms = list(self._numbers)
        by_hash, ranks = _sorted_by_hash(terms, np.arange(len(terms)))
        pairs, counts = _counted(sequence, sizes, ranks)
        # The last is what number -1 stands for.
        hashes = np.array([*map(term_hash, terms), END], np.uint32)
        return _indexed([terms[n] for n in by_hash], pairs, counts, hashes[sequence], sizes)


def merge_postings(parts: Iterable[tuple[Postings, Rows]]) -> Postings:
    """One index of several; with each come the new rows of its passages, -1 for a passage that is left out."""
    numbers: dict[str, int] = {}
    terms, passages, counts, sequences, sizes, rows = [], [], [], [], [], []
    for postings, row_of in parts:
        number_of = np.array([numbers.setdefault(term, len(numbers)) for term in postings.terms()], np.int64)
        moved = row_of[postings.rows]
        terms.append(np.repeat(number_of, np.diff(postings.ends))[moved >= 0])
        passages.append(moved[moved >= 0])
        counts.append(postings.counts[moved >= 0])
        kept = np.flatnonzero(row_of >= 0)
        sizes.append(np.diff(postings.sequence_ends)[kept])
        sequences.append(arrays.gathered(postings.sequence, postings.sequence_ends[kept], sizes[-1]))
        rows.append(row_of[kept])
    size, order, sequence = np.concatenate(sizes), np.argsort(np.concatenate(rows)), np.concatenate(sequences)
    sequence = arrays.gathered(sequence, (np.cumsum(size) - size)[order], size[order])
    number_of_posting, all_terms = np.concatenate(terms), list(numbers)
    by_hash, ranks = _sorted_by_hash(all_terms, np.unique(number_of_posting))
    pairs = ranks[number_of_posting] * len(size) + np.concatenate(passages)
    place = np.argsort(pairs, kind="stable")
    return _indexed([all_terms[n] for n in by_hash], pairs[place], np.concatenate(counts)[place], sequence, size[order])


def _counted(sequence: npt.NDArray[np.int32], sizes: _Int64s, ranks: _Int64s) -> tuple[_Int64s, Counts]:
    """The postings of term sequences as `_indexed` takes them; a sequence has the numbers of terms, and -1 for END."""
    is_term = sequence >= 0
    pairs = ranks[sequence[is_term]]
    pairs *= len(sizes)
    pairs += np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[is_term]
    pairs.sort()
    is_first = np.ones(len(pairs), np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=is_first[1:])
    tf = np.diff(np.flatnonzero(is_first), append=len(pairs))
    return pairs[is_first], np.minimum(tf, _MOST_COUNTED).astype(np.uint8)


def _sorted_by_hash(terms: Sequence[str], held: _Int64s) -> tuple[list[int], _Int64s]:
    """The numbers of the terms that are held, in the order of their hashes, and the place in it of each term by its number."""
    hashes = np.array([word_hash(terms[number]) for number in held.tolist()], np.uint64)
    order = held[np.argsort(hashes, kind="stable")]
    ranks = np.zeros(len(terms), np.int64)
    ranks[order] = np.arange(len(order))
    return order.tolist(), ranks


def _indexed(terms: Sequence[str], pairs: _Int64s, counts: Counts, sequence: TermHashes, sizes: _Int64s) -> Postings:
    """The index of terms in the order of their hashes, and of their postings in order.

    A posting is the number of its term, times the number of passages, plus its passage. `sequence` has the term sequences of
    all passages in the order of their rows, `sizes` their lengths with all ENDs.
    """
    spelt = [term.encode() for term in terms]
    starts = np.cumsum(sizes) - sizes
    return Postings(
        hashes=np.array([word_hash(term) for term in terms], np.uint64),
        ends=np.searchsorted(pairs, np.arange(len(terms) + 1) * len(sizes)),
        rows=(pairs % max(len(sizes), 1)).astype(np.int32),
        counts=counts,
        # No sequence is empty: each has the END of its context.
        lengths=np.add.reduceat(sequence != END, starts, dtype=np.int32),
        sequence=sequence,
        sequence_ends=arrays.ends(sizes),
        spelling=np.frombuffer(b"".join(spelt), np.uint8),
        spelling_ends=arrays.ends(np.array([len(term) for term in spelt], np.int64)),
    )


@lru_cache(maxsize=_HASHES_REMEMBERED)
def word_hash(word: str) -> int:
    """The 64-bit hash of a word or a term, or of a whole text."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())


def term_hash(term: str) -> int:
    """The 32-bit hash of a term, by which it stands in a term sequence; never END.

    Of a million terms one in 4,300 shares its 32 bits with another; a sequence cannot tell the two apart.
    """
    return word_hash(term) >> 32 or 1


def _file(part: str) -> str:
    return f"words-{part.replace('_', '-')}.npy"
