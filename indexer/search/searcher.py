"""Answering questions from an index: from spelling to the unit that answers, in one generation."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from itertools import groupby, islice, pairwise
from pathlib import Path
from typing import NamedTuple

from askdex.indexer.engine.protocol import Opened, ReadModel
from askdex.indexer.errors import ModelError, RequestError
from askdex.indexer.generations.reader import Reader
from askdex.indexer.models import token_models
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.models.memo import RememberingEncode
from askdex.indexer.models.token_codes import QuestionTokens
from askdex.indexer.postgres.address import DatabaseAddress, open_published
from askdex.indexer.search import close_reading, fusion, retrieval, spelling, synonyms, versions
from askdex.indexer.search.answer import LEAST_MARKED, Judge, answering_units
from askdex.indexer.search.best_bets import LEAST_READ, BestBets, Chosen
from askdex.indexer.search.explain import explanations
from askdex.indexer.search.late_interaction import LateInteractionStage
from askdex.indexer.search.operators import Steered, steered
from askdex.indexer.search.relevance import THRESHOLD, UNDECIDED_FROM, RelevanceFeatures
from askdex.indexer.search.rerank import RerankStage, read_text
from askdex.indexer.search.retrieval import Ranking, Search
from askdex.indexer.search.spelling import Interpretation
from askdex.indexer.types import (
    UNTUNED,
    Mode,
    Query,
    Response,
    Result,
    StoredPassage,
    Timings,
    Tuning,
    Vectors,
    next_offset,
)

LONGEST_QUESTION = 2_000
"""Characters."""

_ANSWERING = 5
"""Results, from the first rank on, whose answering unit is marked."""

_LOOKED_INTO = 3
"""Passages whose sentences decide whether a question is answered, where the passages as a whole leave it open."""

_MORE = 3
"""Passages that stand behind the best of their group."""

_WORDS_REMEMBERED = 4_096
"""Words of which it is kept whether the tokenizer has them as one token; many questions share some."""

_LEAST_GAIN, _MULTILINGUAL_LEAST_GAIN = -0.01, 0.03
"""How much nearer the nearest passage is to a question that was corrected than to it as it was written, at least.

Right words look misspelt where the collection lacks them. Beside the default model words that its tokenizer has are known to be
right. The multilingual one has few inflected words: 122 of 662 questions in German and Spanish were corrected, most of them
wrongly ("blende" to "blendet", "cuesta" to "cuenta"); with this gain 10 are, 7 of them rightly. In English the corrections that
are left out were as often wrong as right, and the encoder understands the right ones as they were written.
"""


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """A query, what steers it, how its question is read, and the vector of what is read, None in keyword mode.

    For `tokens` see `Search`. `tuning` is what it is ranked with.

    `seconds` is what preparing took. `as_written` is the same query without the correction, where it is corrected.
    """

    query: Query
    steered: Steered
    interpretation: Interpretation
    vector: Vectors | None
    seconds: float
    tokens: QuestionTokens | None = None
    tuning: Tuning = UNTUNED
    as_written: "PreparedQuery | None" = None

    @property
    def search(self) -> Search:
        """What is searched for."""
        interpretation, steered = self.interpretation, self.steered
        return Search(
            interpretation.words,
            self.vector,
            self.query.mode,
            self.query.filter,
            steered.phrases,
            steered.excluded,
            interpretation.synonyms,
            tokens=self.tokens,
        )


class Outcome(NamedTuple):
    """What a question gets: the uri of the first result's document, None without results, and whether it is refused."""

    document: str | None
    is_refused: bool


class _Ordered(NamedTuple):
    """The candidates of a query, as it was read in the end, in the order in which they are shown, with the relevance of each.

    `relevance` is None where nothing tells it, `bet` where none is among the candidates. `clock` has the readings of the clock
    before and after retrieving, and after reranking, in seconds.
    """

    prepared: PreparedQuery
    ranking: Ranking
    relevance: list[float] | None
    bet: Chosen | None
    clock: tuple[float, float, float]


