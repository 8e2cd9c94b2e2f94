"""Fitting the changes of the English reader, on questions with and without an answer.

A question of a set is read with a passage that answers it and with the two nearest others; a question that the set does not
answer, with the two nearest. A heading of documentation that asks or says how to do something is a question too: it is read
with the passage below it and with the nearest others of the same documents, half of them without their headings.

`questions/` holds questions that we wrote about passages of public handbooks, manuals and laws (`WrittenQuestion`), each with
one beside it that is near: on the same subject, in the same style, and not answered there. Both are read with the passage, and
with the nearest others of the same documents.

A fit goes on from the changes in the package, and what it keeps is the mean of both: two fits know more together. The changes
in the package came of five runs of half an hour or an hour: one on the evaluation sets, PolicyQA and COVID-QA, from the
cross-encoder itself; three that went on from there, with XQuAD and headings of 16 public handbooks, manuals and help centres;
and one that went on from the mean of these, three quarters of whose pairs were of the written English questions. Those about
three collections (`HELD_OUT`) are in no fit.
"""

import json
import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch.nn import functional

from askdex.corpus.errors import UnreadableError
from askdex.corpus.passages import context, cut
from askdex.corpus.readers.registry import is_read, parse
from askdex.corpus.sources import Item
from askdex.corpus.sources.folder import FolderSource
from askdex.corpus.text.units import clipped, units
from askdex.corpus.types import Document
from askdex.indexer.evaluation.sets import EvaluationSet, documents_of
from askdex.indexer.models import packaged
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.reader import CHANGES
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

_QUESTIONS = Path(__file__).parent / "questions"
HELD_OUT = frozenset(("madetech/handbook", "privacyguides/privacyguides.org", "GSA/search-gov-website"))
"""Collections whose questions are in no fit: with them the weights of what is read are chosen."""

_HEADINGLESS = 0.5
"""The share of texts of documentation that are read without their heading, which would tell all."""

_LEAST_TEXT, _MOST_TEXT = 80, 700
"""Characters of a text of documentation: one that says something, and as much of it as is read."""
_NEAREST = 2
"""Passages that do not answer with which a question is read."""

_UNSURE, _SECOND, _NEAR = 0.5, 0.4, 0.7
"""The weights of a passage that is not known to answer, of the second nearest for a question that nothing answers, and of one
beside the passage that a near question is about."""

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


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """A question that a passage answers, and one near it that it does not.

    `document` is the address of its document below the folder of the collection, `passage` its position there. `units` are the
    positions of its units that answer, each by itself, the best first.
    """

    document: str
    passage: int
    question: str
    units: Sequence[int]
    near: str


