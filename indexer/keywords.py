"""The keyword half of the embedded engine: BM25 over the words of passages and of the headings above them, with tantivy."""

from pathlib import Path

import numpy as np
import tantivy

from indexer.engine import Entry, Hits, Ids
from indexer.terms import terms

_ID = "id"
_FIELDS = ("context", "text")
_ANALYZER = "terms"
_HEAP_BYTES = 64 * 2**20


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder().add_unsigned_field(_ID, indexed=True, fast=True)
    for name in _FIELDS:
        builder = builder.add_text_field(name, tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


class KeywordIndex:
    """An inverted index in a folder; searching is safe from many threads and sees what was committed before it opened."""

    def __init__(self, folder: Path) -> None:
        """Open the index in a folder, made first where there is none. Raises ValueError where that cannot be done."""
        self._schema = _schema()
        self._index = tantivy.Index(self._schema, str(folder))
        # The words come ready from `terms`, so that text without spaces and the question are treated alike.
        self._index.register_tokenizer(_ANALYZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        # Left alone, the library watches the folder from a thread of its own, and leaves a file there when it changes.
        self._index.config_reader(reload_policy="manual")
        self._searcher = self._index.searcher()

    def writer(self) -> "KeywordWriter":
        """The one writer of this index."""
        # One thread makes one segment at a time, in the order of adding: the same passages give the same index.
        return KeywordWriter(self._schema, self._index.writer(heap_size=_HEAP_BYTES, num_threads=1))

    def __len__(self) -> int:
        return self._searcher.num_docs

    @property
    def ids(self) -> Ids:
        """The ids of all passages, in no order."""
        hits = self._searcher.search(tantivy.Query.all_query(), max(1, len(self)), count=False).hits
        found = self._searcher.fast_field_values(_ID, [address for _, address in hits])
        return np.array([int(passage or 0) for passage in found], np.int64)

    def matching(self, question: str, limit: int, within: Ids | None = None) -> Hits:
        """The `limit` ids with the highest BM25 score, summed over the fields."""
        words = list(dict.fromkeys(terms(question)))
        if not words or (within is not None and not len(within)):
            return Hits.ordered({}, 0)
        query = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, word, "freq"))
                for field in _FIELDS
                for word in words
            ]
        )
        if within is not None:
            allowed = tantivy.Query.term_set_query(self._schema, _ID, within.tolist())
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(allowed, 0.0))]
            )
        hits = self._searcher.search(query, limit, count=False).hits
        ids = self._searcher.fast_field_values(_ID, [address for _, address in hits])
        return Hits.ordered({int(passage or 0): score for passage, (score, _) in zip(ids, hits, strict=True)}, limit)


class KeywordWriter:
    """Changes to a keyword index, unseen until they are committed."""

    def __init__(self, schema: tantivy.Schema, writer: tantivy.IndexWriter) -> None:
        self._schema = schema
        self._writer = writer

    def add(self, entry: Entry) -> None:
        """Add a passage."""
        fields = {_ID: entry.id, "context": " ".join(terms(entry.context)), "text": " ".join(terms(entry.text))}
        self._writer.add_document(tantivy.Document.from_dict(fields, self._schema))

    def commit(self) -> None:
        """Write to disk and wait until the files are settled."""
        self._writer.commit()
        self._writer.wait_merging_threads()
