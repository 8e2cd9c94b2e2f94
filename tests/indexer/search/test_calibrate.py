"""What is measured of a model and of a collection."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.search.calibrate import measured, refused_intervals, with_refusals
from askdex.indexer.types import UNTUNED, Calibration, Tuning, Vectors
from tests.indexer.evaluation.tuned import THINGS
from tests.stubs import StubEncoder, write_files


class AllAlike(StubEncoder):
    """Gives all texts similar vectors: to each, a constant is added before it gets unit length."""

    def encode_documents(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        vectors = super().encode_documents(texts) + np.float32(0.3)
        moved: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return moved

    encode_questions = encode_documents  # type: ignore[assignment]


@pytest.mark.parametrize("encoder", [StubEncoder(), AllAlike()])
def test_cosines_that_lie_close_together_are_to_be_spread(tmp_path: Path, encoder: StubEncoder) -> None:
    write_files(tmp_path / "docs", {f"{n}.txt": f"Page {n} says this." for n in range(8)})
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: encoder)
    with closing(Reader(tmp_path / "index")) as reader, reader.opened() as opened:
        scale = measured(opened, encoder).cosine_scale
    assert scale == 1 if type(encoder) is StubEncoder else scale > 1.5


def calibration_of(folder: Path, pages: dict[str, str], tuning: Tuning = UNTUNED) -> Calibration:
    encoder = StubEncoder()
    write_files(folder / "docs", pages)
    update(folder / "index", [folder / "docs"], load_encoder=lambda _: encoder)
    with closing(Reader(folder / "index")) as reader, reader.opened() as opened:
        return with_refusals(opened, encoder, measured(opened, encoder), tuning)


def test_a_question_without_its_document_is_a_near_one(tmp_path: Path) -> None:
    own = {f"{thing}.md": f"# The {thing}\n\nOnly {thing}s {thing}ed {thing}ly {thing}wards.\n" for thing in THINGS}
    found = calibration_of(tmp_path / "own", own)
    assert found.near_asked == len(THINGS)
    assert found.near_refused is not None
    assert found.own_refused < found.near_refused
    # With a copy of each document beside it, what it answers is answered without it.
    twice = calibration_of(tmp_path / "twice", own | {f"copy of {name}": text for name, text in own.items()})
    assert twice.near_refused == pytest.approx(twice.own_refused, abs=0.05)


def test_one_document_has_no_near_questions(tmp_path: Path) -> None:
    found = calibration_of(tmp_path, {"one.md": "# One\n\nSome text says this.\n"})
    assert (found.near_refused, found.near_asked) == (None, 0)
    assert refused_intervals(found).keys() == {"own", "foreign"}


def test_refusals_are_counted_with_the_tuning(tmp_path: Path) -> None:
    pages = {f"{n}.md": f"# Item {n}\n\nIt costs {n} coins.\n" for n in range(40)}
    least, most = (calibration_of(tmp_path, pages, Tuning(shift=shift)) for shift in (2.0, -4.0))
    assert least.foreign_refused < most.foreign_refused
    assert (least.near_refused, most.near_refused) == (0.0, 1.0)


def test_a_calibration_of_before_near_questions_is_read() -> None:
    usual = Calibration(foreign=0.2, own=0.6, passages=10, own_refused=0.5)
    stored = json.loads(usual.to_json())
    assert Calibration.from_json(json.dumps(stored)) == usual
    assert Calibration.from_json(json.dumps({**stored, "near_refused": 0.5, "near_asked": 32})) == replace(
        usual, near_refused=0.5, near_asked=32
    )
    for name in ("near_refused", "near_asked"):
        del stored[name]
    assert Calibration.from_json(json.dumps(stored)) == usual
    assert Calibration.from_json(json.dumps({**stored, "of_a_newer_version": 1})) is None
    del stored["own"]
    assert Calibration.from_json(json.dumps(stored)) is None


def test_the_interval_of_refusals_is_of_as_many_questions_as_were_asked() -> None:
    usual = Calibration(0.2, 0.6, 10, own_refused=0.5, foreign_refused=1.0, near_refused=0.5, near_asked=32)
    widths = {name: high - low for name, (low, high) in refused_intervals(usual).items()}
    assert widths["own"] > widths["near"] > widths["foreign"]
