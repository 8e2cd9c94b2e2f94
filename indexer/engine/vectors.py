"""The semantic half of a segment: vectors in half precision and, in a large one, a sketch of them, with FAISS."""

import os
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Mask, Vectors

Halves = npt.NDArray[np.float16]
RowNumbers = npt.NDArray[np.int64]

SKETCHED_FROM = 2**16
"""Vectors. To read fewer through takes a millisecond or two, and misses nothing."""

LISTS = 1_024
"""Lists of a sketch; it is read through in as many of them as the search probes."""

_BITS = 2
"""Of a dimension. With one, sixteen times as many vectors have to be compared to find as much of what is near a question."""

_TRAINING = 40 * LISTS
_TRAINING_ROUNDS = 10
_BLOCK = 32
_FEW = 16
"""Up to one in so many vectors are looked up one by one, more are found faster by reading all."""

_STEP = 2**14
_VECTORS = "vectors.faiss"
_SKETCH = "sketch.faiss"


class VectorIndex:
    """Vectors by their rows, for searches by the largest inner product, from many threads at once.

    The sketch (an inverted file of RaBitQ codes, Gao and Long, SIGMOD 2024) only proposes rows; scores are those of the
    vectors.
    """

    def __init__(self, vectors: Any, sketch: Any = None) -> None:  # noqa: ANN401  # FAISS has no types for them
        self._vectors = vectors
        self._sketch = sketch
        codes = faiss.rev_swig_ptr(vectors.codes.data(), vectors.ntotal * vectors.code_size)
        self.halves = cast(Halves, codes.view(np.float16).reshape(len(self), vectors.d))
        """The vectors, of shape (n, dimension)."""

    @classmethod
    def of(cls, halves: Halves) -> "VectorIndex":
        """An index of vectors of shape (n, dimension)."""
        vectors = faiss.IndexScalarQuantizer(halves.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        vectors.add_sa_codes(np.ascontiguousarray(halves).view(np.uint8))
        return cls(vectors, _sketch_of(halves) if len(halves) >= SKETCHED_FROM else None)

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

    def nearest(self, vector: Vectors, limit: int, probes: int, allowed: Mask | None = None) -> RowNumbers:
        """The rows of the `limit` vectors that look nearest, in no order, from the nearest `probes` lists of the sketch.

        Two bits for each dimension tell only about how near a vector is. There must be a sketch.
        """
        _use_one_thread()
        parameters = faiss.SearchParametersIVF(nprobe=probes, sel=_selector(allowed))  # type: ignore[call-arg]
        rows: RowNumbers = self._sketch.search(vector[None], min(limit, len(self)), params=parameters)[1]
        return rows[rows >= 0]

    def nearest_of_all(self, vector: Vectors, limit: int, allowed: Mask | None = None) -> tuple[RowNumbers, Vectors]:
        """The rows of the `limit` nearest vectors among those that are allowed, and perhaps others, with their products."""
        if allowed is not None and np.count_nonzero(allowed) * _FEW <= len(self):
            rows = np.flatnonzero(allowed)
            return rows, self.scores(vector, rows)
        _use_one_thread()
        parameters = faiss.SearchParameters(sel=_selector(allowed))  # type: ignore[call-arg]
        found, rows = self._vectors.search(vector[None], min(limit, len(self)), params=parameters)
        return rows[rows >= 0], found[rows >= 0]

    def scores(self, vector: Vectors, rows: RowNumbers) -> Vectors:
        """The inner products of a vector with these rows, of shape (n,)."""
        return products(self.decoded(rows), vector)

    def decoded(self, rows: npt.NDArray[np.integer]) -> Vectors:
        """The vectors of these rows, of shape (n, dimension)."""
        # FAISS takes a third of the time that NumPy takes to convert them.
        found: Vectors = self._vectors.sa_decode(self.halves[rows].view(np.uint8))
        return found


def products(vectors: Vectors, vector: Vectors) -> Vectors:
    """The inner products of vectors of shape (n, dimension) with one, of shape (n,)."""
    # Summed row by row: a matrix product may give one row other last digits in other company.
    found: Vectors = np.vecdot(vectors, vector)
    return found


def _sketch_of(halves: Halves) -> Any:  # noqa: ANN401
    dimension = halves.shape[1]
    metric, owns_lists = faiss.METRIC_INNER_PRODUCT, True
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    sketch = faiss.IndexIVFRaBitQFastScan(faiss.IndexFlatIP(dimension), dimension, LISTS, metric, _BLOCK, owns_lists, _BITS)
    sketch.cp.niter = _TRAINING_ROUNDS
    sample = np.linspace(0, len(halves) - 1, min(_TRAINING, len(halves))).astype(np.int64)
    sketch.train(halves[sample].astype(np.float32))
    for start in range(0, len(halves), _STEP):
        sketch.add(halves[start : start + _STEP].astype(np.float32))
    return sketch


def _use_one_thread() -> None:
    """Search on the calling thread alone: those that would help it keep a core busy for a while, and the encoder wants it."""
    faiss.omp_set_num_threads(1)


def _selector(allowed: Mask | None) -> Any:  # noqa: ANN401
    return None if allowed is None else faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))  # type: ignore[arg-type, call-arg]


def _mapped(path: Path) -> Any:  # noqa: ANN401
    # FAISS takes names that are text, and a file's name need not be.
    with path.open("rb") as file:
        return faiss.read_index(f"/dev/fd/{file.fileno()}", faiss.IO_FLAG_MMAP_IFC)


def _write(index: Any, path: Path) -> None:  # noqa: ANN401
    # FAISS writing by itself does not tell when the disk is full.
    with path.open("wb") as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]
