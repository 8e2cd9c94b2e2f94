"""The centres of the vectors of tokens, which the codes of tokens are relative to: their means over the starter collection."""

import json
from collections.abc import Iterator, Sequence

import numpy as np

from askdex.indexer.models import late_interaction
from askdex.indexer.models.conversion import starter_texts
from askdex.indexer.models.encoder import MULTILINGUAL_MODEL
from askdex.indexer.models.token_models import EncoderTokens
from askdex.indexer.types import Vectors
from tests.benchmarks import materials
from tests.benchmarks.options import MODEL, Options, SkippedError

_DIGITS = 3
"""Decimal places: the centre is a mean of things that vary by .04 in each dimension."""


def report(options: Options) -> Iterator[str]:
    """The file `indexer/models/token_centres.json`."""
    if not late_interaction.is_token_model_installed():
        raise SkippedError("the model of late interaction is not installed")
    texts = starter_texts(materials.load_encoder(MODEL))[: 20 if options.tiny else None]
    multilingual = EncoderTokens(materials.load_encoder(MULTILINGUAL_MODEL))
    yield json.dumps(
        {
            late_interaction.COLBERT: _centre(late_interaction.load_token_model().passage_vectors(texts)),
            MULTILINGUAL_MODEL: _centre(multilingual.passage_vectors(texts)),
        }
    )


def _centre(passages: Sequence[Vectors]) -> list[float]:
    mean = np.concatenate(passages).mean(axis=0, dtype=np.float64)
    return [round(number, _DIGITS) for number in mean.tolist()]
