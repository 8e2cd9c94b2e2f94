"""Tests of indexer/engine."""
