"""Embedding on a GPU what would take the CPU long."""

import time
from collections.abc import Callable, Sequence

from askdex.indexer.errors import ModelError
from askdex.indexer.models.cache import CachedModel
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.openvino import OpenVinoEncoder
from askdex.indexer.types import Vectors

_MANY = 64
"""Documents at once; fewer are no work for a GPU."""

_WORTH_S = 10.0
"""About what it takes to load torch, and a model to a GPU. Who does so once as much has been spent without takes at most twice
as long as who had known what was to come (the ski rental problem)."""


class OffloadingEncoder(OpenVinoEncoder):
    """A converted model on the CPU, where a question is answered sooner, and on a GPU for documents by the thousand."""

    def __init__(self, name: str, entry: CachedModel, load: Callable[[], Encoder | None], tell: Callable[[str], None]) -> None:
        """`load` gives the model on a GPU, None where there is none, and raises ModelError; `tell` is told if it fails."""
        super().__init__(name, entry)
        self.runtime = self.runtime.beside_gpu()
        self._load = load
        self._tell = tell
        self._spent_s = 0.0
        self._on_gpu: Encoder | None = None
        self._is_gpu_useless = False

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        if len(texts) < _MANY:
            return super().encode_documents(texts)
        offloaded = self._offloaded(texts) if self._spent_s >= _WORTH_S else None
        if offloaded is not None:
            return offloaded
        started = time.monotonic()
        vectors = super().encode_documents(texts)
        self._spent_s += time.monotonic() - started
        return vectors

    def _offloaded(self, texts: Sequence[str]) -> Vectors | None:
        """The vectors from the GPU; None where it gives none, and after that it is not asked again."""
        if self._is_gpu_useless:
            return None
        try:
            self._on_gpu = self._on_gpu or self._load()
            if self._on_gpu is not None:
                return self._on_gpu.encode_documents(texts)
        except ModelError as error:
            self._tell(f"The CPU embeds the rest, as the GPU does not: {error}")
        self._on_gpu, self._is_gpu_useless = None, True
        return None
