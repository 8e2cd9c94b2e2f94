"""The truth: one SQLite file with the documents, passages, vectors and settings of an index."""
