"""Tests of reading documents and cutting them into passages."""
