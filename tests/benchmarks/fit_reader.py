"""Fitting the changes of the reader, on questions with and without an answer.

A question of a set is read with a passage that answers it and with the two nearest others; a question that the set does not
answer, with the two nearest. A heading of documentation that asks or says how to do something is a question too: it is read
with the passage below it and with the nearest others of the same documents, half of them without their headings.

The changes in the package are the mean of four: those of a run of an hour on the evaluation sets, PolicyQA and COVID-QA (which
also learned where in a text the answer stands; that is not used), and those of three runs of half an hour that went on from
there, with the questions of XQuAD and with 16 public handbooks, manuals and help centres besides.
"""

import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch.nn import functional

from askdex.corpus.passages import cut
from askdex.corpus.readers.registry import is_read, parse
from askdex.corpus.sources import Item
from askdex.corpus.sources.folder import FolderSource
from askdex.corpus.types import Document
from askdex.indexer.evaluation.sets import EvaluationSet, documents_of
from askdex.indexer.models import packaged
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.types import Vectors
from tests.benchmarks import materials
from tests.benchmarks.fit import evaluation_sets
from tests.benchmarks.options import MODEL, Options, SkippedError
from tests.benchmarks.torch_reader import ChangedReader

_UNANSWERED = "unanswerable.jsonl"
_DOCUMENTATION = "documentation"
"""A folder beside the evaluation sets that may be there; each folder in it holds the documents of one collection."""

_TELLS_HOW = re.compile(r"(?:how to )?(?P<verb>[a-z]+?)(?P<form>ing)? (?P<object>.+)", re.IGNORECASE)
_VERBS = frozenset(
    "access add apply assign build cancel change check choose configure connect copy create delete disable download edit "
    "enable export find fix get import install join log manage migrate move open pay prevent print register remove renew "
    "report request reset restore run save schedule search select send set share sign start stop submit sync transfer turn "
    "update upgrade upload use verify view".split()
)
"""Verbs that headings of manuals begin with."""

_HEADINGLESS = 0.5
"""The share of texts of documentation that are read without their heading, which would tell all."""

_LEAST_TEXT, _MOST_TEXT = 80, 700
"""Characters of a text of documentation: one that says something, and as much of it as is read."""
_NEAREST = 2
"""Passages that do not answer with which a question is read."""

_UNSURE, _SECOND = 0.5, 0.4
"""The weights of a passage that is not known to answer, and of the second nearest for a question that nothing answers."""

_TOKENS, _BATCH, _EPOCHS, _RATE, _WARMUP = 256, 24, 1.5, 4e-4, 0.06
_TINY_PAIRS = 8
_HELD_OUT = 10
"""One of so many questions is held out."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a text, whether the text answers it, and what that weighs."""

    question: str
    text: str
    answers: bool
    weight: float = 1.0


