"""Reading files: from bytes to documents, one module for each format."""
