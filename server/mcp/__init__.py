"""The tools that assistants ask with, by the Model Context Protocol (MCP)."""
