"""What an index holds, in one SQLite file: documents, passages, vectors and settings. No other package has SQL."""
