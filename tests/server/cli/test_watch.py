"""A run that goes on as files change."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.errors import MissingIndexError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.store import read
from tests.stubs import PATIENCE_S, wait_for

pytestmark = pytest.mark.slow
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
def watching(docs: Path) -> Iterator["subprocess.Popen[str]"]:
    """A watching run over the documents, whose index lies among them; it has indexed them once."""
    command = [str(ASKDEX), "index", str(docs), "--watch", "--index", str(docs / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            wait_for(lambda: uris(docs / "index") == {"card.md"})
            yield process
        finally:
            process.kill()


def test_files_that_come_change_and_go_are_followed_until_ctrl_c(docs: Path, watching: "subprocess.Popen[str]") -> None:
    (docs / "pension.md").write_text("# Pension\n\nA pension begins at sixty.", encoding="utf-8")
    wait_for(lambda: uris(docs / "index") == {"card.md", "pension.md"})
    (docs / "card.md").rename(docs / "moved.md")
    wait_for(lambda: uris(docs / "index") == {"moved.md", "pension.md"})
    (docs / "pension.md").unlink()
    wait_for(lambda: uris(docs / "index") == {"moved.md"})
    (docs / "moved.md").unlink()
    time.sleep(3)
    assert watching.poll() is None
    (docs / "back.md").write_text("# Back\n\nIt is back.", encoding="utf-8")
    wait_for(lambda: uris(docs / "index") == {"back.md"})
    watching.send_signal(signal.SIGINT)
    assert watching.wait(PATIENCE_S) == 0
    assert watching.stdout is not None
    printed = watching.stdout.read()
    assert "Traceback" not in printed
    assert printed.count("holds no documents") == 1
    assert printed.endswith("Stopped.\n")
    with closing(watching.stdout):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_a_file_whose_name_is_no_text_ends_it_with_one_line(docs: Path, watching: "subprocess.Popen[str]") -> None:
    Path(os.fsdecode(bytes(docs) + b"/caf\xe9.md")).write_text("# Coffee\n\nIt opens at nine.", encoding="utf-8")
    assert watching.wait(PATIENCE_S) == 2
    assert watching.stdout is not None
    with closing(watching.stdout) as printed:
        *_, last = printed.read().splitlines()
    assert last.startswith("Error: Changes cannot be watched (Unable to decode path")
    assert "without --watch" in last
