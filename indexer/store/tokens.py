"""The codes of the tokens of texts, kept with the texts' vectors; see `askdex.indexer.models.token_codes`."""

import json
from collections.abc import Iterable, Mapping, Sequence

from askdex.indexer.store import sqlite
from askdex.indexer.store.schema import NEVER
from askdex.indexer.store.sqlite import Connection

_WHOLE = 1.0
"""The weight of the vector of a whole passage; that of the question that a passage answers is smaller."""


def codes_of(connection: Connection, passage_ids: Sequence[int]) -> dict[int, bytes]:
    """The codes of the passages that have some, by their ids."""
    query = """
        SELECT pv.passage_id, t.codes FROM passage_vectors pv JOIN token_codes t ON t.vector_id = pv.vector_id
        WHERE pv.passage_id IN (SELECT value FROM json_each(?)) AND pv.weight = ?
    """
    return dict(sqlite.rows(connection, query, (json.dumps(passage_ids), _WHOLE)))


def with_codes(connection: Connection, keys: Iterable[bytes]) -> set[bytes]:
    """Those of these keys of texts that have codes."""
    query = "SELECT 1 FROM vectors v JOIN token_codes t ON t.vector_id = v.id WHERE v.key = ?"
    return {key for key in keys if sqlite.first_row(connection, query, (key,)) is not None}


def add_codes(connection: Connection, codes: Mapping[bytes, bytes]) -> None:
    """Keep the codes of texts by the keys of their vectors, which are there already."""
    query = "INSERT OR REPLACE INTO token_codes SELECT id, ? FROM vectors WHERE key = ?"
    connection.executemany(query, [(of_text, key) for key, of_text in codes.items()])


def has_codes(connection: Connection) -> bool:
    """Whether any text has codes."""
    return sqlite.first_row(connection, "SELECT 1 FROM token_codes LIMIT 1") is not None


def delete_all_codes(connection: Connection) -> None:
    """Delete the codes of all texts."""
    connection.execute("DELETE FROM token_codes")


def lacking_codes(connection: Connection, languages: Iterable[str] | None) -> list[int]:
    """The ids of the vectors of whole passages in these languages, None for all, that have no codes.

    Of the present passages only.
    """
    query = """
        SELECT DISTINCT pv.vector_id FROM presence e JOIN documents d ON d.file_id = e.file_id
        JOIN passages p ON p.document_id = d.id JOIN passage_vectors pv ON pv.passage_id = p.id
        WHERE e.died = ? AND pv.weight = ? AND (? IS NULL OR d.language IN (SELECT value FROM json_each(?)))
        AND NOT EXISTS (SELECT 1 FROM token_codes t WHERE t.vector_id = pv.vector_id)
        ORDER BY 1
    """
    wanted = None if languages is None else json.dumps(sorted(languages))
    parameters = (NEVER, _WHOLE, wanted, wanted)
    return [vector_id for (vector_id,) in sqlite.rows(connection, query, parameters)]
