"""Documents, passages and questions that people wrote, to measure on."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from askdex.corpus import starter
from askdex.indexer.generations.reader import viewed
from askdex.indexer.models import loading
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.loading import Device
from askdex.indexer.store import read
from askdex.indexer.types import Vectors
from tests.benchmarks import processes
from tests.benchmarks.options import MODEL, Options

_PAGES = Path("usagov_en", "pages_txt")
_SMALL = "registration"
"""A folder of the starter collection with eight documents."""

_TINY_NUMBER = 100
_STARTER_QUESTIONS = 10_000
"""More than the starter collection has: all of its questions."""

_SEED = 0


def load_encoder(name: str = MODEL) -> Encoder:
    """The encoder as Askdex loads it for the CPU."""
    return loading.load_encoder(name, Device.CPU)


def documents(options: Options) -> Path:
    """A folder of documents: the pages of a public web site beside the evaluation sets, else the starter collection."""
    if options.tiny:
        return starter.FOLDER / _SMALL
    pages = options.sets / _PAGES
    return pages if pages.is_dir() else starter.FOLDER


def index(options: Options) -> Path:
    """The index of `documents`, made or brought up to date by the command."""
    folder = options.work / ("index-tiny" if options.tiny else "index")
    processes.finished(processes.askdex_command("index", documents(options), "--index", folder))
    return folder


def starter_index(options: Options) -> Path:
    """The index of the starter collection, made or brought up to date by the command."""
    folder = options.work / "starter-index"
    processes.finished(processes.askdex_command("index", starter.FOLDER, "--index", folder))
    return folder


def indexed_texts(folder: Path) -> list[str]:
    """The texts of an index's passages, each below its context, as the encoder gets them."""
    with viewed(folder) as view:
        return ["\n".join(filter(None, (entry.context, entry.text))) for entry in read.indexed_passages(view)]


def passages(options: Options) -> list[str]:
    """All different passages of the evaluation sets, titles first, and those of the starter collection."""
    texts = [f"{row.get('title') or ''}\n{row['text']}".strip() for row in _rows(options, "corpus*.jsonl")]
    texts += [path.read_text(encoding="utf-8") for path in sorted(starter.FOLDER.rglob("*.md"))]
    return list(dict.fromkeys(texts))[: _TINY_NUMBER if options.tiny else None]


def questions(options: Options) -> list[str]:
    """All different questions of the evaluation sets, else of the starter collection, in a random order that stays the same."""
    texts = list(dict.fromkeys(str(row["text"]) for row in _rows(options, "queries*.jsonl")))
    if not texts:
        with viewed(index(options)) as view:
            texts = read.example_questions(view, _STARTER_QUESTIONS)
    random.Random(_SEED).shuffle(texts)
    return texts[: _TINY_NUMBER if options.tiny else None]


def vectors(options: Options, name: str, texts: list[str]) -> Vectors:
    """The vectors of texts, kept for the next run in a file of this name and their number."""
    file = options.work / f"{name}{'-tiny' if options.tiny else ''}-{len(texts)}.npy"
    if not file.exists():
        encoder = load_encoder()
        encode = encoder.encode_questions if name.startswith("question") else encoder.encode_documents
        np.save(file, encode(texts))
    loaded: Vectors = np.load(file)
    return loaded


def _rows(options: Options, pattern: str) -> Iterator[dict[str, object]]:
    """The rows of all sets' files of this name; of a set in several languages only the English ones."""
    for file in sorted(options.sets.glob(f"*/{pattern}")):
        if file.stem.count(".") == 0 or file.stem.endswith(".en"):
            with file.open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)
