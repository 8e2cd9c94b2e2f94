"""From the bytes of a file to its documents, one module for each format."""
