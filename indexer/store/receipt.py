"""A note beside the truth of the last generation that was reported done.

SQLite drops what is damaged in its write-ahead log without a word, and with it commits that were reported done. Where the
truth is older than this note, or another, that shows. A note that is missing or damaged says nothing.
"""

import hashlib
import json
import os
from pathlib import Path

from askdex.indexer.rights import OWNER_ONLY_FILE

FILE = "receipt.json"
UNFINISHED = f"{FILE}-new"


def write(folder: Path, identity: str, generation: int) -> None:
    """Note that this generation of the index of this identity is done; one process at a time may do so."""
    note = {"index": identity, "generation": generation}
    # Another name first: whoever reads finds the note before or the note after.
    made = folder / UNFINISHED
    made.touch(OWNER_ONLY_FILE)
    with made.open("w", encoding="utf-8") as file:
        json.dump({**note, "digest": _digest(note)}, file)
        file.flush()
        os.fsync(file.fileno())
    made.replace(folder / FILE)


def read(folder: Path) -> tuple[str, int] | None:
    """The index that the note is of, and the last generation that was reported done; None where it cannot be relied on."""
    try:
        note = json.loads((folder / FILE).read_bytes())
        digest = note.pop("digest")
        return (str(note["index"]), int(note["generation"])) if digest == _digest(note) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _digest(note: dict[str, object]) -> str:
    return hashlib.blake2b(json.dumps(note).encode(), digest_size=16).hexdigest()
