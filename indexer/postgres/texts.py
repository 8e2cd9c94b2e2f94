"""Texts to embed, in a table that machines share: an indexer puts them there, workers lease, embed and give back.

A text is known by a digest, so that none is embedded twice. A lease ends after a minute: a worker that dies costs nothing but
that. All vectors are of one model, on one runtime, in one precision; who has another is refused.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from askdex.indexer.errors import ModelError, StorageError
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.postgres.connection import Connection, execute, opened, rows
from askdex.indexer.types import Vectors

_FORMAT = 1
_LEASE_S = 60
"""Seconds after which another worker may take the texts of one that has not given their vectors."""

_AT_ONCE = 32
"""Texts of a lease: a second or less of a worker's time, which is what another waits for at the end."""

_MOST_TRIES = 5
"""How often a text is leased: one that ends every worker that takes it must not go round for ever."""

_KEPT_DAYS = 7
"""Days after which vectors are forgotten that no indexer came back for."""

_LOCK = 0x41534B57
"""The number of the lock under which the tables are made: "ASKW"."""

_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS askdex_work;

-- One row: the format of these tables, the model that texts are embedded with, and the fingerprint of all that decides vectors.
CREATE TABLE IF NOT EXISTS askdex_work.about (format int NOT NULL, model text NOT NULL, fingerprint text NOT NULL);

-- A text, its lease, and what a worker made of it: the vector (32 bits each, little-endian), and the codes of its tokens, where
-- they are wanted and it has some.
CREATE TABLE IF NOT EXISTS askdex_work.texts (
    key bytea PRIMARY KEY,
    text text NOT NULL,
    with_codes boolean NOT NULL,
    put timestamptz NOT NULL DEFAULT now(),
    until timestamptz NOT NULL DEFAULT '-infinity',
    tries int NOT NULL DEFAULT 0,
    vector bytea,
    codes bytea
);
-- Serves finding the next texts to embed.
CREATE INDEX IF NOT EXISTS texts_to_embed ON askdex_work.texts (put) WHERE vector IS NULL;
DELETE FROM askdex_work.texts WHERE put < now() - interval '{_KEPT_DAYS} days';
"""


@dataclass(frozen=True, slots=True)
class TextToEmbed:
    """A text, and whether the codes of its tokens are wanted too."""

    text: str
    with_codes: bool

    @property
    def key(self) -> bytes:
        """A digest of it."""
        return hashlib.blake2b(f"{self.with_codes}\0{self.text}".encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """The vector of a text, as bytes, and the codes of its tokens, None where it has none."""

    vector: bytes
    codes: bytes | None


@dataclass(frozen=True, slots=True)
class WorkTold:
    """What is to be done: the model's name, and the fingerprint of all that decides vectors."""

    model: str
    fingerprint: str


