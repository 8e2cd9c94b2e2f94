"""From a question to its results."""
