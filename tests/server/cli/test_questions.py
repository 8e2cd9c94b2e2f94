"""The command that says what people ask."""

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from askdex.indexer.evaluation.sets import read_set
from askdex.indexer.ingest.update import update
from askdex.indexer.store import question_log
from askdex.indexer.store.question_log import Asked, Verdict
from askdex.server.cli.main import main
from askdex.server.question_log import hour
from tests.stubs import StubEncoder, write_files

CARD, FEES, FORMULA, RARE = "who issues the card", "what are the fees", '=HYPERLINK("x") then', "something that one asked"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda *_, **__: StubEncoder())
    write_files(tmp_path / "pages", {"card.md": "# Card\n\nThe card is green.\n"})
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


def entry(question: str, days_ago: int, *, is_answered: bool) -> Asked:
    return Asked(hour(days_ago), question, "fast", is_answered, 0.5, "card.md", 1)


@pytest.fixture
def asked(index: Path) -> Path:
    """An index with a log of some questions, each asked on three days."""
    found = [(CARD, True), (FEES, False), (FORMULA, True)]
    entries = [entry(question, day, is_answered=is_answered) for question, is_answered in found for day in (1, 2, 3)]
    rare = entry(RARE, 1, is_answered=True)
    said = [Verdict(hour(1), CARD, "card.md", helped=True), Verdict(hour(1), FORMULA, "card.md", helped=False)]
    with closing(question_log.open_log(index)) as connection:
        question_log.write(connection, [*entries, rare, *said], 2, hour(), hour(90))
    return index


def run(folder: Path, *options: str) -> Result:
    result = CliRunner().invoke(main, ["questions", "--index", str(folder), *options])
    assert result.exit_code == 0, result.output
    return result


def test_the_lists_are_told_for_reading(asked: Path) -> None:
    printed = run(asked).stdout
    assert printed.startswith("10 questions were asked, 3 of them were not answered.\n2 more could not be written down.\n")
    most, not_answered, did_not_help, rest = printed.split("\n\n")[1:]
    assert most.splitlines()[0] == "Most asked"
    assert not_answered.splitlines() == ["Not answered", f"     3  {FEES}", "        write here: card.md"]
    assert did_not_help.splitlines()[:2] == ["Answered, but did not help", f"     1  {FORMULA}"]
    assert rest == "1 others, asked 1 times, were asked on fewer than 3 days.\n"
    assert RARE not in printed
    assert RARE in run(asked, "--least-days", "1").stdout
    assert FEES not in run(asked, "--days", "1").stdout


def test_programs_get_json_and_spreadsheets_no_formula(asked: Path) -> None:
    told = json.loads(run(asked, "--json").stdout)
    assert (told["asked"], told["lost"], told["hidden"]) == (10, 2, 1)
    assert [group["question"] for group in told["lists"]["not_answered"]] == [FEES]
    table = list(csv.DictReader(io.StringIO(run(asked, "--csv").stdout)))
    assert [(row["list"], row["question"]) for row in table if row["list"] == "not_answered"] == [("not_answered", FEES)]
    assert [row["question"] for row in table if row["list"] == "did_not_help"] == [f"'{FORMULA}"]
    assert len(list(csv.DictReader(io.StringIO(run(asked, "--csv", "--limit", "1").stdout)))) == 3


def test_what_helped_becomes_a_set_for_eval(asked: Path, tmp_path: Path) -> None:
    file = tmp_path / "asked.csv"
    printed = run(asked, "--as-set", str(file)).stdout
    assert printed.splitlines()[0] == f"Wrote 1 questions with the documents that helped to {file}."
    assert printed.splitlines()[1].startswith("1 questions whose answers did not help are left out")
    assert dict(read_set(file).relevant) == {CARD: frozenset({"card.md"})}


def test_without_a_log_one_line_says_how_to_get_one(index: Path) -> None:
    result = CliRunner().invoke(main, ["questions", "--index", str(index)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: Nothing is written down of what is asked in {index}: serve with --log-questions first.\n"


def test_a_gap_that_was_filled_is_no_longer_listed(asked: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "pages", {"fees.md": f"# {FEES}?\n\nThe fees are ten euros a year.\n"})
    update(asked, [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    printed = run(asked).stdout
    assert "Not answered: nothing" in printed
    assert FEES in printed.split("\n\n")[1]
