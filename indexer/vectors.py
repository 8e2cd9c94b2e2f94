"""The semantic half of the embedded engine: exact search for the largest inner product, with FAISS."""

import os
from pathlib import Path
from typing import cast

import faiss
import numpy as np

from indexer.engine import Hits, Ids, Vectors


class VectorIndex:
    """Unit vectors under the ids of their passages; searching is safe from many threads, changing is not."""

    def __init__(self, index: faiss.IndexIDMap) -> None:
        self._index = index
        self._most_per_passage = _most_alike(self.ids)

    @classmethod
    def empty(cls, dimension: int) -> "VectorIndex":
        """An index without vectors. Several vectors may share an id, which FAISS allows."""
        return cls(faiss.IndexIDMap(faiss.IndexFlatIP(dimension)))

    @classmethod
    def load(cls, path: Path) -> "VectorIndex":
        """Read a file whose checksum has been verified: FAISS itself trusts what it reads. Raises RuntimeError, OSError."""
        with path.open("rb") as file:
            reader = faiss.PyCallbackIOReader(file.read)  # type: ignore[attr-defined]
            return cls(cast(faiss.IndexIDMap, faiss.read_index(reader)))

    def save(self, path: Path) -> None:
        """Write the index to a file. Raises OSError."""
        # FAISS writing by itself does not tell when the disk is full.
        with path.open("wb") as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]
            file.flush()
            os.fsync(file.fileno())

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """The id of each vector, in no order."""
        return faiss.vector_to_array(self._index.id_map)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add vectors of shape (n, dimension) under ids of shape (n,), those of one id at once."""
        self._most_per_passage = max(self._most_per_passage, _most_alike(ids))
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)

    def nearest(self, vector: Vectors, limit: int, within: Ids | None = None) -> Hits:
        """The `limit` ids with the largest inner product, an id with several vectors by its best."""
        # As many vectors of one passage may come before the first of the next.
        wanted = min(limit * self._most_per_passage, len(self))
        if wanted == 0 or (within is not None and not len(within)):
            return Hits.ordered({}, 0)
        parameters = None if within is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(within))  # type: ignore[call-arg]
        scores, ids = self._index.search(vector[None, :], wanted, params=parameters)
        best: dict[int, float] = {}
        for passage, score in zip(ids[0].tolist(), scores[0].tolist(), strict=True):
            if passage >= 0:
                best.setdefault(passage, score)
        return Hits.ordered(best, limit)


def _most_alike(ids: Ids) -> int:
    """How often the commonest id occurs, 1 at the least."""
    return int(np.unique(ids, return_counts=True)[1].max(initial=1))
