"""Tests of the search page, the JSON endpoint and the command line."""
