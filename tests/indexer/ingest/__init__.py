"""Tests of indexer/ingest."""
