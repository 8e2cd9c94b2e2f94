"""The commands that keep an index in order, as a user meets them."""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from askdex.indexer.errors import ModelError
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import lock, sqlite
from askdex.indexer.store.folder import FILE
from askdex.indexer.upkeep import doctor, rebuild
from askdex.server.app import create_app
from askdex.server.cli.main import main
from tests.stubs import StubEncoder

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents and an index of them at its second generation; tests copy it."""
    place = tmp_path_factory.mktemp("made")
    (place / "docs").mkdir()
    for name in ("card", "law", "pension"):
        (place / "docs" / f"{name}.md").write_text(f"# {name}\n\nAbout the {name}.", encoding="utf-8")
        update(place / "index", [place / "docs"], load_encoder=lambda _: StubEncoder())
    return place


@pytest.fixture
def index(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared / "index", tmp_path / "index"))


@pytest.fixture
def run(index: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the index, with a stub for its model."""
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda name, **_: StubEncoder(name))
    monkeypatch.setattr(rebuild.migrate, "__defaults__", (StubEncoder, *(rebuild.migrate.__defaults__ or ())[1:]))

    def invoked(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [*map(str, arguments), "--index", str(index)])

    return invoked


def output(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_documents_are_removed_and_come_back_with_rollback(run: Run, prepared: Path) -> None:
    printed = output(run("remove", prepared / "docs" / "law.md", "pension.md"))
    assert "2 removed" in printed
    assert "Index: 1 document in 1 passage, 0 tokens lost, generation 4" in printed
    assert "3 documents in 3 passages, 0 tokens lost, generation 5" in output(run("rollback"))
    assert "nothing to go back to" in refused(run("rollback"))
    assert "nothing of the name nowhere" in refused(run("remove", "nowhere"))


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_a_file_whose_name_is_no_text_is_removed_by_it_once_it_is_gone(run: Run, index: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.md")
    assert r"nothing of the name caf\xe9.md" in refused(run("remove", name))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / name).write_text("# Coffee\n\nA cup.", encoding="utf-8")
    update(index, [tmp_path / "more"], load_encoder=lambda _: StubEncoder())
    shutil.rmtree(tmp_path / "more")
    assert "1 removed" in output(run("remove", name))


def test_an_index_is_kept_and_brought_back(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "monday.askdex"
    assert f"{file} holds 3 documents" in output(run("snapshot", file))
    assert "is there already" in refused(run("snapshot", file))
    output(run("remove", "law.md"))
    result = run("restore", file)
    assert "Index: 3 documents" in output(result)
    assert "is kept in" in result.stderr
    file.write_bytes(b"no snapshot")
    assert "is no sound snapshot" in refused(run("restore", file))


def test_what_is_kept_is_counted_and_deleted_when_somebody_says_so(run: Run, index: Path, tmp_path: Path) -> None:
    file = tmp_path / "monday.askdex"
    output(run("snapshot", file))
    assert "nothing was deleted" in output(run("restore", "--clear"))
    output(run("restore", file))
    result = run("restore", file)
    assert "2 replaced indexes take" in result.stderr
    assert f"askdex restore --clear --index {index}" in result.stderr
    of_others = min(index.glob("aside-*")) / "notes.txt"
    of_others.write_text("mine", encoding="utf-8")
    assert re.fullmatch(r"2 replaced indexes take [\d,.]+ MB\. Deleted\.\n", output(run("restore", "--clear")))
    assert {path for place in index.glob("aside-*") for path in place.iterdir()} == {of_others}
    assert file.exists()
    assert "3 documents" in output(run("restore", file))
    for arguments in ((), (file, "--clear")):
        wrong = run("restore", *arguments)
        assert wrong.exit_code == 2
        assert "say --clear" in wrong.stderr


def test_the_doctor_says_a_line_for_each_check_and_ends_with_1_where_something_is_wrong(run: Run, index: Path) -> None:
    lines = output(run("doctor")).splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * len(doctor.CHECKS)
    for file in index.glob("derived/*/*/vectors.faiss"):
        damage(file)
    result = run("doctor")
    assert result.exit_code == 1
    assert [line for line in result.stdout.splitlines() if line.startswith("WRONG  search files ")]
    assert "askdex doctor --repair" in result.stderr
    findings = json.loads(run("doctor", "--json").stdout)
    assert [finding["check"] for finding in findings if not finding["is_sound"]] == ["search files"]
    mended = run("doctor", "--repair")
    assert "The search files were made anew." in mended.stderr
    assert "WRONG" not in output(mended)


def test_what_cannot_be_mended_is_not_sent_to_be_mended_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, **_: object) -> Encoder:
        raise ModelError(f"no model {name}")

    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", load)
    assert run("doctor").stderr == "Something is wrong: mend it with: askdex doctor --repair\n"
    result = run("doctor", "--repair")
    assert result.exit_code == 1
    assert "WRONG  model         no model stub" in result.stdout
    assert "Nothing was mended." in result.stderr
    assert "that --repair cannot mend" in result.stderr
    assert "askdex doctor" not in result.stderr


def test_a_repair_loads_the_model_once(run: Run, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def load(name: str, **_: object) -> Encoder:
        loaded.append(name)
        return StubEncoder(name)

    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", load)
    with closing(sqlite.connect(index / FILE, "mode=rw")) as connection:
        connection.execute("UPDATE files SET passages = passages + 1")
        connection.execute("UPDATE vectors SET vector = zeroblob(256)")
    assert "WRONG" not in output(run("doctor", "--repair"))
    assert loaded == ["stub"]


def test_what_is_lost_is_said_with_the_command_that_gets_it_back(run: Run, index: Path, prepared: Path) -> None:
    data = bytearray((index / "index.sqlite").read_bytes())
    data[200] ^= 1
    (index / "index.sqlite").write_bytes(data)
    result = run("doctor", "--repair")
    assert f"To get them back: askdex index {prepared / 'docs' / 'law.md'}" in result.stderr
    assert "is kept in" in result.stderr
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "3 documents" in output(run("index", prepared / "docs"))
    assert "WRONG" not in output(run("doctor"))


def test_an_index_of_the_present_format_need_not_be_migrated(run: Run) -> None:
    assert output(run("migrate")) == "The index has the present format.\n"


@pytest.mark.parametrize("command", [["remove", "law.md"], ["rollback"], ["doctor", "--repair"], ["migrate"]])
def test_a_second_writer_is_told_to_wait(run: Run, index: Path, command: list[str]) -> None:
    with lock.only_writer(index):
        assert "or wait for it with --wait" in refused(run(*command))


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_who_asks_an_emptied_index_is_told_to_fill_it(run: Run, prepared: Path, index: Path, how: tuple[str, ...]) -> None:
    output(run("remove", prepared / "docs"))
    printed = refused(run("ask", "Who issues the card?", *how))
    assert printed == f"Error: The index in {index} is empty: fill it with: askdex index DOCUMENTS"
    assert "documents     0\n" in output(run("info"))


def test_a_dry_run_says_what_would_change(run: Run, prepared: Path, tmp_path: Path) -> None:
    docs = Path(shutil.copytree(prepared / "docs", tmp_path / "docs"))
    printed = output(run("index", docs, "--dry-run"))
    assert f"new      {docs / 'card.md'}\n" in printed
    assert printed.endswith("Files: 3 new, 0 changed, 0 moved, 0 removed, 0 unchanged, 0 left out. Nothing was changed.\n")
    assert '"documents": 3' in output(run("info", "--json"))


def test_paging_stays_in_a_generation_or_is_refused_with_409(index: Path, prepared: Path, tmp_path: Path) -> None:
    with closing(open_searcher(index, StubEncoder)) as searcher:
        client = create_app(searcher).test_client()
        docs = Path(shutil.copytree(prepared / "docs", tmp_path / "docs"))
        for number in range(3):
            asked = {"q": "about the card law pension", "limit": 1, "offset": 1, "generation": 3}
            response = client.get("/api/v1/search", query_string=asked)
            if number < 2:
                assert (response.status_code, response.get_json()["generation"]) == (200, 3)
            else:
                assert (response.status_code, response.content_type) == (409, "application/problem+json")
                assert "ask again without a generation" in response.get_json()["detail"]
            (docs / f"new-{number}.md").write_text("# New\n\nNew.", encoding="utf-8")
            update(index, [docs], load_encoder=StubEncoder)
        refused_one = client.post("/api/v1/search", json={"question": "x", "generation": 0})
        assert refused_one.status_code == 422
