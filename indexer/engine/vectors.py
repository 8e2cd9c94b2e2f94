"""Vector search of a segment: vectors in half precision and, for a large segment, a sketch of them, both with FAISS."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Mask, Vectors

Halves = npt.NDArray[np.float16]
RowNumbers = npt.NDArray[np.int64]

LISTS = 1_024
"""Lists of a sketch (inverted file); a search reads the nearest `probes` of them."""

_BITS = 2
"""Bits of a sketch for each dimension. With one, 16 times as many vectors have to be rescored for the same recall."""

_TRAINING = 40 * LISTS
"""Vectors that the centroids of a sketch are trained on; FAISS warns of fewer than 39 a list."""

_TRAINING_ROUNDS = 10
"""Iterations of k-means, which finds the centroids."""

_BLOCK = 32
"""Vectors in a block of FAISS's fast scan, which takes no other number."""

_GATHERED_SHARE = 1 / 16
"""Up to this share of allowed vectors, comparing picks them by row; for more, a scan of all with a selector is faster."""

_ADDED_AT_ONCE = 2**14
"""Vectors that are converted to 32 bits at once; it bounds memory."""

_VECTORS = "vectors.faiss"
_SKETCH = "sketch.faiss"


@dataclass(frozen=True, slots=True)
class AllowedVectors:
    """The vectors of a segment that a search may find.

    `mask` has shape (vectors,), `bits` is the same as FAISS takes it, `share` the part of all vectors that it lets through.
    """

    mask: Mask
    bits: npt.NDArray[np.uint8]
    share: float

    @classmethod
    def of(cls, mask: Mask) -> "AllowedVectors":
        """From a mask over at least one vector."""
        return cls(mask, np.packbits(mask, bitorder="little"), float(mask.mean()))


