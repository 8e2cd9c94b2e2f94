"""The documents of a published index: staged unseen, made visible with a generation, and read; see `schema`."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from askdex.corpus.types import Block
from askdex.indexer.errors import NotFoundError
from askdex.indexer.postgres.connection import Connection, execute, rows
from askdex.indexer.postgres.facts import DocumentFacts
from askdex.indexer.postgres.schema import NEVER
from askdex.indexer.store import read, tokens
from askdex.indexer.store.listing import listed
from askdex.indexer.store.states import StateView
from askdex.indexer.types import DocumentSummary, Ids, Original, State, StoredDocument, StoredPassage

_LIVE = "d.born <= %(generation)s AND %(generation)s < d.died"
_PASSAGE = "SELECT t.id, t.content, t.blocks, d.summary FROM texts t JOIN documents d ON d.document = t.document"

_SEPARATOR = "\x1f"
"""Between the columns that a digest is of."""

_DIGESTS = f"""
    SELECT d.name, md5(convert_to(concat_ws('{_SEPARATOR}',
        encode(d.uri, 'hex'), encode(d.version, 'hex'), d.passages, d.summary, d.content, d.listed, coalesce(d.original, ''), (
            SELECT string_agg(concat_ws('{_SEPARATOR}',
                t.ordinal, t.id, t.content, t.blocks, coalesce(encode(t.codes, 'hex'), '')
            ), '{_SEPARATOR}' ORDER BY t.ordinal) FROM texts t WHERE t.document = d.document
        )), 'UTF8')) AS digest
    FROM documents d WHERE {_LIVE}
"""

_BYTES = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
_SUMMARY: TypeAdapter[DocumentSummary] = TypeAdapter(DocumentSummary)
_DOCUMENT: TypeAdapter[StoredDocument] = TypeAdapter(StoredDocument)
_PASSAGE_CONTENT: TypeAdapter[StoredPassage] = TypeAdapter(StoredPassage)
_BLOCKS: TypeAdapter[list[Block]] = TypeAdapter(list[Block])
_ORIGINAL: TypeAdapter[Original] = TypeAdapter(Original, config=_BYTES)


@dataclass(frozen=True, slots=True)
class ContentDifference:
    """What tells the documents that are held from those of the truth: numbers of those to go, names of those to come."""

    gone: Sequence[int]
    new: Mapping[str, bytes]


# Writing


def difference(connection: Connection, wanted: Mapping[str, bytes]) -> ContentDifference:
    """The documents that the newest generation here has and the truth has not, and the other way round, by their versions."""
    query = "SELECT document, name, version FROM documents WHERE born < %(never)s AND died = %(never)s"
    held = {(name, version): number for number, name, version in rows(connection, query, {"never": NEVER})}
    new = {name: version for name, version in wanted.items() if (name, version) not in held}
    return ContentDifference([number for key, number in held.items() if key not in wanted.items()], new)


def passage_ids(connection: Connection, documents: Sequence[int]) -> list[int]:
    """The ids of the passages of these documents."""
    query = "SELECT id FROM texts WHERE document = ANY(%(documents)s)"
    return [passage for (passage,) in rows(connection, query, {"documents": list(documents)})]


def stage(connection: Connection, view: StateView, wanted: Mapping[str, bytes]) -> None:
    """Hold these documents unseen, each in a transaction; those that are staged already are not sent again."""
    query = "SELECT name, version FROM documents WHERE born = %(never)s"
    staged = {tuple(row) for row in rows(connection, query, {"never": NEVER})}
    for name, version in wanted.items():
        if (name, version) not in staged:
            with connection.transaction():
                _add(connection, view, name, version)


def _add(connection: Connection, view: StateView, name: str, version: bytes, born: int = NEVER, died: int = NEVER) -> None:
    document, passages = _rows_of(view, name)
    query = """
        INSERT INTO documents (name, version, born, died, uri, file, passages, summary, content, listed, original)
        VALUES (%(name)s, %(version)s, %(born)s, %(died)s, %(uri)s, %(file)s, %(passages)s, %(summary)s, %(content)s,
                %(listed)s, %(original)s)
        RETURNING document
    """
    ((number,),) = rows(connection, query, {**document, "name": name, "version": version, "born": born, "died": died})
    query = "INSERT INTO texts VALUES (%(document)s, %(ordinal)s, %(id)s, %(content)s, %(blocks)s, %(codes)s)"
    with connection.cursor() as cursor:
        cursor.executemany(query, [{**passage, "document": number} for passage in passages])


def _rows_of(view: StateView, name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The columns of a document, and of each of its passages."""
    document, ids = read.document(view, name), read.passage_ids(view, name)
    passages, codes = read.passages(view, ids), tokens.codes_of(view.connection, ids)
    uri = document.summary.uri
    columns = {
        "uri": uri.encode(),
        "file": uri.partition("#")[0].encode() if "#" in uri else None,
        "passages": len(ids),
        "summary": _SUMMARY.dump_json(document.summary).decode(),
        "content": _DOCUMENT.dump_json(document).decode(),
        "listed": listed(view, name),
        "original": _original(view, name),
    }
    of_passages = [
        {
            "ordinal": passage.ordinal,
            "id": passage_id,
            "content": _PASSAGE_CONTENT.dump_json(passage, exclude={"document"}).decode(),
            "blocks": _BLOCKS.dump_json(list(blocks)).decode(),
            "codes": codes.get(passage_id),
        }
        for passage_id, passage, blocks in zip(ids, passages, read.passage_blocks(view, passages), strict=True)
    ]
    return columns, of_passages


