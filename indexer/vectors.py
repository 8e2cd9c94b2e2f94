"""The semantic half of the embedded engine: exact search for the largest inner product, with FAISS."""

from pathlib import Path

import faiss
import numpy as np

from indexer.engine import Hits, Ids, Vectors

_MOST_VECTORS_PER_PASSAGE = 2


class VectorIndex:
    """Unit vectors under the ids of their passages; searching is safe from many threads, changing is not."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def empty(cls, dimension: int) -> "VectorIndex":
        """An index without vectors. Several vectors may share an id, which FAISS allows."""
        return cls(faiss.IndexIDMap(faiss.IndexFlatIP(dimension)))

    @classmethod
    def load(cls, path: Path) -> "VectorIndex":
        """Read a file whose checksum has been verified: FAISS itself trusts what it reads."""
        return cls(faiss.read_index(str(path)))

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add vectors of shape (n, dimension) under ids of shape (n,)."""
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)

    def remove(self, ids: Ids) -> None:
        """Take out every vector of these ids."""
        self._index.remove_ids(faiss.IDSelectorBatch(ids))

    def nearest(self, vector: Vectors, limit: int, within: Ids | None = None) -> Hits:
        """The `limit` ids with the largest inner product, an id with several vectors by its best."""
        wanted = min(limit * _MOST_VECTORS_PER_PASSAGE, len(self))
        if wanted == 0 or (within is not None and not len(within)):
            return Hits.ordered({}, 0)
        parameters = None if within is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(within))  # type: ignore[call-arg]
        scores, ids = self._index.search(vector[None, :], wanted, params=parameters)
        best: dict[int, float] = {}
        for passage, score in zip(ids[0].tolist(), scores[0].tolist(), strict=True):
            if passage >= 0:
                best.setdefault(passage, score)
        return Hits.ordered(best, limit)
