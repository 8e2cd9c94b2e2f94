"""What the processor could do at the most, and what an encoder asks of it."""

import time
from collections.abc import Callable, Iterable, Sequence

import torch

from tests.benchmarks import machine

_SIDE = 2_048
_TINY_SIDE = 128
_TRIES = 8


def gigaflops(_: object, side: int = _SIDE) -> dict[str, float]:
    """Operations a second, in thousand millions, of a large product of matrices on all cores: the best of some tries."""
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
    """The operations that a transformer needs for texts of these lengths in tokens, without padding.

    A token takes 2 for each weight of the products (4 w^2 for attention, 2 w i for what follows it, in each layer), and
    4 w for each token that it attends to (scores and sums).
    """
    weights = layers * (4 * width * width + 2 * width * inner)
    return sum(2.0 * weights * length + 4.0 * layers * width * length * length for length in lengths)


def padding(lengths: Sequence[int], batches: Iterable[Sequence[int]]) -> float:
    """The share of tokens that only fill up, where the texts at these positions are put together."""
    taken = sum(len(batch) * max(lengths[n] for n in batch) for batch in batches)
    return 1 - sum(lengths) / taken


def _rate(side: int, multiply: Callable[[], object]) -> float:
    multiply()
    best = float("inf")
    for _ in range(_TRIES):
        started = time.perf_counter()
        multiply()
        best = min(best, time.perf_counter() - started)
    return 2 * side**3 / best / 1e9