def _original(view: StateView, name: str) -> str | None:
    try:
        return _ORIGINAL.dump_json(read.original(view, name)).decode()
    except NotFoundError:
        return None


def show(connection: Connection, state: State, difference: ContentDifference, facts: DocumentFacts) -> None:
    """Make a generation visible, in the transaction that is open; its documents and its engine are staged."""
    values = {"generation": state.generation, "never": NEVER}
    query = "UPDATE documents SET died = %(generation)s WHERE document = ANY(%(gone)s)"
    execute(connection, query, {**values, "gone": list(difference.gone)})
    query = """
        UPDATE documents d SET born = %(generation)s FROM unnest(%(names)s::text[], %(versions)s::bytea[]) n (name, version)
        WHERE d.born = %(never)s AND d.name = n.name AND d.version = n.version
    """
    execute(connection, query, {**values, "names": list(difference.new), "versions": list(difference.new.values())})
    describe(connection, state, facts)


def describe(connection: Connection, state: State, facts: DocumentFacts) -> None:
    """Note a generation, or what is said of it anew, in the transaction that is open."""
    query = """
        INSERT INTO generations (number, token, made, documents, passages, vectors, tokens_lost, revision, facts)
        VALUES (%(number)s, %(token)s, %(made)s, %(documents)s, %(passages)s, %(vectors)s, %(lost)s, 1, %(facts)s)
        ON CONFLICT (number) DO UPDATE SET facts = excluded.facts, revision = generations.revision + 1
    """
    values = {
        "number": state.generation,
        "token": state.token,
        "made": state.made,
        "documents": state.documents,
        "passages": state.passages,
        "vectors": state.vectors,
        "lost": state.tokens_lost,
        "facts": facts.to_json(),
    }
    execute(connection, query, values)


def counts(connection: Connection, generation: int) -> tuple[int, int]:
    """How many documents and passages a generation has."""
    query = f"""
        SELECT count(*), coalesce(sum((SELECT count(*) FROM texts t WHERE t.document = d.document)), 0)::bigint
        FROM documents d WHERE {_LIVE}
    """
    ((documents, passages),) = rows(connection, query, {"generation": generation})
    return documents, passages