class Searcher:
    """An index and the encoder that it was made with; many threads may search at once."""

    def __init__(
        self,
        reader: ReadModel,
        encoder: Encoder,
        rerank_stage: RerankStage | None = None,
        late_interaction: LateInteractionStage | None = None,
    ) -> None:
        """Raises ModelError where the encoder is not the one that the index was made with."""
        self.reader = reader
        self.rerank_stage = (rerank_stage or RerankStage()).beside(encoder)
        self._late_interaction = late_interaction or LateInteractionStage(partial(token_models.load_beside, encoder))
        self.encoder = self._encoder = encoder
        self._best_bets = BestBets(encoder, self._late_interaction)
        self._sentence_vectors = RememberingEncode(encoder.encode_documents)
        self._is_whole = lru_cache(maxsize=_WORDS_REMEMBERED)(partial(_is_whole, encoder))
        with reader.opened() as opened:
            self._check_encoder(opened)

    def search(self, query: Query) -> Response:
        """Answer a query.

        Raises RequestError where it cannot be answered as it is, GoneGenerationError where it names a generation that is not
        held any more, MissingExtraError where precise mode is not installed.
        """
        (response,) = self.answers([query])
        return response

    def answers(self, queries: Sequence[Query]) -> Iterator[Response]:
        """Answer queries one after the other; their questions are encoded in one batch.

        Each is read, ranked and answered in one generation. Raises what `search` raises for the first query that fails, when
        the iterator comes to it. The generations stay open until the iterator is used up or closed.
        """
        started = time.perf_counter()
        for query in queries:
            _check(query)
        with ExitStack() as stack:
            asked = dict.fromkeys((query.generation, query.access) for query in queries)
            opened = {which: stack.enter_context(self.reader.opened(*which)) for which in asked}
            for of_generation in opened.values():
                self._check_encoder(of_generation)
            interpretations = [self._interpretations(opened[query.generation, query.access], query) for query in queries]
            vectors = self._encoded(queries, interpretations)
            seconds = time.perf_counter() - started
            for query, of_query in zip(queries, interpretations, strict=True):
                of_generation = opened[query.generation, query.access]
                prepared = _prepared(query, of_query, vectors, seconds, of_generation.tuning)
                yield self._answer(of_generation, self._with_tokens(of_generation, prepared))

    def outcomes(self, question: str, tunings: Sequence[Tuning]) -> Iterator[Outcome]:
        """What a question would get in the mode fast with each of some tunings; it is encoded once.

        Tunings that differ in their shifts alone should follow each other: with these it is ranked once. Raises what `search`
        raises.
        """
        query = Query(question)
        _check(query)
        with self.reader.opened() as opened:
            self._check_encoder(opened)
            interpretations = self._interpretations(opened, query)
            vectors = self._encoded([query], [interpretations])
            prepared = self._with_tokens(opened, _prepared(query, interpretations, vectors, 0.0, UNTUNED))
            if prepared.as_written is not None:
                prepared = replace(prepared, as_written=self._with_tokens(opened, prepared.as_written))
            for _, alike in groupby(tunings, lambda tuning: replace(tuning, shift=0.0)):
                yield from self._outcomes(opened, prepared, list(alike))

    def close(self) -> None:
        """Let go of the index; no search may be under way."""
        self.reader.close()

    def _interpretations(self, opened: Opened, query: Query) -> list[Interpretation]:
        question = steered(query.question).question
        groups = opened.curation.synonyms if query.curated else ()
        asked, added = synonyms.expanded(question, groups, opened.vocabulary, replaces=query.correct)
        interpretations = spelling.interpretations(asked, opened.vocabulary, self._is_whole, corrects=query.correct)
        return [replace(interpretation, synonyms=added) for interpretation in interpretations] if added else interpretations

    def _encoded(self, queries: Sequence[Query], interpretations: Sequence[Sequence[Interpretation]]) -> Mapping[str, Vectors]:
        """The vectors of all interpretations whose query needs one, by their questions."""
        needed = (of_query for query, of_query in zip(queries, interpretations, strict=True) if query.mode is not Mode.KEYWORD)
        questions = list(dict.fromkeys(interpretation.question for of_query in needed for interpretation in of_query))
        return dict(zip(questions, self._encoder.encode_questions(questions) if questions else (), strict=True))

    def _with_tokens(self, opened: Opened, prepared: PreparedQuery) -> PreparedQuery:
        """A query with the tokens of its question, in the modes that compare them."""
        if prepared.tokens is not None or prepared.query.mode not in (Mode.FAST, Mode.PRECISE):
            return prepared
        started = time.perf_counter()
        tokens = self._late_interaction.question(opened, prepared.interpretation.question)
        return replace(prepared, tokens=tokens, seconds=prepared.seconds + time.perf_counter() - started)

    def _outcomes(self, opened: Opened, prepared: PreparedQuery, alike: Sequence[Tuning]) -> Iterator[Outcome]:
        """What a query would get with tunings, at least one, that differ in their shifts alone."""
        # Whether a correction helps depends on the shift.
        ranked_together = [alike] if prepared.as_written is None else [[tuning] for tuning in alike]
        for together in ranked_together:
            chosen, ranking = self._ranked(opened, _tuned(prepared, together[0]))
            if len(ranking):
                ranking = close_reading.read(self.rerank_stage, opened, chosen.interpretation, ranking, Mode.FAST)
            ranking = versions.newest_first(ranking, date.today(), _cosine_scale(opened))
            first = opened.passages(ranking.candidates.ids[:1].tolist())
            document = first[0].document.uri if first else None
            features = self._read_features(opened, chosen, ranking)
            if features is None:
                yield from [Outcome(document, is_refused=document is None)] * len(together)
                continue
            for tuning in together:
                relevance = self._relevance(opened, chosen, ranking, replace(features, shift=tuning.shift))
                yield Outcome(document, is_refused=max(relevance) < THRESHOLD)

    def _answer(self, opened: Opened, prepared: PreparedQuery) -> Response:
        ordered = self._ordered(opened, prepared)
        prepared, ranking, relevance, bet = ordered.prepared, ordered.ranking, ordered.relevance, ordered.bet
        query = prepared.query
        groups = fusion.grouped(ranking.places) if query.group_by else versions.copies(ranking.places)
        shown = [group[: 1 + _MORE] for group in groups[query.offset : query.offset + query.limit]]
        best = [group[0] for group in shown]
        results = _results(opened, query, ranking, shown, relevance)
        if query.explain:
            results = self._explained(opened, prepared, ranking.take(best), results)
        answered = bet is not None or (_is_answered(relevance) if groups else False)
        if bet is not None and results and results[0].rank == 1:
            results[0] = replace(results[0], best_bet=bet.question)
        ids = ranking.candidates.ids[best].tolist()
        results = self._with_answers(opened, prepared, ids, results, is_answered=answered is not False)
        question = prepared.interpretation.question
        return Response(
            query=query,
            results=tuple(results),
            total=len(groups),
            next_offset=next_offset(query.offset, len(shown), len(groups)),
            generation=opened.state.generation,
            timings=_timings(prepared.seconds, [*ordered.clock, time.perf_counter()]),
            answered=answered,
            corrected=question if question != prepared.steered.question else None,
            synonyms=prepared.interpretation.synonyms,
        )

    def _ordered(self, opened: Opened, prepared: PreparedQuery) -> _Ordered:
        """The candidates of a query in the order in which they are shown, and how relevant they are."""
        query = prepared.query
        started = time.perf_counter()
        prepared, ranking = self._ranked(opened, prepared)
        bet = self._best_bet(opened, prepared)
        if bet is not None:
            with_bet = ranking
            if not query.filter:
                search = replace(prepared.search, also=bet.passages)
                with_bet = retrieval.ranked(opened, search, opened.calibration, prepared.tuning)
            if bet.is_sure or self._answers(opened, prepared, with_bet, bet):
                ranking = with_bet
            else:
                bet = None
        retrieved = reranked = time.perf_counter()
        as_found = ranking
        if len(ranking):
            ranking = close_reading.read(self.rerank_stage, opened, prepared.interpretation, ranking, query.mode)
        if ranking is not as_found:
            reranked = time.perf_counter()
        if query.mode in (Mode.FAST, Mode.PRECISE):
            ranking = versions.newest_first(ranking, date.today(), _cosine_scale(opened))
        features = self._read_features(opened, prepared, ranking)
        relevance = None if features is None else self._relevance(opened, prepared, ranking, features)
        if bet is not None:
            ranking, relevance, bet = _first(ranking, relevance, bet)
        return _Ordered(prepared, ranking, relevance, bet, (started, retrieved, reranked))

    def _best_bet(self, opened: Opened, prepared: PreparedQuery) -> Chosen | None:
        """What editors have chosen for a question, in the modes fast and precise, unless it is steered."""
        query, asked = prepared.query, prepared.steered
        if prepared.vector is None or not query.curated or query.mode is Mode.SEMANTIC or asked.phrases or asked.excluded:
            return None
        return self._best_bets.chosen(opened, prepared.interpretation.question, prepared.vector, prepared.tokens)

    def _answers(self, opened: Opened, prepared: PreparedQuery, ranking: Ranking, bet: Chosen) -> bool:
        """Whether a reader says that the best passage of a bet in a ranking answers."""
        chosen = set(bet.passages)
        best = next((passage for passage in ranking.candidates.ids.tolist() if passage in chosen), None)
        if best is None:
            return False
        log_odds = close_reading.log_odds_of(self.rerank_stage, opened, prepared.interpretation, best)
        return log_odds is not None and log_odds >= LEAST_READ

    def _ranked(self, opened: Opened, prepared: PreparedQuery) -> tuple[PreparedQuery, Ranking]:
        """The ranking of a query, and the query as it was read for that: without the correction where this does not help."""
        ranking = retrieval.ranked(opened, prepared.search, opened.calibration, prepared.tuning)
        if prepared.as_written is None or _helps(opened, prepared, prepared.as_written, ranking):
            return prepared, ranking
        return self._ranked(opened, self._with_tokens(opened, prepared.as_written))

    def _read_features(self, opened: Opened, prepared: PreparedQuery, ranking: Ranking) -> RelevanceFeatures | None:
        """The features of ranked candidates, with what a reader says of the best; None where nothing tells relevance."""
        features = _relevance_features(opened, prepared, ranking)
        if features is None:
            return None
        return close_reading.with_reading(self.rerank_stage, opened, prepared.interpretation, ranking, features)

    def _relevance(self, opened: Opened, prepared: PreparedQuery, ranking: Ranking, features: RelevanceFeatures) -> list[float]:
        """The relevance of ranked candidates.

        What a reader says of the best passage decides; where it cannot read it, the match of tokens does, if the model of the
        tokens is one whose match tells (`TokenCodec.decides`). Else, where the relevance of the passages leaves open whether
        one answers, their likeliest sentences decide.
        """
        relevance: list[float] = features.relevance().tolist()
        if features.read is not None or features.match is not None:
            return relevance
        if prepared.vector is None or opened.calibration is None or not UNDECIDED_FROM <= max(relevance) < THRESHOLD:
            return relevance
        ids = ranking.candidates.ids[:_LOOKED_INTO].tolist()
        texts = list(map(close_reading.passage_text, opened.passages(ids), opened.units(ids)))
        spans = answering_units(prepared.interpretation.looked_up, texts)
        sentences = [passage.text[span.start : span.end] for passage, span in zip(texts, spans, strict=True) if span]
        nearest = float(self._cosines(prepared.vector, sentences).max()) if sentences else -1.0
        with_sentence: list[float] = features.with_sentence(opened.calibration.meaning(nearest)).relevance().tolist()
        return with_sentence

    def _explained(self, opened: Opened, prepared: PreparedQuery, shown: Ranking, results: list[Result]) -> list[Result]:
        """The results, each with why it is where it is."""
        passages = [result.passage for result in results]
        reasons = explanations(opened, self._encoder, prepared.search, shown.candidates, passages)
        return [replace(result, explanation=reason) for result, reason in zip(results, reasons, strict=True)]

    def _with_answers(
        self, opened: Opened, prepared: PreparedQuery, ids: Sequence[int], results: list[Result], *, is_answered: bool
    ) -> list[Result]:
        """The results, which are the passages of these ids, those of the first ranks with the unit that answers.

        Unless the question is not answered, models help to choose in the passage of rank 1.
        """
        first = [result for result in results if result.rank <= _ANSWERING]
        helped = is_answered and first and first[0].rank == 1
        judges = list(self._judges(opened, prepared, first[0].passage)) if helped else []
        units = opened.units(ids[: len(first)])
        texts = [
            close_reading.passage_text(result.passage, of_passage)._replace(least=0.0 if result.rank == 1 else LEAST_MARKED)
            for result, of_passage in zip(first, units, strict=True)
        ]
        answers = answering_units(prepared.interpretation.looked_up, texts, judges)
        answering = [replace(result, answer=answer) for result, answer in zip(first, answers, strict=True)]
        return answering + results[len(first) :]

    def _judges(self, opened: Opened, prepared: PreparedQuery, passage: StoredPassage) -> Iterator[Judge]:
        """What helps to choose the unit of a passage that answers: what reads it, and the encoder where that adds something."""
        reads = close_reading.reads(self.rerank_stage, prepared.query.mode, passage)
        if reads:
            yield Judge.by_reading(partial(self.rerank_stage.log_odds, prepared.interpretation.question, passage))
        # Beside what reads, vectors help only where question and passage may be in different languages.
        if prepared.vector is not None and (not reads or opened.model.name == MULTILINGUAL_MODEL):
            yield Judge.by_cosines(partial(self._spread_cosines, _cosine_scale(opened) * prepared.vector, passage))

    def _spread_cosines(self, vector: Vectors, passage: StoredPassage, sentences: Sequence[str]) -> Vectors:
        """The cosines of sentences of a passage with a question, times the length of its vector, of shape (sentences,)."""
        # A sentence that says "it" is understood from the title.
        return self._cosines(vector, [read_text(passage, sentence) for sentence in sentences])

    def _cosines(self, vector: Vectors, sentences: Sequence[str]) -> Vectors:
        """The cosines of sentences with a question, of shape (sentences,)."""
        return self._sentence_vectors(sentences) @ vector

    def _check_encoder(self, opened: Opened) -> None:
        if opened.model.fingerprint != self._encoder.fingerprint:
            raise ModelError(
                f"The index was made with the model {opened.model.name} as it was then, not with the present "
                f"{self._encoder.name}: bring it back, or move the index aside and index the documents again."
            )


