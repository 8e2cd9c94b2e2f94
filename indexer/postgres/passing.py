"""Which passages a filter lets through: the passages with a value come from the database, and are put together here."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from askdex.indexer.engine.filters import Bounds, Predicate, pair_hash
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.held import HeldEngine, Masks
from askdex.indexer.types import Mask


def masks(connection: Connection, held: HeldEngine, wanted: Predicate) -> Masks:
    """The live passages of each batch that a filter lets through."""
    known = held.passing.known([wanted])
    if wanted not in known:
        passing = held.masks
        for key, values in wanted:
            having = _having(connection, held, key, values)
            passing = [mask & has_value for mask, has_value in zip(passing, having, strict=True)]
        known[wanted] = passing
        held.passing.keep(known)
    return known[wanted]


def _having(connection: Connection, held: HeldEngine, key: str, values: tuple[str, ...] | Bounds) -> list[Mask]:
    """The passages of each batch with one of these values, or with a value within bounds."""
    asked: dict[str, Any] = {"batches": held.state.numbers}
    if isinstance(values, Bounds):
        condition = "key = %(key)s AND number BETWEEN %(least)s AND %(largest)s"
        asked |= {"key": _signed(pair_hash(key, "")), "least": values.least, "largest": values.largest}
    else:
        condition = "pair = ANY(%(pairs)s::bigint[])"
        asked["pairs"] = [_signed(pair_hash(key, value)) for value in values]
    found = rows(connection, f"SELECT batch, passages FROM pairs WHERE batch = ANY(%(batches)s) AND {condition}", asked)
    return _masks(held, found)


def _masks(held: HeldEngine, found: Iterable[tuple[int, bytes]]) -> list[Mask]:
    having = {batch.number: np.zeros(len(batch.ids), np.bool_) for batch in held.batches}
    for number, places in found:
        having[number][np.frombuffer(places, "<u2")] = True
    return list(having.values())


def _signed(code: int) -> int:
    return code - 2**64 if code >= 2**63 else code
