"""Tests of corpus/readers."""
