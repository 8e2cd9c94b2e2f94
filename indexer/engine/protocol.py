"""The seams of search: what an engine is asked, what it finds, how generations are opened and published.

Every engine passes the tests in `tests/indexer/engine/suite.py`, every read model and every published side those in
`read_model/` and `published_suite.py` of `tests/indexer/generations`.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from askdex.corpus.text.units import Unit
from askdex.corpus.types import Block
from askdex.indexer.types import (
    Access,
    Calibration,
    Curation,
    DocumentSummary,
    Facet,
    Filter,
    Ids,
    IndexedPassage,
    LeftOut,
    Model,
    Numbers,
    Original,
    Places,
    Positions,
    State,
    StoredDocument,
    StoredPassage,
    TermHashes,
    Tuning,
    Vectors,
)

CANDIDATES = 100
"""Passages that each ranker proposes: twice as many as needed on a handbook, where 72 of 75 questions have the right passage
among the first 50."""

_CHANGED = 0.25
"""The change in the number of passages, as a share of that number, after which a collection is measured again."""


class QueryTerm(NamedTuple):
    """A term of a question; a passage has it that holds `text` or one of the joined `forms` that stand for it.

    `document_frequency` is the number of passages that have it, `weight` its idf, halved for a function word.
    """

    text: str
    forms: tuple[str, ...]
    document_frequency: int
    weight: float


@dataclass(frozen=True, slots=True)
class Ask:
    """What an engine is asked: the passages near a vector of shape (dimension,), those that hold terms, or both.

    `limit` is the number of passages that each of the two rankers proposes.
    """

    vector: Vectors | None = None
    terms: Sequence[QueryTerm] = ()
    limit: int = CANDIDATES
    filter: Filter = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates of both rankers, each once, ascending by id, with all that ranking needs of them.

    `ids` and `places` have shape (n,). `vectors` has shape (m, dimension): candidate i has `vectors[vector_ends[i]:
    vector_ends[i + 1]]`, at least one; the first stands for the whole passage. `terms` holds the term sequences: that of
    candidate i is `terms[term_ends[i]:term_ends[i + 1]]`: its context, its sentences, and as one more sentence the names that
    are not in the context, each closed by `END`.
    Both `ends` have shape (n + 1,).
    """

    ids: Ids
    places: Places
    vectors: Vectors
    vector_ends: Positions
    terms: TermHashes
    term_ends: Positions

    def __len__(self) -> int:
        return len(self.ids)


class Vocabulary(Protocol):
    """The terms of one generation: how many passages hold them, how they are written."""

    @property
    def passage_count(self) -> int:
        """The number of passages."""

    @property
    def average_length(self) -> float:
        """The mean number of terms of a passage with its context, at least 1."""

    def document_frequency(self, forms: tuple[str, ...]) -> int:
        """The number of passages that hold at least one of these forms of a term."""

    def spellings(self, word: str, edits: int) -> list[str]:
        """The words of passages, in lower case and sorted, that differ from a word by at most so many edits.

        They have 3 to 64 letters and no digits. Joined and folded forms are among them, and words whose passages were removed
        may be.
        """


class Engine(Protocol):
    """Finds passages of one generation; many threads may use it at once."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The terms of the generation."""

    def candidates(self, ask: Ask) -> Found:
        """The candidates for a question; a filter key that no passage has lets nothing through."""

    def best_cosines(self, vectors: Vectors, wanted: Filter) -> Numbers:
        """For each of k vectors the largest inner product with a passage that the filter lets through, of shape (k,).

        It is -1 where the filter lets none through. An engine that does not compare all vectors may miss the nearest passage as
        seldom as for a question (`candidates`).
        """

    def look_up(self, ids: Ids) -> Found:
        """What ranking needs of these passages, which must be ascending and of this generation."""

    def sample(self, number: int) -> Ids:
        """So many ids of passages, or all, at equal steps in ascending order."""


