"""The log of questions: what it writes and what it does not, on which thread, for how long."""

import re
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient

from askdex.indexer.errors import QuestionLogError
from askdex.indexer.ingest.update import update
from askdex.indexer.store import question_log as store
from askdex.indexer.store.question_log import Asked, Verdict
from askdex.indexer.store.sqlite import connect, rows
from askdex.server import question_log
from askdex.server.app import create_app
from askdex.server.question_log import QuestionLog, hour
from tests.server.made_index import made_searcher
from tests.server.processes import Server, started
from tests.stubs import PATIENCE_S, StubEncoder, wait_for, write_files

ASK = "/api/v1/search"
SECRET = "salamander"
RUN_WITH_STUB = """
from askdex.indexer.models import loading
from askdex.server.cli.main import main
from tests.stubs import StubEncoder

loading.load_encoder = lambda *_, **__: StubEncoder()
main()
"""


@contextmanager
def logging_client(folder: Path, keep_days: int = 90) -> Iterator[FlaskClient]:
    with made_searcher(folder) as searcher, QuestionLog(folder / "index", keep_days, searcher.reader) as log:
        yield create_app(searcher, question_log=log).test_client()


def written(folder: Path) -> list[Asked]:
    """What is in the log of the index in a folder."""
    with closing(connect(folder / "index" / "questions.sqlite")) as connection:
        found = rows(connection, "SELECT hour, question, mode, answered, relevance, document, generation FROM asked")
        return sorted(Asked(*row) for row in found)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_question_is_written_with_what_was_found_and_nothing_of_who_asked(tmp_path: Path) -> None:
    with logging_client(tmp_path) as client:
        found = client.get(ASK, query_string={"q": "Which card is green?"}, headers={"User-Agent": SECRET}).get_json()
        client.get(ASK, query_string={"q": "card", "mode": "keyword"})
        client.get("/", query_string={"q": "Which card does Maria Lopez need in 2031?", "mode": "fast"})
        client.post(ASK + "/batch", json={"searches": [{"question": "a card"}]})
    entries = written(tmp_path)
    assert [(entry.question, entry.mode) for entry in entries] == [
        ("Which card does [name] need in [number]?", "fast"),
        ("Which card is green?", "fast"),
        ("a card", "fast"),
        ("card", "keyword"),
    ]
    entry = entries[1]
    assert (entry.document, entry.generation, bool(entry.answered)) == ("card.md", 1, found["answered"])
    assert entry.relevance == pytest.approx(found["results"][0]["relevance"], abs=0.001)
    assert entries[3].answered is None
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d", each.hour) for each in entries)
    file = tmp_path / "index" / "questions.sqlite"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(word in file.read_bytes() for word in (b"Lopez", b"2031", SECRET.encode(), b"127.0.0.1"))


def test_a_further_look_at_an_answer_is_no_new_question(tmp_path: Path) -> None:
    with logging_client(tmp_path) as client:
        for more in ({}, {"page": 2}, {"why": 1, "generation": 1}, {"page": 1, "generation": 1}):
            client.get("/", query_string={"q": "card", **more})
    assert [entry.question for entry in written(tmp_path)] == ["card"]


def test_without_the_log_no_byte_is_written(tmp_path: Path) -> None:
    with made_searcher(tmp_path) as searcher:
        client = create_app(searcher).test_client()
        before = contents(tmp_path)
        client.get(ASK, query_string={"q": SECRET})
        client.get("/", query_string={"q": SECRET})
        client.post("/feedback", query_string={"q": SECRET}, data={"helped": "no", "generation": "1", "ranked": "fast"})
        client.post("/api/v1/feedback", json={"question": SECRET, "helped": True})
        assert contents(tmp_path) == before


def test_what_is_too_old_is_deleted_and_overwritten(tmp_path: Path) -> None:
    old, kept = Asked(hour(31), f"{SECRET} " * 200, "fast", None, None, None, 1), Asked(hour(29), "card", *old_fields())
    with made_searcher(tmp_path), closing(store.open_log(tmp_path / "index")) as connection:
        store.write(connection, [old, kept, Verdict(hour(31), SECRET, None, helped=True)], 0, hour(), hour(60))
    assert SECRET.encode() in (tmp_path / "index" / "questions.sqlite").read_bytes()
    with logging_client(tmp_path, keep_days=30):
        pass
    assert [entry.question for entry in written(tmp_path)] == ["card"]
    assert SECRET.encode() not in (tmp_path / "index" / "questions.sqlite").read_bytes()