def written_questions(language: str) -> Mapping[str, Sequence[WrittenQuestion]]:
    """The written questions in a language ("en"), by the public repository of their documents ("madetech/handbook")."""
    written: dict[str, list[WrittenQuestion]] = {}
    for line in (_QUESTIONS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        question = WrittenQuestion(row["document"], row["passage"], row["question"], row["units"], row["near"])
        written.setdefault(row["documents"], []).append(question)
    return written


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
    model.start_from(CHANGES)
    tokenizer.no_padding()
    tokenizer.enable_truncation(_TOKENS, strategy="only_second")
    held_out, fitted_on = pairs[::_HELD_OUT], [pair for n, pair in enumerate(pairs) if n % _HELD_OUT]
    yield f"{len(fitted_on)} pairs to fit on, AUROC on {len(held_out)} others: {_auroc(model, tokenizer, held_out):.3f} before"
    started = time.monotonic()
    _fit(model, tokenizer, fitted_on)
    yield f"{_auroc(model, tokenizer, held_out):.3f} after {time.monotonic() - started:,.0f} s"
    place = options.work / "reader.npz"
    with np.load(CHANGES) as before:
        means = {name: (before[name].astype(np.float32) + after) / 2 for name, after in model.changes().items()}
    np.savez_compressed(place, **{name: mean.astype(np.float16) for name, mean in means.items()})
    model.start_from(place)
    yield f"{_auroc(model, tokenizer, held_out):.3f} with the mean of both; these changes are in {place}"


def _pairs(options: Options) -> Iterator[Pair]:
    encoder = materials.load_encoder(MODEL)
    for evaluation_set in evaluation_sets(options, options.work):
        if evaluation_set.corpus is not None:
            yield from _of_set(evaluation_set, evaluation_set.corpus, encoder)
    chances = random.Random(0)
    written = written_questions("en")
    for folder in sorted((options.sets / _DOCUMENTATION).glob("*/")):
        sections = list(_sections(folder, encoder))
        vectors = encoder.encode_documents([section.text() for section in sections])
        yield from _of_headings(sections, vectors, encoder, chances)
        repository = folder.name.replace("+", "/")  # a folder's name has no "/"
        if repository not in HELD_OUT:
            yield from _of_written(written.get(repository, ()), sections, vectors, encoder)


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


def _of_headings(sections: Sequence["_Section"], vectors: Vectors, encoder: Encoder, chances: random.Random) -> Iterator[Pair]:
    for section in sections:
        question = question_of(section.heading)
        if question is None:
            continue
        yield Pair(question, section.text(has_heading=chances.random() > _HEADINGLESS), answers=True)
        others = [m for m in _nearest(encoder, question, vectors, 1 + _NEAREST) if sections[m].heading != section.heading]
        for m in others[:_NEAREST]:
            text = sections[m].text(has_heading=chances.random() > _HEADINGLESS)
            yield Pair(question, text, answers=False, weight=_UNSURE)


def _of_written(
    written: Sequence[WrittenQuestion], sections: Sequence["_Section"], vectors: Vectors, encoder: Encoder
) -> Iterator[Pair]:
    place = {(section.document, section.passage): n for n, section in enumerate(sections)}
    for question in written:
        n = place.get((question.document, question.passage))
        if n is None:
            continue
        text = sections[n].text()
        if question.units and sections[n].unit_ends[question.units[0]] <= len(text):
            yield Pair(question.question, text, answers=True)
        yield Pair(question.near, text, answers=False)
        for asked, number, weight in ((question.question, _NEAREST, _UNSURE), (question.near, 1, _NEAR)):
            nearest = _nearest(encoder, asked, vectors, 2 + number)
            others = [m for m in nearest if m != n and sections[m].heading != sections[n].heading]
            yield from (Pair(asked, sections[m].text(), answers=False, weight=weight) for m in others[:number])


def _sections(folder: Path, encoder: Encoder) -> Iterator["_Section"]:
    source = FolderSource(folder, folder, is_read)
    for item in source.items():
        parts = _documents(source, item) if isinstance(item, Item) else ()
        for document in parts:
            for n, passage in enumerate(cut(document, encoder)):
                text = document.text[passage.start : passage.end]
                if passage.heading_path and len(text) >= _LEAST_TEXT:
                    above = context(document.title, passage.heading_path)
                    ends = [unit.end for unit in units(text, clipped(document.blocks, passage.start, passage.end))]
                    yield _Section(document.uri, n, document.title, passage.heading_path[-1], above, text, ends)


def _documents(source: FolderSource, item: Item) -> list[Document]:
    try:
        return [part for part in parse(item, source.read(item)) if isinstance(part, Document)]
    except UnreadableError:
        return []


@dataclass(frozen=True, slots=True)
class _Section:
    """A passage of documentation: the address of its document, its position there, and the ends of its units in its text."""

    document: str
    passage: int
    title: str
    heading: str
    above: str
    body: str
    unit_ends: Sequence[int]

    def text(self, *, has_heading: bool = True) -> str:
        """What is read of it."""
        return f"{self.above if has_heading else self.title}\n{self.body}"[:_MOST_TEXT]


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
