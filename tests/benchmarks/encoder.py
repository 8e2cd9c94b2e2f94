"""The encoder against torch, measured in turn: passages a second, the time of a question, the share of what the CPU can do."""

import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from sentence_transformers import SentenceTransformer

from askdex.indexer.models import openvino
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.types import Vectors
from tests.benchmarks import limit, materials, plain, worker
from tests.benchmarks.options import Options
from tests.benchmarks.table import median_and_range, milliseconds, percentile, ratio, table
from tests.benchmarks.worker import Worker

_TEXTS, _TINY_TEXTS = 512, 16
"""Passages of a round: some seconds on a few cores."""

_TRIAL_TEXTS = 128
"""Passages with which torch's fastest batch size is found."""

_QUESTIONS, _TINY_QUESTIONS = 100, 4
_ROUNDS = 5
_SEED = 0
_TORCH, _ASKDEX = "torch float32", "askdex"


@dataclass(slots=True)
class _Measured:
    """The measurements of an encoder: a rate and a median time for each round, the seconds of each question of all rounds."""

    rates: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    questions: list[float] = field(default_factory=list)
    vectors: Vectors | None = None

    def note(self, texts: int, encoded: tuple[float, Vectors], question_seconds: list[float]) -> None:
        """Add a round."""
        seconds, self.vectors = encoded
        self.rates.append(texts / seconds)
        self.medians.append(statistics.median(question_seconds))
        self.questions += question_seconds


def report(options: Options) -> Iterator[str]:
    """The lines of the tables."""
    texts = _sample(materials.indexed_texts(materials.index(options)), _TINY_TEXTS if options.tiny else _TEXTS)
    questions = materials.questions(options)[: _TINY_QUESTIONS if options.tiny else _QUESTIONS]
    with Worker(plain.load) as torch, Worker(materials.load_encoder) as ours:
        batch = max(plain.BATCHES, key=lambda size: -torch.call(plain.encode, texts[:_TRIAL_TEXTS], size)[0])
        lengths = ours.call(plain.count, texts)
        runtime = ours.call(plain.runtime)
        operations = limit.operations(lengths, *torch.call(plain.shape))
        encoders = _measured(torch, ours, batch, texts, questions, rounds=1 if options.tiny else _ROUNDS)
    tokens = f"{statistics.mean(lengths):.0f} tokens ({min(lengths)}-{max(lengths)})"
    yield f"{len(texts)} passages of {tokens}, torch in batches of {batch}"
    yield from table(
        ["encoder", "passages/s", "times torch", "a question", "p95", "times as fast"],
        [_row(name, measured, encoders[_TORCH]) for name, measured in encoders.items()],
    )
    yield _agreement(encoders)
    yield f"askdex runs on {runtime.name}: {runtime.reason}"
    shares = [limit.padding(lengths, batches) for batches in (plain.batches(lengths, batch), openvino.batches(lengths))]
    yield f"padding tokens: {shares[0]:.1%} on torch, {shares[1]:.1%} on OpenVINO"
    yield from _limits(options, operations / len(texts), encoders)


def _sample(texts: list[str], size: int) -> list[str]:
    return random.Random(_SEED).sample(texts, min(size, len(texts)))


def _measured(
    torch: Worker[SentenceTransformer],
    ours: Worker[Encoder],
    batch: int,
    texts: list[str],
    questions: list[str],
    rounds: int,
) -> dict[str, _Measured]:
    encoders = {_TORCH: _Measured(), _ASKDEX: _Measured()}
    # Torch has warmed up while its batch size was chosen.
    ours.call(plain.encode_with_ours, texts)
    for _ in range(rounds):
        encoders[_TORCH].note(len(texts), torch.call(plain.encode, texts, batch), torch.call(plain.ask, questions))
        encoders[_ASKDEX].note(len(texts), ours.call(plain.encode_with_ours, texts), ours.call(plain.ask_ours, questions))
    return encoders


def _row(name: str, measured: _Measured, baseline: _Measured) -> list[str]:
    return [
        name,
        median_and_range(measured.rates),
        ratio(measured.rates, baseline.rates),
        milliseconds(statistics.median(measured.medians)),
        milliseconds(percentile(measured.questions, 0.95)),
        ratio(baseline.medians, measured.medians),
    ]


def _agreement(encoders: dict[str, _Measured]) -> str:
    ours, theirs = (measured.vectors for measured in encoders.values())
    cosines = np.sum(np.asarray(ours) * np.asarray(theirs), axis=1)
    return f"cosine of the two: mean {cosines.mean():.4f}, least {cosines.min():.4f}"


def _limits(options: Options, operations: float, encoders: dict[str, _Measured]) -> Iterator[str]:
    """The GFLOP/s that each encoder reaches, without padding, as a share of those that the processor can do."""
    with Worker(worker.nothing) as process:
        possible = process.call(limit.gigaflops, limit.side(is_tiny=options.tiny))
    yield f"a passage takes {operations / 1e9:.2f} GFLOP"
    rows = []
    for name, measured in encoders.items():
        reached = statistics.median(measured.rates) * operations / 1e9
        rows.append([name, f"{reached:,.0f}", *(f"{reached / rate:.0%}" for rate in possible.values())])
    heading = ["encoder", "GFLOP/s", *(f"of {rate:,.0f} ({kind} product)" for kind, rate in possible.items())]
    yield from table(heading, rows)
