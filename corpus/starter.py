"""The starter collection, which answers when nobody names documents."""

from pathlib import Path

FOLDER = Path(__file__).parent.resolve() / "documents"
"""Question-and-answer pages on social insurance in China."""
