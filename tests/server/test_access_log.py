"""The access log: a line for each request, and no word of a question."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from askdex.server.access_log import LogFormat, logged, messages_written, opened_log
from askdex.server.app import create_app
from tests.server.made_index import made_searcher

SECRET = "salamander"
ASK = "/api/v1/search"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def client(folder: Path, log: Path, log_format: LogFormat) -> Iterator[FlaskClient]:
    with made_searcher(folder) as searcher, opened_log(str(log)) as write:
        assert write is not None
        app = create_app(searcher)
        app.wsgi_app = logged(app.wsgi_app, write, log_format)  # type: ignore[assignment]
        yield app.test_client()


@pytest.fixture
def in_text(tmp_path: Path, log: Path) -> Iterator[FlaskClient]:
    yield from client(tmp_path, log, LogFormat.TEXT)


@pytest.fixture
def in_json(tmp_path: Path, log: Path) -> Iterator[FlaskClient]:
    yield from client(tmp_path, log, LogFormat.JSON)


def test_a_line_has_the_fields_of_a_request(in_text: FlaskClient, log: Path) -> None:
    response = in_text.get("/livez", environ_overrides={"REMOTE_ADDR": "203.0.113.7", "SCRIPT_NAME": "/ask"})
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"
    line = rf"{time} 203\.0\.113\.7 GET /ask/livez 200 {len(response.data)} \d+\.\d [0-9a-f]{{32}}\n"
    assert re.fullmatch(line, log.read_text(encoding="utf-8"))


def test_no_word_of_a_question_is_written(in_text: FlaskClient, log: Path) -> None:
    for path in ("/", ASK, "/documents/none", "/nothing"):
        in_text.get(path, query_string={"q": SECRET}, headers={"Referer": f"http://localhost/?q={SECRET}"})
    in_text.post(ASK, json={"question": SECRET})
    in_text.post(ASK, json={"question": SECRET, "limit": "x"})
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line.split()[4] for line in lines] == ["200", "200", "404", "404", "200", "422"]
    assert SECRET not in log.read_text(encoding="utf-8")


def test_a_program_gets_json(in_json: FlaskClient, log: Path) -> None:
    in_json.get("/nothing", headers={"X-Request-ID": "4f-2.b"})
    (line,) = log.read_text(encoding="utf-8").splitlines()
    fields = json.loads(line)
    assert fields.keys() == {"time", "address", "method", "path", "status", "bytes", "milliseconds", "request_id"}
    assert (fields["path"], fields["status"], fields["request_id"]) == ("/nothing", 404, "4f-2.b")


@pytest.mark.parametrize("path", ["/a%0Ab", "/%1b[31m", "/%ff%20x", "/ä"])
def test_a_request_writes_one_line_whatever_it_holds(in_text: FlaskClient, log: Path, path: str) -> None:
    in_text.get(path, headers={"X-Request-ID": "one two\t"})
    text = log.read_text(encoding="utf-8")
    assert (text.count("\n"), len(text.split()), text.isascii()) == (1, 8, True)
    assert "one" not in text


def test_a_log_that_was_moved_away_is_begun_anew(in_text: FlaskClient, log: Path) -> None:
    in_text.get("/livez")
    log.rename(log.with_suffix(".1"))
    in_text.get("/readyz")
    assert "/livez" in log.with_suffix(".1").read_text(encoding="utf-8")
    assert " /readyz " in log.read_text(encoding="utf-8")


def test_the_standard_output_may_be_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    with opened_log("-") as write:
        assert write is not None
        write("one line")
    assert capsys.readouterr().out == "one line\n"


def test_without_a_file_there_is_no_log() -> None:
    with opened_log(None) as write:
        assert write is None


def test_messages_are_json_in_one_line_each_where_that_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("askdex.server.jobs")
    with messages_written(LogFormat.JSON):
        logger.warning("The disk is %s", "full")
        try:
            raise ValueError("lost\nline")
        except ValueError:
            logger.exception("A job failed")
    logger.warning("no longer")
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert [(each["level"], each["message"]) for each in told] == [("warning", "The disk is full"), ("error", "A job failed")]
    assert told[0]["exception"] is None
    assert "ValueError: lost" in told[1]["exception"]
