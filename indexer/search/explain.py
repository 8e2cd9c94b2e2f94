"""Why a passage is where it is: what each evidence adds, the words that matched, the tokens that carried the meaning."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from askdex.corpus.passages import context
from askdex.indexer.engine.analyzer import located_terms, word_spans
from askdex.indexer.engine.protocol import Engine
from askdex.indexer.models.encoder import Encoder, TokenVectors
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.store.embedded_texts import texts_of_stored
from askdex.indexer.types import Explanation, Match, Span, Split, StoredPassage, Vectors

_MOST_WORDS = 12
_LEAST_LENGTH = 1e-12

_Products = npt.NDArray[np.float32]


def explanations(
    engine: Engine,
    encoder: Encoder,
    question: str,
    vector: Vectors | None,
    shown: Candidates,
    passages: Sequence[StoredPassage],
) -> list[Explanation]:
    """Explain the places of passages, given what the rankers say of them and the vector of the question, if it has one."""
    words = map(matched_words, passages, engine.word_scores(question, shown.ids))
    splits = [None] * len(passages) if vector is None else _splits(encoder, vector, passages, shown.cosines.tolist())
    return [Explanation(*of) for of in zip(shown.shares(), words, splits, strict=True)]


def matched_words(passage: StoredPassage, scores: Mapping[str, float]) -> tuple[Match, ...]:
    """The words of a passage, its title and its headings for these terms, those first that score most."""
    above = context(passage.document.title, passage.heading_path)
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    written: dict[str, str] = {}
    for term in located_terms(passage.text):
        spans[term.text].append(Span(term.start, term.end))
        written.setdefault(term.text, passage.text[term.start : term.end])
    for term in located_terms(above):
        written.setdefault(term.text, above[term.start : term.end])
    ordered = sorted(scores.items(), key=lambda of: -of[1])
    return tuple(Match(written.get(term, term), tuple(spans[term]), score) for term, score in ordered)


def _splits(
    encoder: Encoder, vector: Vectors, passages: Sequence[StoredPassage], cosines: Sequence[float]
) -> Sequence[Split | None]:
    weights = [texts_of_stored(passage, encoder) for passage in passages]
    texts = list(dict.fromkeys(text for some in weights for text in some))
    tokens = encoder.encode_tokens(texts)
    if tokens is None:
        return [None] * len(passages)
    known = dict(zip(texts, tokens, strict=True))
    return [_split(*of, vector, known) for of in zip(passages, weights, cosines, strict=True)]


def _split(
    passage: StoredPassage, weights: Mapping[str, float], cosine: float, vector: Vectors, tokens: Mapping[str, TokenVectors]
) -> Split:
    """What the words of the best of the texts that stand for a passage add to its cosine."""
    products = {text: weight * token_products(tokens[text], vector) for text, weight in weights.items()}
    best = max(products, key=lambda text: float(products[text].sum()))
    is_whole = best == next(iter(weights))
    start = len(best) - len(passage.text) if is_whole else len(best)
    words = _by_word(best, start, tokens[best], products[best])[:_MOST_WORDS]
    # Vectors are kept in half precision: the rest takes up what that makes of the sum.
    return Split("passage" if is_whole else "question", tuple(words), cosine - sum(word.score for word in words))


def token_products(tokens: TokenVectors, vector: Vectors) -> _Products:
    """What each token adds to the cosine of a text and a vector of unit length, of shape (n,).

    The vector of the text being the mean of its tokens' vectors at unit length, its cosine is the sum of these products,
    each divided by the length of the sum of the tokens' vectors.
    """
    products: _Products = tokens.vectors @ vector / max(float(np.linalg.norm(tokens.vectors.sum(axis=0))), _LEAST_LENGTH)
    return products


def _by_word(text: str, start: int, tokens: TokenVectors, products: _Products) -> list[Match]:
    """What the words of a text add, those first that add most; `start` is where the passage's own text begins in it."""
    words = word_spans(text)
    begins = [begin for begin, _ in words]
    sums: defaultdict[tuple[int, int], float] = defaultdict(float)
    for (begin, end), product in zip(tokens.spans.tolist(), products.tolist(), strict=True):
        # Some tokenizers take the blank before a word for a part of it.
        begin += end - begin - len(text[begin:end].lstrip())
        at = bisect_right(begins, begin) - 1
        sums[words[at] if at >= 0 and begin < words[at][1] else (begin, end)] += product
    ordered = sorted((span for span in sums if span[0] < span[1]), key=lambda span: -sums[span])
    return [Match(text[begin:end], _within(begin - start, end - start), sums[begin, end]) for begin, end in ordered]


def _within(start: int, end: int) -> tuple[Span, ...]:
    return (Span(start, end),) if start >= 0 else ()
