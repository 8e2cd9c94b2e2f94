"""Passages to an index, an index to answers."""
