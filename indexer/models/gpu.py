"""Embedding on a GPU what would take the CPU long."""

import time
from collections.abc import Callable, Sequence

from askdex.indexer.errors import ModelError
from askdex.indexer.models.encoder import Encoder, TokenVectors
from askdex.indexer.types import Vectors

_LEAST_DOCUMENTS = 64
"""Documents in one call. A GPU is filled by batches of this order; for fewer, moving the data costs what it saves."""

_LOADING_S = 10.0
"""Seconds: about the time to import torch and to load a model to a GPU.

Whoever switches to the GPU after spending this time on the CPU takes at most twice as long as one who had known the amount
of work beforehand (the ski rental problem).
"""


class OffloadingEncoder:
    """An encoder on the CPU that hands documents to a GPU once there have been many of them.

    Questions, and a few documents at a time, stay on the CPU, which answers them sooner.
    """

    def __init__(
        self,
        on_cpu: Encoder,
        load_on_gpu: Callable[[], Encoder | None],
        tell: Callable[[str], None],
        *,
        least_documents: int = _LEAST_DOCUMENTS,
        loading_s: float = _LOADING_S,
    ) -> None:
        """`load_on_gpu` gives the same model on a GPU, or None where there is none; it may raise ModelError.

        `tell` gets a sentence where the GPU fails. Calls with fewer than `least_documents` never go to the GPU, and none does
        before the CPU has spent `loading_s` seconds on larger ones.
        """
        self.name = on_cpu.name
        self.fingerprint = on_cpu.fingerprint
        self.dimension = on_cpu.dimension
        self.limit = on_cpu.limit
        self.runtime = on_cpu.runtime.beside_gpu()
        self._on_cpu = on_cpu
        self._load_on_gpu = load_on_gpu
        self._tell = tell
        self._least_documents = least_documents
        self._loading_s = loading_s
        self._spent_s = 0.0
        self._on_gpu: Encoder | None = None
        self._has_gpu_failed = False

    def count(self, texts: Sequence[str]) -> list[int]:
        """See Encoder."""
        return self._on_cpu.count(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return self._on_cpu.encode_questions(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        if len(texts) < self._least_documents:
            return self._on_cpu.encode_documents(texts)
        vectors = self._encoded_on_gpu(texts) if self._spent_s >= self._loading_s else None
        return self._encoded_on_cpu(texts) if vectors is None else vectors

    def encode_tokens(self, texts: Sequence[str], *, as_questions: bool = False) -> list[TokenVectors] | None:
        """See Encoder."""
        return self._on_cpu.encode_tokens(texts, as_questions=as_questions)

    def _encoded_on_cpu(self, texts: Sequence[str]) -> Vectors:
        start = time.monotonic()
        vectors = self._on_cpu.encode_documents(texts)
        self._spent_s += time.monotonic() - start
        return vectors

    def _encoded_on_gpu(self, texts: Sequence[str]) -> Vectors | None:
        """The vectors from the GPU; None where there is no GPU or it has failed once."""
        if self._has_gpu_failed:
            return None
        try:
            self._on_gpu = self._on_gpu or self._load_on_gpu()
            if self._on_gpu is not None:
                return self._on_gpu.encode_documents(texts)
        except ModelError as error:
            self._tell(f"The CPU embeds the rest, as the GPU does not: {error}")
        self._on_gpu, self._has_gpu_failed = None, True
        return None
