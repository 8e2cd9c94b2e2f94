"""What editors say in the settings file, as a user meets it: in what runs print, in answers, on the page, over HTTP."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from askdex.indexer.search.searcher import open_searcher
from askdex.server.app import create_app
from askdex.server.cli.main import main
from tests.stubs import StubEncoder, write_files

ASKED = "When does a pension begin for me?"
SETTINGS = f"""
documents = ["docs"]
index = "index"
synonyms = [["PTO", "annual leave"], ["dole", "jobless pay"]]

[[best-bets]]
questions = ["{ASKED}", "When am I paid a pension?"]
document = "widow.md"
"""
MORE = """
[[best-bets]]
questions = ["Who issues the card?"]
document = "card.md"

[[best-bets]]
questions = ["Who sells tickets?"]
document = "tickets.md"

[[best-bets]]
questions = ["Where is the door?"]
document = "card.md"
words = "behind the stairs"
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with documents and a settings file."""
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda *_, **__: StubEncoder())
    monkeypatch.delenv("ASKDEX_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)
    pages = {
        "card.md": "# The card\n\nThe office issues the card.\n",
        "pension.md": "# Pension\n\nA pension begins at sixty for everybody.\n",
        "widow.md": "# Widows\n\nA widow has a claim.\n",
        "leave.md": "# Annual leave\n\nThirty days of annual leave are usual.\n",
    }
    write_files(tmp_path, {"askdex.toml": SETTINGS, **{f"docs/{name}": text for name, text in pages.items()}})
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def told() -> list[str]:
    """What a run prints beside the progress and the report."""
    result = run("index", "docs")
    assert result.exit_code == 0, result.output
    return [line for line in result.stderr.splitlines() if not line.startswith("Indexing")]


def test_a_run_tells_what_does_nothing_and_a_question_finds_what_was_chosen(place: Path) -> None:
    idle_synonyms = "Synonyms: no document has any of dole, jobless pay."
    assert told() == [idle_synonyms]
    write_files(place, {"askdex.toml": SETTINGS + MORE})
    lines = [
        'Best bet "Who sells tickets?": there is no document tickets.md.',
        'Best bet "Where is the door?": no passage of card.md has the words "behind the stairs".',
        'Best bet "Who issues the card?": needless, card.md answers without it.',
        idle_synonyms,
    ]
    assert told() == lines
    assert told() == lines
    printed = run("ask", ASKED, "--limit", "1").stdout
    assert printed.startswith(f'1. Widows\n   widow.md\n   chosen by the editors for "{ASKED}"\n   »A widow has a claim.«')
    assert run("ask", "How much PTO is there?").stdout.startswith("Showing results for: How much annual leave is there?")


def test_the_page_and_the_endpoint_mark_what_was_chosen(place: Path) -> None:
    told()
    with closing(open_searcher(place / "index", lambda _: StubEncoder())) as searcher:
        client = create_app(searcher).test_client()
        answer = client.get("/api/v1/search", query_string={"q": ASKED}).get_json()
        page = client.get("/", query_string={"q": ASKED, "why": "1"}).text
        chinese = client.get("/", query_string={"q": ASKED}, headers={"Accept-Language": "zh"}).text
        synonyms = client.get("/api/v1/search?q=How%20much%20PTO%20is%20there&correct=false").get_json()["synonyms"]
    assert (answer["answered"], answer["answer"]["text"]) == (True, "A widow has a claim.")
    assert [result["best_bet"] for result in answer["results"]][:2] == [ASKED, None]
    assert f"Chosen by the editors for “{ASKED}”" in page
    assert "It comes first because the editors chose it." in page
    assert f"编辑为“{ASKED}”选定" in chinese
    assert synonyms == ["annual leave"]


def test_what_is_said_no_more_counts_no_more_and_without_a_file_all_stays(place: Path) -> None:
    told()
    (place / "askdex.toml").rename(place / "office.toml")
    assert run("index", "docs", "--index", "index").exit_code == 0
    assert json.loads(run("ask", ASKED, "--index", "index", "--json").stdout)["results"][0]["best_bet"] == ASKED
    write_files(place, {"askdex.toml": 'index = "index"\n'})
    assert told() == []
    assert json.loads(run("ask", ASKED, "--json").stdout)["results"][0]["best_bet"] is None


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ('synonyms = [["one"]]', "line 1: synonyms.0: Tuple should have at least 2 items after validation, not 1"),
        ('synonyms = [["one", "?"]]', "line 1: synonyms.0.1: Value error, '?' has no word"),
        (
            "[[best-bets]]\nquestions = []\ndocument = 'a.md'",
            "line 2: best-bets.0.questions: Tuple should have at least 1 item",
        ),
        ("[[best-bets]]\nquestion = 'Who?'", "line 1: best-bets.0.questions: Field required"),
        ("[[best-bets]]\nquestions = ['Who?']\ndocument = 'a.md'\nword = 'x'", "line 4: best-bets.0.word: Extra inputs"),
    ],
)
def test_a_fault_is_told_in_one_line(place: Path, written: str, fault: str) -> None:
    write_files(place, {"askdex.toml": written})
    result = run("index", "docs")
    assert result.exit_code == 2
    assert f"askdex.toml, {fault}" in result.stderr
    assert len(result.stderr.splitlines()) == 1
