"""What the README shows is what Askdex does; `test_guide.py` holds the guide to the same."""

import json

from click.testing import CliRunner
from flask.testing import FlaskClient

from askdex.corpus.readers.registry import FORMATS
from askdex.server.batching import MOST_QUICK
from askdex.server.cli.main import COMMANDS, main
from tests.manual import README, blocks, shown_request

MOST_WORDS = 1_500


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= MOST_WORDS


def test_the_help_names_every_format() -> None:
    shown = CliRunner().invoke(main, ["index", "--help"]).output
    assert [each.label for each in FORMATS if each.label not in " ".join(shown.split())] == []


def test_the_help_names_every_command() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    assert [command for command in COMMANDS if f"  {command} " not in shown] == []


def test_the_request_gets_the_answer_that_is_shown(client: FlaskClient) -> None:
    answer = client.post("/api/v1/search", data=shown_request(README), content_type="application/json").get_json()
    (shown,) = map(json.loads, blocks(README, "json"))
    shown_answer = shown.pop("answer")
    assert {name: answer[name] for name in shown} == shown
    assert {name: answer["answer"][name] for name in shown_answer} == shown_answer


def test_the_numbers_are_those_of_the_code(client: FlaskClient) -> None:
    documents = client.get("/api/v1/documents").get_json()["total"]
    assert f"({documents} questions and pages on" in README
    assert "More than 20 formats" in README
    assert len(FORMATS) > 20
    assert f"more than {MOST_QUICK} questions at once" in README
