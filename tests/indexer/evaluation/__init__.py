"""Tests of indexer/evaluation."""
