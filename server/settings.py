"""Where the index is, unless a program or a user says otherwise; the command line and the application share it."""

from pathlib import Path

DEFAULT_INDEX = Path(".askdex")
INDEX_VARIABLE = "ASKDEX_INDEX"
"""The environment variable that names another folder."""
