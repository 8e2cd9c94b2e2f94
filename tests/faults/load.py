"""A server under load while its index changes: no request fails, no answer mixes generations, none is older than a second."""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from askdex.indexer.search.searcher import open_searcher
from askdex.server import wsgi
from askdex.server.app import create_app
from tests.faults import turns, writer
from tests.faults.collection import TOPICS, QuickEncoder
from tests.faults.processes import CONTEXT, running
from tests.faults.report import Row, Tally
from tests.faults.writer import Publication
from tests.stubs import PATIENCE_S

_SECONDS = 120
_LEAST_SECONDS = 6
_THREADS = 16
_PROCESSES = 4
MOST_STALE_S = 1.0
"""Seconds after which a new generation must be seen, where the machine has nothing else to do."""

_PAGE = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request: its times on the clock of all processes, and which edition each passage is of.

    `requested` is the generation that the request named, if any; status 0 stands for no answer at all.
    """

    sent: float
    received: float
    status: int
    requested: int | None
    generation: int
    total: int
    passages: tuple[tuple[str, int], ...]
    error: str = ""


def rows(share: float, folder: Path) -> Iterator[Row]:
    """A row for a server that is asked while another process writes, and one for two writers."""
    for name, row in (("served", _asked_while_written), ("written", turns.row)):
        (folder / name).mkdir()
        yield row(share, folder / name)


def _asked_while_written(share: float, folder: Path) -> Row:
    started = time.monotonic()
    index, documents, record = folder / "index", folder / "documents", folder / "publications"
    documents.mkdir()
    seconds = max(_LEAST_SECONDS, _SECONDS * share)
    stop = CONTEXT.Event()
    files = [folder / f"replies-{number}" for number in range(_PROCESSES + 1)]
    tally = Tally()
    with running(writer.go_on, index, documents, record, 1, stop) as writing:
        _wait_for(index / "receipt.json")
        with served(index) as (server, port):
            askers = [_THREADS, *([1] * _PROCESSES)]
            with ExitStack() as stack:
                asking = [
                    stack.enter_context(running(ask_on, port, threads, seconds, file))
                    for threads, file in zip(askers, files, strict=True)
                ]
                for process in asking:
                    process.join(seconds + PATIENCE_S)
                _check_ends(tally, "an asking process", asking)
            server.terminate()
            server.join(PATIENCE_S)
            _check_ends(tally, "the server", [server])
        stop.set()
        writing.join(PATIENCE_S)
        _check_ends(tally, "the writer", [writing])
    replies = [reply for file in files for reply in _replies(file)]
    stalest = _judge(tally, replies, writer.recorded(record))
    tally.counts["generations"] = len(writer.recorded(record))
    tally.counts["ms stale at the most"] = round(stalest * 1e3)
    return tally.row("asked while it is written", len(replies), time.monotonic() - started, "failed", "mixed", "stale")


@contextmanager
def served(index: Path) -> Iterator[tuple[BaseProcess, int]]:
    """A server of an index in a process of its own, and its port."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    with receiver, sender, running(serve, index, sender) as server:
        if not receiver.poll(PATIENCE_S):
            raise TimeoutError("the server did not start")
        yield server, receiver.recv()


def serve(index: Path, sender: Connection) -> None:
    """Serve an index as the command does, and tell the port."""
    # Requests are meant to queue here.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with wsgi.take_address("127.0.0.1", 0) as listener, closing(open_searcher(index, QuickEncoder)) as searcher:
        searcher.reader.follow()
        app = create_app(searcher, wsgi.trusted_hosts(listener, ()))
        wsgi.run(app, listener, lambda: sender.send(listener.getsockname()[1]))


def ask_on(port: int, threads: int, seconds: float, record: Path) -> None:
    """Ask from so many threads for so many seconds, and write down what came of it."""
    replies: list[Reply] = []
    until = time.monotonic() + seconds
    asking = [Thread(target=_ask_until, args=(port, number, until, replies)) for number in range(threads)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    with record.open("w", encoding="utf-8") as file:
        for reply in replies:
            file.write(json.dumps(asdict(reply)) + "\n")


def _replies(record: Path) -> Iterator[Reply]:
    with record.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield Reply(**{**row, "passages": tuple(map(tuple, row["passages"]))})


def _ask_until(port: int, number: int, until: float, replies: list[Reply]) -> None:
    """Every question is asked for its first page and, from the same generation, for its second."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with closing(connection):
        while time.monotonic() < until:
            number += 1
            first = _ask(connection, number, None)
            replies.append(first)
            if first.status == 200:
                replies.append(_ask(connection, number, first.generation))


def _ask(connection: HTTPConnection, number: int, generation: int | None) -> Reply:
    page = {} if generation is None else {"offset": _PAGE, "generation": generation}
    query = urlencode({"q": f"What is the {TOPICS[number % len(TOPICS)]} rule {number % 60}?", "limit": _PAGE, **page})
    sent = time.monotonic()
    try:
        connection.request("GET", f"/api/v1/search?{query}")
        response = connection.getresponse()
        body = json.loads(response.read())
    except (OSError, ValueError) as error:
        connection.close()
        return Reply(sent, time.monotonic(), 0, generation, 0, 0, (), repr(error))
    received = time.monotonic()
    if response.status != 200:
        return Reply(sent, received, response.status, generation, 0, 0, (), str(body.get("detail")))
    passages = tuple(map(_passage, body["results"]))
    return Reply(sent, received, 200, generation, body["generation"], body["total"], passages)


def _passage(result: dict[str, Any]) -> tuple[str, int]:
    """The file that a passage is from, and the edition that its text says."""
    words = result["text"].split()
    return result["document"]["uri"], int(words[words.index("edition") + 1])


def _judge(tally: Tally, replies: Sequence[Reply], published: Sequence[Publication]) -> float:
    """Count what is not as it must be. Returns by how much the oldest answer was older than the index, in seconds."""
    by_number = {publication.generation: publication for publication in published}
    newest = max(by_number, default=0)
    stalest = 0.0
    for reply in replies:
        if reply.status == 409 and reply.requested is not None and reply.requested + 2 <= newest:
            tally.counts["gone generations"] += 1
        elif reply.status != 200:
            tally.fail("failed", f"{reply.sent:.3f}", f"{reply.status} {reply.error}")
        elif reply.generation not in by_number or reply.requested not in (None, reply.generation):
            tally.fail("mixed", f"{reply.sent:.3f}", f"generation {reply.generation} for {reply.requested}")
        elif not _is_of(reply, by_number[reply.generation]):
            tally.fail("mixed", f"{reply.sent:.3f}", f"in generation {reply.generation}: {reply.total} {reply.passages}")
        elif reply.requested is None and reply.generation < newest:
            late = reply.sent - by_number[reply.generation + 1].done
            stalest = max(stalest, late)
            if late > MOST_STALE_S:
                tally.fail("stale", f"{reply.sent:.3f}", f"generation {reply.generation} is over for {late:.3f} s")
    return stalest


def _is_of(reply: Reply, publication: Publication) -> bool:
    """Whether an answer is from this generation, as a whole: fewer documents than candidates, so that each is found."""
    is_each = all(publication.editions.get(name) == edition for name, edition in reply.passages)
    return is_each and reply.total == publication.passages


def _check_ends(tally: Tally, who: str, processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        if process.exitcode != 0:
            tally.fail("failed", who, f"ended with {process.exitcode}")


def _wait_for(path: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while not path.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"{path} did not come")
        time.sleep(0.05)
