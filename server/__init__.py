"""The search page, the JSON endpoint and the command line."""
