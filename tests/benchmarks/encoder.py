"""The encoder: passages a second and the time of a question, in turn with torch; how near it is to what the processor can."""

import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from sentence_transformers import SentenceTransformer

from askdex.indexer.models import openvino
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.types import Vectors
from tests.benchmarks import apart, limit, materials, plain
from tests.benchmarks.apart import Apart
from tests.benchmarks.options import Options
from tests.benchmarks.table import milliseconds, percentile, ratio, spread, table

_TEXTS = 512
_TRIED = 128
_QUESTIONS = 100
_ROUNDS = 5
_SEED = 0
_TORCH, _OURS = "torch float32", "askdex"


@dataclass(slots=True)
class _Measured:
    """What was measured of an encoder, a number for each round; `questions` has the seconds of each question."""

    rates: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    questions: list[float] = field(default_factory=list)
    vectors: Vectors | None = None

    def note(self, texts: int, encoded: tuple[float, Vectors], asked: list[float]) -> None:
        seconds, self.vectors = encoded
        self.rates.append(texts / seconds)
        self.medians.append(statistics.median(asked))
        self.questions += asked


def report(options: Options) -> Iterator[str]:
    """The lines of the tables."""
    texts = _sample(materials.indexed_texts(materials.index(options)), 16 if options.tiny else _TEXTS)
    questions = materials.questions(options)[: 4 if options.tiny else _QUESTIONS]
    with Apart(plain.load) as torch, Apart(materials.load_encoder) as ours:
        batch = max(plain.BATCHES, key=lambda size: -torch.call(plain.encode, texts[:_TRIED], size)[0])
        lengths = ours.call(plain.count, texts)
        runtime = ours.call(plain.runtime)
        operations = limit.operations(lengths, *torch.call(plain.shape))
        found = _measured(torch, ours, batch, texts, questions, rounds=1 if options.tiny else _ROUNDS)
    tokens = f"{statistics.mean(lengths):.0f} tokens ({min(lengths)}-{max(lengths)})"
    yield f"{len(texts)} passages of {tokens}, torch in batches of {batch}"
    yield from table(
        ["encoder", "passages/s", "times torch", "a question", "p95", "times as fast"],
        [_row(name, measured, found[_TORCH]) for name, measured in found.items()],
    )
    yield _agreement(found)
    yield f"askdex runs on {runtime.name}: {runtime.reason}"
    shares = [limit.padding(lengths, batches) for batches in (plain.batches(lengths, batch), openvino.batches(lengths))]
    yield f"tokens that only fill up: {shares[0]:.1%} on torch, {shares[1]:.1%} on OpenVINO"
    yield from _limits(options, operations / len(texts), found)


def _sample(texts: list[str], size: int) -> list[str]:
    return random.Random(_SEED).sample(texts, min(size, len(texts)))


def _measured(
    torch: Apart[SentenceTransformer], ours: Apart[Encoder], batch: int, texts: list[str], questions: list[str], rounds: int
) -> dict[str, _Measured]:
    found = {_TORCH: _Measured(), _OURS: _Measured()}
    ours.call(plain.encode_with_ours, texts)
    for _ in range(rounds):
        found[_TORCH].note(len(texts), torch.call(plain.encode, texts, batch), torch.call(plain.ask, questions))
        found[_OURS].note(len(texts), ours.call(plain.encode_with_ours, texts), ours.call(plain.ask_ours, questions))
    return found


def _row(name: str, measured: _Measured, baseline: _Measured) -> list[str]:
    return [
        name,
        spread(measured.rates),
        ratio(measured.rates, baseline.rates),
        milliseconds(statistics.median(measured.medians)),
        milliseconds(percentile(measured.questions, 0.95)),
        ratio(baseline.medians, measured.medians),
    ]


def _agreement(found: dict[str, _Measured]) -> str:
    one, other = (measured.vectors for measured in found.values())
    cosines = np.sum(np.asarray(one) * np.asarray(other), axis=1)
    return f"cosine of the two: mean {cosines.mean():.4f}, least {cosines.min():.4f}"


def _limits(options: Options, operations: float, found: dict[str, _Measured]) -> Iterator[str]:
    """What each encoder reaches of the operations that the processor can do, each passage counted without padding."""
    with Apart(apart.nothing) as other:
        most = other.call(limit.gigaflops, limit.side(is_tiny=options.tiny))
    yield f"a passage takes {operations / 1e9:.2f} GFLOP"
    rows = []
    for name, measured in found.items():
        reached = statistics.median(measured.rates) * operations / 1e9
        rows.append([name, f"{reached:,.0f}", *(f"{reached / rate:.0%}" for rate in most.values())])
    heading = ["encoder", "GFLOP/s", *(f"of {rate:,.0f} ({kind} product)" for kind, rate in most.items())]
    yield from table(heading, rows)
