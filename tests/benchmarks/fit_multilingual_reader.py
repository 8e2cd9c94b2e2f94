"""Fitting the changes of the multilingual reader, on the written questions in all languages (`reader_pairs`).

A fit goes on from the changes in the package. These came of runs of 40 minutes. The first began with the changes of the English
reader, and with the map from tokens of the multilingual encoder to the words of the cross-encoder that is nearest, in the least
squares, to the words themselves in 40,000 tokens of English texts. The last went over 28,000 pairs, two fifths of them of 2,360
further questions. What is fitted in some languages holds for others: before Spanish joined, near questions in Spanish were told
from answered ones nearly as well as German ones.
"""

import time
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import torch

from askdex.indexer.models import packaged
from askdex.indexer.models.encoder import MULTILINGUAL_MODEL
from askdex.indexer.models.multilingual import is_multilingual_installed
from askdex.indexer.models.multilingual_reader import CHANGES, model_inputs
from askdex.indexer.models.token_models import EncoderTokens
from tests.benchmarks import materials
from tests.benchmarks.fit_reader import Judge, auroc, fit, split
from tests.benchmarks.options import MODEL, Options, SkippedError
from tests.benchmarks.reader_pairs import Pair, written_pairs
from tests.benchmarks.torch_reader import MappedReader

_LANGUAGES = ("en", "de", "es", "zh")
_MOST_QUESTION, _MOST_TEXT = 64, 160
"""Tokens that are read while fitting."""


def report(options: Options) -> Iterator[str]:
    """Fit, say how well texts that answer are told from others, and keep the changes in the folder to work in."""
    folder = packaged.weights_folder(packaged.RERANKER)
    if folder is None or not is_multilingual_installed():
        raise SkippedError("the cross-encoder or the multilingual encoder is not installed")
    encoder = materials.load_encoder(MULTILINGUAL_MODEL)
    tokens = {language: materials.load_encoder(MODEL) if language == "en" else encoder for language in _LANGUAGES}
    pairs = [pair for language in _LANGUAGES for pair in written_pairs(options, encoder, language, tokens[language])]
    if not pairs:
        raise SkippedError("there is no documentation that written questions are about")
    fitted_on, held_out = split(pairs, tiny=options.tiny)
    torch.manual_seed(0)
    model = MappedReader(folder)
    model.start_from(CHANGES)
    judge = _judge(model, EncoderTokens(encoder))
    yield f"{len(fitted_on)} pairs to fit on, AUROC on {len(held_out)} others: {auroc(judge, held_out):.3f} before"
    started = time.monotonic()
    fit(judge, model.fitted(), fitted_on)
    place = options.work / "multilingual_reader.npz"
    np.savez_compressed(place, **model.changes())
    yield f"{auroc(judge, held_out):.3f} after {time.monotonic() - started:,.0f} s; these changes are in {place}"


def _judge(model: MappedReader, tokens: EncoderTokens) -> Judge:
    """What gives the log-odds of pairs; it keeps the vectors of tokens, which come again, in half the memory."""
    question = cache(lambda text: tokens.question_vectors(text)[:_MOST_QUESTION].astype(np.float16))
    passage = cache(lambda text: tokens.passage_vectors([text])[0][:_MOST_TEXT].astype(np.float16))

    def log_odds(pairs: Sequence[Pair]) -> torch.Tensor:
        vectors_of = [(question(pair.question), passage(pair.text)) for pair in pairs]
        inputs = [model_inputs(asked.astype(np.float32), text.astype(np.float32)) for asked, text in vectors_of]
        longest = max(ids.shape[1] for ids, *_ in inputs)
        padded = [[np.pad(one[0], [(0, longest - one.shape[1]), (0, 0)][: one.ndim - 1]) for one in pair] for pair in inputs]
        ids, mask, types, vectors = (torch.tensor(np.stack(column)) for column in zip(*padded, strict=True))
        judged: torch.Tensor = model(model.mapped(ids, vectors), types, mask.bool())
        return judged

    return log_odds