@contextmanager
def connected_to_texts(address: DatabaseAddress) -> Iterator[Connection]:
    """A connection to the table of texts, which is made where it is not there yet. Raises StorageError."""
    with opened(address) as connection:
        with connection.transaction():
            execute(connection, "SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})
            connection.execute(_TABLES, prepare=False)
        execute(connection, "SET search_path = askdex_work, pg_catalog")
        for (number,) in rows(connection, "SELECT format FROM about"):
            if number != _FORMAT:
                raise StorageError(
                    f"{address} has a table of texts of another format: bring Askdex to one version on all machines."
                )
        yield connection


def told(connection: Connection) -> WorkTold | None:
    """What is to be done; None where no indexer has asked for anything yet."""
    found = rows(connection, "SELECT model, fingerprint FROM about")
    return WorkTold(*found[0]) if found else None


def claim(address: DatabaseAddress, connection: Connection, work: WorkTold) -> None:
    """Have texts embedded so from now on. Raises ModelError where texts wait that are to be embedded otherwise."""
    with connection.transaction():
        execute(connection, "LOCK TABLE about IN EXCLUSIVE MODE")
        before = told(connection)
        if before == work:
            return
        ((waiting,),) = rows(connection, "SELECT count(*) FROM texts WHERE vector IS NULL")
        if before is not None and waiting:
            raise ModelError(
                f"At {address} {waiting:,} texts wait to be embedded with {before.fingerprint}, this machine has "
                f"{work.fingerprint}: let workers finish them, or name another database."
            )
        execute(connection, "DELETE FROM texts")
        execute(connection, "DELETE FROM about")
        query = "INSERT INTO about VALUES (%(format)s, %(model)s, %(fingerprint)s)"
        execute(connection, query, {"format": _FORMAT, "model": work.model, "fingerprint": work.fingerprint})


def is_same(address: DatabaseAddress, connection: Connection, work: WorkTold, fingerprint: str) -> bool:
    """Whether a worker makes the vectors that are asked for. Raises ModelError where it does not, and texts wait."""
    if fingerprint == work.fingerprint:
        return True
    if rows(connection, "SELECT FROM texts WHERE vector IS NULL LIMIT 1"):
        raise ModelError(
            f"The texts at {address} are embedded with {work.fingerprint}, this machine has {fingerprint}: vectors of both "
            "would be mixed. Let machines of one kind work there."
        )
    return False


def put(connection: Connection, texts: Sequence[TextToEmbed]) -> None:
    """Have texts embedded; those that are there already are not put again, but may be tried again."""
    query = """
        INSERT INTO texts (key, text, with_codes)
        SELECT * FROM unnest(%(keys)s::bytea[], %(texts)s::text[], %(codes)s::boolean[])
        ON CONFLICT (key) DO UPDATE SET put = now(), tries = 0
    """
    # A text may hold what the database does not take.
    values = [text.text.replace("\0", " ") for text in texts]
    keys, codes = [text.key for text in texts], [text.with_codes for text in texts]
    execute(connection, query, {"keys": keys, "texts": values, "codes": codes})


def leased(connection: Connection, seconds: float = _LEASE_S) -> dict[bytes, TextToEmbed]:
    """The next texts to embed, by their keys; nobody else gets them for so long."""
    query = f"""
        UPDATE texts t SET until = now() + %(seconds)s * interval '1 second', tries = tries + 1
        FROM (
            SELECT key FROM texts WHERE vector IS NULL AND until < now() AND tries < {_MOST_TRIES}
            ORDER BY put LIMIT {_AT_ONCE} FOR UPDATE SKIP LOCKED
        ) n WHERE t.key = n.key RETURNING t.key, t.text, t.with_codes
    """
    found = rows(connection, query, {"seconds": float(seconds)})
    return {key: TextToEmbed(text, with_codes) for key, text, with_codes in found}


def give(connection: Connection, texts: Mapping[bytes, EmbeddedText]) -> int:
    """Give back what was made of texts; returns of how many, as another may have been faster."""
    query = """
        UPDATE texts t SET vector = n.vector, codes = n.codes
        FROM unnest(%(keys)s::bytea[], %(vectors)s::bytea[], %(codes)s::bytea[]) n (key, vector, codes)
        WHERE t.key = n.key AND t.vector IS NULL
    """
    values = {
        "keys": list(texts),
        "vectors": [text.vector for text in texts.values()],
        "codes": [text.codes for text in texts.values()],
    }
    return execute(connection, query, values)


def collected(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, EmbeddedText]:
    """What was made of those of these texts that are done. Raises StorageError where one was given up."""
    query = "SELECT key, vector, codes FROM texts WHERE key = ANY(%(keys)s) AND vector IS NOT NULL"
    done = {key: EmbeddedText(vector, codes) for key, vector, codes in rows(connection, query, {"keys": list(keys)})}
    query = f"""
        SELECT left(text, 60) FROM texts
        WHERE key = ANY(%(keys)s) AND vector IS NULL AND tries >= {_MOST_TRIES} AND until < now() LIMIT 1
    """
    for (text,) in rows(connection, query, {"keys": list(keys)}):
        raise StorageError(f"{_MOST_TRIES} workers ended on a text, »{text}«: embed it here, without --embed-with.")
    return done


def forget(connection: Connection, keys: Sequence[bytes]) -> None:
    """Forget texts that are where they are needed."""
    execute(connection, "DELETE FROM texts WHERE key = ANY(%(keys)s)", {"keys": list(keys)})


def vector_of(text: EmbeddedText) -> Vectors:
    """The vector of a text."""
    return np.frombuffer(text.vector, "<f4")
