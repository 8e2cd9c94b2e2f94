"""A process that is killed loses nothing that was there before, and the next one goes on."""

import multiprocessing
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from indexer.build import Report, update
from indexer.engine import Vectors
from indexer.inventory import viewed
from indexer.search import open_searcher
from indexer.types import Query
from tests.stubs import StubEncoder

KILLS = 8
LONGEST_LIFE_S = 1.5
TOPICS = ("pension", "card", "hospital", "injury", "leave", "tax", "transfer", "appeal")


class SlowEncoder(StubEncoder):
    """Takes its time, so that there is something to kill."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        time.sleep(0.2)
        return super().encode_documents(texts)


def write_documents(folder: Path, edition: str) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(300):
        topic = TOPICS[number % len(TOPICS)]
        heading = f"What is the {topic} rule number {number}?"
        text = f"About {topic} {number}\n\n{heading}\n\nThe {topic} rule {number} is {edition} {number * 7}.\n"
        (folder / f"{number:03}.txt").write_text(text, encoding="utf-8")


def run_update(index: Path, documents: Path) -> None:
    update(index, [documents], load_encoder=SlowEncoder)


def finished(index: Path, documents: Path) -> Report:
    return update(index, [documents], load_encoder=StubEncoder)


def answers(index: Path) -> list[list[tuple[str, str, float]]]:
    searcher = open_searcher(index, StubEncoder)
    try:
        questions = [f"{topic} rule {number}" for number, topic in enumerate(TOPICS * 4)]
        responses = [searcher.search(Query(question)) for question in questions]
    finally:
        searcher.close()
    return [
        [(result.passage.document.uri, result.passage.text, result.scores.fused) for result in response.results]
        for response in responses
    ]


def generation(index: Path) -> int:
    with viewed(index) as view:
        return view.state.generation


def killed_runs(index: Path, documents: Path) -> Iterator[None]:
    """Start updates one after the other and kill each at a random moment; yields after each."""
    context = multiprocessing.get_context("spawn")
    moments = random.Random(1)
    for _ in range(KILLS):
        process = context.Process(target=run_update, args=(index, documents))
        process.start()
        process.join(0.5 + moments.random() * LONGEST_LIFE_S)
        process.kill()
        process.join()
        process.close()
        yield


def test_a_first_build_that_is_killed_again_and_again_ends_as_one_that_was_not(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    write_documents(documents, "first")
    for _ in killed_runs(tmp_path / "killed", documents):
        pass
    finished(tmp_path / "killed", documents)
    finished(tmp_path / "undisturbed", documents)
    assert answers(tmp_path / "killed") == answers(tmp_path / "undisturbed")


def test_an_update_that_is_killed_leaves_the_generation_before_or_after_it(tmp_path: Path) -> None:
    documents, index = tmp_path / "documents", tmp_path / "index"
    write_documents(documents, "first")
    finished(index, documents)
    before = answers(index)
    write_documents(documents, "second")
    finished(tmp_path / "undisturbed", documents)
    after = answers(tmp_path / "undisturbed")
    for _ in killed_runs(index, documents):
        assert answers(index) == (before if generation(index) == 1 else after)
    finished(index, documents)
    assert answers(index) == after


@pytest.mark.parametrize("leftover", ["derived/unfinished-x/vectors.faiss", "derived/0123456789abcdef/stamp.json"])
def test_leftovers_of_killed_runs_are_cleared_by_the_next_one(tmp_path: Path, leftover: str) -> None:
    documents, index = tmp_path / "documents", tmp_path / "index"
    write_documents(documents, "first")
    finished(index, documents)
    (index / leftover).parent.mkdir()
    (index / leftover).write_bytes(b"half")
    write_documents(documents, "second")
    finished(index, documents)
    assert not (index / leftover).parent.exists()
