"""The embedded engine: FAISS for vectors and BM25 for words, over segments that never change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from askdex.indexer.engine.analyzer import in_order, query_terms
from askdex.indexer.engine.keywords import KeywordIndex, SegmentPostings
from askdex.indexer.engine.protocol import NOTHING, Evidence, Hits
from askdex.indexer.engine.segment import LiveSegment
from askdex.indexer.types import PLACES, Ids, Places, Positions, Rows, Vectors


@dataclass(frozen=True, slots=True)
class Tuning:
    """How many lists of a sketch are probed, None for a comparison with every vector, and what that finds.

    A sketch proposes `oversampling` vectors for each that is wanted. `recall` is the share of the 10 nearest passages that
    is found, in the mean over a sample of questions; `passages` is how many there were when it was measured.
    """

    probes: int | None = None
    oversampling: int = 1
    recall: float = 1.0
    passages: int = 0


EXACT = Tuning()


class EmbeddedEngine:
    """One state of an index: segments with the passages that are live in it."""

    def __init__(self, segments: Sequence[LiveSegment], tuning: Tuning = EXACT) -> None:
        self.segments = tuple(segments)
        self.tuning = tuning
        self._keywords = KeywordIndex([SegmentPostings(of.segment.words, of.live) for of in segments])
        self.dimension = segments[0].segment.vectors.halves.shape[1] if segments else 0
        self._most_per_passage = max((int(np.bincount(of.segment.owners).max(initial=1)) for of in segments), default=1)

    def __len__(self) -> int:
        return sum(map(len, self.segments))

    @property
    def is_exact(self) -> bool:
        """Whether a question is compared with every vector."""
        return all(of.segment.vectors.is_exact for of in self.segments)

    @property
    def ids(self) -> tuple[Ids, Ids]:
        """The id of each vector's passage, and the ids of the passages whose words are known; both in no order."""
        found = [(NOTHING.ids, NOTHING.ids), *(of.ids for of in self.segments)]
        return np.concatenate([of_vectors for of_vectors, _ in found]), np.concatenate(
            [of_passages for _, of_passages in found]
        )

    def nearest(self, vector: Vectors, limit: int, within: Ids | None = None) -> Hits:
        """See Engine."""
        return self.found(vector, limit, EXACT if within is not None else self.tuning, within)

    def found(self, vector: Vectors, limit: int, tuning: Tuning, within: Ids | None = None) -> Hits:
        """The nearest passages as they are found with another tuning."""
        # As many vectors of one passage may come before the first of the next.
        wanted = limit * self._most_per_passage
        found = [(NOTHING.ids, NOTHING.scores), *(_nearest(of, vector, wanted, tuning, within) for of in self.segments)]
        return Hits.best(np.concatenate([ids for ids, _ in found]), np.concatenate([scores for _, scores in found]), limit)

    def matching(self, question: str, limit: int, within: Ids | None = None) -> Hits:
        """See Engine."""
        found = self._keywords.matching(query_terms(question), limit, [of.allowed(within) for of in self.segments])
        ids = [of.segment.ids[rows] for of, (rows, _) in zip(self.segments, found, strict=True)]
        scores = [scores for _, scores in found]
        return Hits.best(np.concatenate([NOTHING.ids, *ids]), np.concatenate([NOTHING.scores, *scores]), limit)

    def score(self, question: str, words: Sequence[str]) -> float:
        """The BM25 of a passage that is not here, by its words."""
        return self._keywords.score(query_terms(question), words)

    def word_scores(self, question: str, ids: Ids) -> list[dict[str, float]]:
        """See Engine."""
        scores: list[dict[str, float]] = [{} for _ in ids]
        for n, here, rows in self._holding(ids):
            for word, gains in self._keywords.gains(n, query_terms(question), rows).items():
                for at, gain in zip(here.tolist(), gains.tolist(), strict=True):
                    if gain:
                        scores[at][word] = gain
        return scores

    def holders(self, terms: Sequence[str]) -> list[int]:
        """See Engine."""
        return self._keywords.holders(terms)

    def near(self, word: str, edits: int) -> list[str]:
        """See Engine."""
        return sorted(set(chain.from_iterable(of.segment.lexicon.near(word, edits) for of in self.segments)))

    def compared(self, vector: Vectors, ids: Ids) -> tuple[Vectors, Vectors]:
        """See Engine."""
        products, first = np.zeros(len(ids), np.float32), np.zeros((len(ids), self.dimension), np.float32)
        for n, here, rows in self._holding(ids):
            products[here], first[here] = self.segments[n].segment.compared(vector, rows)
        return products, first

    def evidence(self, question: str, ids: Ids) -> Evidence:
        """See Engine."""
        found = np.zeros((len(Evidence._fields), len(ids)))
        asked = self._keywords.asked(query_terms(question), in_order(question))
        for n, here, rows in self._holding(ids):
            found[:, here] = self._keywords.evidence(n, asked, rows)
        return Evidence(*found)

    def places(self, ids: Ids) -> Places:
        """See Engine."""
        found = np.zeros(len(ids), PLACES)
        for n, here, rows in self._holding(ids):
            found[here] = self.segments[n].segment.places[rows]
        return found

    def _holding(self, ids: Ids) -> Iterator[tuple[int, Positions, Rows]]:
        """The numbers of the segments that hold some of the passages, which ones, and their rows."""
        for n, of in enumerate(self.segments):
            here, rows = of.find(ids)
            if len(here):
                yield n, here, rows


def _nearest(of: LiveSegment, vector: Vectors, limit: int, tuning: Tuning, within: Ids | None) -> tuple[Ids, Vectors]:
    segment, passages = of.segment, of.allowed(within)
    allowed = None if passages is None else passages[segment.owners]
    if tuning.probes is None or segment.vectors.is_exact:
        rows, scores = segment.vectors.nearest_of_all(vector, limit, allowed)
    else:
        rows = segment.vectors.nearest(vector, tuning.oversampling * limit, tuning.probes, allowed)
        scores = segment.vectors.scores(vector, rows)
    return segment.ids[segment.owners[rows]], scores
