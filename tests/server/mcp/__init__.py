"""Tests of server/mcp."""