class Opened(Engine, Protocol):
    """One generation of an index, opened for the questions of one thread: its engine and its documents.

    `candidates` and `best_cosines` raise RequestError for a filter key that no document has, and for a range that is none.
    """

    @property
    def state(self) -> State:
        """The generation, with its counts."""

    @property
    def model(self) -> Model:
        """The model that its vectors are from."""

    @property
    def calibration(self) -> Calibration | None:
        """The calibration of the collection; None where it was not measured."""

    @property
    def tuning(self) -> Tuning:
        """What was fitted to the collection; `UNTUNED` where nothing was."""

    @property
    def curation(self) -> Curation:
        """What editors say of the collection; `UNCURATED` where they say nothing."""

    @property
    def token_model(self) -> str | None:
        """The fingerprint of the model of late interaction that codes are from; None where there are none."""

    def token_codes(self, ids: Sequence[int]) -> dict[int, bytes]:
        """The codes of the tokens of those of these passages that have some; see `models.token_codes`."""

    def passages(self, ids: Sequence[int]) -> list[StoredPassage]:
        """The passages of these ids, in this order."""

    def passages_of_documents(self, uris: Sequence[str]) -> dict[str, list[int]]:
        """The ids of the passages of the documents of these uris, or of files of these uris, by the uri."""

    def units(self, ids: Sequence[int]) -> list[Sequence[Unit]]:
        """The units of the texts of these passages, in this order; see Unit."""

    def passage(self, name: str) -> StoredPassage:
        """The passage of this public id. Raises NotFoundError."""

    def document(self, name: str) -> StoredDocument:
        """The document of this id, with its text. Raises NotFoundError."""

    def original(self, name: str) -> Original:
        """The file that the document of this id was read from. Raises NotFoundError where it is none of a file."""

    def blocks(self, passages: Sequence[StoredPassage]) -> list[Sequence[Block]]:
        """The blocks of the texts of these passages of the generation, in this order, with offsets in the texts."""

    def documents(self, limit: int, offset: int) -> list[DocumentSummary]:
        """A page of all documents, by their uris."""

    def left_out(self, limit: int, offset: int) -> list[LeftOut]:
        """A page of what the index could not be made of when its documents were last looked at, by their uris."""

    def number_left_out(self) -> int:
        """How many files, folders and parts of files are left out."""

    def filter_keys(self, limit: int) -> list[str]:
        """The metadata keys that a filter may name, the fixed ones first, at most so many others."""

    def facets(self) -> list[Facet]:
        """What the documents can be told apart by, with the numbers of documents."""

    def languages(self) -> dict[str, int]:
        """The number of documents in each language, the most frequent first."""

    def questions(self, limit: int) -> list[str]:
        """The questions that passages stand under, at most so many, each once."""

    def example_questions(self, limit: int) -> list[str]:
        """Questions that some of the documents answer."""


class ReadModel(Protocol):
    """The reading side of an index, wherever it lies; many threads may use it."""

    def held(self) -> list[State]:
        """The generations that can be opened, the newest first."""

    def opened(self, generation: int | None = None, access: Access | None = None) -> AbstractContextManager[Opened]:
        """The newest generation, or the one named, for as long as the block lasts. Raises GoneGenerationError.

        With `access` it is as if the documents that may be read were all; only calibration and tuning are those of the whole.
        """

    def follow(self) -> None:
        """Take up new generations from now on, before anyone asks; to say so again changes nothing."""

    def close(self) -> None:
        """Let go of the index; no generation may be open."""


class Published(Protocol):
    """The writing side of a read model: a generation is staged unseen, then published at once."""

    def stage(self, state: State, added: Iterable[IndexedPassage], removed: Ids, before: State | None) -> None:
        """Prepare a generation that nobody sees yet: that of `before`, without `removed` and with `added`.

        Without `before`, `added` are all its passages. Staging the same state again replaces what was staged. Raises OSError,
        and StaleError where it finds that `before` is not held whole, or that what this makes is not as large as the state:
        then all passages have to be staged. Nothing is staged where it raises, whatever the error.
        """

    def publish(self, states: Collection[State]) -> None:
        """Let these staged generations be opened, and no others. Raises OSError."""

    def digests(self, state: State, buckets: int) -> Sequence[bytes]:
        """Digests of the passages held for a generation, by `id % buckets`, to compare with those of the database.

        Raises StaleError where the generation is not held.
        """


def has_changed(passages: int, measured: int) -> bool:
    """Whether the number of passages has changed so much, since a measurement, that the collection is measured again."""
    return abs(passages - measured) > _CHANGED * measured
