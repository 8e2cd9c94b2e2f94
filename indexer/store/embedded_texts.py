"""The texts that stand for passages before the encoder."""

import json
from collections.abc import Iterable, Iterator, Sequence

import apsw

from askdex.corpus.passages import Tokens, embedded_text
from askdex.corpus.types import Block, Document, Kind, Passage
from askdex.indexer.store import sqlite, write
from askdex.indexer.types import StoredPassage

_QUESTION_WEIGHT = 0.8
"""What a match with a passage's own question counts beside one with its text.

Two short questions look alike sooner than a question and an answer do. At 1 such matches crowd out better passages for
questions in people's own words; without them a question asked just as a heading puts it can miss its passage.
"""


class Counted:
    """The tokens of texts, none of which is counted twice; see Tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self.limit = tokens.limit
        self._tokens = tokens
        self._known: dict[str, int] = {}

    def count(self, texts: Sequence[str]) -> list[int]:
        """See Tokens."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._tokens.count(new), strict=True))
        return [self._known[text] for text in texts]


def texts_of(document: Document, passage: Passage, tokens: Tokens) -> dict[str, float]:
    """The texts that stand for a passage, and what each counts; the best match of them counts."""
    texts = {embedded_text(document, passage, tokens): 1.0}
    if passage.question is not None and tokens.count([passage.question])[0] <= tokens.limit:
        texts.setdefault(passage.question, _QUESTION_WEIGHT)
    return texts


def texts_of_stored(found: StoredPassage, tokens: Tokens) -> dict[str, float]:
    """The texts that stand for a passage of the index: first the one that ends with its own text, then perhaps its question."""
    document = Document(found.document.uri, found.document.title, found.text, blocks=())
    return texts_of(document, Passage(0, len(found.text), found.heading_path, found.question), tokens)


def stored_document(connection: apsw.Connection, document_id: int | str) -> Document:
    """A document as its reader gave it."""
    uri, title, text, blocks, language, metadata = sqlite.one(
        connection, "SELECT uri, title, text, blocks, language, metadata FROM documents WHERE id = ?", (document_id,)
    )
    found = tuple(Block(Kind(kind), *place) for kind, *place in json.loads(blocks))
    return Document(uri, title, text, found, language, json.loads(metadata))


def stored_texts(connection: apsw.Connection, tokens: Tokens, vector_ids: Iterable[int]) -> dict[bytes, str]:
    """The texts that vectors were made of, by the vectors' keys; of those only that still stand for a passage."""
    found: dict[bytes, str] = {}
    for vector_id in vector_ids:
        query = "SELECT v.key, min(pv.passage_id) FROM vectors v JOIN passage_vectors pv ON pv.vector_id = v.id WHERE v.id = ?"
        key, passage_id = sqlite.one(connection, query, (vector_id,))
        if passage_id is not None:
            texts = _texts(connection, tokens, passage_id)
            found |= {write.key_of(text): text for text in texts if write.key_of(text) == key}
    return found


def _texts(connection: apsw.Connection, tokens: Tokens, passage_id: int) -> Iterator[str]:
    query = 'SELECT document_id, start, "end", heading_path, question FROM passages WHERE id = ?'
    document_id, start, end, heading_path, question = sqlite.one(connection, query, (passage_id,))
    passage = Passage(start, end, tuple(json.loads(heading_path)), question)
    yield from texts_of(stored_document(connection, document_id), passage, tokens)
