"""From documents to a new generation of an index."""
