"""Why a passage is where it is: what each kind of evidence adds, which words matched, which tokens carried the meaning."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from askdex.corpus.names import names
from askdex.corpus.passages import context
from askdex.indexer.engine.analyzer import located_terms, word_spans
from askdex.indexer.engine.features import term_gains
from askdex.indexer.engine.protocol import Opened
from askdex.indexer.engine.question import weighed
from askdex.indexer.models.encoder import Encoder, TokenVectors
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.search.retrieval import Search
from askdex.indexer.store.embedded_texts import texts_of_stored
from askdex.indexer.types import Explanation, Match, Span, Split, StoredPassage, Vectors

_MOST_WORDS = 12
"""Words that a split of a cosine names; the others are its rest."""

_LEAST_LENGTH = 1e-12
"""A sum of token vectors is divided by at least this length."""


def explanations(
    opened: Opened, encoder: Encoder, search: Search, shown: Candidates, passages: Sequence[StoredPassage]
) -> list[Explanation]:
    """Explain the ranks of the shown candidates, which are these passages."""
    words = map(matched_words, passages, _term_gains(opened, search.looked_up, shown.ids.tolist()))
    cosines = shown.cosines.tolist()
    splits = [None] * len(passages) if search.vector is None else _splits(encoder, search.vector, passages, cosines)
    return [Explanation(*parts) for parts in zip(shown.shares(), words, splits, strict=True)]


def _term_gains(opened: Opened, words: str, ids: Sequence[int]) -> list[Mapping[str, float]]:
    """What each term of a question adds to the BM25 of each of these passages."""
    ordered = sorted(ids)
    found = opened.look_up(np.array(ordered, np.int64))
    gains_of = dict(zip(ordered, term_gains(found, weighed(words, opened.vocabulary), opened.vocabulary), strict=True))
    return [gains_of[passage] for passage in ids]


def matched_words(passage: StoredPassage, gains: Mapping[str, float]) -> tuple[Match, ...]:
    """The words of a passage, its title, headings and names for these terms, those first that add most."""
    document = passage.document
    above = "\n".join((context(document.title, passage.heading_path), names(document.uri, document.metadata)))
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    written: dict[str, str] = {}
    for term in located_terms(passage.text):
        spans[term.text].append(Span(term.start, term.end))
        written.setdefault(term.text, passage.text[term.start : term.end])
    for term in located_terms(above):
        written.setdefault(term.text, above[term.start : term.end])
    ordered = sorted(gains.items(), key=lambda item: -item[1])
    return tuple(Match(written.get(term, term), tuple(spans[term]), gain) for term, gain in ordered)


def _splits(
    encoder: Encoder, vector: Vectors, passages: Sequence[StoredPassage], cosines: Sequence[float]
) -> Sequence[Split | None]:
    weights = [texts_of_stored(passage, encoder) for passage in passages]
    texts = list(dict.fromkeys(text for of_passage in weights for text in of_passage))
    tokens = encoder.encode_tokens(texts)
    if tokens is None:
        return [None] * len(passages)
    tokens_of = dict(zip(texts, tokens, strict=True))
    return [_split(*parts, vector, tokens_of) for parts in zip(passages, weights, cosines, strict=True)]


def _split(
    passage: StoredPassage, weights: Mapping[str, float], cosine: float, vector: Vectors, tokens: Mapping[str, TokenVectors]
) -> Split:
    """What each word adds to the cosine of a passage: the words of that text which matched best, passage or question."""
    products = {text: weight * token_products(tokens[text], vector) for text, weight in weights.items()}
    best = max(products, key=lambda text: float(products[text].sum()))
    is_whole = best == next(iter(weights))
    # The encoded text ends with the passage's own; a question has nothing of it, so none of its words gets a span.
    start = len(best) - len(passage.text) if is_whole else len(best)
    words = _by_word(best, start, tokens[best], products[best])[:_MOST_WORDS]
    # Vectors are kept in half precision; the rest takes up the difference.
    return Split("passage" if is_whole else "question", tuple(words), cosine - sum(word.score for word in words))


def token_products(tokens: TokenVectors, vector: Vectors) -> Vectors:
    """What each token adds to the cosine of a text with a vector of unit length, of shape (tokens,).

    The text's vector is the sum of its token vectors divided by that sum's length, so

        cosine = sum over tokens of (token . vector) / |sum of token vectors|
    """
    products: Vectors = tokens.vectors @ vector / max(float(np.linalg.norm(tokens.vectors.sum(axis=0))), _LEAST_LENGTH)
    return products


def _by_word(text: str, start: int, tokens: TokenVectors, products: Vectors) -> list[Match]:
    """What the words of a text add, those first that add most; the passage's own text begins at `start`."""
    words = word_spans(text)
    begins = [begin for begin, _ in words]
    sums: defaultdict[tuple[int, int], float] = defaultdict(float)
    for (begin, end), product in zip(tokens.spans.tolist(), products.tolist(), strict=True):
        # Some tokenizers count the blank before a word as a part of it.
        begin += end - begin - len(text[begin:end].lstrip())
        at = bisect_right(begins, begin) - 1
        sums[words[at] if at >= 0 and begin < words[at][1] else (begin, end)] += product
    ordered = sorted((span for span in sums if span[0] < span[1]), key=lambda span: -sums[span])
    return [Match(text[begin:end], _within(begin - start, end - start), sums[begin, end]) for begin, end in ordered]


def _within(start: int, end: int) -> tuple[Span, ...]:
    return (Span(start, end),) if start >= 0 else ()