def _cosine_scale(opened: Opened) -> float:
    """By how much less than those of the default model the cosines of an index are spread."""
    return 1.0 if opened.calibration is None else opened.calibration.cosine_scale


def _is_whole(encoder: Encoder, word: str) -> bool:
    """Whether a word is one token of the encoder."""
    # One text at a time: for several the tokenizer starts threads, which takes longer than the work.
    return encoder.count([word]) <= encoder.count(["a"])


def _prepared(
    query: Query, interpretations: Sequence[Interpretation], vectors: Mapping[str, Vectors], seconds: float, tuning: Tuning
) -> PreparedQuery:
    """A query with the interpretations of its question, the written one first, and their vectors."""
    has_vectors, asked = query.mode is not Mode.KEYWORD, steered(query.question)
    written, *corrected = (
        PreparedQuery(
            query, asked, interpretation, vectors[interpretation.question] if has_vectors else None, seconds, tuning=tuning
        )
        for interpretation in interpretations
    )
    return replace(corrected[0], as_written=written) if corrected else written


def _tuned(prepared: PreparedQuery, tuning: Tuning) -> PreparedQuery:
    """A query with another tuning, also as it was written."""
    written = prepared.as_written
    return replace(prepared, tuning=tuning, as_written=None if written is None else replace(written, tuning=tuning))


