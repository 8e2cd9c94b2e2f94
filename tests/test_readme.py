"""What the README shows is what Askdex does."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from askdex.corpus.readers.registry import FORMATS
from askdex.server.cli.main import COMMANDS, main

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_told(command: str) -> None:
    assert f"`askdex {command}" in README
    options = [option for parameter in COMMANDS[command].load().params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if f"`{option}" not in README] == []


def test_the_table_of_formats_is_that_of_the_readers() -> None:
    table = README.partition("## Documents\n\n")[2].partition("\n\n")[0]
    rows = [row.strip("| ").split(" | ", 1) for row in table.splitlines()[2:]]
    told = [{"" if cell == "no suffix" else cell.strip("`") for cell in files.split(", ")} for files, _ in rows]
    assert told == [set(each.suffixes) for each in FORMATS]
    assert [each.label for each, (_, text) in zip(FORMATS, rows, strict=True) if each.label not in text.partition(".")[0]] == []


def test_the_help_names_every_format() -> None:
    shown = CliRunner().invoke(main, ["index", "--help"]).output
    assert [each.label for each in FORMATS if each.label not in " ".join(shown.split())] == []


def test_the_help_names_every_command() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    assert [command for command in COMMANDS if f"  {command} " not in shown] == []


def test_the_request_gets_the_answer_that_is_shown(client: FlaskClient) -> None:
    body = re.search(r"-d '(\{.*?\})'\n```", README, re.DOTALL)
    shown = re.search(r"```json\n(.*?)\n```", README, re.DOTALL)
    assert body is not None
    assert shown is not None
    answer = client.post("/api/v1/search", data=body[1], content_type="application/json").get_json()
    assert without_what_differs(answer) == without_what_differs(json.loads(shown[1]))


def without_what_differs(value: object) -> object:
    """A response without what differs from machine to machine: ids (the files' place is in them), times, last digits."""
    if isinstance(value, dict):
        differing = ("id", "passage_id", "timings_ms", "updated")
        return {key: without_what_differs(item) for key, item in value.items() if key not in differing}
    if isinstance(value, list):
        return [without_what_differs(item) for item in value]
    # An 8-bit product may differ by a hundredth from one processor to another.
    return round(value, 1) if isinstance(value, float) else value
