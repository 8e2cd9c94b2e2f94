"""Tests of indexer/generations."""
