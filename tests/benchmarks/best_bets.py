"""How many questions that mean the same as a best bet are taken for it, and how many others are, by the least cosine.

`meant` are wordings of questions on the starter collection, `not meant` others that were written to be hard to tell apart from
them; `near` are pairs of different questions on one subject of public documentation. Where the evaluation set stackfaq is
beside this checkout, `rephrased` are questions of other people with the one that they rephrase, `others` with the nearest one
that they do not.
"""

import csv
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder
from askdex.indexer.search.best_bets import LEAST_COSINES
from askdex.indexer.types import Vectors
from tests.benchmarks import materials
from tests.benchmarks.options import Options
from tests.benchmarks.table import table

_OWN = Path(__file__).parents[1] / "data" / "best_bets.csv"
_NEAR = Path(__file__).with_name("questions") / "en.jsonl"
_REPHRASED = Path("stackfaq", "queries.jsonl")
_NEAR_NUMBER, _TINY_NUMBER = 1_200, 10
_STEPS = (-0.05, -0.02, 0.0, 0.01, 0.03)
"""Limits beside the one in use."""


def report(options: Options) -> Iterator[str]:
    """The lines of a table for each model that comes with Askdex: the shares that are taken for a best bet."""
    for model in (DEFAULT_MODEL,) if options.tiny else (DEFAULT_MODEL, MULTILINGUAL_MODEL):
        cosines = _cosines(options, materials.load_encoder(model))
        limits = [LEAST_COSINES[model] + step for step in _STEPS if LEAST_COSINES[model] + step < 1]
        yield from table(
            [model, *(f"{name} ({len(of_kind):,})" for name, of_kind in cosines.items())],
            [[f"{limit:.3f}", *(f"{np.mean(of_kind >= limit):.1%}" for of_kind in cosines.values())] for limit in limits],
        )


def _cosines(options: Options, encoder: Encoder) -> dict[str, Vectors]:
    """The cosines of the pairs of each kind."""
    with _OWN.open(encoding="utf-8", newline="") as lines:
        own = list(csv.DictReader(lines))
    near = [json.loads(line) for line in _NEAR.read_text(encoding="utf-8").splitlines()]
    random.Random(0).shuffle(near)
    pairs = {
        "meant": [(row["best_bet"], row["question"]) for row in own if row["is_meant"] == "yes"],
        "not meant": [(row["best_bet"], row["question"]) for row in own if row["is_meant"] == "no"],
        "near": [(row["question"], row["near"]) for row in near[:_NEAR_NUMBER]],
    }
    most = _TINY_NUMBER if options.tiny else None
    cosines = {name: _of_pairs(encoder, of_kind[:most]) for name, of_kind in pairs.items()}
    return cosines if options.tiny else cosines | _rephrased(options.sets / _REPHRASED, encoder)


def _of_pairs(encoder: Encoder, pairs: Sequence[tuple[str, str]]) -> Vectors:
    one, other = (encoder.encode_questions(list(texts)) for texts in zip(*pairs, strict=True))
    cosines: Vectors = np.vecdot(one, other)
    return cosines


def _rephrased(file: Path, encoder: Encoder) -> dict[str, Vectors]:
    if not file.is_file():
        return {}
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    originals = {row["id"][1:]: row["text"] for row in rows if row["kind"] == "original"}
    others = [row for row in rows if row["kind"] != "original"]
    cosines = encoder.encode_questions([row["text"] for row in others]) @ encoder.encode_questions(list(originals.values())).T
    own = [list(originals).index(row["id"][1:].partition("-")[0]) for row in others]
    rephrased = cosines[np.arange(len(own)), own]
    cosines[np.arange(len(own)), own] = -1.0
    return {"rephrased": rephrased, "others": cosines.max(axis=1)}
