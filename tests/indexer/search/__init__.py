"""Tests of indexer/search."""
