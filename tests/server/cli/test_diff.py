"""The command that says what people would be told otherwise, as a user meets it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from askdex.server.cli.main import main
from tests.stubs import StubEncoder, write_files

THINGS = "apple bridge candle donkey engine feather garden hammer island jacket kettle ladder".split()

Run = Callable[..., Result]


def page(thing: str, room: str = "attic") -> str:
    return f"# The {thing}\n\n## Where do we keep the {thing}?\n\nWe keep every {thing} in the {room}.\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index at its second generation, and a snapshot of the first: one answer has changed, one has moved, one is gone."""
    place = tmp_path_factory.mktemp("diff")
    write_files(place / "docs", {f"{thing}.md": page(thing) for thing in THINGS})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("askdex.indexer.models.loading.load_encoder", lambda name, **_: StubEncoder(name))
        runner, folder = CliRunner(), str(place / "index")
        assert runner.invoke(main, ["index", str(place / "docs"), "--index", folder]).exit_code == 0
        assert runner.invoke(main, ["snapshot", str(place / "old.askdex"), "--index", folder]).exit_code == 0
        (place / "docs/bridge.md").rename(place / "docs/river.md")
        (place / "docs/candle.md").unlink()
        write_files(place / "docs", {"apple.md": page("apple", "barn"), "zebra.md": page("zebra", "zoo")})
        assert runner.invoke(main, ["index", str(place / "docs"), "--index", folder]).exit_code == 0
    write_files(place, {"few.csv": "note,question\n,Where do we keep the apple?\n,Where do we keep the ladder?\n,\n"})
    return place


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda name, **_: StubEncoder(name))

    def invoked(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, ["diff", *map(str, arguments), "--index", str(place / "index")])

    return invoked


@pytest.mark.parametrize("sides", [("1", "2"), ("old.askdex", "index"), ("old.askdex", "2")])
def test_what_differs_is_listed(run: Run, place: Path, sides: tuple[str, str]) -> None:
    result = run(*(name if name.isdecimal() else place / name for name in sides), "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["questions"] == len(THINGS) + 1
    differences = {difference["question"]: difference for difference in told["differences"]}
    assert differences["Where do we keep the apple?"] == {
        "question": "Where do we keep the apple?",
        "difference": "words",
        "before": {"document": "apple.md", "answer": "We keep every apple in the attic."},
        "after": {"document": "apple.md", "answer": "We keep every apple in the barn."},
    }
    assert differences["Where do we keep the bridge?"]["difference"] == "document"
    assert differences["Where do we keep the candle?"]["after"] != differences["Where do we keep the candle?"]["before"]
    assert differences["Where do we keep the zebra?"]["after"]["document"] == "zebra.md"
    assert len(differences) == 4


def test_the_questions_may_come_from_a_file(run: Run, place: Path) -> None:
    result = run("1", "2", "--questions", place / "few.csv")
    assert result.stdout.splitlines() == [
        "Where do we keep the apple?  (answered in other words)",
        "   before  apple.md: »We keep every apple in the attic.«",
        "   after   apple.md: »We keep every apple in the barn.«",
        "Of 2 questions 1 would be answered otherwise.",
    ]


def test_what_is_the_same_differs_in_nothing(run: Run, place: Path) -> None:
    assert run(place / "index", "2").stdout == "Of 12 questions 0 would be answered otherwise.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("1", "9"), "The index has no generation 9: it holds 1 and 2."),
        (("nowhere", "2"), "There is no file nowhere."),
        (("docs", "2"), "There is no index in "),
        (("few.csv", "2"), "is no sound snapshot"),
        (("1", "2", "--questions", "old.askdex"), "is no file of questions"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(run: Run, place: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(*(place / name if (place / name).exists() else name for name in arguments))
    assert (result.exit_code, result.stdout, message in result.stderr) == (2, "", True), result.output
