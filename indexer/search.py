"""Answering a question from an index."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from indexer import catalogue, ranking
from indexer.answer import answering_sentences
from indexer.encoder import DEFAULT_MODEL, Encoder
from indexer.encoders import load_encoder
from indexer.engine import NOTHING, Engine, Hits, Ids, Vectors
from indexer.errors import ModelError, RequestError
from indexer.reader import Reader, Snapshot
from indexer.remembering import RememberingEncode
from indexer.types import Mode, Query, Response, Result, Timings, next_offset

LONGEST_QUESTION = 2_000
"""Characters."""

_CANDIDATES = 100
_ANSWERING = 5


class Searcher:
    """An index and the encoder that it was made with; `search` may be called by many threads at once."""

    def __init__(self, reader: Reader, encoder: Encoder) -> None:
        """Raises ModelError where the encoder is not the one that the index was made with."""
        self.reader = reader
        self._encoder = encoder
        self._sentence_vectors = RememberingEncode(encoder.encode_documents)
        with reader.snapshot() as snapshot:
            self._check_encoder(snapshot)

    def search(self, query: Query) -> Response:
        """Rank the passages for a question.

        Raises RequestError where the query cannot be answered as it is, GoneGenerationError where it names a generation
        that is not held any more.
        """
        _check(query)
        clock = [time.perf_counter()]
        vector = None if query.mode is Mode.KEYWORD else self._encoder.encode_questions([query.question])[0]
        clock.append(time.perf_counter())
        with self.reader.snapshot(query.generation) as snapshot:
            self._check_encoder(snapshot)
            within = catalogue.matching_ids(snapshot, query.filter)
            semantic, keyword = _retrieve(snapshot.engine, query, vector, within)
            clock.append(time.perf_counter())
            found = ranking.fuse(semantic, keyword, query.mode)
            ranked = ranking.ordered(catalogue.candidates(snapshot, list(found.fused)), found)
            shown = ranked[query.offset : query.offset + query.limit]
            passages = catalogue.passages(snapshot, [candidate.id for candidate in shown])
        results = [
            Result(query.offset + n + 1, passage, found.scores(candidate.id))
            for n, (candidate, passage) in enumerate(zip(shown, passages, strict=True))
        ]
        results = self._with_answers(query.question, vector, results)
        clock.append(time.perf_counter())
        return Response(
            query=query,
            results=tuple(results),
            total=len(ranked),
            next_offset=next_offset(query.offset, len(shown), len(ranked)),
            generation=snapshot.state.generation,
            timings=_timings(clock),
            answered=None if ranked else False,
        )

    def close(self) -> None:
        """Let go of the index; no search may be under way."""
        self.reader.close()

    def _with_answers(self, question: str, vector: Vectors | None, results: list[Result]) -> list[Result]:
        """The results, those of the first ranks with the sentence that answers."""
        first = [result for result in results if result.rank <= _ANSWERING]
        cosines = None if vector is None else lambda sentences: self._sentence_vectors(sentences) @ vector
        answers = answering_sentences(question, [result.passage.text for result in first], cosines)
        answering = [replace(result, answer=answer) for result, answer in zip(first, answers, strict=True)]
        return answering + results[len(first) :]

    def _check_encoder(self, snapshot: Snapshot) -> None:
        if snapshot.model.fingerprint != self._encoder.fingerprint:
            raise ModelError(
                f"The index in {self.reader.folder} was made with the model {snapshot.model.name} as it was then, not with "
                f"the present {self._encoder.name}: bring it back, or move the folder aside and index the documents again."
            )


def _check(query: Query) -> None:
    if not query.question.strip():
        raise RequestError("The question is blank: ask something.")
    if len(query.question) > LONGEST_QUESTION:
        raise RequestError(f"The question has {len(query.question)} characters: ask in {LONGEST_QUESTION} or fewer.")


def _retrieve(engine: Engine, query: Query, vector: Vectors | None, within: Ids | None) -> tuple[Hits, Hits]:
    """The candidates of each ranker that the mode uses; those found by words alone get their exact cosine too."""
    semantic = NOTHING if vector is None else engine.nearest(vector, _CANDIDATES, within)
    keyword = NOTHING if query.mode is Mode.SEMANTIC else engine.matching(query.question, _CANDIDATES, within)
    if vector is None or not len(keyword.ids):
        return semantic, keyword
    by_words_alone = np.setdiff1d(keyword.ids, semantic.ids)
    others = engine.nearest(vector, _CANDIDATES, by_words_alone)
    ids, scores = np.concatenate([semantic.ids, others.ids]), np.concatenate([semantic.scores, others.scores])
    return Hits(ids, scores), keyword


def _timings(clock: list[float]) -> Timings:
    """Milliseconds between the readings of the clock, in seconds."""
    encode, retrieve, rank = (round((after - before) * 1e3, 3) for before, after in pairwise(clock))
    return Timings(encode, retrieve, rank, round((clock[-1] - clock[0]) * 1e3, 3))


def open_searcher(folder: Path, load_encoder: Callable[[str], Encoder] = load_encoder) -> Searcher:
    """Open an index with the model that it was made with. Raises MissingIndexError, DamagedIndexError, ModelError."""
    with ExitStack() as undo:
        reader = Reader(folder)
        undo.callback(reader.close)
        with reader.snapshot() as snapshot:
            model = snapshot.model.name or DEFAULT_MODEL
        searcher = Searcher(reader, load_encoder(model))
        undo.pop_all()
    return searcher
