"""The fault program: what an index goes through without losing anything. Run it with: python -m tests.faults [NAME ...]."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import faiss

from tests.faults import quick
from tests.faults.report import Row

NAMES = ("kills", "damage", "disk", "load", "crowd", "oddities")


def rows(name: str, share: float, folder: Path) -> Iterator[Row]:
    """The rows of the scenarios in a module, from this share of the full programme, worked on in an empty folder."""
    threads = faiss.omp_get_max_threads()
    # So few vectors are searched sooner by one thread than by several that wait for each other.
    faiss.omp_set_num_threads(1)
    try:
        with quick.installed(reads_here=share < 1):
            yield from cast(Iterator[Row], importlib.import_module(f"{__name__}.{name}").rows(share, folder))
    finally:
        faiss.omp_set_num_threads(threads)
