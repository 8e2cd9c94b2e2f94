"""A generation as somebody sees it who may read a part of the documents: in every count and word it is as if that were all."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from askdex.corpus.passages import context
from askdex.indexer.engine.analyzer import stems, words
from askdex.indexer.engine.embedded import EmbeddedEngine
from askdex.indexer.engine.protocol import Ask, Engine, QueryTerm, Vocabulary
from askdex.indexer.store import read
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Access, State, StoredPassage

_LOOKED_INTO = 20
"""Passages with the stem of a word in which the word is looked for, before it counts as one that nobody wrote."""

_WORDS_REMEMBERED = 4_096
"""Words of which it is kept whether somebody wrote them."""


class ReadableVocabulary:
    """The terms of the passages that somebody may read; see Vocabulary.

    A segment knows how words are written, but not in which passages: only such words are told that stand in a passage of these.
    """

    def __init__(self, vocabulary: Vocabulary, is_written: Callable[[str], bool]) -> None:
        self.passage_count = vocabulary.passage_count
        self.average_length = vocabulary.average_length
        self.document_frequency = vocabulary.document_frequency
        self._vocabulary = vocabulary
        self._is_written = is_written

    def spellings(self, word: str, edits: int) -> list[str]:
        """See Vocabulary."""
        return [other for other in self._vocabulary.spellings(word, edits) if self._is_written(other)]


class WrittenWords:
    """Which words stand as they are in the passages of an engine that somebody may read; many threads may ask."""

    def __init__(self) -> None:
        self._written: dict[str, bool] = {}

    def is_written(self, engine: Engine, passages: Callable[[Sequence[int]], Sequence[StoredPassage]], word: str) -> bool:
        """Whether one of the first passages with the stem of a word has the word itself."""
        if word not in self._written:
            found = _is_found(engine, passages, word)
            if len(self._written) < _WORDS_REMEMBERED:
                self._written[word] = found
            return found
        return self._written[word]


def _is_found(engine: Engine, passages: Callable[[Sequence[int]], Sequence[StoredPassage]], word: str) -> bool:
    (stem,) = stems([word])
    frequency = engine.vocabulary.document_frequency((stem,))
    if not frequency:
        return False
    ids = engine.candidates(Ask(terms=[QueryTerm(stem, (stem,), frequency, 1.0)], limit=_LOOKED_INTO)).ids
    return any(
        word in words(f"{context(passage.document.title, passage.heading_path)}\n{passage.text}")
        for passage in passages(ids.tolist())
    )


def readable_state(state: State, access: Access, documents: int, passages: int, vectors: int) -> State:
    """A state as it looks to somebody who may read so much of it."""
    # What is kept by token is kept for each apart.
    token = f"{state.token}-{hashlib.blake2b(repr(access).encode(), digest_size=8).hexdigest()}"
    return replace(state, token=token, documents=documents, passages=passages, vectors=vectors)


class Readable:
    """What somebody may read of a generation: its engine, and the state as it looks to them."""

    def __init__(self, view: StateView, engine: EmbeddedEngine, access: Access) -> None:
        documents = read.document_numbers(replace(view, access=access))
        self.engine = engine.only(documents)
        self.state = readable_state(view.state, access, len(documents), len(self.engine), self.engine.vector_count)
        self._written = WrittenWords()

    def vocabulary(self, view: StateView) -> Vocabulary:
        """The words of the passages that may be read."""
        passages = partial(read.passages, view)
        return ReadableVocabulary(self.engine.vocabulary, partial(self._written.is_written, self.engine, passages))
