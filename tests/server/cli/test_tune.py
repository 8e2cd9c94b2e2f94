"""The command that fits an index to questions whose answers are known."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from askdex.server.cli.main import main
from tests.indexer.evaluation.tuned import kept, make_index
from tests.stubs import StubEncoder, write_files

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned")
    make_index(folder)
    return folder


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "index", tmp_path / "index"))


@pytest.fixture
def questions(made: Path) -> Path:
    return made / "questions.csv"


@pytest.fixture
def run(index: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the index, with a stub for its model."""
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda name, **_: StubEncoder(name))

    def invoked(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [*map(str, arguments), "--index", str(index)])

    return invoked


def output(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def test_what_is_fitted_is_told_with_what_it_gains(run: Run, index: Path, questions: Path) -> None:
    gain, fitted, refused = output(run("tune", questions)).splitlines()
    assert gain.startswith(
        "Of 40 questions, 20 of which the documents answer, 25 are served without a tuning. Each was asked with"
    )
    assert "are served (95% interval +" in gain
    assert fitted.startswith("Kept: what words add counts 1.0 times, what single tokens add 1.0 times, and -")
    assert refused == "The index now refuses 0 of 20 questions with an answer, and 20 of 20 without."
    assert "log-odds -2.0; fitted on 40 questions: +" in output(run("info"))
    told = json.loads(output(run("info", "--json")))["tuning"]
    assert (told["questions"], told["shift"]) == (40, -2.0)
    assert output(run("tune", "--reset")) == "What was fitted is taken back.\n"
    assert kept(index)[0] is None
    assert output(run("tune", "--reset")) == "The index was not tuned: nothing to take back.\n"
    assert "\ntuning        none\n" in output(run("info"))


def test_what_gains_nothing_is_refused(run: Run, index: Path, tmp_path: Path) -> None:
    write_files(
        tmp_path, {"easy.csv": "question,document\n" + "".join(f"We keep every apple {n}?,apple.md\n" for n in range(20))}
    )
    threshold, gain, chance, change = output(run("tune", tmp_path / "easy.csv")).splitlines()
    assert threshold == "The threshold stays as it is: to fit it takes at least 5 questions with an answer and 5 without."
    assert gain.endswith("+0.0% are served (95% interval +0.0% to +0.0%).")
    assert (chance, change) == ("That may be chance.", "Nothing was changed.")
    assert kept(index)[0] is None


def test_a_promise_is_told_or_what_it_takes(run: Run, questions: Path) -> None:
    promise, refused = output(run("tune", questions, "--refuse-at-most", "0.2")).splitlines()
    assert promise.endswith("no more than 20.0% are then refused, with a confidence of 95% (upper bound 13.9%).")
    assert refused.startswith("The index now refuses 0 of 20 questions with an answer, and ")
    assert "fitted on 40 questions: no more than 20.0% of the questions with an answer are refused" in output(run("info"))
    few, change = output(run("tune", questions, "--refuse-at-most", "0.05")).splitlines()
    assert few.endswith("20 with an answer. It takes 59 if none of them is refused, and more if some are.")
    assert change == "Nothing was changed."


def test_a_promise_that_the_collection_breaks_is_not_made(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"How do zebras {n} graze among quaggas?,apple.md\n" for n in range(20))
    write_files(tmp_path, {"hard.csv": f"question,document\n{rows}We keep every apple?,gone.md\n"})
    absent, broken, change = output(run("tune", tmp_path / "hard.csv", "--refuse-at-most", "0.2")).splitlines()
    assert absent == "1 of the documents that answer are not in the index, and so never found: gone.md"
    assert broken.startswith("That no more than 20.0% are refused cannot be promised: of 21 questions with an answer ")
    assert change == "Nothing was changed."


def test_a_program_gets_json(run: Run, questions: Path) -> None:
    told = json.loads(output(run("tune", questions, "--json")))
    assert told["is_kept"] is True
    assert told["tuning"]["gain_low"] > 0
    assert json.loads(output(run("tune", "--reset", "--json"))) == {"was_tuned": True}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name the file of questions"),
        (["few.csv"], "has 1 question: to tune takes at least 20."),
        (["nowhere.csv"], "is no evaluation set"),
        (["few.csv", "--reset"], "--reset takes no questions"),
        (["few.csv", "--refuse-at-most", "1"], "is not in the range 0<x<1"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(run: Run, index: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    write_files(tmp_path, {"few.csv": "question,document\nWhere is the apple?,apple.md\n"})
    before = kept(index)
    result = run("tune", *(tmp_path / word if word.endswith(".csv") else word for word in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert kept(index) == before
