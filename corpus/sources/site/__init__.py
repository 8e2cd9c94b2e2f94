"""Public sites as sources of documents: `source` is the way in."""
