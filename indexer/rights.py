"""Who may use what an index keeps: its owner alone."""

from collections.abc import Iterable
from pathlib import Path

OWNER_ONLY_FOLDER = 0o700
OWNER_ONLY_FILE = 0o600


def keep_for_owner(paths: Iterable[Path]) -> None:
    """Leave files and folders to their owner."""
    for path in paths:
        path.chmod(OWNER_ONLY_FOLDER if path.is_dir() else OWNER_ONLY_FILE)
