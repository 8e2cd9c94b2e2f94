"""The command that measures how good the answers are."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from askdex.server.cli.main import main
from tests.indexer.evaluation.test_measure import write_set
from tests.stubs import FailingEncoder, StubEncoder, write_files


@pytest.fixture(autouse=True)
def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda name, **_: StubEncoder(name))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["eval", *map(str, arguments)])


def output(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_table_says_each_mode_with_its_intervals(tmp_path: Path) -> None:
    lines = output(run(write_set(tmp_path / "small"))).splitlines()
    assert lines[0] == "small: 3 questions"
    assert lines[1].split() == ["mode", "ndcg@10", "hit@1", "hit@5", "mrr@10", "recall@100", "ms"]
    by_mode = {line.split()[0]: line.split()[1:] for line in lines[2:]}
    assert list(by_mode) == ["fast", "precise", "keyword", "semantic"]
    assert by_mode["keyword"][:2] == ["0.667", "(0.000-1.000)"]


def test_all_modes_are_those_that_are_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.reranker.is_reranker_installed", lambda *_: False)
    result = run(write_set(tmp_path / "small"))
    assert [line.split()[0] for line in output(result).splitlines()[2:]] == ["fast", "keyword", "semantic"]
    assert "pip install 'askdex[precise]'" in result.stderr


def test_what_was_printed_earlier_is_compared_with(tmp_path: Path) -> None:
    place = write_set(tmp_path / "small")
    before = json.loads(output(run(place, "--mode", "keyword", "--json", "--cache", tmp_path / "cache")))
    assert before["small"]["keyword"]["measures"]["hit@1"]["mean"] == pytest.approx(2 / 3)
    assert before["small"]["keyword"]["comparison"] is None
    before["small"]["keyword"]["values"]["ndcg@10"]["q2"] = 0.0
    (tmp_path / "before.json").write_text(json.dumps(before), encoding="utf-8")
    compared = (place, "--mode", "keyword", "--compare", tmp_path / "before.json", "--cache", tmp_path / "cache")
    printed = output(run(*compared))
    assert "keyword ndcg@10 +0.3333" in printed
    assert printed.count("over 3 questions: may be chance\n") == 1
    assert printed.count("over 3 questions: no difference\n") == 4
    assert "    0.00 -> 1.00  widow claim" in printed
    comparison = json.loads(output(run(*compared, "--json")))["small"]["keyword"]["comparison"]
    assert comparison["measures"]["ndcg@10"]["difference"]["mean"] == pytest.approx(1 / 3)
    assert comparison["moved"] == [{"question": "widow claim", "before": 0.0, "now": 1.0}]


def test_files_are_judged_as_documents(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "card.md").write_text("# Card\n\nThe office issues the card.", encoding="utf-8")
    (tmp_path / "docs" / "faq.csv").write_text("question,answer\nWhat is a widow?,A widow has a claim.\n", encoding="utf-8")
    (tmp_path / "mine.csv").write_text(
        "question,document\nwho issues the card,card.md\nwidow claim,faq.csv\n", encoding="utf-8"
    )
    printed = output(run(tmp_path / "mine.csv", "--documents", tmp_path / "docs", "--mode", "keyword"))
    assert "1.000 (1.000-1.000)" in printed


def test_a_kept_index_is_of_one_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[str] = []

    def load(name: str, **_: object) -> StubEncoder:
        asked_for.append(name)
        return StubEncoder(name)

    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", load)
    for model in ("one", "other", "other"):
        output(run(write_set(tmp_path / "small"), "--mode", "semantic", "--cache", tmp_path / "cache", "--model", model))
    # To index with, and to ask with; what is there already is only asked.
    assert asked_for == ["one", "one", "other", "other", "other"]


def test_a_kept_index_is_of_one_folder_of_documents(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/card.md": "# Card\n\nThe office issues the card.", "b/widow.md": "# Widow\n\nShe has a claim."})
    write_files(tmp_path, {"mine.csv": "question,document\nwho issues the card,card.md\nwidow claim,widow.md\n"})
    cached: list[str | Path] = [tmp_path / "mine.csv", "--mode", "keyword", "--cache", tmp_path / "cache", "--documents"]
    for folder, lacks in (("a", "widow.md"), ("b", "card.md"), ("a", "widow.md")):
        assert (
            f"1 of its 2 documents are not in the collection, and so never found: {lacks}"
            in run(*cached, tmp_path / folder).stderr
        )


def test_what_a_run_leaves_that_was_stopped_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached: list[str | Path] = [write_set(tmp_path / "small"), "--mode", "keyword", "--cache", tmp_path / "cache"]
    with monkeypatch.context() as patch:
        # As after a kill, nothing is tidied up.
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        patch.setattr("askdex.indexer.models.loading.load_encoder", lambda *_, **__: FailingEncoder(0))
        assert isinstance(run(*cached).exception, RuntimeError)
    assert "0.667" in output(run(*cached))


def test_one_question_is_not_many(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("# Card\n\nThe office issues the card.", encoding="utf-8")
    (tmp_path / "mine.csv").write_text("question,document\nwho issues the card,card.md\n", encoding="utf-8")
    printed = output(run(tmp_path / "mine.csv", "--documents", tmp_path / "card.md", "--mode", "keyword"))
    assert printed.startswith("mine: 1 question\n")


def test_documents_that_are_not_there_are_named_and_count_as_not_found(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("# Card\n\nThe office issues the card.", encoding="utf-8")
    gone = [f"gone{n}.md" for n in range(5)]
    rows = [f"who issues the card,{name}\n" for name in ("card.md", *gone[:4])] + [f"lost card,{gone[4]}\n"]
    (tmp_path / "mine.csv").write_text("question,document\n" + "".join(rows), encoding="utf-8")
    done = run(tmp_path / "mine.csv", "--documents", tmp_path / "card.md", "--mode", "keyword")
    assert "0.500" in output(done).splitlines()[2].split()[3]
    assert (
        "mine: 5 of its 6 documents are not in the collection, and so never found: gone0.md, gone1.md, gone2.md and 2 more\n"
        in done.stderr
    )


def test_a_set_about_other_documents_is_refused(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("# Card\n\nThe office issues the card.", encoding="utf-8")
    (tmp_path / "mine.csv").write_text("question,document\nwho,docs/card.md\nwho,law.md\n", encoding="utf-8")
    done = run(tmp_path / "mine.csv", "--documents", tmp_path / "card.md", "--mode", "keyword")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(
        "The collection holds none of the documents that mine gives as answers (docs/card.md, law.md): name them as it does, "
        "such as card.md.\n"
    )


def test_a_report_shows_every_mode_in_pictures(tmp_path: Path) -> None:
    place = write_set(tmp_path / "a & <b>")
    done = run(place, "--report", tmp_path / "report", "--json")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert f"The report: {tmp_path / 'report' / 'index.html'}" in done.stderr
    assert "a &amp; &lt;b&gt;" in page
    assert "<b>" not in page
    records = json.loads(output(done))["a & <b>"]
    assert page.count('<rect class="bar"') == len(records) == 4
    judged = [mode for mode, of in records.items() if of["reliability"]]
    assert judged == ["fast", "precise"]
    assert page.count("calibration error") == len(judged)
    assert page.count("<circle") == sum(len(records[mode]["reliability"]) for mode in judged)


def test_a_report_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(write_set(tmp_path / "small"), "--mode", "keyword", "--report", tmp_path / "file" / "report")
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr


def test_what_cannot_be_measured_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("question,document\nwho,card.md\n", encoding="utf-8")
    (tmp_path / "no.json").write_text("[]", encoding="utf-8")
    place = write_set(tmp_path / "small")
    cases = (
        [tmp_path / "mine.csv"],
        [tmp_path],
        [place, "--compare", tmp_path / "no.json"],
        [place, "--compare", tmp_path / "x"],
    )
    for arguments in cases:
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