def _check(query: Query) -> None:
    if not query.question.strip():
        raise RequestError("The question is blank: ask something.")
    if len(query.question) > LONGEST_QUESTION:
        raise RequestError(f"The question has {len(query.question)} characters: ask in {LONGEST_QUESTION} or fewer.")
    try:
        query.question.encode()
    except UnicodeEncodeError as error:
        raise RequestError("The question has characters that UTF-8 does not have: ask in those that it has.") from error


def _relevance_features(opened: Opened, prepared: PreparedQuery, ranking: Ranking) -> RelevanceFeatures | None:
    """The features of ranked candidates; None in the modes of one ranker, and where nothing was calibrated."""
    usual = opened.calibration
    if usual is None or prepared.vector is None or prepared.query.mode is Mode.SEMANTIC or not len(ranking):
        return None
    return retrieval.relevance_features(opened, usual, prepared.interpretation.words, ranking, prepared.tokens, prepared.tuning)


def _first(ranking: Ranking, relevance: list[float] | None, bet: Chosen) -> tuple[Ranking, list[float] | None, Chosen | None]:
    """A ranking and its relevance with the best passage of a bet first; the bet is None where no passage of it is ranked."""
    ids = ranking.candidates.ids.tolist()
    chosen = set(bet.passages)
    at = next((n for n, passage in enumerate(ids) if passage in chosen), None)
    if at is None:
        return ranking, relevance, None
    order = [at, *(n for n in range(len(ids)) if n != at)]
    return ranking.take(order), None if relevance is None else [relevance[n] for n in order], bet


