"""Askdex as a library: what `import askdex` gives."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

import askdex
from askdex.corpus import starter
from askdex.indexer.errors import MissingIndexError, RequestError
from askdex.indexer.models.encoder import Encoder
from tests.manual import GUIDE, README, blocks
from tests.stubs import PATIENCE_S, StubEncoder, write_files

PAGES = {
    "card.md": "# The card\n\nThe office of your town issues the card. It takes a day.\n",
    "costs.txt": "What a card costs\n\nThe first card is free. The second costs 10.\n",
}


@pytest.fixture
def stub_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda name, **_: StubEncoder(name))


@pytest.fixture
def handbook(tmp_path: Path) -> Path:
    write_files(tmp_path / "handbook", PAGES)
    return tmp_path / "handbook"


def test_the_lines_of_the_manual_run_as_they_stand(
    tmp_path: Path, handbook: Path, monkeypatch: pytest.MonkeyPatch, encoder: Encoder, capsys: pytest.CaptureFixture[str]
) -> None:
    asking, mounting = blocks(GUIDE["python.md"], "python")
    assert blocks(README, "python") == [asking]
    # The model has been converted, and the documents are where the lines look for them.
    assert encoder.name
    assert handbook.is_dir()
    monkeypatch.chdir(tmp_path)
    names = {"site": Flask("site")}
    exec(asking, names)
    assert "The office of your town issues the card." in capsys.readouterr().out
    exec(mounting, names)
    assert "What would you like to know?" in names["site"].test_client().get("/help/").text


@pytest.mark.usefixtures("stub_model")
def test_documents_are_one_path_or_several(tmp_path: Path, handbook: Path) -> None:
    folder = tmp_path / "index"
    assert len(askdex.index(folder, handbook / "card.md").changes.new) == 1
    assert len(askdex.index(str(folder), [str(handbook / "card.md"), handbook / "costs.txt"]).changes.new) == 1
    assert not askdex.index(folder, str(handbook)).changes.new


@pytest.mark.usefixtures("stub_model")
def test_the_starter_collection_makes_room_for_documents(
    tmp_path: Path, handbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path / "starter", {"starter.txt": "Starter\n\nOne page.\n"})
    monkeypatch.setattr(starter, "FOLDER", tmp_path / "starter")
    askdex.index(tmp_path / "index", starter.FOLDER)
    assert askdex.index(tmp_path / "index", handbook).state.documents == len(PAGES)


@pytest.mark.usefixtures("stub_model")
def test_asking_takes_what_the_endpoint_takes(tmp_path: Path, handbook: Path) -> None:
    askdex.index(tmp_path / "index", handbook)
    with askdex.open(tmp_path / "index") as index:
        response = index.ask("What does a card cost?", mode="keyword", limit=1, filter={"document": "costs.txt"})
        assert response.query == askdex.Query(
            "What does a card cost?", mode=askdex.Mode.KEYWORD, limit=1, filter={"document": "costs.txt"}
        )
        assert [result.passage.document.uri for result in response.results] == ["costs.txt"]
        assert index.ask("card", offset=1).results == index.ask("card").results[1:]
        assert index.ask("card", explain=True).results[0].explanation
        grouped = index.search(askdex.Query("card", correct=False))
        assert isinstance(grouped, askdex.Response)


@pytest.mark.usefixtures("stub_model")
def test_what_goes_wrong_is_an_error_of_askdex(tmp_path: Path, handbook: Path) -> None:
    with pytest.raises(MissingIndexError) as missing:
        askdex.open(tmp_path / "none")
    assert isinstance(missing.value, askdex.AskdexError)
    askdex.index(tmp_path / "index", handbook)
    with askdex.open(tmp_path / "index") as index:
        for question, mode in (("card", "best"), (" ", "fast")):
            with pytest.raises(RequestError):
                index.ask(question, mode=mode)


@pytest.mark.usefixtures("stub_model")
def test_an_index_is_a_web_application_too(tmp_path: Path, handbook: Path) -> None:
    askdex.index(tmp_path / "index", handbook)
    client = askdex.create_app_from(tmp_path / "index", public=True).test_client()
    assert client.get("/api/v1/documents").get_json()["total"] == len(PAGES)


def test_every_public_name_is_there_and_no_other() -> None:
    assert set(askdex.__all__) <= set(dir(askdex))
    assert all(getattr(askdex, name) for name in askdex.__all__)
    name = "colour"
    with pytest.raises(AttributeError, match=name):
        getattr(askdex, name)


def test_importing_askdex_loads_nothing_else() -> None:
    code = "import sys, askdex; sys.exit(bool({'numpy', 'flask', 'click', 'askdex.indexer'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE_S).returncode == 0
