"""The metrics, as Prometheus reads them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from askdex.indexer.types import Query
from askdex.server import wsgi
from askdex.server.app import create_app
from askdex.server.batching import Batcher, BusyError
from askdex.server.current import service_of
from askdex.server.metrics import Metrics
from askdex.server.wsgi import ListeningError
from tests.benchmarks.processes import free_port
from tests.manual import GUIDE
from tests.server.made_index import made_searcher
from tests.stubs import PATIENCE_S, wait_for

ASK = "/api/v1/search"


@contextmanager
def told(folder: Path) -> Iterator[tuple[FlaskClient, int]]:
    """An app, and the port that its metrics are told at."""
    metrics = Metrics()
    with (
        made_searcher(folder) as searcher,
        wsgi.take_address("127.0.0.1", 0, "--metrics") as bound,
        wsgi.answering(metrics.app, bound),
    ):
        app = create_app(searcher)
        metrics.watch(app, service_of(app))
        yield app.test_client(), bound.getsockname()[1]


def scraped(port: int) -> dict[tuple[str, ...], float]:
    """The values by name and labels."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as response:
        families = text_string_to_metric_families(response.read().decode())
        return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_requests_and_questions_are_counted(tmp_path: Path) -> None:
    with told(tmp_path) as (client, port):
        client.get(ASK, query_string={"q": "Which card is green?", "mode": "keyword"})
        client.get("/", query_string={"q": "Which card is green?", "mode": "fast"})
        for path in ("/nothing", "/else", "/documents/none"):
            client.get(path)
        values = scraped(port)
    assert values["askdex_requests_total", ASK, "200"] == values["askdex_requests_total", "/", "200"] == 1
    assert values["askdex_requests_total", "none", "404"] == 2
    assert values["askdex_requests_total", "/documents/<document_id>", "404"] == 1
    questions = {key[1]: value for key, value in values.items() if key[0] == "askdex_questions_total"}
    assert questions == {"keyword": 1, "fast": 1}
    assert {key[1] for key in values if key[0] == "askdex_stage_seconds_count"} == {
        "encode",
        "retrieve",
        "rerank",
        "rank",
        "total",
    }
    assert values["askdex_stage_seconds_count", "total"] == 2
    assert (values["askdex_documents",], values["askdex_generation",], values["askdex_left_out",]) == (1, 1, 0)
    assert values["askdex_waiting_questions", "quick"] == values["askdex_waiting_questions", "slow"] == 0


def test_a_question_that_is_turned_away_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_batcher: Batcher, _query: Query) -> None:
        raise BusyError("too many")

    monkeypatch.setattr(Batcher, "search", refuse)
    with told(tmp_path) as (client, port):
        assert client.get(ASK, query_string={"q": "card", "mode": "keyword"}).status_code == 503
        assert scraped(port)["askdex_questions_total", "keyword", "turned away"] == 1


def test_no_page_tells_the_metrics(tmp_path: Path) -> None:
    with told(tmp_path) as (client, _):
        assert client.get("/metrics").status_code == 404


def test_an_address_that_cannot_be_had_is_an_error() -> None:
    with wsgi.take_address("127.0.0.1", 0) as bound, pytest.raises(ListeningError, match="choose another with --metrics"):
        wsgi.take_address("127.0.0.1", bound.getsockname()[1], "--metrics")


def test_the_guide_tells_all_metrics(tmp_path: Path) -> None:
    with told(tmp_path) as (_, port), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as response:
        there = {
            name for name in re.findall(r"^# TYPE (\w+) ", response.read().decode(), re.M) if not name.endswith("_created")
        }
    assert set(re.findall(r"^\| `(askdex_\w+)`", GUIDE["deploying.md"], re.MULTILINE)) == there


@pytest.mark.slow
def test_prometheus_scrapes_the_metrics(tmp_path: Path) -> None:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed")
    own = free_port()
    with told(tmp_path) as (client, port):
        client.get("/livez")
        job = {"job_name": "askdex", "scrape_interval": "1s", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        # What is JSON is YAML too.
        (tmp_path / "prometheus.yml").write_text(json.dumps({"scrape_configs": [job]}), encoding="utf-8")
        options = ("--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{own}")
        with subprocess.Popen([program, *options], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
            try:
                assert asked(own, 'askdex_requests_total{route="/livez",status="200"}') == "1"
                assert asked(own, "askdex_documents") == "1"
            finally:
                process.kill()


def asked(port: int, expression: str) -> str:
    """The value that Prometheus has, once it has one."""
    wait_for(lambda: bool(answer(port, expression)))
    (found,) = answer(port, expression)
    return str(found["value"][1])


def answer(port: int, expression: str) -> list[dict[str, Any]]:
    """What Prometheus has of an expression; nothing before it answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={quote(expression)}", timeout=PATIENCE_S) as response:
            found: list[dict[str, Any]] = json.load(response)["data"]["result"]
    except OSError:
        return []
    return found
