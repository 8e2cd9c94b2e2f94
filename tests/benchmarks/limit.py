"""The most operations that the processor can do, and the operations that an encoder needs."""

import time
from collections.abc import Callable, Iterable, Sequence

import torch

from tests.benchmarks import machine

_SIDE = 2_048
"""Rows and columns: large enough that a product takes longer than starting it on all cores."""

_TINY_SIDE = 128
_TRIES = 8


def gigaflops(_: object, side: int = _SIDE) -> dict[str, float]:
    """GFLOP/s (10^9 operations a second) of a large matrix product on all cores, by number type: the best of some tries."""
    torch.set_num_threads(machine.cores())
    floats = torch.randn(2, side, side)
    integers = torch.randint(-100, 100, (2, side, side), dtype=torch.int8)
    return {
        "float32": _rate(side, lambda: floats[0] @ floats[1]),
        "int8": _rate(side, lambda: torch._int_mm(integers[0], integers[1])),
    }


def side(*, is_tiny: bool) -> int:
    """The rows and columns of the matrices."""
    return _TINY_SIDE if is_tiny else _SIDE


def operations(lengths: Sequence[int], layers: int, width: int, inner: int) -> float:
    """The operations of a transformer for texts of these lengths in tokens, without padding.

    With the width w and the inner width i, a layer takes for each token
    2 * (4 w^2 + 2 w i) operations for its weights, and 4 w for each token that it attends to (scores and sums).
    """
    weights = layers * (4 * width * width + 2 * width * inner)
    return sum(2.0 * weights * length + 4.0 * layers * width * length * length for length in lengths)


def padding(lengths: Sequence[int], batches: Iterable[Sequence[int]]) -> float:
    """The share of padding tokens where texts are put into these batches, which are given as positions in `lengths`."""
    padded = sum(len(batch) * max(lengths[n] for n in batch) for batch in batches)
    return 1 - sum(lengths) / padded


def _rate(side: int, multiply: Callable[[], object]) -> float:
    """GFLOP/s of a product of square matrices, which takes 2 side^3 operations."""
    multiply()
    best = float("inf")
    for _ in range(_TRIES):
        start = time.perf_counter()
        multiply()
        best = min(best, time.perf_counter() - start)
    return 2 * side**3 / best / 1e9
