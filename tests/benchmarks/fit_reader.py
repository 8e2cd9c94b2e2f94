"""Fitting the changes of the English reader, on questions with and without an answer (`reader_pairs`).

A fit goes on from the changes in the package, and what it keeps is the mean of both: two fits know more together. The changes
in the package came of six runs of half an hour or an hour: one on the evaluation sets, PolicyQA and COVID-QA, from the
cross-encoder itself; three that went on from there, with XQuAD and headings of 16 public handbooks, manuals and help centres;
one three quarters of whose pairs were of the written English questions; and one of these, half of them with the answering
sentence alone, and of made rows of tables. Each went on from the mean of those before.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch.nn import Parameter, functional

from askdex.indexer.models import packaged
from askdex.indexer.models.reader import CHANGES
from tests.benchmarks import materials
from tests.benchmarks.options import MODEL, Options, SkippedError
from tests.benchmarks.reader_pairs import Pair, english_pairs
from tests.benchmarks.torch_reader import ChangedReader

_TOKENS, _BATCH, _EPOCHS, _RATE, _WARMUP = 256, 24, 1.5, 4e-4, 0.06
_TINY_PAIRS = 3
_HELD_OUT = 10
"""One of so many questions is held out."""

Judge = Callable[[Sequence[Pair]], torch.Tensor]
"""Gives the log-odds that texts answer, of shape (n,), for some pairs."""


def report(options: Options) -> Iterator[str]:
    """Fit, say how well texts that answer are told from others, and keep the changes in the folder to work in."""
    folder = packaged.weights_folder(packaged.RERANKER)
    if folder is None:
        raise SkippedError("the cross-encoder is not installed")
    fitted_on, held_out = split(list(english_pairs(options, materials.load_encoder(MODEL))), tiny=options.tiny)
    torch.manual_seed(0)
    model, tokenizer = ChangedReader(folder), Tokenizer.from_file(str(folder / packaged.TOKENIZER_FILE))
    model.start_from(CHANGES)
    tokenizer.no_padding()
    tokenizer.enable_truncation(_TOKENS, strategy="only_second")
    judge = partial(_log_odds, model, tokenizer)
    yield f"{len(fitted_on)} pairs to fit on, AUROC on {len(held_out)} others: {auroc(judge, held_out):.3f} before"
    started = time.monotonic()
    fit(judge, model.fitted(), fitted_on)
    yield f"{auroc(judge, held_out):.3f} after {time.monotonic() - started:,.0f} s"
    place = options.work / "reader.npz"
    with np.load(CHANGES) as before:
        means = {name: (before[name].astype(np.float32) + after) / 2 for name, after in model.changes().items()}
    np.savez_compressed(place, **{name: mean.astype(np.float16) for name, mean in means.items()})
    model.start_from(place)
    yield f"{auroc(judge, held_out):.3f} with the mean of both; these changes are in {place}"


def split(pairs: list[Pair], *, tiny: bool) -> tuple[list[Pair], list[Pair]]:
    """Pairs to fit on, and others, one in ten, to see what the fit is worth."""
    random.Random(0).shuffle(pairs)
    if tiny:
        pairs = pairs[: _HELD_OUT * _TINY_PAIRS]
    return [pair for n, pair in enumerate(pairs) if n % _HELD_OUT], pairs[::_HELD_OUT]


def fit(judge: Judge, fitted: Sequence[Parameter], pairs: Sequence[Pair]) -> None:
    """Fit parameters to what is known of pairs."""
    optimizer = torch.optim.AdamW(fitted, lr=_RATE, weight_decay=0.01)
    steps = max(1, int(_EPOCHS * len(pairs) / _BATCH))
    chances = random.Random(0)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = _RATE * min(1.0, (step + 1) / (_WARMUP * steps)) * (1 - step / steps)
        batch = chances.sample(pairs, min(_BATCH, len(pairs)))
        labels = torch.tensor([float(pair.answers) for pair in batch])
        weights = torch.tensor([pair.weight for pair in batch])
        with torch.autocast("cpu", torch.bfloat16):
            log_odds = judge(batch)
        loss = functional.binary_cross_entropy_with_logits(log_odds, labels, weights)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # as torch has it
        torch.nn.utils.clip_grad_norm_(fitted, 1.0)
        optimizer.step()


def auroc(judge: Judge, pairs: Sequence[Pair]) -> float:
    """How often a text that answers gets more than one that does not."""
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        batches = [judge(pairs[n : n + _BATCH]) for n in range(0, len(pairs), _BATCH)]
    numbers, answers = torch.cat(batches), torch.tensor([pair.answers for pair in pairs])
    right, wrong = numbers[answers][:, None], numbers[~answers][None]
    return float(((right > wrong).float() + (right == wrong) / 2).mean()) if right.numel() and wrong.numel() else float("nan")


def _log_odds(model: ChangedReader, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> torch.Tensor:
    encodings: list[Encoding] = tokenizer.encode_batch_fast([(pair.question, pair.text) for pair in pairs])
    longest = max(map(len, encodings))
    padding = [[0] * (longest - len(encoding)) for encoding in encodings]
    ids = torch.tensor([encoding.ids + rest for encoding, rest in zip(encodings, padding, strict=True)])
    types = torch.tensor([encoding.type_ids + rest for encoding, rest in zip(encodings, padding, strict=True)])
    lengths = torch.tensor([[len(encoding)] for encoding in encodings])
    log_odds: torch.Tensor = model(model.words(ids), types, torch.arange(longest)[None] < lengths)
    return log_odds