def keep_only(connection: Connection, kept: Collection[State]) -> None:
    """Forget other generations, the documents that none of these has, and what was staged, in the transaction that is open."""
    numbers = [state.generation for state in kept]
    execute(connection, "DELETE FROM generations WHERE number <> ALL(%(numbers)s)", {"numbers": numbers})
    query = "DELETE FROM documents WHERE died <= %(oldest)s OR born = %(never)s"
    execute(connection, query, {"oldest": min(numbers, default=NEVER), "never": NEVER})


# Comparing


def bucket_of(name: str, buckets: int) -> int:
    """The bucket of a document; its name is a digest."""
    return int(name[:4], 16) % buckets


def digests(connection: Connection, generation: int, buckets: int) -> dict[int, str]:
    """A digest of all that is held of the documents of each bucket that has some; the server computes it."""
    query = f"""
        SELECT ('x' || left(name, 4))::bit(16)::int %% %(buckets)s, md5(string_agg(name || digest, ' ' ORDER BY name, digest))
        FROM ({_DIGESTS}) t GROUP BY 1
    """
    return dict(rows(connection, query, {"generation": generation, "buckets": buckets}))


def document_digests(connection: Connection, generation: int, buckets: int, bucket: int) -> list[tuple[str, str]]:
    """The names of the documents of a bucket, each with a digest of all that is held of it."""
    query = f"{_DIGESTS} AND ('x' || left(d.name, 4))::bit(16)::int %% %(buckets)s = %(bucket)s ORDER BY 1, 2"
    values = {"generation": generation, "buckets": buckets, "bucket": bucket}
    return [(name, digest) for name, digest in rows(connection, query, values)]


def digest_of_bucket(documents: Sequence[tuple[str, str]]) -> str:
    """The digest of a bucket of which these are the documents."""
    return _md5(" ".join(name + digest for name, digest in sorted(documents)))


def true_digest(view: StateView, name: str, version: bytes) -> str:
    """The digest that a document has where it is held as the truth has it."""
    document, passages = _rows_of(view, name)
    parts = [document["uri"].hex(), version.hex(), str(document["passages"])]
    parts += [document["summary"], document["content"], document["listed"], document["original"] or ""]
    for passage in passages:
        parts += [str(passage["ordinal"]), str(passage["id"]), passage["content"], passage["blocks"]]
        parts += [(passage["codes"] or b"").hex()]
    return _md5(_SEPARATOR.join(parts))


def _md5(text: str) -> str:
    # As the server has it; against accidents alone.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def replace(connection: Connection, view: StateView, name: str, version: bytes | None) -> None:
    """Hold a document of a generation as the truth has it, in the transaction that is open; not at all without a version."""
    generation = view.state.generation
    query = f"DELETE FROM documents d WHERE d.name = %(name)s AND {_LIVE} RETURNING d.born"
    held = rows(connection, query, {"name": name, "generation": generation})
    if version is not None:
        _add(connection, view, name, version, born=min((born for (born,) in held), default=generation))


# Reading


def kept_states(connection: Connection) -> list[tuple[State, int]]:
    """The generations that can be asked, the newest first, each with its revision."""
    query = """
        SELECT number, token, made, documents, passages, vectors, tokens_lost, revision FROM generations ORDER BY number DESC
    """
    return [(State(*row), revision) for *row, revision in rows(connection, query)]


