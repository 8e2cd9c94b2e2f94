"""Tests of indexer/upkeep."""
