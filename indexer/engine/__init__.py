"""The engine behind a search, and the embedded one: FAISS for vectors, postings for words. It knows no SQLite."""
