"""Turning questions away when there are too many of them."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from server.admission import MOST_QUESTIONS, Admission, BusyError
from tests.server.test_serve import Server, started
from tests.stubs import wait_for

SURPLUS = 24
SLOW_SERVER = """
import sys, time
from pathlib import Path
from indexer.batching import BatchingEncoder
from indexer.build import update
from indexer.search import open_searcher
from server import serving
from server.app import create_app
from tests.stubs import StubEncoder, write

class SlowEncoder(StubEncoder):
    def encode_questions(self, texts):
        while not Path("go-on").exists():
            time.sleep(0.01)
        return super().encode_questions(texts)

write(Path("documents"), {"card.md": "# The card\\n\\nThe office issues the card. It costs nothing.\\n"})
update(Path("index"), [Path("documents")], load_encoder=lambda _: StubEncoder())
searcher = open_searcher(Path("index"), lambda _: BatchingEncoder(SlowEncoder()))
taken = serving.bind("127.0.0.1", 0)
serving.run(create_app(searcher), taken, lambda: print(serving.url(taken), flush=True))
"""
Reply = tuple[int, str | None, dict[str, Any]]


@pytest.fixture
def slow_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that encodes nothing until the file go-on is there."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    with started(sys.executable, "-c", SLOW_SERVER) as server:
        yield server


def get(server: Server, path: str) -> Reply:
    with closing(HTTPConnection(urlsplit(server.address).netloc, timeout=60)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.headers["Retry-After"], json.load(response)


def question(server: Server, number: int) -> Reply:
    return get(server, f"/api/v1/search?q=card+{number}")


def test_the_surplus_is_turned_away_at_once_and_the_others_are_answered(slow_server: Server, tmp_path: Path) -> None:
    assert get(slow_server, "/livez")[0] == 200
    with ThreadPoolExecutor(MOST_QUESTIONS + SURPLUS) as pool:
        asked = [pool.submit(question, slow_server, number) for number in range(MOST_QUESTIONS + SURPLUS)]
        wait_for(lambda: len(replies(asked)) == SURPLUS)
        for status, retry_after, problem in replies(asked):
            assert (status, retry_after, problem["status"]) == (503, "1", 503)
            assert "ask again" in problem["detail"]
        # Nothing that needs no encoder waits for those that do.
        assert get(slow_server, "/livez")[0] == get(slow_server, "/readyz")[0] == 200
        assert question(slow_server, 0)[0] == 503
        (tmp_path / "go-on").touch()
    assert sorted(reply[0] for reply in replies(asked)) == [200] * MOST_QUESTIONS + [503] * SURPLUS
    assert question(slow_server, 0)[0] == 200
    assert slow_server.output.count("\n") == 1


def replies(asked: list[Future[Reply]]) -> list[Reply]:
    return [future.result() for future in asked if future.done()]


def test_a_place_is_free_again_after_an_error() -> None:
    admission = Admission(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="wrong"), admission.place():
            raise ValueError("wrong")
    with admission.place(), pytest.raises(BusyError), admission.place():
        pass
