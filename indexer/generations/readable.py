"""A generation as somebody sees it who may read a part of the documents: in every count and word it is as if that were all."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from askdex.corpus.passages import context
from askdex.indexer.engine.analyzer import stems, words
from askdex.indexer.engine.embedded import EmbeddedEngine
from askdex.indexer.engine.protocol import Ask, QueryTerm, Vocabulary
from askdex.indexer.store import read
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Access

_LOOKED_INTO = 20
"""Passages with the stem of a word in which the word is looked for, before it counts as one that nobody wrote."""

_WORDS_REMEMBERED = 4_096


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


class Readable:
    """What somebody may read of a generation: its engine, and the state as it looks to them."""

    def __init__(self, view: StateView, engine: EmbeddedEngine, access: Access) -> None:
        documents = read.document_numbers(replace(view, access=access))
        self.engine = engine.only(documents)
        self.state = replace(
            view.state,
            # What is kept by token is kept for each apart.
            token=f"{view.state.token}-{hashlib.blake2b(repr(access).encode(), digest_size=8).hexdigest()}",
            documents=len(documents),
            passages=len(self.engine),
            vectors=self.engine.vector_count,
        )
        self._written: dict[str, bool] = {}

    def vocabulary(self, view: StateView) -> Vocabulary:
        """The words of the passages that may be read."""
        return ReadableVocabulary(self.engine.vocabulary, lambda word: self._is_written(view, word))

    def _is_written(self, view: StateView, word: str) -> bool:
        if word not in self._written and len(self._written) < _WORDS_REMEMBERED:
            self._written[word] = self._is_found(view, word)
        return self._written[word] if word in self._written else self._is_found(view, word)

    def _is_found(self, view: StateView, word: str) -> bool:
        """Whether one of the first passages with the stem of a word has the word itself."""
        (stem,) = stems([word])
        frequency = self.engine.vocabulary.document_frequency((stem,))
        if not frequency:
            return False
        ids = self.engine.candidates(Ask(terms=[QueryTerm(stem, (stem,), frequency, 1.0)], limit=_LOOKED_INTO)).ids
        return any(
            word in words(f"{context(passage.document.title, passage.heading_path)}\n{passage.text}")
            for passage in read.passages(view, ids.tolist())
        )
