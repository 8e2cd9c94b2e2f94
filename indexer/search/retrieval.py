"""From a question to its ranked candidates."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from askdex.indexer.engine.analyzer import content_terms, in_order, located_words
from askdex.indexer.engine.dates import dates
from askdex.indexer.engine.features import holding, keyword_features, named_shares
from askdex.indexer.engine.function_words import asks_nothing, is_function_word
from askdex.indexer.engine.protocol import Ask, Found, Opened, Vocabulary
from askdex.indexer.engine.question import QuestionTerms, required_identifiers, unknown_weight, weighed
from askdex.indexer.models.token_codes import QuestionTokens
from askdex.indexer.search import fusion, late_interaction, relevance
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.search.relevance import RelevanceFeatures
from askdex.indexer.types import UNTUNED, Calibration, Filter, Mode, Numbers, Places, Positions, Tuning, Vectors

_UNNAMED = 0.3
"""What is taken off the fused score of a passage that lacks a phrase, or what the question names by a number or a code, where
another passage has it; and of one that has no word of a question of names alone, where another has all.

It is about the difference between the best cosine and one of a foreign subject. Chosen by hand."""

_NAMED_ELSEWHERE = 0.1
"""The same for a passage whose document has it elsewhere: a section need not repeat what the whole document is about.
Chosen by hand."""

_SHORTEST_NAME, _SHORTEST_SAYING = 2, 4
"""Words of a question of function words alone that may be the name of a passage, or a saying that stands in it.
Chosen by hand: "The Who", "to be or not to be"."""

_NAMED_AMONG = 10
"""The first passages, among which one with such a name or saying is looked for. Chosen by hand."""

_USUAL_WORDS = 2.5
"""Content words of a question. With fewer, such as a name alone, the vector says less, and terms count more.

With it each single word that three passages or fewer hold brings one of them first, before it seven in ten did. Of typed words
that the collection answers 3 to 19% are refused in the cases of four public sets, 25 to 48% before.
"""

_ALL = 1 - 1e-6
"""The coverage of a passage that has all content words of a question, but for rounding."""

_WIDER = 2.0
"""How many times as far apart fused scores lie where late interaction adds to them: 1.6 to 2 times on six sets."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: the words of a question, its vector (None in keyword mode), and how.

    Passages that lack one of `phrases`, word for word but for endings, lose by it where others have it. Those that hold a word
    of `excluded` are left out. `synonyms` are looked up as the words are, and do not count among those of the question.
    `tokens` are those of the question where the index has codes to compare them with, else None. Passages of the document of
    the number `without` are left out. The passages of the ids `also` are candidates in any case.
    """

    words: str
    vector: Vectors | None
    mode: Mode = Mode.FAST
    filter: Filter = field(default_factory=dict)
    phrases: Sequence[str] = ()
    excluded: Sequence[str] = ()
    synonyms: Sequence[str] = ()
    tokens: QuestionTokens | None = None
    without: int | None = None
    also: Sequence[int] = ()

    @property
    def looked_up(self) -> str:
        """The words and their synonyms."""
        return " ".join([self.words, *self.synonyms])


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates in their order, where each stands, and its first vector; all of length n."""

    candidates: Candidates
    places: Places
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.candidates)

    def take(self, positions: Positions | Sequence[int]) -> "Ranking":
        """The candidates at these positions, in this order."""
        return Ranking(self.candidates.take(positions), self.places[positions], self.vectors[positions])


def ranked(opened: Opened, search: Search, usual: Calibration | None = None, tuning: Tuning = UNTUNED) -> Ranking:
    """The candidates of each ranker that the mode uses, best first. Raises RequestError for an unknown filter key.

    `usual` is the calibration of the collection, None where it was not measured.
    """
    question = weighed(search.looked_up, opened.vocabulary)
    found = opened.candidates(_ask(search, question))
    if search.without is not None:
        found = opened.look_up(found.ids[found.places["document"] != search.without])
    if len(search.also):
        found = opened.look_up(np.union1d(found.ids, np.array(search.also, np.int64)))
    weight = (1.0 if usual is None else usual.keyword_weight) * _few_words_weight(search.words) * tuning.keyword_factor
    scale = 1.0 if usual is None else usual.cosine_scale
    candidates = _fused(found, search, question, opened.vocabulary, weight, scale)
    if search.tokens is not None and search.mode in (Mode.FAST, Mode.PRECISE):
        candidates = late_interaction.with_late_interaction(opened, search.tokens, candidates, tuning.match_factor)
    order = fusion.ordered(candidates, found.places)
    for word in search.excluded:
        order = order[~holding(found, in_order(word))[order]]
    return Ranking(candidates, found.places, found.vectors[found.vector_ends[:-1]]).take(order)


