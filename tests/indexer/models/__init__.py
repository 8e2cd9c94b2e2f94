"""Tests of indexer/models."""
