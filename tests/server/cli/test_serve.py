"""The options of the command that serves."""

import json
import logging
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner

from askdex.server.cli.main import main
from askdex.server.wsgi import ListeningError


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--proxy", "nonsense", "'nonsense' does not appear to be an IPv4 or IPv6 network"),
        ("--proxy", "10.0.0.1/8", "10.0.0.1/8 has host bits set"),
        ("--prefix", "a b", "'a b' is no path such as /ask"),
        ("--trusted-host", "https://help.example/", "'https://help.example/' is no host name"),
        ("--metrics", "9464", "'9464' is no address such as 127.0.0.1:9464"),
        ("--metrics", "localhost:99999", "Port out of range 0-65535"),
        ("--trusted-host", "", "'' is no host name"),
    ],
)
def test_a_value_that_is_none_is_refused_with_the_reason(option: str, value: str, reason: str) -> None:
    result = CliRunner().invoke(main, ["serve", option, value])
    assert result.exit_code == 2
    assert result.stderr.endswith(f"Error: Invalid value for '{option}': {reason}\n")


def test_a_mode_whose_model_is_not_installed_is_refused_before_anything_is_indexed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askdex.indexer.models.reranker.is_reranker_installed", lambda *_: False)
    monkeypatch.setattr("askdex.server.cli.serve.index_documents", lambda *_, **__: pytest.fail("it indexes"))
    result = CliRunner().invoke(main, ["serve", "--mode", "precise", "--port", "0", "--index", str(tmp_path / "index")])
    assert result.exit_code == 2
    assert "The mode precise needs a model that is not installed: get it with pip install" in result.stderr
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("option", [("--host", "0.0.0.0"), ("--proxy", "127.0.0.1"), ("--trusted-host", "help.example")])
def test_documents_can_be_changed_from_this_computer_alone(option: tuple[str, str], tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--writable", "--port", "0", "--index", str(tmp_path / "index"), *option])
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "Error: --writable is for this computer alone: leave out --host, --proxy and --trusted-host.\n"
    )
    assert not (tmp_path / "index").exists()


def test_warnings_of_the_server_are_json_where_its_log_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def take_address(*_: object) -> NoReturn:
        logging.getLogger("askdex.server").warning("The disk is full")
        raise ListeningError("taken")

    monkeypatch.setattr("askdex.server.wsgi.take_address", take_address)
    result = CliRunner().invoke(main, ["serve", "--log-format", "json"])
    assert json.loads(result.stderr.splitlines()[0])["message"] == "The disk is full"
