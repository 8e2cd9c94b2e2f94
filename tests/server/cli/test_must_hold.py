"""Must-hold questions, as a user meets them: the command that indexes stops where one is broken."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from askdex.indexer.errors import BrokenAnswersError
from askdex.server.cli.main import main
from askdex.server.cli.serve import _served_as_it_was
from tests.stubs import StubEncoder, write_files

THINGS = "apple bridge candle donkey engine feather garden hammer island jacket kettle ladder".split()


def index(place: Path, *options: str) -> Result:
    arguments = ["index", str(place / "docs"), "--index", str(place / "index"), *options]
    return CliRunner().invoke(main, arguments)


def told(result: Result) -> list[str]:
    """What is printed beside the progress and the report."""
    return [line for line in result.stderr.splitlines() if not line.startswith("Indexing")]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with documents, and with a file of questions."""
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda name, **_: StubEncoder(name))
    pages = {f"docs/{thing}.md": f"# The {thing}\n\nWe keep every {thing} in the attic.\n" for thing in THINGS}
    must = "question,document,words\nWhere do we keep the apple?,apple.md,in the attic\n"
    write_files(tmp_path, {**pages, "must.csv": must})
    return tmp_path


def test_a_broken_question_ends_the_command_with_a_line_that_names_the_file(place: Path) -> None:
    must = ("--must", str(place / "must.csv"))
    done = index(place, *must)
    assert (done.exit_code, told(done)) == (0, []), done.output
    assert "Must-hold questions: 1 asked." in done.stdout
    write_files(place / "docs", {"apple.md": "# The apple\n\nWe keep every apple in the barn.\n"})
    stopped = index(place, *must)
    broken, error = told(stopped)
    assert stopped.exit_code == 1
    assert broken == (
        'Broken: "Where do we keep the apple?" is answered from apple.md with »We keep every apple in the barn.«, but must be '
        f'from apple.md with "in the attic"; {(place / "docs/apple.md").resolve()} was changed'
    )
    assert error.startswith("Error: Of 1 must-hold questions 1 would be broken: the index stays as it was.")
    forced = index(place, *must, "--force")
    assert (forced.exit_code, told(forced)) == (0, [broken])
    assert "generation 2" in forced.stdout


def test_watching_goes_on_after_a_broken_question(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dealt_with: list[str] = []

    def watched(*_: object, **__: object) -> Iterator[Callable[[], None]]:
        for room in ("barn", "attic of the old house"):
            write_files(place / "docs", {"apple.md": f"# The apple\n\nWe keep every apple in the {room}.\n"})
            yield partial(dealt_with.append, room)

    monkeypatch.setattr("askdex.server.cli.index.watched_changes", watched)
    watching = index(place, "--must", str(place / "must.csv"), "--watch")
    broken, error = told(watching)
    assert (broken.startswith("Broken: "), error.startswith("Of 1 must-hold questions 1 would be broken")) == (True, True)
    assert dealt_with == ["barn", "attic of the old house"]
    assert (watching.exit_code, "generation 2" in watching.stdout, "generation 3" in watching.stdout) == (0, True, False)


def run(place: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--index", str(place / "index")])


@pytest.mark.parametrize("is_named", [True, False])
def test_what_takes_documents_away_asks_too(place: Path, monkeypatch: pytest.MonkeyPatch, *, is_named: bool) -> None:
    monkeypatch.chdir(place)
    must = ("--must", "must.csv") if is_named else ()
    if not is_named:
        (place / "askdex.toml").write_text('must = "must.csv"\n', encoding="utf-8")
    write_files(place / "docs", {"apple.md": "# The apple\n\nWe keep every apple in the barn.\n"})
    assert index(place, *must, "--force").exit_code == 0
    write_files(place / "docs", {"apple.md": "# The apple\n\nWe keep every apple in the attic.\n"})
    assert index(place, *must).exit_code == 0
    for arguments in (("rollback",), ("remove", "apple.md")):
        stopped = run(place, *arguments, *must)
        assert stopped.exit_code == 1
        assert "would be broken: the index stays as it was" in stopped.stderr
    removed = str((place / "docs" / "apple.md").resolve())
    assert f"{removed} was removed" in run(place, "remove", "apple.md", *must).stderr
    assert re.search(r"^generation +2$", run(place, "info").stdout, re.MULTILINE)
    assert run(place, "rollback", *must, "--force").exit_code == 0


def test_a_snapshot_that_breaks_one_is_not_brought_back_unless_nothing_else_can_be_read(place: Path) -> None:
    must, snapshot = ("--must", str(place / "must.csv")), str(place / "old.askdex")
    write_files(place / "docs", {"apple.md": "# The apple\n\nWe keep every apple in the barn.\n"})
    assert index(place).exit_code == 0
    assert run(place, "snapshot", snapshot).exit_code == 0
    write_files(place / "docs", {"apple.md": "# The apple\n\nWe keep every apple in the attic.\n"})
    assert index(place, *must).exit_code == 0
    stopped = run(place, "restore", snapshot, *must)
    broken, error = told(stopped)
    assert stopped.exit_code == 1
    assert broken.startswith(
        'Broken: "Where do we keep the apple?" is answered from apple.md with »We keep every apple in the barn.«'
    )
    assert "would be broken: the index stays as it was" in error
    assert "attic" in run(place, "ask", "Where do we keep the apple?").stdout
    (place / "index" / "index.sqlite").write_bytes(b"no database")
    forced = run(place, "restore", snapshot, *must)
    assert (forced.exit_code, told(forced)[0].startswith("Does not hold: ")) == (0, True), forced.output
    assert "barn" in run(place, "ask", "Where do we keep the apple?").stdout


def test_a_server_goes_on_with_the_index_as_it_was(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BrokenAnswersError), _served_as_it_was(place / "index"):
        raise BrokenAnswersError("broken")
    assert index(place).exit_code == 0
    with _served_as_it_was(place / "index"):
        raise BrokenAnswersError("Some would be broken.")
    assert capsys.readouterr().err == "Some would be broken. It is served as it was.\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--force"], "name their file with --must"),
        (["--must", "nowhere.csv"], "nowhere.csv is no file of must-hold questions"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_indexed(place: Path, options: list[str], message: str) -> None:
    refused = index(place, *options)
    assert (refused.exit_code, message in refused.stderr) == (2, True), refused.output
    assert not (place / "index").exists()
