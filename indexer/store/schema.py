"""What an index file looks like inside."""

APPLICATION = 0x41534B44  # "ASKD"
FORMAT = 2
NEVER = 2**63 - 1
"""The generation that never comes: files that are staged are born in it, files that are current die in it."""

SCHEMA = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT};
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The states that can be answered from: the newest, and the one before it.
CREATE TABLE generations (
    number INTEGER PRIMARY KEY,
    token TEXT NOT NULL,
    made TEXT NOT NULL,
    documents INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    vectors INTEGER NOT NULL,
    tokens_lost INTEGER NOT NULL
) STRICT;

-- A file with the content that was read. Paths are bytes: not every name is text. There are no counts until all of it is here.
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

-- The generations that a file is in: from the one it was born in to the last before the one it died in.
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

-- What can be filtered on, a row for each value.
CREATE TABLE metadata (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL
) STRICT;
CREATE INDEX metadata_by_value ON metadata (key, value);
CREATE INDEX metadata_by_document ON metadata (document_id);

-- Vectors by the digest of the text that was embedded, so that no text is ever embedded twice.
CREATE TABLE vectors (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    vector BLOB NOT NULL,
    tokens_lost INTEGER NOT NULL
) STRICT;

-- Ids are digests of document and place: however an index came about, equal scores are in the same order.
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

-- Several vectors may stand for a passage; a match with one counts as much as its weight, 1 at the most.
CREATE TABLE passage_vectors (
    passage_id INTEGER NOT NULL REFERENCES passages ON DELETE CASCADE,
    vector_id INTEGER NOT NULL REFERENCES vectors,
    weight REAL NOT NULL,
    PRIMARY KEY (passage_id, vector_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX passage_vectors_by_vector ON passage_vectors (vector_id);
"""
