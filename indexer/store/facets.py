"""Counting the documents of a state by what they can be filtered by."""

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from askdex.corpus.readers.recognition import MACHINE_READ
from askdex.corpus.versions import VERSION_DATES
from askdex.indexer.store import sqlite
from askdex.indexer.store.folder import values_checked
from askdex.indexer.store.schema import IN_STATE
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Facet, FacetValue, filter_text

_MOST_VALUES = 12
"""Values of a key that are few: as many are looked over at once."""

_MOST_FOLDERS = 200
"""Folders that are counted; each is shown below the one that it lies in."""

_LONGEST_VALUE = 60
"""Characters; what is longer is a text, and no value to choose."""

_FIRST = ("folder", "format", "language", "updated")
"""Keys that come before all others."""

_NO_FACETS = ("document", "language", "folder", "updated_from", "replaced_by", MACHINE_READ, *VERSION_DATES)
"""Keys that are no metadata, are counted on their own, or say something of one document alone."""

_PAIRS = f"metadata m JOIN documents d ON d.id = m.document_id WHERE {IN_STATE}"
_LANGUAGES = f"""
    SELECT 'language', d.language, count(*), d.language FROM documents d WHERE {IN_STATE}
    GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT {_MOST_VALUES}
"""
_YEARS = f"""
    SELECT 'updated', substr(m.value, 1, 4), count(DISTINCT d.id), substr(m.value, 1, 4) FROM {_PAIRS}
    AND m.key = 'updated' AND m.value GLOB '[12][0-9][0-9][0-9]*' GROUP BY 2 ORDER BY 2 DESC LIMIT {_MOST_VALUES}
"""
_FOLDERS = f"""
    SELECT m.key, m.value, count(*), min(d.id) FROM {_PAIRS} AND m.key = 'folder'
    GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT {_MOST_FOLDERS}
"""
_OTHERS = f"""
    WITH counted AS MATERIALIZED (
        SELECT m.key AS key, m.value AS value, count(*) AS number, min(d.id) AS one FROM {_PAIRS}
        AND m.key NOT IN (SELECT value FROM json_each(:left_out)) AND instr(m.key, ':') = 0 GROUP BY 1, 2
    )
    SELECT * FROM counted WHERE key IN (
        SELECT key FROM counted GROUP BY key HAVING count(*) <= {_MOST_VALUES} AND sum(number) > count(*)
        AND max(length(value)) <= {_LONGEST_VALUE}
    ) ORDER BY key, number DESC, value
"""


def facets(view: StateView) -> list[Facet]:
    """What the documents of a state can be told apart by: folder, format, language, year, then other metadata by its key."""
    found = []
    with values_checked(view.folder):
        counted = [*_rows(view, _FOLDERS), *_rows(view, _OTHERS), *_rows(view, _LANGUAGES), *_rows(view, _YEARS)]
        for key, rows in groupby(counted, key=itemgetter(0)):
            values = tuple(FacetValue(_written(view, key, value, one), number) for _, value, number, one in rows)
            if len(values) > 1:
                found.append(Facet(key, values))
    return sorted(found, key=lambda facet: _FIRST.index(facet.key) if facet.key in _FIRST else len(_FIRST))


def _written(view: StateView, key: str, value: str, document: int | str) -> str:
    """A value as a document writes it: filters compare small letters."""
    if isinstance(document, str):
        return document
    row = sqlite.first_row(view.connection, "SELECT metadata FROM documents WHERE id = ?", (document,))
    content = json.loads(row[0])[key]
    for written in content if isinstance(content, list) else [content]:
        # A folder counts for those around it too.
        part = "/".join(written.split("/")[: value.count("/") + 1]) if key == "folder" else written
        if isinstance(part, str) and filter_text(part) == value:
            return part
    return value


def _rows(view: StateView, query: str) -> Iterator[Any]:
    return sqlite.rows(view.connection, query, {**view.parameters, "left_out": json.dumps(_NO_FACETS)})
