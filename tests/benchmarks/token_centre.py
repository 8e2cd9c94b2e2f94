"""The centre of the vectors of tokens, which the codes of tokens are relative to: their mean over the starter collection."""

import json
from collections.abc import Iterator

import numpy as np

from askdex.indexer.models import late_interaction
from askdex.indexer.models.conversion import starter_texts
from tests.benchmarks import materials
from tests.benchmarks.options import MODEL, Options, SkippedError

_DIGITS = 3
"""Decimal places: the centre is a mean of things that vary by .04 in each dimension."""


def report(options: Options) -> Iterator[str]:
    """The numbers for `indexer/models/token_centre.json`."""
    if not late_interaction.is_token_model_installed():
        raise SkippedError("the model of late interaction is not installed")
    texts = starter_texts(materials.load_encoder(MODEL))
    vectors = np.concatenate(late_interaction.load_token_model().passage_vectors(texts[: 20 if options.tiny else None]))
    yield json.dumps([round(number, _DIGITS) for number in vectors.mean(axis=0, dtype=np.float64).tolist()])
