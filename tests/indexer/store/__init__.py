"""Tests of indexer/store."""
