"""The progress of indexing where there is no terminal."""

import click
import pytest

from askdex.server.cli import progress
from askdex.server.cli.progress import progress_line, shown_progress
from tests.stubs import wait_for


@pytest.mark.parametrize(
    ("done", "total", "seconds", "line"),
    [
        (0, 100, 0, "Indexing: 0%"),
        (25, 100, 20, "Indexing: 25%, about 60 s left"),
        (25, 100, 600, "Indexing: 25%, about 30 min left"),
        (1, 100, 100, "Indexing: 1%, about 2.8 h left"),
        (100, 100, 5, "Indexing: 100%"),
        (0, 0, 5, "Indexing: 100%"),
    ],
)
def test_a_line_says_how_far_it_is_and_how_long_it_takes(done: int, total: int, seconds: float, line: str) -> None:
    assert progress_line(done, total, seconds) == line


def test_lines_come_now_and_then_also_while_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    monkeypatch.setattr(click, "echo", lambda line, **_: printed.append(line))
    monkeypatch.setattr(progress, "_PAUSE_S", 0.01)
    with shown_progress() as show:
        show(0, 100)
        show(50, 100)
        wait_for(lambda: sum(line.startswith("Indexing: 50%, about ") for line in printed) >= 2)
        show(100, 100)
    assert (printed[0], printed[-1]) == ("Indexing: 0%", "Indexing: 100%")


def test_nothing_is_shown_where_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress():
        pass
    assert capsys.readouterr().err == ""