def report(options: Options) -> Iterator[str]:
    """Fit, say how well texts that answer are told from others, and keep the changes in the folder to work in."""
    folder = packaged.weights_folder(packaged.RERANKER)
    if folder is None:
        raise SkippedError("the cross-encoder is not installed")
    pairs = list(_pairs(options))
    random.Random(0).shuffle(pairs)
    if options.tiny:
        pairs = pairs[: _HELD_OUT * _TINY_PAIRS]
    torch.manual_seed(0)
    model, tokenizer = ChangedReader(folder), Tokenizer.from_file(str(folder / packaged.TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_TOKENS, strategy="only_second")
    held_out, fitted_on = pairs[::_HELD_OUT], [pair for n, pair in enumerate(pairs) if n % _HELD_OUT]
    yield f"{len(fitted_on)} pairs to fit on, AUROC on {len(held_out)} others: {_auroc(model, tokenizer, held_out):.3f} before"
    started = time.monotonic()
    _fit(model, tokenizer, fitted_on)
    place = options.work / "reader.npz"
    np.savez_compressed(place, **model.changes())
    yield f"{_auroc(model, tokenizer, held_out):.3f} after {time.monotonic() - started:,.0f} s; the changes are in {place}"


def _pairs(options: Options) -> Iterator[Pair]:
    encoder = materials.load_encoder(MODEL)
    for evaluation_set in evaluation_sets(options, options.work):
        if evaluation_set.corpus is not None:
            yield from _of_set(evaluation_set, evaluation_set.corpus, encoder)
    chances = random.Random(0)
    for folder in sorted((options.sets / _DOCUMENTATION).glob("*/")):
        yield from _of_documentation(folder, encoder, chances)


def _of_set(evaluation_set: EvaluationSet, corpus: Path, encoder: Encoder) -> Iterator[Pair]:
    documents = list(documents_of(corpus))
    texts = [f"{document.title}\n{document.text}" for document in documents]
    place = {document.uri: n for n, document in enumerate(documents)}
    vectors = encoder.encode_documents(texts)
    for key, question in evaluation_set.questions.items():
        answering = [place[uri] for uri in sorted(evaluation_set.relevant[key]) if uri in place]
        yield from (Pair(question, texts[n], answers=True) for n in answering[:1])
        others = [n for n in _nearest(encoder, question, vectors, _NEAREST + len(answering)) if n not in answering]
        yield from (Pair(question, texts[n], answers=False, weight=_UNSURE) for n in others[:_NEAREST])
    unanswered = corpus.with_name(_UNANSWERED)
    for line in unanswered.read_text(encoding="utf-8").splitlines() if unanswered.exists() else ():
        question = str(json.loads(line)["text"])
        for weight, n in zip((1.0, _SECOND), _nearest(encoder, question, vectors, _NEAREST), strict=False):
            yield Pair(question, texts[n], answers=False, weight=weight)


def _of_documentation(folder: Path, encoder: Encoder, chances: random.Random) -> Iterator[Pair]:
    sections = list(_sections(folder, encoder))
    vectors = encoder.encode_documents([section.text() for section in sections])
    for section in sections:
        question = question_of(section.heading)
        if question is None:
            continue
        yield Pair(question, section.text(has_heading=chances.random() > _HEADINGLESS), answers=True)
        others = [m for m in _nearest(encoder, question, vectors, 1 + _NEAREST) if sections[m].heading != section.heading]
        for m in others[:_NEAREST]:
            text = sections[m].text(has_heading=chances.random() > _HEADINGLESS)
            yield Pair(question, text, answers=False, weight=_UNSURE)


def _sections(folder: Path, encoder: Encoder) -> Iterator["_Section"]:
    source = FolderSource(folder, folder, is_read)
    for item in source.items():
        parts = parse(item, source.read(item)) if isinstance(item, Item) else ()
        for document in (part for part in parts if isinstance(part, Document)):
            for passage in cut(document, encoder):
                text = document.text[passage.start : passage.end]
                if passage.heading_path and len(text) >= _LEAST_TEXT:
                    yield _Section(document.title, passage.heading_path[-1], text[:_MOST_TEXT])


@dataclass(frozen=True, slots=True)
class _Section:
    """A passage of documentation."""

    title: str
    heading: str
    body: str

    def text(self, *, has_heading: bool = True) -> str:
        """What is read of it."""
        return f"{self.title} > {self.heading}\n{self.body}" if has_heading else f"{self.title}\n{self.body}"


def question_of(heading: str) -> str | None:
    """A heading as a question; None for one that is none and does not say how to do something.

    >>> question_of("Creating a vault")
    'How do I create a vault?'
    """
    if heading.endswith("?"):
        return heading
    told = _TELLS_HOW.fullmatch(heading)
    if told is None:
        return None
    stem = told["verb"].lower()
    # "creating" has lost an e, "setting" has doubled a t.
    stems = (stem, f"{stem}e", stem[:-1]) if told["form"] else (stem,)
    verb = next((one for one in stems if one in _VERBS), None)
    return None if verb is None else f"How do I {verb} {told['object']}?"


def _nearest(encoder: Encoder, question: str, vectors: Vectors, number: int) -> list[int]:
    cosines = vectors @ encoder.encode_questions([question])[0]
    nearest: list[int] = np.argsort(-cosines)[:number].tolist()
    return nearest


def _fit(model: ChangedReader, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> None:
    fitted = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(fitted, lr=_RATE, weight_decay=0.01)
    steps = max(1, int(_EPOCHS * len(pairs) / _BATCH))
    chances = random.Random(0)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = _RATE * min(1.0, (step + 1) / (_WARMUP * steps)) * (1 - step / steps)
        batch = chances.sample(pairs, min(_BATCH, len(pairs)))
        labels = torch.tensor([float(pair.answers) for pair in batch])
        weights = torch.tensor([pair.weight for pair in batch])
        loss = functional.binary_cross_entropy_with_logits(_log_odds(model, tokenizer, batch), labels, weights)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # as torch has it
        torch.nn.utils.clip_grad_norm_(fitted, 1.0)
        optimizer.step()


def _log_odds(model: ChangedReader, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> torch.Tensor:
    encodings: list[Encoding] = tokenizer.encode_batch_fast([(pair.question, pair.text) for pair in pairs])
    longest = max(map(len, encodings))
    padding = [[0] * (longest - len(encoding)) for encoding in encodings]
    ids = torch.tensor([encoding.ids + rest for encoding, rest in zip(encodings, padding, strict=True)])
    types = torch.tensor([encoding.type_ids + rest for encoding, rest in zip(encodings, padding, strict=True)])
    lengths = torch.tensor([[len(encoding)] for encoding in encodings])
    with torch.autocast("cpu", torch.bfloat16):
        log_odds: torch.Tensor = model(ids, types, torch.arange(longest)[None] < lengths)
    return log_odds


def _auroc(model: ChangedReader, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> float:
    """How often a text that answers gets more than one that does not."""
    with torch.no_grad():
        batches = [_log_odds(model, tokenizer, pairs[n : n + _BATCH]) for n in range(0, len(pairs), _BATCH)]
    numbers, answers = torch.cat(batches), torch.tensor([pair.answers for pair in pairs])
    right, wrong = numbers[answers][:, None], numbers[~answers][None]
    return float(((right > wrong).float() + (right == wrong) / 2).mean()) if right.numel() and wrong.numel() else float("nan")
