"""The command line with a site, the real model and a real server on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from askdex.server.cli.main import main
from tests.site_server import Page, SiteServer, html, serving


@pytest.fixture
def site() -> Iterator[SiteServer]:
    pages = {"/help/": html("Help", ["card", "gone"]), "/help/card": html("The office of your town issues the card")}
    with serving(pages) as site:
        yield site


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, without settings from outside."""
    monkeypatch.delenv("ASKDEX_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_a_site_is_indexed_asked_and_taken_out(site: SiteServer) -> None:
    address = f"{site.address}/help/"
    indexed = run("index", address, "--allow-private", "--delay", "0")
    assert indexed.exit_code == 0, indexed.output
    assert "Fetching: 3 pages, 0 to come" in indexed.output
    assert f"Left out {address}gone: the server has no such page (404)" in indexed.output
    assert "Files: 2 new" in indexed.output
    (result,) = json.loads(run("ask", "Who issues the card?", "--limit", "1", "--json").output)["results"]
    assert result["document"]["url"] == f"{address}card"
    assert result["url"] == f"{address}card#:~:text=The%20office%20of%20your%20town%20issues%20the%20card."
    assert f"{address} (2)" in run("info").output
    assert [row["path"] for row in json.loads(run("info", "--left-out", "--json").output)] == [f"{address}gone"]
    assert "2 removed" in run("remove", address).output


def test_a_dry_run_says_which_pages_it_would_read(site: SiteServer, tmp_path: Path) -> None:
    planned = run("index", f"{site.address}/help/", "--allow-private", "--delay", "0", "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert f"new      {site.address}/help/card" in planned.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("http://127.0.0.1:9/",), "is on this computer or in its network, which --allow-private allows"),
        (("http://127.0.0.1:9/", "--allow-private", "--delay", "0"), "refused"),
        (("https://user:word@h.example/",), "is no address of a page"),
        (("https://nowhere.invalid/",), "its host nowhere.invalid is not known"),
        (("https://h.example/", "--also-host", "a b"), "is no name of a host"),
        (("https://h.example/", "--watch"), "A site cannot be watched"),
        (("https://h.example/", "--max-pages", "0"), "0 is not in the range"),
        (("https://h.example/", "--exclude", "!"), "--exclude"),
    ],
)
def test_what_cannot_be_indexed_is_said_in_a_line(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = run("index", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_site_in_trouble_keeps_its_pages(site: SiteServer) -> None:
    arguments = ("index", f"{site.address}/help/", "--allow-private", "--delay", "0")
    assert run(*arguments).exit_code == 0
    site.pages["/help/card"] = Page(status=500)
    again = run(*arguments)
    assert again.exit_code == 0
    assert "/help/card: the server failed (500); what was read of it before stays" in again.output
    assert "2 unchanged" in again.output
