"""The search page and the documents, for people."""
