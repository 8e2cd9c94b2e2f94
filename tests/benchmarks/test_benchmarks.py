"""The benchmarks run, on very little; what they measure is for those who run them in full."""

import math
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from click.testing import CliRunner

from askdex.indexer.engine import arrays
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.fusion import FUSION_WEIGHTS, FusionWeights
from askdex.indexer.types import Query
from tests.benchmarks import (
    NAMES,
    engines,
    fit_ranking,
    growth,
    load,
    machine,
    made_vectors,
    made_words,
    materials,
    quality,
    question,
    same_answers,
    worker,
)
from tests.benchmarks.__main__ import main
from tests.benchmarks.engines import Source
from tests.benchmarks.question import Call
from tests.indexer.search.collection import PAGES, index_pages, opened


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch, encoder: Encoder, starter_index: Path, tmp_path: Path) -> None:
    """Measure in this process, with the model and the index that tests share: other processes would each load a model."""
    index = Path(shutil.copytree(starter_index, tmp_path / "index"))
    monkeypatch.setattr(worker, "ProcessPoolExecutor", lambda number, _: ThreadPoolExecutor(number))
    monkeypatch.setattr(materials, "load_encoder", lambda *_: encoder)
    monkeypatch.setattr(materials, "index", lambda _: index)
    monkeypatch.setattr(materials, "starter_index", lambda _: index)


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_and_names_the_machine(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(main, [name, "--tiny", "--work", str(tmp_path)], catch_exceptions=False)
    assert next(machine.described()) in result.output
    assert f"== {name}" in result.output.splitlines()[3]
    assert len(result.output.splitlines()) > 4


def test_an_answerable_question_is_served_by_the_right_sentence_an_unanswerable_one_by_refusal() -> None:
    answerable = quality.Question("q", "plain", ["a.md"], re.compile("yes"))
    near = quality.Question("q", "near", [], None)
    assert quality.Outcome(answerable, 1, is_marked=True, is_refused=False, seconds=0).is_served
    assert not quality.Outcome(answerable, 1, is_marked=True, is_refused=True, seconds=0).is_served
    assert not quality.Outcome(answerable, 1, is_marked=False, is_refused=False, seconds=0).is_served
    assert quality.Outcome(near, None, is_marked=False, is_refused=True, seconds=0).is_served
    assert not quality.Outcome(near, None, is_marked=False, is_refused=False, seconds=0).is_served


def test_what_two_versions_answer_differently_is_counted_once_for_each_aspect() -> None:
    answer: same_answers.Answer = {
        "order": ["a", "b"],
        "total": 2,
        "scores": {"a": "1.0", "b": "0.5"},
        "marked": {"a": "(0, 4)", "b": "None"},
        "relevance": {"a": "0.9", "b": "0.1"},
        "answered": True,
        "corrected": None,
    }
    swapped = {**answer, "order": ["b", "a"]}
    # A passage that only one version found changes the order; no score of it is there to compare.
    other_passage = {**answer, "order": ["a", "c"], "scores": {"a": "1.0", "c": "0.7"}}
    last_digit = {**answer, "scores": {"a": "1.0000000000000002", "b": "0.5"}, "answered": False}
    refusal: same_answers.Answer = {"error": "RequestError: no"}
    now = [answer, swapped, other_passage, last_digit, refusal, answer]
    before = [answer, answer, answer, answer, answer, refusal]
    row = dict(zip(["set", "asked", "refused", *same_answers.ASPECTS], same_answers.row("some", before, now), strict=True))
    assert row == {
        "set": "some",
        "asked": "6",
        "refused": "1",
        "order": "4",
        "scores": "3",
        "marked sentences": "2",
        "relevance": "2",
        "answered": "3",
        "corrected": "0",
    }
    lines = list(same_answers.differences("some", [(f"question {n}", "fast") for n in range(6)], before, now))
    assert lines[:2] == ["some: 5 differences:", "  fast: 'question 1' differs in order"]
    assert list(same_answers.differences("some", [("question", "fast")], [answer], [answer])) == ["some: 0 differences"]


def test_calls_of_numpy_are_told_from_others() -> None:
    def work() -> None:
        numbers = np.array([3, 1, 2])  # C
        numbers.sum()  # C, which calls back Python functions of NumPy
        np.sort(numbers)  # Python, and in it C
        np.concatenate([numbers, numbers])  # Python
        sorted([3, 1, 2])

    counts = question.calls(work)
    assert counts[Call("Python", "")] == 2
    assert counts[Call("C", "")] >= 3
    assert question.calls(lambda: sorted([3, 1, 2])).total() == 0


def test_calls_of_numpy_are_told_by_the_module_that_makes_them() -> None:
    counts = question.calls(lambda: arrays.ends(np.array([2, 3])))
    assert counts[Call("Python", "indexer.engine.arrays")] == 1
    assert {call.module for call in counts} == {"", "indexer.engine.arrays"}


def test_the_work_of_a_question_does_not_grow(tmp_path: Path) -> None:
    with closing(opened(index_pages(tmp_path, PAGES))) as searcher:
        ask = partial(searcher.search, Query("What should I do if my card is lost?"))
        ask()
        counts = question.calls(ask)
    # Without a reader and late interaction. More is no mistake if it is worth it: each call takes a microsecond or more.
    assert sum(number for call, number in counts.items() if call.kind == "C") <= 115


def test_weights_climb_to_where_no_step_leads_higher() -> None:
    def value(weights: FusionWeights) -> float:
        return -abs(math.log(weights.pairs / 2)) - abs(math.log(weights.gap_scale / 0.01)) - weights.keyword

    weights = fit_ranking.climbed(value, ["pairs", "gap_scale"])
    assert weights.pairs == pytest.approx(2, rel=0.1)
    assert weights.gap_scale == pytest.approx(0.01, rel=0.1)
    assert weights.keyword == FUSION_WEIGHTS.keyword


class Handler(BaseHTTPRequestHandler):
    """Answers with the status that a path names."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # as the library has it
        self.send_response(int(self.path[1:4]))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


def test_a_load_counts_what_was_answered_shed_and_failed() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        paths = ["/200"] * 20 + ["/503"] * 3 + ["/500"] * 2
        outcome = load.ask(None, server.server_port, paths, connections=4, seconds=30)
        server.shutdown()
        thread.join()
    assert (len(outcome.answered), len(outcome.shed_seconds), outcome.failed) == (20, 3, 2)


def test_a_power_law_is_found_again() -> None:
    power = growth.fitted({size: 3.0 * size**0.5 for size in (100, 1_000, 10_000)})
    assert (power.factor, power.exponent, power.reaches(300)) == pytest.approx((3, 0.5, 10_000))
    assert growth.Power(3.0, 1e-6).reaches(300) == math.inf


def test_passages_are_made_the_same_each_time_whatever_the_number() -> None:
    real = np.random.default_rng(0).standard_normal((200, 16), np.float32)
    real /= np.linalg.norm(real, axis=1, keepdims=True)
    texts = ["The office issues the card within a day.", "Who pays for the card? The employer pays for it."] * 4
    first, second = (list(Source(texts, real, real).entries(size)) for size in (20, 20))
    assert [entry.text for entry in first] == [entry.text for entry in second]
    assert all(np.array_equal(a.vectors, b.vectors) for a, b in zip(first, second, strict=True))
    assert len({entry.id for entry in first}) == 20


def test_the_exact_nearest_are_those_of_a_comparison_with_all() -> None:
    real = np.random.default_rng(0).standard_normal((200, 16), np.float32)
    real /= np.linalg.norm(real, axis=1, keepdims=True)
    source = Source(["a text of words"], real, real[:5])
    vectors = next(source.vector_model.blocks(300))
    best = np.argsort(-(real[:5] @ vectors.T), axis=1)[:, :10]
    expected = [set(engines.ids_of(0, 300)[row].tolist()) for row in best]
    assert [set(nearest.tolist()) for nearest in engines.exact(source, real[:5], [300])[300]] == expected


def test_made_vectors_lie_as_far_apart_as_the_real_ones() -> None:
    centres = np.random.default_rng(0).standard_normal((40, 16), np.float32).repeat(20, axis=0)
    real = centres + 0.3 * np.random.default_rng(1).standard_normal(centres.shape, np.float32)
    real /= np.linalg.norm(real, axis=1, keepdims=True)
    made = made_vectors.fitted_vectors(real).sample()
    assert np.median(made_vectors.neighbourhoods(made).tenth) == pytest.approx(
        np.median(made_vectors.neighbourhoods(real).tenth), abs=0.03
    )


def test_new_words_keep_coming() -> None:
    model = made_words.learned_text([f"the word {number} is new" for number in range(300)])
    few, many = (np.unique(model.numbers([0], size, 60)) for size in (50, 500))
    assert 0 < sum(few >= len(model.vocabulary)) < sum(many >= len(model.vocabulary))
