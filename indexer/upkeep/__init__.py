"""Examining, repairing and describing an index."""
