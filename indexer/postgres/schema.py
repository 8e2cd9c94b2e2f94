"""The tables of a published index, in the schema `askdex`; why each is there, and each index on it.

There are two halves. The *engine* (batches, passages, vectors, postings, pairs, states, members) holds what finds candidates.
Its rows are written once, in batches that never change; a state is a list of batches, less the passages that were removed from
them. The *catalogue* (documents, texts) holds what is shown. A document is in the generations from `born` up to, and without,
`died`. A row of `generations` is what makes a generation visible, and is written last, in one transaction with all else.
"""

SCHEMA_FORMAT = 2
"""The version of these tables. Raise it with any change that another Askdex would misread."""

LEAST_SERVER = 14
"""The oldest PostgreSQL that has all that is used here (bit_xor)."""

LEAST_PGVECTOR = (0, 8)
"""The oldest pgvector whose HNSW goes on searching where a filter lets few through (iterative scans)."""

NEVER = 2**63 - 1
"""The generation that never comes: a staged document has yet to be born, a current one has not died."""

TABLES = """
CREATE SCHEMA IF NOT EXISTS askdex;

-- One row: the format of these tables, and which index this is the read model of.
CREATE TABLE askdex.about (format int NOT NULL, identity text NOT NULL);

-- Passages that were staged together, at most 65,536. `name` is a digest of what the publisher sent, so that the same is not
-- sent twice; `checksum` is one of the rows as they were written, which tells whether they still are what was sent. `stamp` is
-- drawn whenever they are written, so that servers keep nothing of rows that were replaced. They keep `ids` (64 bits each,
-- ascending) and `lengths` (the numbers of their terms, 32 bits each) in memory, little-endian.
CREATE TABLE askdex.batches (
    batch int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name bytea NOT NULL UNIQUE,
    passages int NOT NULL,
    vectors int NOT NULL,
    most_vectors int NOT NULL,
    terms bigint NOT NULL,
    spellings text NOT NULL,
    ids bytea NOT NULL,
    lengths bytea NOT NULL,
    stamp bytea NOT NULL,
    checksum text NOT NULL
);

-- A passage as ranking needs it: where it stands (57 bytes, the dtype PLACES), and its term sequence (32-bit hashes,
-- little-endian). `passage` is its place among the ids of its batch. The key serves reading candidates.
CREATE TABLE askdex.passages (
    batch int NOT NULL,
    passage int NOT NULL,
    place bytea NOT NULL,
    terms bytea NOT NULL,
    PRIMARY KEY (batch, passage)
);

-- The vectors of passages, in half precision; the `nth` of a passage, of which the first stands for the whole of it. The key
-- serves reading those of candidates. Where there are many, an index of neighbours (HNSW) is added; see `nearness`.
CREATE TABLE askdex.vectors (
    batch int NOT NULL,
    passage int NOT NULL,
    nth smallint NOT NULL,
    vector halfvec NOT NULL,
    PRIMARY KEY (batch, passage, nth)
);

-- Which passages of a batch hold a term (by its 32-bit hash), and how often: 16 bits for each passage, then 8 for each of their
-- frequencies. A row for each passage and term took 6.9 kB a passage, arrays of integers 1.1 kB.
CREATE TABLE askdex.postings (
    batch int NOT NULL,
    term int NOT NULL,
    postings bytea NOT NULL
);
-- Serves looking up the terms of a question, and forgetting a batch. Not unique: of a million terms one in 4,300 shares its
-- hash.
CREATE INDEX postings_by_term ON askdex.postings (batch, term);
-- Postings are read as they are; to compress 16-bit numbers saves little.
ALTER TABLE askdex.postings ALTER COLUMN postings SET STORAGE EXTERNAL;

-- The pairs of a key and a value that passages of a batch have, by their hashes, with these passages, 16 bits each. `number`
-- serves ranges, which compare numbers.
CREATE TABLE askdex.pairs (
    batch int NOT NULL,
    pair bigint NOT NULL,
    key bigint NOT NULL,
    number float8,
    passages bytea NOT NULL,
    PRIMARY KEY (batch, pair)
);

-- A state of the engine: its batches less what was removed, its numbers, and its vocabulary (sorted 32-bit hashes, then the
-- document frequencies), which each server keeps in memory. `checksum` is one of the vocabulary. `breadth` is how far the index
-- of neighbours is searched (hnsw.ef_search), NULL where all vectors are compared; `recall` is what that finds, measured when
-- there were `measured` passages.
CREATE TABLE askdex.states (
    token text PRIMARY KEY,
    passages int NOT NULL,
    vectors int NOT NULL,
    terms bigint NOT NULL,
    vocabulary bytea NOT NULL,
    checksum bytea NOT NULL,
    breadth int,
    recall float8 NOT NULL,
    measured int NOT NULL
);

-- The batches of a state, and the passages of each that are not in it.
CREATE TABLE askdex.members (
    token text NOT NULL REFERENCES askdex.states ON DELETE CASCADE,
    batch int NOT NULL REFERENCES askdex.batches,
    removed bigint[] NOT NULL,
    PRIMARY KEY (token, batch)
);
-- Serves telling whether a batch is needed any more.
CREATE INDEX members_by_batch ON askdex.members (batch);

-- A document: `version` tells whether it changed. `uri` and `file`, that of the file that it is a part of, are bytes, so that
-- they are ordered by code points under any locale. `original` is the file that it was read from, if any. `summary` is a
-- DocumentSummary, `content` the rest of a StoredDocument; `listed` is what is said of it without its text, see `listing`.
CREATE TABLE askdex.documents (
    document bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    version bytea NOT NULL,
    born bigint NOT NULL,
    died bigint NOT NULL,
    uri bytea NOT NULL,
    file bytea,
    passages int NOT NULL,
    summary text NOT NULL,
    content text NOT NULL,
    listed text NOT NULL,
    original text
);
-- Serves asking for a document by its id, and comparing what is held with the truth.
CREATE INDEX documents_by_name ON askdex.documents (name);
-- Serves listing documents by their uris, page by page.
CREATE INDEX documents_by_uri ON askdex.documents (uri, name);
-- Serves finding the documents of a file with several.
CREATE INDEX documents_by_file ON askdex.documents (file) WHERE file IS NOT NULL;
-- Serves forgetting generations.
CREATE INDEX documents_by_death ON askdex.documents (died);

-- A passage as it is shown: a StoredPassage without its document, its blocks, and the codes of its tokens, if any.
CREATE TABLE askdex.texts (
    document bigint NOT NULL REFERENCES askdex.documents ON DELETE CASCADE,
    ordinal int NOT NULL,
    id bigint NOT NULL,
    content text NOT NULL,
    blocks text NOT NULL,
    codes bytea,
    PRIMARY KEY (document, ordinal)
);
-- Codes look like chance: to compress them takes time and saves nothing.
ALTER TABLE askdex.texts ALTER COLUMN codes SET STORAGE EXTERNAL;
-- Serves showing the passages that the engine found.
CREATE INDEX texts_by_id ON askdex.texts (id);

-- The generations that can be asked, at most two. `facts` is what is said of the whole collection, see Facts.
CREATE TABLE askdex.generations (
    number bigint PRIMARY KEY,
    token text NOT NULL REFERENCES askdex.states,
    made text NOT NULL,
    documents int NOT NULL,
    passages int NOT NULL,
    vectors int NOT NULL,
    tokens_lost bigint NOT NULL,
    revision bigint NOT NULL,
    facts text NOT NULL
);
"""

OF_BATCHES = ("passages", "vectors", "postings", "pairs")
"""The tables whose rows belong to a batch."""
