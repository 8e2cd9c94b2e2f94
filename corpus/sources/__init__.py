"""Where the bytes of documents come from."""
