"""How many questions that mean the same as a best bet are taken for it, and how many others are.

The questions of editors are given to the starter collection as best bets, and others are asked of it: `meant` are wordings of
them, `not meant` were written to be hard to tell apart. Then, for each model, what the likeness of two questions alone says:
`near` are pairs of different questions on one subject of public documentation. Where the evaluation set stackfaq is beside this
checkout, `rephrased` are questions of other people with the one that they rephrase, `others` with the nearest one that they do
not.
"""

import csv
import json
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from askdex.corpus import starter
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder
from askdex.indexer.models.token_models import load_beside
from askdex.indexer.search.best_bets import LEAST_ALIKE, SURELY_ALIKE, alike
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import BestBet, Curation, Numbers, Query, Vectors
from tests.benchmarks import materials
from tests.benchmarks.options import Options, SkippedError
from tests.benchmarks.table import table

_OWN = Path(__file__).parents[1] / "data" / "best_bets.csv"
_NEAR = Path(__file__).with_name("questions") / "en.jsonl"
_REPHRASED = Path("stackfaq", "queries.jsonl")
_NEAR_NUMBER, _TINY_NUMBER = 1_200, 10


def report(options: Options) -> Iterator[str]:
    """The lines of a table of what is taken for a best bet, and of one for each model of what is as alike as its limits say."""
    with _OWN.open(encoding="utf-8", newline="") as lines:
        own = list(csv.DictReader(lines))
    yield from table(["asked of the starter collection", "number", "taken"], list(_asked(options, own)))
    for model in (DEFAULT_MODEL,) if options.tiny else (DEFAULT_MODEL, MULTILINGUAL_MODEL):
        yield ""
        likeness = _likeness(options, own, materials.load_encoder(model))
        limits = {"may mean the same": LEAST_ALIKE[model], "the same": SURELY_ALIKE[model]}
        yield from table(
            [model, *(f"{name} ({len(of_kind):,})" for name, of_kind in likeness.items())],
            [
                [f"{name} ({limit:.2f})", *(f"{np.mean(of_kind >= limit):.1%}" for of_kind in likeness.values())]
                for name, limit in limits.items()
            ],
        )


def _asked(options: Options, own: Sequence[Mapping[str, str]]) -> Iterator[list[str]]:
    """A row for those meant and those not, with the share that is taken for the question of the editors."""
    documents = {row["best_bet"]: row["document"] for row in own}
    bets = tuple(BestBet((question,), document) for question, document in documents.items())
    index, encoder = options.work / "best-bets", materials.load_encoder()
    shutil.rmtree(index, ignore_errors=True)
    shutil.copytree(materials.starter_index(options), index)
    update(index, [starter.FOLDER], load_encoder=lambda _: encoder, curation=Curation(bets))
    rows = own[:_TINY_NUMBER] if options.tiny else own
    with closing(open_searcher(index, lambda _: encoder)) as searcher:
        responses = searcher.answers([Query(row["question"], limit=1) for row in rows])
        found = (response.results[0].best_bet if response.results else None for response in responses)
        taken = [bet == row["best_bet"] for bet, row in zip(found, rows, strict=True)]
    for is_meant, name in (("yes", "meant"), ("no", "not meant")):
        of_kind = [is_taken for is_taken, row in zip(taken, rows, strict=True) if row["is_meant"] == is_meant]
        yield [name, f"{len(of_kind):,}", f"{np.mean(of_kind):.1%}"]


def _likeness(options: Options, own: Sequence[Mapping[str, str]], encoder: Encoder) -> dict[str, Numbers]:
    """How alike the questions of the pairs of each kind are."""
    near = [json.loads(line) for line in _NEAR.read_text(encoding="utf-8").splitlines()]
    random.Random(0).shuffle(near)
    pairs = {
        "meant": [(row["best_bet"], row["question"]) for row in own if row["is_meant"] == "yes"],
        "not meant": [(row["best_bet"], row["question"]) for row in own if row["is_meant"] == "no"],
        "near": [(row["question"], row["near"]) for row in near[:_NEAR_NUMBER]],
    }
    if not options.tiny:
        pairs |= _rephrased(options.sets / _REPHRASED, encoder)
    most = _TINY_NUMBER if options.tiny else None
    return {name: _of_pairs(encoder, of_kind[:most]) for name, of_kind in pairs.items()}


def _of_pairs(encoder: Encoder, pairs: Sequence[tuple[str, str]]) -> Numbers:
    model = load_beside(encoder)
    if model is None:
        raise SkippedError("the model of late interaction is not installed")
    one, other = (encoder.encode_questions(list(texts)) for texts in zip(*pairs, strict=True))
    tokens = {text: model.question(text) for pair in pairs for text in pair}
    likeness = []
    for cosine, pair in zip(np.vecdot(one, other).tolist(), pairs, strict=True):
        asked, bet = (tokens[text] for text in pair)
        likeness.append(0.0 if asked is None or bet is None else alike(cosine, asked, bet))
    return np.array(likeness)


def _rephrased(file: Path, encoder: Encoder) -> dict[str, list[tuple[str, str]]]:
    if not file.is_file():
        return {}
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    originals = {row["id"][1:]: row["text"] for row in rows if row["kind"] == "original"}
    others = [row for row in rows if row["kind"] != "original"]
    texts = list(originals.values())
    cosines: Vectors = encoder.encode_questions([row["text"] for row in others]) @ encoder.encode_questions(texts).T
    own = [list(originals).index(row["id"][1:].partition("-")[0]) for row in others]
    cosines[np.arange(len(own)), own] = -1.0
    return {
        "rephrased": [(texts[n], row["text"]) for n, row in zip(own, others, strict=True)],
        "others": [(texts[n], row["text"]) for n, row in zip(cosines.argmax(axis=1).tolist(), others, strict=True)],
    }
