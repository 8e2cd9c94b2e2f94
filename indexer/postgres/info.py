"""What is published to a database, without loading it."""

from typing import Any

from askdex.indexer.engine.files import StaleError
from askdex.indexer.errors import DamagedIndexError, MissingIndexError
from askdex.indexer.postgres import catalogue, states
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.postgres.connection import Connection, connected, require_published, rows


def inventory(address: DatabaseAddress) -> dict[str, Any]:
    """What is published, by name; `bytes_in_database` counts the tables of Askdex with their indexes.

    `nearest_by` says how the nearest passages are found, and `recall_at_10` which share of them: 1 where all vectors are
    compared, else what was measured at publication. `generations` are those that can be asked, the newest first, `batches` the
    parts that the newest one is put together from.

    Raises MissingIndexError where nothing is published, DamagedIndexError, StorageError.
    """
    with connected(address) as connection:
        require_published(address, connection)
        kept = [state for state, _ in catalogue.kept_states(connection)]
        if not kept:
            raise MissingIndexError(f"Nothing is published to {address}: run askdex publish {address}")
        newest = kept[0]
        try:
            held = states.read(connection, newest)
        except (StaleError, ValueError) as error:
            raise DamagedIndexError(f"What is published to {address} is damaged ({error}).") from error
        facts = catalogue.facts_of(connection, newest.generation)
        breadth = held.breadth
        return {
            "index": str(address),
            "documents": newest.documents,
            "passages": newest.passages,
            "vectors": newest.vectors,
            "tokens_lost": newest.tokens_lost,
            "left_out": len(facts.left_out),
            "languages": facts.languages,
            "model": facts.model.name,
            "dimension": facts.model.dimension,
            "generation": newest.generation,
            "generations": ", ".join(str(state.generation) for state in kept),
            "made": newest.made,
            "nearest_by": "all vectors" if breadth.vectors is None else f"an index of neighbours, {breadth.vectors} in view",
            "recall_at_10": round(breadth.recall, 4),
            "batches": len(held.batches),
            "bytes_in_database": _size(connection),
        }


def _size(connection: Connection) -> int:
    query = """
        SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'askdex'::regnamespace
    """
    ((size,),) = rows(connection, query)
    return int(size)
