"""A run that goes on as files change."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from askdex.indexer.errors import MissingIndexError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.store import read, states
from askdex.server.cli.main import main
from tests.server.processes import Server, started
from tests.stubs import PATIENCE_S, StubEncoder, wait_for

ASKDEX = Path(sys.executable).with_name("askdex")


def uris(index: Path) -> set[str]:
    try:
        with viewed(index) as view:
            return {summary.uri for summary in read.page_of_documents(view, 100, 0)}
    except MissingIndexError:
        return set()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "card.md").write_text("# Card\n\nThe office issues the card.", encoding="utf-8")
    return tmp_path / "docs"


@pytest.fixture
def watching(docs: Path) -> Iterator[Server]:
    """A watching run over the documents, whose index lies among them; it has indexed them once."""
    with started(ASKDEX, "index", docs, "--watch", "--index", docs / "index") as process:
        wait_for(lambda: uris(docs / "index") == {"card.md"})
        yield process


@pytest.mark.slow
def test_files_that_come_change_and_go_are_followed_until_ctrl_c(docs: Path, watching: Server) -> None:
    (docs / "pension.md").write_text("# Pension\n\nA pension begins at sixty.", encoding="utf-8")
    wait_for(lambda: uris(docs / "index") == {"card.md", "pension.md"})
    (docs / "card.md").rename(docs / "moved.md")
    wait_for(lambda: uris(docs / "index") == {"moved.md", "pension.md"})
    (docs / "pension.md").unlink()
    wait_for(lambda: uris(docs / "index") == {"moved.md"})
    (docs / "moved.md").unlink()
    watching.printed("holds no documents")
    (docs / "back.md").write_text("# Back\n\nIt is back.", encoding="utf-8")
    wait_for(lambda: uris(docs / "index") == {"back.md"})
    assert watching.stopped(signal.SIGINT) == 0
    assert "Traceback" not in watching.output
    assert watching.output.endswith("Stopped.\n")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_a_file_whose_name_is_no_text_ends_it_with_one_line(docs: Path, watching: Server) -> None:
    Path(os.fsdecode(bytes(docs) + b"/caf\xe9.md")).write_text("# Coffee\n\nIt opens at nine.", encoding="utf-8")
    last = watching.printed("^Error: .*")
    assert watching.process.wait(PATIENCE_S) == 2
    assert last.startswith("Error: Changes cannot be watched (Unable to decode path")
    assert last.endswith("as often as need be.")
    assert "without --watch" in last
    assert watching.process.stdout is not None
    assert watching.process.stdout.read() == ""


def test_an_error_that_lasts_is_said_once(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def watched(*_: object, **__: object) -> Iterator[Callable[[], None]]:
        (docs / "card.md").unlink()
        for _number in range(3):
            yield lambda: None

    monkeypatch.setattr("askdex.server.cli.index.watched_changes", watched)
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda *_, **__: StubEncoder())
    watching = CliRunner().invoke(main, ["index", str(docs), "--watch", "--index", str(docs.parent / "index")])
    assert watching.exit_code == 0
    assert watching.stderr.count("holds no documents") == 1
    assert watching.stdout.endswith("Stopped.\n")


def test_what_editors_say_is_read_again_and_a_broken_file_changes_nothing(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, index = docs / "askdex.toml", docs.parent / "index"
    said: list[tuple[tuple[str, ...], ...]] = []

    def watched(*_: object, **__: object) -> Iterator[Callable[[], None]]:
        for text in ('synonyms = [["card", "permit"]]', "synonyms = [", "synonyms = [", 'synonyms = [["card", "badge"]]'):
            file.write_text(text, encoding="utf-8")
            yield lambda: None
            with viewed(index) as view:
                said.append(states.curation(view.connection).synonyms)

    file.write_text("", encoding="utf-8")
    monkeypatch.setattr("askdex.server.cli.index.watched_changes", watched)
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda *_, **__: StubEncoder())
    watching = CliRunner().invoke(main, ["index", str(docs), "--watch", "--index", str(index), "--settings", str(file)])
    assert said == [(("card", "permit"),)] * 3 + [(("card", "badge"),)]
    assert watching.stderr.count(str(file)) == 1
