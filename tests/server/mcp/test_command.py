"""The command for assistants, where it ends at once."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from askdex.server.cli.main import COMMANDS, main
from tests.manual import GUIDE, blocks


def refused(index: Path) -> str:
    """Run the command, which must end with one line on stderr; return the line."""
    result = CliRunner().invoke(main, ["mcp", "--index", str(index)])
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_without_the_extra_it_says_how_to_install_it(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.server.mcp.extra.find_spec", lambda _: None)
    assert refused(index).endswith("get it with pip install 'askdex[mcp]'.")


def test_without_an_index_it_says_how_to_make_one(tmp_path: Path) -> None:
    assert "There is no index in" in refused(tmp_path / "none")


def test_the_file_of_the_guide_starts_it() -> None:
    (shown,) = map(json.loads, blocks(GUIDE["assistants.md"], "json"))
    ((command, *arguments),) = (server["args"] for server in shown["mcpServers"].values())
    context = COMMANDS[command].load().make_context(command, arguments)
    assert context.params["folder"] == Path("/srv/askdex/.askdex")
