"""Examining an index that is published to a database, beside the truth that it was published from."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from askdex.indexer.postgres.address import DatabaseAddress, require_extra
from askdex.indexer.upkeep.doctor import Finding

if TYPE_CHECKING:
    from askdex.indexer.postgres.comparison import Comparison


def examine_published(folder: Path, address: DatabaseAddress) -> list[Finding]:
    """Compare what is published with the index in a folder, a finding for each kind of rows.

    Raises MissingIndexError where one of the two is not there, DamagedIndexError where the folder's is damaged, StorageError.
    """
    require_extra()
    # Here alone: it needs an extra.
    from askdex.indexer.postgres.comparison import compared

    return _findings(compared(folder, address))


def repair_published(folder: Path, address: DatabaseAddress) -> Sequence[str]:
    """Mend what differs from the index in a folder; a line for each thing done. Raises the same, and BusyIndexError."""
    require_extra()
    # Here alone: it needs an extra.
    from askdex.indexer.postgres.comparison import mended

    found = mended(folder, address)
    done = []
    if found.documents:
        done.append(f"{len(found.documents):,} documents were sent again.")
    if found.batches or found.passages or not found.has_state:
        done.append(f"The search rows were put right: {len(found.batches):,} batches were sent again.")
    if not found.has_facts:
        done.append("What is said of the whole collection was sent again.")
    return done


def _findings(found: "Comparison") -> list[Finding]:
    faults = {
        "documents": f"{len(found.documents):,} differ from the folder" if found.documents else "",
        "batches": f"the rows of {len(found.batches):,} have changed" if found.batches else "",
        "passages": f"{found.passages:,} are missing or too many" if found.passages else "",
        "engine": "" if found.has_state else "its numbers or its vocabulary have changed",
        "collection": "" if found.has_facts else "what is said of the whole collection differs from the folder",
    }
    right = {
        "documents": f"all as in the folder, compared in {found.buckets:,} buckets",
        "batches": "every row is as it was written",
        "passages": "the same as in the folder",
        "engine": "its numbers and its vocabulary agree with its batches",
        "collection": f"what is said of it is as in the folder, at generation {found.generation}",
    }
    return [Finding(check, is_sound=not fault, detail=fault or right[check]) for check, fault in faults.items()]