class VectorIndex:
    """Vectors by their rows, searched by the largest inner product; many threads may search at once.

    The sketch (an inverted file of RaBitQ codes; Gao and Long, SIGMOD 2024) only proposes rows. Scores are always those of the
    vectors.
    """

    def __init__(self, vectors: Any, sketch: Any = None) -> None:  # noqa: ANN401  # FAISS has no types for them
        self._vectors = vectors
        self._sketch = sketch
        codes = faiss.rev_swig_ptr(vectors.codes.data(), vectors.ntotal * vectors.code_size)
        self.halves = cast(Halves, codes.view(np.float16).reshape(len(self), vectors.d))
        """The vectors, of shape (n, dimension)."""

    @classmethod
    def of(cls, halves: Halves, *, is_sketched: bool) -> "VectorIndex":
        """An index of vectors of shape (n, dimension), with a sketch of them or without."""
        vectors = faiss.IndexScalarQuantizer(halves.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        vectors.add_sa_codes(np.ascontiguousarray(halves).view(np.uint8))
        return cls(vectors, _sketch_of(halves) if is_sketched else None)

    @classmethod
    def load(cls, folder: Path) -> "VectorIndex":
        """Map the files that `save` made, whose checksums have been verified: FAISS trusts what it reads.

        Raises RuntimeError, OSError.
        """
        sketch = folder / _SKETCH
        return cls(_mapped(folder / _VECTORS), _mapped(sketch) if sketch.exists() else None)

    def save(self, folder: Path) -> None:
        """Write the files into a folder. Raises OSError."""
        _write(self._vectors, folder / _VECTORS)
        if self._sketch is not None:
            _write(self._sketch, folder / _SKETCH)

    def __len__(self) -> int:
        return int(self._vectors.ntotal)

    @property
    def is_exact(self) -> bool:
        """Whether every search finds all that is near."""
        return self._sketch is None

    def proposed(self, vector: Vectors, limit: int, probes: int, allowed: AllowedVectors | None = None) -> RowNumbers:
        """The rows of the `limit` vectors that seem nearest by the sketch, in no order, from its nearest `probes` lists.

        There must be a sketch. It has no exact scores: two bits a dimension tell only roughly how near a vector is.
        """
        _use_one_thread()
        parameters = faiss.SearchParametersIVF(nprobe=probes, sel=_selector(allowed))  # type: ignore[call-arg]
        rows: RowNumbers = self._sketch.search(vector[None], min(limit, len(self)), params=parameters)[1]
        return rows[rows >= 0]

    def nearest(self, vector: Vectors, limit: int, allowed: AllowedVectors | None = None) -> tuple[RowNumbers, Vectors]:
        """The rows of the `limit` nearest allowed vectors and their inner products with a vector, in no order.

        Every vector is compared. Where few are allowed, all of these are given, even if they are more than the limit.
        """
        if allowed is not None and allowed.share <= _GATHERED_SHARE:
            rows = np.flatnonzero(allowed.mask)
            return rows, self.scores(vector, rows)
        _use_one_thread()
        parameters = None if allowed is None else faiss.SearchParameters(sel=_selector(allowed))  # type: ignore[call-arg]
        scores, rows = self._vectors.search(vector[None], min(limit, len(self)), params=parameters)
        return (rows[0], scores[0]) if allowed is None else (rows[rows >= 0], scores[rows >= 0])

    def scores(self, vector: Vectors, rows: RowNumbers) -> Vectors:
        """The inner products of a vector with these rows, of shape (n,)."""
        return products(self.decoded(rows), vector)

    def decoded(self, rows: npt.NDArray[np.integer]) -> Vectors:
        """The vectors of these rows, of shape (n, dimension)."""
        # FAISS converts them in a third of the time that NumPy takes.
        vectors: Vectors = self._vectors.sa_decode(self.halves[rows].view(np.uint8))
        return vectors


def products(vectors: Vectors, vector: Vectors) -> Vectors:
    """The inner products of vectors of shape (n, dimension) with one, of shape (n,)."""
    # Summed row by row: a matrix product may give one row other last digits in other company.
    rows: Vectors = np.vecdot(vectors, vector)
    return rows


def _sketch_of(halves: Halves) -> Any:  # noqa: ANN401
    # Imported here: only large collections need it.
    from threadpoolctl import threadpool_limits

    dimension = halves.shape[1]
    metric, owns_lists = faiss.METRIC_INNER_PRODUCT, True
    threads = os.cpu_count() or 1
    faiss.omp_set_num_threads(threads)
    sketch = faiss.IndexIVFRaBitQFastScan(faiss.IndexFlatIP(dimension), dimension, LISTS, metric, _BLOCK, owns_lists, _BITS)
    sketch.cp.niter = _TRAINING_ROUNDS
    sample = np.linspace(0, len(halves) - 1, min(_TRAINING, len(halves))).astype(np.int64)
    with threadpool_limits(limits=threads, user_api="blas"):
        sketch.train(halves[sample].astype(np.float32))
    for start in range(0, len(halves), _ADDED_AT_ONCE):
        sketch.add(halves[start : start + _ADDED_AT_ONCE].astype(np.float32))
    return sketch


def _use_one_thread() -> None:
    """Search on the calling thread alone: FAISS's helper threads would keep cores busy that the encoder wants."""
    faiss.omp_set_num_threads(1)


def _selector(allowed: AllowedVectors | None) -> Any:  # noqa: ANN401
    return None if allowed is None else faiss.IDSelectorBitmap(allowed.bits)  # type: ignore[arg-type, call-arg]


def _mapped(path: Path) -> Any:  # noqa: ANN401
    # FAISS takes names that are text; the name of a file need not be.
    with path.open("rb") as file:
        return faiss.read_index(f"/dev/fd/{file.fileno()}", faiss.IO_FLAG_MMAP_IFC)


def _write(index: Any, path: Path) -> None:  # noqa: ANN401
    # FAISS itself does not tell when the disk is full.
    with path.open("wb") as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]
