"""Answering a question from an index."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import islice, pairwise
from pathlib import Path

from askdex.indexer.engine.protocol import Engine
from askdex.indexer.errors import ModelError, RequestError
from askdex.indexer.generations.reader import GenerationView, Reader
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.models.memo import RememberingEncode
from askdex.indexer.search import fusion, retrieval, spelling
from askdex.indexer.search.answer import PassageText, answering_sentences
from askdex.indexer.search.explain import explanations
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.search.relevance import OPEN, THRESHOLD, RelevanceFeatures
from askdex.indexer.search.rerank import DEEPEST, RerankStage, read_text
from askdex.indexer.search.spelling import Interpretation
from askdex.indexer.store import read
from askdex.indexer.store.states import StateView
from askdex.indexer.types import (
    Ids,
    Mode,
    Numbers,
    Places,
    Query,
    Response,
    Result,
    StoredPassage,
    Timings,
    Vectors,
    next_offset,
)

LONGEST_QUESTION = 2_000
"""Characters."""

_ANSWERING = 5
_LOOKED_INTO = 3
"""Passages whose sentences tell whether a question is answered, where they as a whole leave that open."""

_MORE = 3
"""Passages that are shown behind the best of their group."""

_REMEMBERED = 4_096
"""Words of which is remembered whether the model has them whole; many questions share some."""

_FURTHER = 0.04
"""The cosine by which a question may be nearer to the passages as it is written than as it is corrected."""


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """A query that can be answered, how its question is read, the vector of that, None where it needs none, and the seconds.

    The seconds are what all of this took. `written` is the same with the question as it is written, where it is corrected.
    """

    query: Query
    reading: Interpretation
    vector: Vectors | None
    seconds: float
    written: "PreparedQuery | None" = None


class Searcher:
    """An index and the encoder that it was made with; `search` may be called by many threads at once."""

    def __init__(self, reader: Reader, encoder: Encoder, rereading: RerankStage | None = None) -> None:
        """Raises ModelError where the encoder is not the one that the index was made with."""
        self.reader = reader
        self.rereading = rereading or RerankStage()
        self._encoder = encoder
        self._sentence_vectors = RememberingEncode(encoder.encode_documents)
        self._is_whole = lru_cache(maxsize=_REMEMBERED)(partial(_is_whole, encoder))
        with reader.snapshot() as snapshot:
            self._check_encoder(snapshot)

    def search(self, query: Query) -> Response:
        """Rank the passages for a question.

        Raises RequestError where the query cannot be answered as it is, GoneGenerationError where it names a generation
        that is not held any more.
        """
        return self.answer(*self.encode([query]))

    def encode(self, queries: Sequence[Query]) -> list[PreparedQuery]:
        """Make queries ready to be answered, their questions encoded in one batch.

        Raises RequestError, GoneGenerationError.
        """
        start = time.perf_counter()
        for query in queries:
            _check(query)
        readings = [self._readings(query) for query in queries]
        read = zip(queries, readings, strict=True)
        questions = list(dict.fromkeys(one.question for query, of in read if query.mode is not Mode.KEYWORD for one in of))
        vectors = dict(zip(questions, self._encoder.encode_questions(questions) if questions else (), strict=True))
        seconds = time.perf_counter() - start
        return [_prepared(query, of, vectors, seconds) for query, of in zip(queries, readings, strict=True)]

    def answer(self, asked: PreparedQuery) -> Response:
        """Rank the passages for a question that has been encoded.

        Raises GoneGenerationError, RequestError for a filter, MissingExtraError for the mode precise where it is not there.
        """
        query = asked.query
        clock = [time.perf_counter()]
        with self.reader.snapshot(query.generation) as snapshot:
            self._check_encoder(snapshot)
            asked, found, places = _ranked(snapshot, asked)
            clock.append(time.perf_counter())
            if query.mode is Mode.PRECISE:
                found, places = self.reread(snapshot, asked.reading.question, found, places)
            clock.append(time.perf_counter() if query.mode is Mode.PRECISE else clock[-1])
            relevance = self._relevance(snapshot, asked, found, places)
            groups = fusion.grouped(places) if query.group_by else [[n] for n in range(len(found))]
            shown = [group[: 1 + _MORE] for group in groups[query.offset : query.offset + query.limit]]
            results = _results(snapshot, query, found, shown, relevance)
            if query.explain:
                results = self._explained(snapshot.engine, asked, found.taken([group[0] for group in shown]), results)
        answered = _is_answered(relevance) if groups else False
        results = self._with_answers(asked, results, is_worth_it=answered is not False)
        clock.append(time.perf_counter())
        return Response(
            query=query,
            results=tuple(results),
            total=len(groups),
            next_offset=next_offset(query.offset, len(shown), len(groups)),
            generation=snapshot.state.generation,
            timings=_timings(asked.seconds, clock),
            answered=answered,
            corrected=asked.reading.question if asked.reading.question != query.question else None,
        )

    def reread(self, view: StateView, question: str, found: Candidates, places: Places) -> tuple[Candidates, Places]:
        """The ranked candidates in their order once the best of them have been read, and where they stand.

        Raises MissingExtraError, ModelError.
        """
        passages = read.passages(view, found.ids[:DEEPEST].tolist())
        found, order = self.rereading.reranked(question, found, list(map(read_text, passages)))
        return found.taken(order), places[order]

    def close(self) -> None:
        """Let go of the index; no search may be under way."""
        self.reader.close()

    def _relevance(self, snapshot: GenerationView, asked: PreparedQuery, found: Candidates, places: Places) -> Numbers | None:
        """The relevance of ranked candidates; where it leaves open whether they answer, by their likeliest sentences too."""
        signs = _signs(snapshot, asked, found, places)
        if signs is None or asked.vector is None or snapshot.calibration is None:
            return None
        relevance = signs.relevance()
        if not OPEN <= relevance.max() < THRESHOLD:
            return relevance
        passages = read.passages(snapshot, found.ids[:_LOOKED_INTO].tolist())
        spans = answering_sentences(asked.reading.keywords, list(map(_text, passages)))
        sentences = [passage.text[span.start : span.end] for passage, span in zip(passages, spans, strict=True) if span]
        nearest = float((self._sentence_vectors(sentences) @ asked.vector).max()) if sentences else -1.0
        return signs.with_sentence(snapshot.calibration.meaning(nearest)).relevance()

    def _explained(self, engine: Engine, asked: PreparedQuery, shown: Candidates, results: list[Result]) -> list[Result]:
        """The results, each with why it is where it is."""
        passages = [result.passage for result in results]
        found = explanations(engine, self._encoder, asked.reading.keywords, asked.vector, shown, passages)
        return [replace(result, explanation=of) for result, of in zip(results, found, strict=True)]

    def _with_answers(self, asked: PreparedQuery, results: list[Result], *, is_worth_it: bool) -> list[Result]:
        """The results, those of the first ranks with the sentence that answers.

        Sentences are encoded for it only where that is worth it: where no passage answers, neither does a sentence.
        """
        first, vector = [result for result in results if result.rank <= _ANSWERING], asked.vector
        cosines = None if vector is None or not is_worth_it else lambda sentences: self._sentence_vectors(sentences) @ vector
        log_odds = None
        if asked.query.mode is Mode.PRECISE and first and first[0].rank == 1:
            log_odds = partial(self.rereading.log_odds, asked.reading.question, first[0].passage)
        texts = [_text(result.passage) for result in first]
        answers = answering_sentences(asked.reading.keywords, texts, cosines, log_odds)
        answering = [replace(result, answer=answer) for result, answer in zip(first, answers, strict=True)]
        return answering + results[len(first) :]

    def _readings(self, query: Query) -> list[Interpretation]:
        with self.reader.snapshot(query.generation) as snapshot:
            return spelling.interpretations(query.question, snapshot.engine, self._is_whole, corrects=query.correct)

    def _check_encoder(self, snapshot: GenerationView) -> None:
        if snapshot.model.fingerprint != self._encoder.fingerprint:
            raise ModelError(
                f"The index in {self.reader.folder} was made with the model {snapshot.model.name} as it was then, not with "
                f"the present {self._encoder.name}: bring it back, or move the folder aside and index the documents again."
            )


def _is_whole(encoder: Encoder, word: str) -> bool:
    """Whether a word is a single token of the model."""
    # One at a time: of several texts a tokenizer makes work for threads, which takes longer than the work.
    return encoder.count([word]) <= encoder.count(["a"])


def _prepared(
    query: Query, readings: Sequence[Interpretation], vectors: Mapping[str, Vectors], seconds: float
) -> PreparedQuery:
    """A query with the readings of its question, that as it is written first, and the vectors of what these ask."""
    has_vectors = query.mode is not Mode.KEYWORD
    written, *corrected = (PreparedQuery(query, of, vectors[of.question] if has_vectors else None, seconds) for of in readings)
    return replace(corrected[0], written=written) if corrected else written


def _check(query: Query) -> None:
    if not query.question.strip():
        raise RequestError("The question is blank: ask something.")
    if len(query.question) > LONGEST_QUESTION:
        raise RequestError(f"The question has {len(query.question)} characters: ask in {LONGEST_QUESTION} or fewer.")
    try:
        query.question.encode()
    except UnicodeEncodeError as error:
        raise RequestError("The question has characters that UTF-8 does not have: ask in those that it has.") from error


def _signs(snapshot: GenerationView, asked: PreparedQuery, found: Candidates, places: Places) -> RelevanceFeatures | None:
    """What tells the relevance of ranked candidates; None in the modes of one ranker, for comparison, and uncalibrated."""
    calibration = snapshot.calibration
    if calibration is None or asked.vector is None or asked.query.mode is Mode.SEMANTIC or not len(found):
        return None
    return retrieval.relevance_features(snapshot.engine, calibration, asked.reading.keywords, found, places)


def _text(passage: StoredPassage) -> PassageText:
    return PassageText(passage.text, passage.question, passage.heading_path)


def _is_answered(relevance: Numbers | None) -> bool | None:
    return None if relevance is None else bool(relevance.max() >= THRESHOLD)


def _ranked(snapshot: GenerationView, asked: PreparedQuery) -> tuple[PreparedQuery, Candidates, Places]:
    """The ranked candidates of a question and where they stand, and how it is asked: as it is written if that is better."""
    query, reading = asked.query, asked.reading
    within = read.matching_ids(snapshot, query.filter)
    ranked = retrieval.ranked(snapshot.engine, reading.keywords, asked.vector, query.mode, within, snapshot.calibration)
    if asked.written is None or _helps(snapshot, asked, asked.written, *ranked, within):
        return asked, *ranked
    return _ranked(snapshot, asked.written)


def _helps(
    snapshot: GenerationView,
    corrected: PreparedQuery,
    written: PreparedQuery,
    found: Candidates,
    places: Places,
    within: Ids | None,
) -> bool:
    """Whether a question is better asked as it is corrected, which found these: it is answered then, and not much further off.

    A word that the passages do not hold may be right: what is put in its place then makes it another question.
    """
    signs = _signs(snapshot, corrected, found, places)
    if signs is not None and not _is_answered(signs.relevance()):
        return False
    if written.vector is None:
        return True
    nearest = snapshot.engine.nearest(written.vector, 1, within).scores
    return bool(found.cosines.max(initial=-1.0) >= nearest.max(initial=-1.0) - _FURTHER)


def _results(
    view: StateView, query: Query, found: Candidates, groups: Sequence[Sequence[int]], relevance: Numbers | None
) -> list[Result]:
    """The results of a page, whose groups are shown."""
    order = [n for group in groups for n in group]
    likely = [None] * len(order) if relevance is None else relevance[order].tolist()
    chosen = found.taken(order)
    parts = zip(read.passages(view, chosen.ids.tolist()), chosen.scores(query.mode), likely, strict=True)
    results = []
    for rank, group in enumerate(groups, query.offset + 1):
        of_group = [Result(rank, passage, scores, None, of) for passage, scores, of in islice(parts, len(group))]
        results.append(replace(of_group[0], more=tuple(of_group[1:])))
    return results


def _timings(encoding: float, clock: list[float]) -> Timings:
    """Milliseconds of each step, from the seconds of the first and the readings of the clock around the others."""
    steps = [encoding, *(after - before for before, after in pairwise(clock))]
    return Timings(*(round(seconds * 1e3, 3) for seconds in (*steps, sum(steps))))


def open_searcher(
    folder: Path, load_encoder: Callable[[str], Encoder] = load_encoder, rereading: RerankStage | None = None
) -> Searcher:
    """Open an index with the model that it was made with. Raises MissingIndexError, DamagedIndexError, ModelError."""
    with ExitStack() as undo:
        reader = Reader(folder)
        undo.callback(reader.close)
        with reader.snapshot() as snapshot:
            model = snapshot.model.name or DEFAULT_MODEL
        searcher = Searcher(reader, load_encoder(model), rereading)
        undo.pop_all()
    return searcher
