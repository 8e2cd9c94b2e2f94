"""Answering together what is asked together, and turning away what is too much."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from askdex.indexer.errors import RequestError
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import TokenVectors
from askdex.indexer.search.rerank import RerankStage
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Mode, Query, Response, Vectors
from askdex.server.batching import MOST_QUICK, Batcher, BusyError
from tests.server.processes import Server, started
from tests.stubs import PATIENCE_S, StubEncoder, StubReranker, wait_for, write_files

ROOT = Path(__file__).parents[2]
SURPLUS = 24
FAULTY = "faulty"
SLOW_SERVER = """
import sys, time
from pathlib import Path
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.server import wsgi
from askdex.server.app import create_app
from tests.stubs import StubEncoder, write_files

class SlowEncoder(StubEncoder):
    def encode_questions(self, texts):
        while not Path("go-on").exists():
            time.sleep(0.01)
        return super().encode_questions(texts)

write_files(Path("documents"), {"card.md": "# The card\\n\\nThe office issues the card. It costs nothing.\\n"})
update(Path("index"), [Path("documents")], load_encoder=lambda _: StubEncoder())
searcher = open_searcher(Path("index"), lambda _: SlowEncoder())
listener = wsgi.take_address("127.0.0.1", 0)
wsgi.run(create_app(searcher), listener, lambda: print(wsgi.url(listener), flush=True))
"""
Reply = tuple[int, str | None, dict[str, Any]]


@pytest.fixture
def slow_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that encodes nothing until the file go-on is there."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / ".src")]))
    monkeypatch.chdir(tmp_path)
    with started(sys.executable, "-c", SLOW_SERVER) as server:
        yield server


def get(server: Server, path: str) -> Reply:
    with closing(HTTPConnection(urlsplit(server.address).netloc, timeout=PATIENCE_S)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.headers["Retry-After"], json.load(response)


def question(server: Server, number: int) -> Reply:
    return get(server, f"/api/v1/search?q=card+{number}")


@pytest.mark.slow
def test_the_surplus_is_turned_away_at_once_and_the_others_are_answered(slow_server: Server, tmp_path: Path) -> None:
    assert get(slow_server, "/livez")[0] == 200
    with ThreadPoolExecutor(MOST_QUICK + SURPLUS) as pool:
        futures = [pool.submit(question, slow_server, number) for number in range(MOST_QUICK + SURPLUS)]
        wait_for(lambda: len(replies(futures)) == SURPLUS)
        for status, retry_after, problem in replies(futures):
            assert (status, retry_after, problem["status"]) == (503, "1", 503)
            assert "ask again" in problem["detail"]
        # Nothing that needs no encoder waits for those that do.
        assert get(slow_server, "/livez")[0] == get(slow_server, "/readyz")[0] == 200
        assert question(slow_server, 0)[0] == 503
        (tmp_path / "go-on").touch()
    assert sorted(reply[0] for reply in replies(futures)) == [200] * MOST_QUICK + [503] * SURPLUS
    assert question(slow_server, 0)[0] == 200
    assert slow_server.output.count("\n") == 1


def replies(futures: list[Future[Reply]]) -> list[Reply]:
    return [future.result() for future in futures if future.done()]


class Gate(StubEncoder):
    """An encoder that holds every batch until it is let through, and fails with one that has a faulty question in it."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []
        self.open = threading.Event()

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        assert self.open.wait(PATIENCE_S)
        if FAULTY in texts:
            raise ValueError(FAULTY)
        return super().encode_questions(texts)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def searcher(tmp_path: Path, gate: Gate) -> Iterator[Searcher]:
    write_files(tmp_path / "documents", {f"{n}.md": f"# Card {n}\n\nThe office {n} issues it.\n" for n in range(20)})
    update(tmp_path / "index", [tmp_path / "documents"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(tmp_path / "index", lambda _: gate)) as opened:
        yield opened


def ask_together(gate: Gate, searcher: Searcher, questions: Sequence[str]) -> list[Future[Response]]:
    """Ask for all of these while the encoder is busy with the first."""
    batcher = Batcher(searcher, len(questions))
    with ThreadPoolExecutor(len(questions)) as pool:
        futures = [pool.submit(batcher.search, Query(questions[0]))]
        wait_for(lambda: bool(gate.batches))
        for number, question in enumerate(questions[1:], 1):
            futures.append(pool.submit(batcher.search, Query(question)))
            wait_for(waits(batcher, number))
        gate.open.set()
    return futures


def waits(batcher: Batcher, number: int) -> Callable[[], bool]:
    return lambda: batcher._quick._waiting.qsize() == number


def results(response: Response) -> list[tuple[str, float]]:
    return [(result.passage.id, result.scores.fused) for result in response.results]


def test_who_asks_alone_is_answered_at_once(gate: Gate, searcher: Searcher) -> None:
    gate.open.set()
    batcher = Batcher(searcher)
    for question in ("card 1", "card 2"):
        assert results(batcher.search(Query(question))) == results(searcher.search(Query(question)))
    assert gate.batches == [["card 1"], ["card 1"], ["card 2"], ["card 2"]]


def test_questions_that_arrive_while_others_are_answered_are_one_batch(gate: Gate, searcher: Searcher) -> None:
    questions = [f"card {n}" for n in range(5)]
    futures = ask_together(gate, searcher, questions)
    assert gate.batches == [questions[:1], questions[1:]]
    for question, future in zip(questions, futures, strict=True):
        assert future.result().query.question == question
        assert results(future.result()) == results(searcher.search(Query(question)))


def test_a_batch_has_so_many_questions_at_the_most(gate: Gate, searcher: Searcher) -> None:
    futures = ask_together(gate, searcher, [str(n) for n in range(MOST_QUICK + 4)])
    assert [len(batch) for batch in gate.batches] == [1, MOST_QUICK, 3]
    assert [future.result().query.question for future in futures] == [str(n) for n in range(MOST_QUICK + 4)]


def test_an_error_reaches_whoever_caused_it_and_no_neighbour(gate: Gate, searcher: Searcher) -> None:
    futures = ask_together(gate, searcher, ["zero", "card 1", FAULTY, " ", "card 2"])
    errors = [future.exception() for future in futures]
    assert [type(error) for error in errors] == [type(None), type(None), ValueError, RequestError, type(None)]
    assert results(futures[4].result()) == results(searcher.search(Query("card 2")))


def test_after_an_error_there_is_room_for_others(gate: Gate, searcher: Searcher) -> None:
    gate.open.set()
    batcher = Batcher(searcher, 1)
    for _ in range(2):
        with pytest.raises(ValueError, match=FAULTY):
            batcher.search(Query(FAULTY))
    assert batcher.search(Query("card 1")).results


def test_who_finds_no_room_is_turned_away(gate: Gate, searcher: Searcher) -> None:
    batcher = Batcher(searcher, 1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(batcher.search, Query("card 1"))
        wait_for(lambda: bool(gate.batches))
        with pytest.raises(BusyError):
            batcher.search(Query("card 2"))
        gate.open.set()
    assert first.result().results


def test_a_crowd_gets_what_each_asked_for(gate: Gate, searcher: Searcher) -> None:
    gate.open.set()
    batcher = Batcher(searcher)
    questions = [f"office {n % 20} card {n}" for n in range(400)]
    with ThreadPoolExecutor(16) as pool:
        responses = list(pool.map(lambda question: batcher.search(Query(question)), questions))
    assert list(map(results, responses)) == [results(searcher.search(Query(question))) for question in questions]


@pytest.mark.parametrize("query", [Query("card", mode=Mode.PRECISE), Query("card", explain=True)], ids=["precise", "explained"])
def test_a_question_that_takes_long_holds_up_no_other(tmp_path: Path, query: Query) -> None:
    opened, working = threading.Event(), threading.Event()

    def wait() -> None:
        working.set()
        assert opened.wait(PATIENCE_S)

    class SlowReranker(StubReranker):
        def scores(self, question: str, texts: Sequence[str]) -> Vectors:
            wait()
            return super().scores(question, texts)

    class SlowEncoder(StubEncoder):
        def encode_tokens(self, texts: Sequence[str], *, as_questions: bool = False) -> list[TokenVectors] | None:
            wait()
            return super().encode_tokens(texts, as_questions=as_questions)

    write_files(tmp_path / "documents", {"card.md": "# Card\n\nThe office issues it.\n"})
    update(tmp_path / "index", [tmp_path / "documents"], load_encoder=lambda _: StubEncoder())
    rereading = RerankStage(load=lambda: SlowReranker({}))
    with closing(open_searcher(tmp_path / "index", lambda _: SlowEncoder(), rereading)) as searcher:
        batcher = Batcher(searcher)
        assert batcher.is_free_for_slow
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(batcher.search, query)
            assert working.wait(PATIENCE_S)
            assert not batcher.is_free_for_slow
            assert batcher.search(Query("card")).results
            assert not slow.done()
            opened.set()
            assert slow.result().results
            assert batcher.is_free_for_slow


def test_a_batch_is_encoded_at_once_and_holds_up_no_quick_question(searcher: Searcher, gate: Gate) -> None:
    batcher = Batcher(searcher)
    questions = [f"Who issues card {number}?" for number in range(20)]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(batcher.answers, [Query(question) for question in questions])
        wait_for(lambda: len(gate.batches) == 1)
        assert not batcher.is_free_for_slow
        quick = batcher.search(Query("card", mode=Mode.KEYWORD))
        assert quick.results
        gate.open.set()
        responses = waiting.result()
    assert gate.batches == [questions]
    assert [response.query.question for response in responses] == questions
    assert {response.generation for response in responses} == {1}
