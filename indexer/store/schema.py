"""The tables of an index, and the conditions that say which files a generation holds.

The columns `path`, `root` and `digest` of `files` hold what a source says of an item: its key, the address of the source,
and its version. For a file these are the bytes of its path, the bytes of the folder that it was indexed with, and the digest
of its content.

A row of `presence` says in which generations a file is: `born` is the generation that it was added in, `died` the one that
it was removed in. A file that is staged waits to become part of a generation.
"""

APPLICATION = 0x41534B44  # "ASKD"
SCHEMA_FORMAT = 6
"""The version of the tables below, kept as `user_version`. Raise it with any change that an older Askdex cannot read."""

NEVER = 2**63 - 1
"""The generation that never comes: a staged file has yet to be added, a current one has not been removed."""

# Conditions on rows of `presence`. A generation is the parameter `:generation`.
IN_GENERATION = "born <= :generation AND :generation < died"
IN_STATE = f"""
    d.file_id IN (SELECT file_id FROM presence WHERE {IN_GENERATION}) AND (
        :reads_all OR EXISTS (SELECT 1 FROM json_each(:readable_uris) r WHERE d.uri GLOB r.value) OR EXISTS (
            SELECT 1 FROM json_each(:readable_metadata) r JOIN metadata own ON own.document_id = d.id
            WHERE own.key = r.value ->> 0 AND own.value = r.value ->> 1
        )
    )
"""
"""The condition on a document `d` that it is in a state, and may be read; the parameters are those of a `StateView`."""
ADDED = "born = :generation"
REMOVED = "died = :generation"
STAGED = f"born = {NEVER}"
CURRENT = f"born < {NEVER} AND died = {NEVER}"
"""In the newest generation."""

UPGRADES = {
    2: """
ALTER TABLE documents ADD COLUMN links TEXT NOT NULL DEFAULT '[]';
ALTER TABLE documents ADD COLUMN page_starts TEXT NOT NULL DEFAULT '[]';

-- What was left out when it was last looked at, why, and since when. A part of a file has the path of the file. A file with a
-- digest, which it was left out with, is not read again before that changes.
CREATE TABLE left_out (
    path BLOB NOT NULL,
    uri TEXT NOT NULL,
    reason TEXT NOT NULL,
    since TEXT NOT NULL,
    digest BLOB,
    PRIMARY KEY (path, uri, reason)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 3;
""",
    3: """
-- The codes of the tokens of texts, for late interaction; a text has none where its model was not at hand, or does not know
-- the language.
CREATE TABLE token_codes (vector_id INTEGER PRIMARY KEY REFERENCES vectors ON DELETE CASCADE, codes BLOB NOT NULL) STRICT;
PRAGMA user_version = 4;
""",
    4: """
-- What servers last said of the addresses of sites; `start` is the address that the site was named by. The columns are the
-- fields of a PageRecord.
CREATE TABLE pages (
    address TEXT PRIMARY KEY,
    start TEXT NOT NULL,
    crawl TEXT NOT NULL,
    kind TEXT NOT NULL,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    media_type TEXT NOT NULL,
    digest BLOB NOT NULL,
    size INTEGER NOT NULL,
    target TEXT NOT NULL,
    packed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pages_by_start ON pages (start);

-- The crawls that are not done with: they go on where they were stopped.
CREATE TABLE crawls (start TEXT PRIMARY KEY, name TEXT NOT NULL, begun TEXT NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA user_version = 5;
""",
    5: """
-- The runtime and the precision that made each vector, such as "OpenVINO int8"; empty where they were not noted.
ALTER TABLE vectors ADD COLUMN runtime TEXT NOT NULL DEFAULT '';
CREATE INDEX vectors_by_runtime ON vectors (runtime);
PRAGMA user_version = 6;
""",
}
"""What makes an index of the format after it out of one of this format, in place."""

SCHEMA = f"""
PRAGMA application_id = {APPLICATION};
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The generations that questions can be answered from: the newest, and the one before it.
CREATE TABLE generations (
    number INTEGER PRIMARY KEY,
    token TEXT NOT NULL,
    made TEXT NOT NULL,
    documents INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    vectors INTEGER NOT NULL,
    tokens_lost INTEGER NOT NULL
) STRICT;

-- A version of a file that was read. Keys are bytes: not every name is text. The counts are null until all of it is here.
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL,
    root BLOB NOT NULL,
    digest BLOB NOT NULL,
    documents INTEGER,
    passages INTEGER,
    vectors INTEGER,
    tokens_lost INTEGER,
    UNIQUE (path, root, digest)
) STRICT;

-- The generations that a file is in: born (added in) <= generation < died (removed in).
CREATE TABLE presence (
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    born INTEGER NOT NULL,
    died INTEGER NOT NULL DEFAULT {NEVER},
    PRIMARY KEY (file_id, born)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    uri TEXT NOT NULL,
    title TEXT NOT NULL,
    language TEXT NOT NULL,
    metadata TEXT NOT NULL,
    text TEXT NOT NULL,
    blocks TEXT NOT NULL,
    UNIQUE (file_id, name)
) STRICT;
CREATE INDEX documents_by_name ON documents (name);

-- What documents can be filtered by, a row for each value.
CREATE TABLE metadata (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL
) STRICT;
CREATE INDEX metadata_by_value ON metadata (key, value);
CREATE INDEX metadata_by_document ON metadata (document_id);

-- Vectors by the digest of the text that was embedded, so that no text is embedded twice.
CREATE TABLE vectors (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    vector BLOB NOT NULL,
    tokens_lost INTEGER NOT NULL
) STRICT;

-- Ids are digests of document and ordinal: equal scores are ordered alike, however an index came about.
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    heading_path TEXT NOT NULL,
    question TEXT,
    UNIQUE (document_id, ordinal)
) STRICT;

-- Several vectors may stand for a passage; a match with one counts by its weight, at most 1.
CREATE TABLE passage_vectors (
    passage_id INTEGER NOT NULL REFERENCES passages ON DELETE CASCADE,
    vector_id INTEGER NOT NULL REFERENCES vectors,
    weight REAL NOT NULL,
    PRIMARY KEY (passage_id, vector_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX passage_vectors_by_vector ON passage_vectors (vector_id);

-- A new index goes the way of an old one, so that both have the same tables to the letter.
{"".join(UPGRADES.values())}
"""
