"""Engines made of the one before: what is shared, what is merged, what is measured."""

import os
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.engine import files
from askdex.indexer.engine.build import built, extended
from askdex.indexer.engine.embedded import EXACT, EmbeddedEngine, SketchTuning
from askdex.indexer.engine.files import EngineManifest, EngineWriter, StaleError, Stamp, opened
from askdex.indexer.engine.protocol import Ask
from askdex.indexer.engine.segment import DEFAULT_SIZES, SegmentSizes
from askdex.indexer.engine.tuning import ENOUGH_RECALL, recall, tuned
from askdex.indexer.types import Filter, Ids, IndexedPassage, Vectors

DIMENSION = 32
SMALL = SegmentSizes(small=10)
"""Segments of more than ten passages are left alone as long as they are large beside the others."""

SKETCHED = SegmentSizes(small=10, sketched_from=2_000)
"""The same, and segments from 2,000 vectors on have a sketch."""

NOBODY: Ids = np.empty(0, np.int64)


def entries(start: int, number: int) -> list[IndexedPassage]:
    """Passages whose vectors lie in clusters, as those of texts on the same subjects do."""
    subjects = np.random.default_rng(0).standard_normal((40, DIMENSION))
    generator = np.random.default_rng(start + 1)
    vectors = subjects[generator.integers(40, size=number)] + 0.5 * generator.standard_normal((number, DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    values = [[("parity", str((start + n) % 2)), ("number", str(start + n))] for n in range(number)]
    return [
        IndexedPassage(start + n, "Cards", f"passage {start + n}", row[None].astype(np.float32), filters=values[n])
        for n, row in enumerate(vectors)
    ]


def nearest(engine: EmbeddedEngine, vector: Vectors, limit: int, tuning: SketchTuning | None = None) -> list[int]:
    """The ids of the nearest passages, found with the engine's own tuning or another."""
    return list(engine.nearest_passages(vector, limit, tuning or engine.tuning))


def first(folder: Path, number: int, sizes: SegmentSizes = DEFAULT_SIZES) -> EngineManifest:
    folder.mkdir()
    writer = EngineWriter(folder)
    writer.finish(built(entries(0, number), writer, sizes), folder.name)
    return files.read_manifest(folder, folder.name)


def following(
    before: EngineManifest,
    folder: Path,
    added: list[IndexedPassage],
    removed: Ids = NOBODY,
    sizes: SegmentSizes = DEFAULT_SIZES,
) -> EngineManifest:
    folder.mkdir()
    writer = EngineWriter(folder, before)
    writer.finish(extended(before, added, removed, writer, sizes), folder.name)
    return files.read_manifest(folder, folder.name)


@pytest.fixture(scope="module")
def sketched(tmp_path_factory: pytest.TempPathFactory) -> EngineManifest:
    """An engine of 4,000 passages that has a sketch; tests must not change it."""
    return first(tmp_path_factory.mktemp("sketched") / "1", 4_000, SKETCHED)


def test_a_sketch_that_finds_too_little_is_not_used(tmp_path: Path) -> None:
    segments = first(tmp_path / "1", 2_000, SKETCHED).engine({}).segments
    tuning = tuned(EmbeddedEngine(segments), aim=1.1)
    assert tuning == SketchTuning(None, recall=1.0, passages=2_000)
    engine = EmbeddedEngine(segments, tuning)
    assert not engine.is_exact
    vector = entries(9_000, 1)[0].vectors[0]
    np.testing.assert_array_equal(nearest(engine, vector, 20), nearest(engine, vector, 20, EXACT))


def test_a_small_change_leaves_the_files_of_the_rest_as_they_are(tmp_path: Path) -> None:
    before = first(tmp_path / "1", 500, SMALL)
    after = following(before, tmp_path / "2", entries(500, 5), np.array([3, 499], np.int64), sizes=SMALL)
    (kept,) = before.segments
    assert kept in after.segments
    assert len(after.segments) == 2
    for path in (tmp_path / "1" / kept).iterdir():
        assert path.stat().st_ino == (tmp_path / "2" / kept / path.name).stat().st_ino
    engine = opened(tmp_path / "2", Stamp("2", 503, 503))
    assert not {3, 499} & set(engine.ids.tolist())


def test_where_files_cannot_have_two_names_they_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "not here")

    monkeypatch.setattr(os, "link", refuse)
    before = first(tmp_path / "1", 100, SMALL)
    following(before, tmp_path / "2", entries(100, 5), sizes=SMALL)
    assert len(opened(tmp_path / "2", Stamp("2", 105, 105))) == 105


def test_segments_stay_few(tmp_path: Path) -> None:
    engine = first(tmp_path / "0", 20, SMALL)
    for n in range(1, 60):
        engine = following(engine, tmp_path / str(n), entries(20 * n, 20), sizes=SMALL)
        assert len(engine.segments) <= 1 + np.log2(n + 1)
    assert len(opened(tmp_path / "59", Stamp("59", 1_200, 1_200))) == 1_200


def test_a_segment_that_is_mostly_dead_is_made_anew(tmp_path: Path) -> None:
    before = first(tmp_path / "1", 100, SMALL)
    after = following(before, tmp_path / "2", [], np.arange(60), sizes=SMALL)
    assert after.segments != before.segments
    assert all(segment.live is None for segment in after.engine({}).segments)


def test_an_engine_from_which_all_is_taken_is_empty(tmp_path: Path) -> None:
    before = first(tmp_path / "1", 20)
    assert following(before, tmp_path / "2", [], np.arange(20)).segments == []
    assert len(opened(tmp_path / "2", Stamp("2", 0, 0))) == 0


def test_no_segment_is_larger_than_it_may_be(tmp_path: Path) -> None:
    sizes = SegmentSizes(largest=40)
    before = first(tmp_path / "1", 100, sizes)
    after = following(before, tmp_path / "2", entries(100, 30), sizes=sizes)
    assert sorted(map(len, after.engine({}).segments)) == [20, 30, 40, 40]


def test_half_empty_segments_are_not_merged_into_one_that_is_too_large(tmp_path: Path) -> None:
    sizes = SegmentSizes(small=4, largest=40)
    before = first(tmp_path / "1", 200, sizes)
    removed = np.flatnonzero(np.arange(200) % 20 < 12)
    after = following(before, tmp_path / "2", [], removed, sizes)
    segments = after.engine({}).segments
    assert sum(map(len, segments)) == 80
    assert max(map(len, segments)) <= 40
    assert len(segments) < 5


@pytest.mark.parametrize("name", ["ids.npy", "vectors.faiss", "words-rows.npy"])
def test_nothing_is_made_of_a_damaged_segment(tmp_path: Path, name: str) -> None:
    before = first(tmp_path / "1", 50)
    path = tmp_path / "1" / before.segments[0] / name
    content = bytearray(path.read_bytes())
    content[-3] ^= 4
    path.write_bytes(content)
    with pytest.raises(StaleError):
        following(before, tmp_path / "2", entries(50, 5))


def test_a_large_segment_is_searched_by_its_sketch_and_finds_what_was_aimed_at(sketched: EngineManifest) -> None:
    assert sketched.tuning.probes is not None
    assert sketched.tuning.recall >= ENOUGH_RECALL
    engine = sketched.engine({})
    assert not engine.is_exact
    assert recall(engine) == sketched.tuning.recall
    vector = entries(9_000, 1)[0].vectors[0]
    assert set(nearest(engine, vector, 10)) & set(nearest(engine, vector, 10, EXACT))


@pytest.mark.parametrize("wanted", [{"parity": 0}, {"number": list(range(0, 4_000, 40))}], ids=["half", "few"])
def test_a_sketch_finds_what_is_near_among_the_passages_that_a_filter_lets_through(
    sketched: EngineManifest, wanted: Filter
) -> None:
    engine = sketched.engine({})
    passing = [entry for entry in entries(0, 4_000) if entry.id % (2 if "parity" in wanted else 40) == 0]
    shares = []
    for vector in (entry.vectors[0] for entry in entries(9_000, 20)):
        exact = sorted(passing, key=lambda entry: -float(entry.vectors[0] @ vector))[:10]
        ids = engine.candidates(Ask(vector, limit=20, filter=wanted)).ids
        assert set(ids.tolist()) <= {entry.id for entry in passing}
        shares.append(len({entry.id for entry in exact} & set(ids.tolist())) / 10)
    assert np.mean(shares) >= (ENOUGH_RECALL if "parity" in wanted else 1)


def test_recall_is_measured_again_when_much_has_changed(sketched: EngineManifest, tmp_path: Path) -> None:
    little = following(sketched, tmp_path / "2", entries(4_000, 400), sizes=SKETCHED)
    assert little.tuning == sketched.tuning
    much = following(little, tmp_path / "3", entries(5_000, 1_500), sizes=SKETCHED)
    assert much.tuning.passages == 5_900


def test_dead_passages_of_a_sketched_segment_are_not_found(sketched: EngineManifest, tmp_path: Path) -> None:
    vector = entries(0, 1)[0].vectors[0]
    near = np.array(nearest(sketched.engine({}), vector, 5))
    after = following(sketched, tmp_path / "2", entries(4_000, 5), near, sizes=SKETCHED)
    found = nearest(after.engine({}), vector, 50)
    assert len(found) == 50
    assert not set(found) & set(near.tolist())


def test_a_small_collection_is_searched_exactly(tmp_path: Path) -> None:
    engine = first(tmp_path / "1", 50).engine({})
    assert engine.is_exact
    assert tuned(engine) == EXACT
    assert EmbeddedEngine(()).is_exact


def test_the_nearest_passage_is_told_as_surely_as_a_question_finds_it(tmp_path: Path) -> None:
    engine = first(tmp_path / "1", 4_000, SKETCHED).engine({})
    assert engine.tuning.probes is not None
    vectors = np.concatenate([entry.vectors for entry in entries(9_000, 100)])
    told = engine.best_cosines(vectors, {})
    exact = [next(iter(engine.nearest_passages(vector, 1, EXACT).values())) for vector in vectors]
    assert np.mean(told >= np.array(exact) - 1e-6) >= ENOUGH_RECALL