def relevance_features(
    opened: Opened,
    usual: Calibration,
    words: str,
    ranking: Ranking,
    tokens: QuestionTokens | None,
    tuning: Tuning = UNTUNED,
) -> RelevanceFeatures:
    """The features that tell how relevant the ranked candidates of a question are, at least one; for `tokens` see Search.

    They were ranked with the same `tuning`.
    """
    decides = tokens is not None and tokens.codec.decides
    return relevance.features_of(
        usual,
        ranking.candidates,
        ranking.places,
        unknown_weight(opened.vocabulary),
        _count_content_words(words),
        codes_known=not required_identifiers(words, opened.vocabulary)[1] and _asks_something(opened, words, ranking),
        match=fusion.best_match(ranking.candidates, tuning.match_factor) if decides else None,
        shift=tuning.shift,
    )


def is_readable(words: str, ranking: Ranking) -> bool:
    """Whether a reader can tell if the first candidate answers a question.

    Not if the question names a date, because it does not know other spellings. Nor if the candidate has all content words of
    the question in some form, and the question has no other words ("W-8 BEN", where the passage has "W-8BEN") or a single
    content word: "What about dogs?" asks for whatever is said of them.
    """
    is_general = _has_only_names(words) or _count_content_words(words) == 1
    return not dates(words) and not (is_general and ranking.candidates.coverage[0] >= _ALL)


def _has_only_names(words: str) -> bool:
    """Whether a question has no words that make it a sentence, such as "onboarding laptops"."""
    return not any(is_function_word(word.text) for word in located_words(words))


def _ask(search: Search, question: QuestionTerms) -> Ask:
    terms = () if search.mode is Mode.SEMANTIC else question.terms
    return Ask(search.vector, terms, filter=search.filter)


def _fused(
    found: Found, search: Search, question: QuestionTerms, vocabulary: Vocabulary, keyword_weight: float, cosine_scale: float
) -> Candidates:
    """The candidates with their scores, in no order."""
    if search.vector is not None and len(found):
        cosines, vectors = best_cosines(found, search.vector)
    else:
        cosines, vectors = np.zeros(len(found)), np.zeros((len(found), 0), np.float32)
    by_terms = keyword_features(found, question, vocabulary)
    candidates = fusion.fuse(found.ids, cosines, by_terms, vectors, search.mode, keyword_weight, cosine_scale)
    phrases = [in_order(phrase) for phrase in search.phrases] or (
        [] if content_terms(search.words) else [in_order(search.words)]
    )
    is_looked_up = _has_only_names(search.words) and (candidates.coverage >= _ALL).any()
    if not (question.named or phrases or is_looked_up) or not len(found) or search.mode not in (Mode.FAST, Mode.PRECISE):
        return candidates
    lost = _unnamed(named_shares(found, question), found.places)
    if is_looked_up:
        lost += _UNNAMED * (candidates.coverage == 0)
    for phrase in phrases:
        holds = holding(found, phrase)
        lost += _UNNAMED * (~holds if holds.any() else 0)
    fused = candidates.fused - (lost if search.tokens is None else _WIDER * lost)
    return replace(candidates, fused=fused, lacks=lost > 0)


def _unnamed(named: Numbers, places: Places) -> Numbers:
    """What is taken off the fused scores of n candidates for what the question names and they lack, of shape (n,).

    `named` is the share of it that each has.
    """
    documents, of = np.unique(places["document"], return_inverse=True)
    in_document = np.zeros(len(documents))
    np.maximum.at(in_document, of, named)
    most = named.max()
    lost: Numbers = np.minimum(
        _UNNAMED * (most - named), _NAMED_ELSEWHERE * (in_document[of] > named) + _UNNAMED * (most - in_document[of])
    )
    return lost


def best_cosines(found: Found, vector: Vectors) -> tuple[Numbers, Vectors]:
    """The cosine of each candidate's best vector with a question's, of shape (n,), and its first vector, (n, dimension)."""
    starts = found.vector_ends[:-1]
    # Summed row by row: a matrix product may give one row other last digits in other company.
    cosines: Numbers = np.maximum.reduceat(np.vecdot(found.vectors, vector), starts).astype(np.float64)
    return cosines, found.vectors[starts]


def _few_words_weight(words: str) -> float:
    """A factor on what terms add: max(1, (2.5 / n)^2) for n content words, so 6.25 for one, 1.56 for two, 1 for more."""
    return max(1.0, (_USUAL_WORDS / _count_content_words(words)) ** 2)


def _asks_something(opened: Opened, words: str, ranking: Ranking) -> bool:
    """Whether a question has a word that says what it is about, or else stands in one of the first passages as it is.

    Function words alone ask for a passage only as its name ("The Who"), or as a saying of several words ("to be or not to be").
    """
    spoken = located_words(words)
    if not asks_nothing([word.text for word in spoken]):
        return True
    asked, ids = in_order(words), ranking.candidates.ids[:_NAMED_AMONG]
    names = ((passage.document.title, *passage.heading_path) for passage in opened.passages(ids.tolist()))
    if len(asked) >= _SHORTEST_NAME and any(in_order(name) == asked for of_passage in names for name in of_passage):
        return True
    return len(asked) >= _SHORTEST_SAYING and bool(holding(opened.look_up(np.sort(ids)), asked).any())


def _count_content_words(words: str) -> int:
    """How many different content words a question has, 1 where it has none."""
    return max(1, len(content_terms(words)))
