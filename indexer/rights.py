"""Access rights of the files of an index: only their owner may use them."""

from collections.abc import Iterable
from pathlib import Path

# POSIX modes: documents may be confidential, so nobody but the owner reads an index.
OWNER_ONLY_FOLDER = 0o700
OWNER_ONLY_FILE = 0o600


def keep_for_owner(paths: Iterable[Path]) -> None:
    """Take the rights of everyone but the owner."""
    for path in paths:
        path.chmod(OWNER_ONLY_FOLDER if path.is_dir() else OWNER_ONLY_FILE)
