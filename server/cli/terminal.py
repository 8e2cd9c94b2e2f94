"""Safe output on a terminal: text without control characters, and JSON for programs."""

import codecs
import json
import sys
import unicodedata

import click


def printable(text: str, keep: str = "") -> str:
    """The text with every character spelt out that could move the cursor or change the terminal, except those in `keep`.

    Spaces of any width stay as they are: they occur in names of files, which users copy from the terminal.
    """
    return "".join(
        char if char.isprintable() or char in keep or unicodedata.category(char) == "Zs" else repr(char)[1:-1] for char in text
    )


def print_json(value: object) -> None:
    """Print a value as JSON, in ASCII unless the stream takes every character: spelt-out characters would not be JSON."""
    takes_all = codecs.lookup(sys.stdout.encoding).name == "utf-8"
    click.echo(json.dumps(value, ensure_ascii=not takes_all, indent=2))