def old_fields() -> tuple[str, None, None, None, int]:
    return "fast", None, None, None, 1


def test_what_comes_faster_than_it_can_be_written_is_counted_and_delays_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_log, "_MOST_WAITING", 5)
    goes_on, write = threading.Event(), store.write

    def slow_write(*arguments: object) -> None:
        assert goes_on.wait(PATIENCE_S)
        write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "write", slow_write)
    with made_searcher(tmp_path) as searcher, QuestionLog(tmp_path / "index", 90, searcher.reader) as log:
        for _ in range(20):
            log.judge("card", None, helped=True)
        goes_on.set()
    with closing(store.open_log(tmp_path / "index")) as connection:
        lost = store.lost(connection, "")
        (kept,) = store.verdicts(connection, "")
    assert lost >= 10
    assert kept.helped + lost == 20


def test_what_cannot_be_written_is_counted_and_said_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write, fails = store.write, [True]

    def failing_write(*arguments: object) -> None:
        if fails:
            fails.pop()
            raise QuestionLogError("the disk is full")
        write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "write", failing_write)
    with made_searcher(tmp_path) as searcher, QuestionLog(tmp_path / "index", 90, searcher.reader) as log:
        log.judge(SECRET, None, helped=True)
        wait_for(lambda: not fails)
    with closing(store.open_log(tmp_path / "index")) as connection:
        assert store.lost(connection, "") == 1
    assert "the disk is full" in caplog.text
    assert SECRET not in caplog.text


@contextmanager
def serving(folder: Path, *options: str, before: tuple[str, ...] = ()) -> Iterator[Server]:
    """A process that serves an index of one document."""
    write_files(folder / "pages", {"card.md": "# Card\n\nThe card is green.\n"})
    update(folder / "index", [folder / "pages"], load_encoder=lambda _: StubEncoder())
    command = (sys.executable, "-c", RUN_WITH_STUB, "serve", "--index", folder / "index", "--port", "0")
    with started(*before, *command, *options) as server:
        yield server


def ask(server: Server, question: str) -> None:
    with urlopen(f"{server.address}api/v1/search?q={quote(question)}", timeout=PATIENCE_S) as response:
        assert response.status == 200


@pytest.mark.slow
def test_a_clean_stop_writes_all_and_a_kill_loses_at_most_a_second(tmp_path: Path) -> None:
    with serving(tmp_path, "--log-questions") as server:
        ask(server, "the first card")
        assert server.stopped(signal.SIGTERM) == 0
    assert [entry.question for entry in written(tmp_path)] == ["the first card"]
    with serving(tmp_path, "--log-questions") as server:
        ask(server, "the second card")
        wait_for(lambda: len(written(tmp_path)) == 2)
        server.stopped(signal.SIGKILL)
    assert [entry.question for entry in written(tmp_path)] == ["the first card", "the second card"]


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--log-questions",)], ids=["off", "on"])
def test_strace_sees_words_written_to_no_file_where_the_log_is_off(tmp_path: Path, options: tuple[str, ...]) -> None:
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    tracing = (
        program,
        "-D",
        "-f",
        "-y",
        "-q",
        "-s",
        "9999",
        "-e",
        "trace=write,pwrite64,writev,pwritev,open,openat,creat",
        "-o",
        str(trace),
    )
    with serving(tmp_path, *options, before=tracing) as server:
        ask(server, SECRET)
        assert server.stopped(signal.SIGTERM) == 0
    # A number of few digits has more blanks behind it.
    end = re.compile(rf"^{server.process.pid} +\+\+\+ exited", re.MULTILINE)
    wait_for(lambda: end.search(trace.read_text(encoding="utf-8")) is not None)
    to_file = re.compile(r"write\w*\(\d+</(?!dev/(?!shm/))")
    for_writing = re.compile(rf'{re.escape(str(tmp_path / "index"))}/([^"]*)", [^)]*(?:O_WRONLY|O_RDWR|O_CREAT)')
    # SQLite opens these two for whoever reads; they hold no words of a reader.
    opened = {*for_writing.findall(trace.read_text(encoding="utf-8"))} - {"index.sqlite-wal", "index.sqlite-shm"}
    assert opened == ({"questions.sqlite", "questions.sqlite-journal"} if options else set())
    to_files = [line for line in trace.read_text(encoding="utf-8").splitlines() if to_file.search(line)]
    assert any(SECRET in line for line in to_files) == bool(options)
    assert (tmp_path / "index" / "questions.sqlite").exists() == bool(options)
