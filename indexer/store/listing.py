"""What is said of documents, without their texts: rows of one index, put into the tables of another that is in memory.

It serves where an index is published: what a reader may see of it is asked with the same queries as in the folder.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from askdex.indexer.store import left_out, sqlite
from askdex.indexer.store.schema import IN_STATE, SCHEMA
from askdex.indexer.store.states import StateView
from askdex.indexer.types import LeftOut, Model, State

_NOWHERE = Path("published")
"""Stands for the folder of the index, in errors."""


def listed(view: StateView, name: str) -> str:
    """The rows of a document, but for its text, as JSON that `listing` takes."""
    query = f"""
        SELECT d.id, hex(f.path), hex(f.root), d.name, d.uri, d.title, d.language, d.metadata
        FROM documents d JOIN files f ON f.id = d.file_id WHERE d.name = :name AND {IN_STATE}
    """
    number, *document = sqlite.first_row(view.connection, query, {**view.parameters, "name": name})
    filters = sqlite.rows(view.connection, "SELECT key, value FROM metadata WHERE document_id = ? ORDER BY rowid", (number,))
    query = "SELECT ordinal, question FROM passages WHERE document_id = ? AND question IS NOT NULL ORDER BY ordinal"
    questions = sqlite.rows(view.connection, query, (number,))
    return json.dumps([document, list(filters), list(questions)], ensure_ascii=False)


def listing(state: State, model: Model, documents: Iterable[str], files_left_out: Iterable[LeftOut]) -> StateView:
    """A view of a state with these documents, which has no passages but those under questions, and no texts.

    Its connection is for one thread at a time.
    """
    connection = sqlite.in_memory()
    connection.execute(SCHEMA)
    with sqlite.write_transaction(connection):
        for number, text in enumerate(documents, 1):
            _add(connection, state.generation, number, text)
        left_out.replace(connection, [], files_left_out)
    return StateView(_NOWHERE, connection, state, model)


def _add(connection: sqlite.Connection, generation: int, number: int, text: str) -> None:
    (path, root, name, *columns), filters, questions = json.loads(text)
    # A file for each document: versions of files have no part in what is asked here.
    file = (number, bytes.fromhex(path), bytes.fromhex(root), name.encode())
    connection.execute("INSERT INTO files (id, path, root, digest) VALUES (?, ?, ?, ?)", file)
    connection.execute("INSERT INTO presence (file_id, born) VALUES (?, ?)", (number, generation))
    connection.execute(
        "INSERT INTO documents (id, name, file_id, uri, title, language, metadata, text, blocks) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, '', '[]')",
        (number, name, number, *columns),
    )
    connection.executemany("INSERT INTO metadata VALUES (?, ?, ?)", [(number, *pair) for pair in filters])
    connection.executemany(
        "INSERT INTO passages (document_id, ordinal, start, \"end\", heading_path, question) VALUES (?, ?, 0, 0, '[]', ?)",
        [(number, *question) for question in questions],
    )