def _is_answered(relevance: Sequence[float] | None) -> bool | None:
    return None if relevance is None else max(relevance) >= THRESHOLD


def _helps(opened: Opened, corrected: PreparedQuery, written: PreparedQuery, ranking: Ranking) -> bool:
    """Whether a correction, which gave this ranking, helps: the question is then answered, and a passage is near enough.

    A word that no passage holds may be right; with another in its place the question would be another. Whether it is answered
    counts only in the modes that know relevance, the cosine only where there are vectors.
    """
    features = _relevance_features(opened, corrected, ranking)
    if features is not None and not _is_answered(features.relevance().tolist()):
        return False
    if written.vector is None:
        return True
    nearest = float(opened.best_cosines(written.vector[None], written.query.filter)[0])
    gain = ranking.candidates.cosines.max(initial=-1.0) - nearest
    if opened.model.name == MULTILINGUAL_MODEL:
        scale = 1.0 if opened.calibration is None else opened.calibration.cosine_scale
        return bool(scale * gain >= _MULTILINGUAL_LEAST_GAIN)
    return bool(gain >= _LEAST_GAIN)


def _results(
    opened: Opened, query: Query, ranking: Ranking, groups: Sequence[Sequence[int]], relevance: Sequence[float] | None
) -> list[Result]:
    """The results of a page, which shows these groups."""
    order = [n for group in groups for n in group]
    probabilities = [None if relevance is None else relevance[n] for n in order]
    chosen = ranking.candidates.take(order)
    parts = zip(opened.passages(chosen.ids.tolist()), chosen.scores(query.mode), probabilities, strict=True)
    results = []
    for rank, group in enumerate(groups, query.offset + 1):
        first, *more = (
            Result(rank, passage, scores, None, probability) for passage, scores, probability in islice(parts, len(group))
        )
        results.append(replace(first, more=tuple(more)) if more else first)
    return results


def _timings(preparing: float, clock: Sequence[float]) -> Timings:
    """The milliseconds of each step, from the seconds of the first and the clock readings around the others."""
    steps = [preparing, *(after - before for before, after in pairwise(clock))]
    return Timings(*(round(seconds * 1e3, 3) for seconds in (*steps, sum(steps))))


def open_searcher(
    place: Path | DatabaseAddress,
    load_encoder: Callable[[str], Encoder] = load_encoder,
    rerank_stage: RerankStage | None = None,
) -> Searcher:
    """Open an index in a folder, or one that is published to a database, with the model that it was made with.

    Raises MissingIndexError, DamagedIndexError, ModelError; for a database StorageError and MissingExtraError too.
    """
    with ExitStack() as undo:
        reader = Reader(place) if isinstance(place, Path) else open_published(place)
        undo.callback(reader.close)
        with reader.opened() as opened:
            model = opened.model.name or DEFAULT_MODEL
        searcher = Searcher(reader, load_encoder(model), rerank_stage)
        undo.pop_all()
    return searcher
