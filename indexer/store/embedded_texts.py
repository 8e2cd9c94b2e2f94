"""The texts that are embedded for a passage."""

import json
from collections.abc import Iterable, Iterator

from askdex.corpus.passages import Tokens, texts_of
from askdex.corpus.types import Document, Passage
from askdex.indexer.store import read, sqlite, write
from askdex.indexer.store.folder import values_checked
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.types import StoredPassage


def texts_of_stored(passage: StoredPassage, tokens: Tokens) -> dict[str, float]:
    """The same for a passage of the index: first the text that ends with the passage's own, then perhaps its question."""
    document = Document(passage.document.uri, passage.document.title, passage.text, blocks=())
    return texts_of(document, Passage(0, len(passage.text), passage.heading_path, passage.question), tokens)


def stored_document(connection: Connection, document_id: int | str) -> Document:
    """A document as its reader gave it."""
    query = "SELECT uri, title, text, blocks, language, metadata, links, page_starts FROM documents WHERE id = ?"
    with values_checked(connection.file.parent):
        uri, title, text, blocks, language, metadata, links, page_starts = sqlite.first_row(connection, query, (document_id,))
        return Document(
            uri,
            title,
            text,
            read.parsed_blocks(blocks),
            language,
            read.parsed_metadata(metadata),
            read.parsed_links(links),
            tuple(json.loads(page_starts)),
        )


def stored_texts(connection: Connection, tokens: Tokens, vector_ids: Iterable[int]) -> dict[bytes, str]:
    """The texts that vectors were made from, by the vectors' keys; a vector that stands for no passage any more has none."""
    texts_by_key: dict[bytes, str] = {}
    for vector_id in vector_ids:
        query = "SELECT v.key, min(pv.passage_id) FROM vectors v JOIN passage_vectors pv ON pv.vector_id = v.id WHERE v.id = ?"
        key, passage_id = sqlite.first_row(connection, query, (vector_id,))
        if passage_id is not None:
            texts = _texts(connection, tokens, passage_id)
            texts_by_key |= {write.text_key(text): text for text in texts if write.text_key(text) == key}
    return texts_by_key


def _texts(connection: Connection, tokens: Tokens, passage_id: int) -> Iterator[str]:
    query = 'SELECT document_id, start, "end", heading_path, question FROM passages WHERE id = ?'
    document_id, start, end, heading_path, question = sqlite.first_row(connection, query, (passage_id,))
    with values_checked(connection.file.parent):
        passage = Passage(start, end, read.parsed_path(heading_path), question)
    yield from texts_of(stored_document(connection, document_id), passage, tokens)
