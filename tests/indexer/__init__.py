"""Tests of the index: building, reading, searching."""