def facts_of(connection: Connection, generation: int) -> DocumentFacts:
    """What is said of a generation that is held."""
    ((stored,),) = rows(connection, "SELECT facts FROM generations WHERE number = %(number)s", {"number": generation})
    return DocumentFacts.from_json(stored)


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage and its blocks, with offsets in its text."""

    passage: StoredPassage
    blocks: list[Block]


def passages(connection: Connection, generation: int, ids: Sequence[int]) -> dict[int, ShownPassage]:
    """Those of these passages that a generation has, by their ids."""
    query = f"{_PASSAGE} WHERE t.id = ANY(%(ids)s) AND {_LIVE}"
    return dict(_shown(rows(connection, query, {"ids": list(ids), "generation": generation})))


def passage(connection: Connection, generation: int, document: str, ordinal: int) -> ShownPassage | None:
    """The passage of a document, None where there is none."""
    query = f"{_PASSAGE} WHERE d.name = %(name)s AND t.ordinal = %(ordinal)s AND {_LIVE}"
    found = rows(connection, query, {"name": document, "ordinal": ordinal, "generation": generation})
    return next((shown for _, shown in _shown(found)), None)


def _shown(found: Sequence[Any]) -> Iterator[tuple[int, ShownPassage]]:
    for passage_id, content, blocks, summary in found:
        values = {**json.loads(content), "document": _SUMMARY.validate_json(summary)}
        yield passage_id, ShownPassage(_PASSAGE_CONTENT.validate_python(values), _BLOCKS.validate_json(blocks))


def document(connection: Connection, generation: int, name: str) -> StoredDocument | None:
    """The document of this id, None where there is none."""
    query = f"SELECT d.content FROM documents d WHERE d.name = %(name)s AND {_LIVE}"
    found = rows(connection, query, {"name": name, "generation": generation})
    return next((_DOCUMENT.validate_json(content) for (content,) in found), None)


def original(connection: Connection, generation: int, name: str) -> tuple[str, Original | None] | None:
    """The uri of the document of this id, and the file that it was read from, if any; None where there is no such document."""
    query = f"SELECT d.uri, d.original FROM documents d WHERE d.name = %(name)s AND {_LIVE}"
    for uri, stored in rows(connection, query, {"name": name, "generation": generation}):
        return uri.decode(), None if stored is None else _ORIGINAL.validate_json(stored)
    return None


def documents(connection: Connection, generation: int, limit: int, offset: int) -> list[DocumentSummary]:
    """A page of all documents, in the order of their uris."""
    query = f"SELECT d.summary FROM documents d WHERE {_LIVE} ORDER BY d.uri, d.name LIMIT %(limit)s OFFSET %(offset)s"
    values = {"generation": generation, "limit": limit, "offset": offset}
    return [_SUMMARY.validate_json(summary) for (summary,) in rows(connection, query, values)]


def listings(connection: Connection, generation: int) -> list[str]:
    """What is said of each document of a generation without its text; see `listing`."""
    query = f"SELECT d.listed FROM documents d WHERE {_LIVE} ORDER BY d.document"
    return [text for (text,) in rows(connection, query, {"generation": generation})]


def passages_of_documents(connection: Connection, generation: int, uris: Sequence[str]) -> dict[str, list[int]]:
    """The ids of the passages of the documents of these uris, or of the files of these, in their order, by the uri."""
    query = f"""
        SELECT u.uri, t.id FROM unnest(%(uris)s::bytea[]) u (uri)
        JOIN documents d ON d.uri = u.uri OR d.file = u.uri JOIN texts t ON t.document = d.document
        WHERE {_LIVE} ORDER BY d.uri, d.name, t.ordinal
    """
    found: dict[str, list[int]] = {}
    values = {"uris": [uri.encode() for uri in dict.fromkeys(uris)], "generation": generation}
    for uri, passage_id in rows(connection, query, values):
        found.setdefault(uri.decode(), []).append(passage_id)
    return found


def codes_of(connection: Connection, generation: int, ids: Ids | Sequence[int]) -> dict[int, bytes]:
    """The codes of the tokens of those of these passages that have some."""
    query = f"""
        SELECT t.id, t.codes FROM texts t JOIN documents d ON d.document = t.document
        WHERE t.id = ANY(%(ids)s) AND t.codes IS NOT NULL AND {_LIVE}
    """
    return dict(rows(connection, query, {"ids": [int(passage) for passage in ids], "generation": generation}))
