"""The command line, with the real model."""

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from askdex.indexer.models.reranker import load_reranker
from askdex.indexer.store import database
from askdex.server.cli.main import COMMANDS, main
from tests.stubs import PATIENCE_S, StubReranker

CARD = """# The card

## Who issues the card?

The office of your town issues the card. It takes a day.
"""
COSTS = "question,answer\nWhat does a card cost?,The first card is free. The second costs 10.\n"
HOSTILE = "Colours\x1b[31m\n\nThe card\x1b[2J is \x1b[31mred\x9b2J on both sides of it.\x1b]0;owned\x1b\\ Ask for it.\n"
INDEX_FILE = "index.sqlite"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, without settings from outside."""
    monkeypatch.delenv("ASKDEX_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents and their index; tests must not change it."""
    folder = tmp_path_factory.mktemp("cli")
    documents = folder / "documents"
    documents.mkdir()
    (documents / "card.md").write_text(CARD, encoding="utf-8")
    (documents / "costs.csv").write_text(COSTS, encoding="utf-8")
    (documents / "colours\x1b[31m.txt").write_text(HOSTILE, encoding="utf-8")
    (documents / "song.mp3").write_bytes(b"\x89PNG")
    result = CliRunner().invoke(main, ["index", str(documents), "--index", str(folder / "index")])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def index(indexed: Path) -> Path:
    return indexed / "index"


@pytest.fixture
def workplace(indexed: Path, tmp_path: Path) -> Path:
    """A copy of the folder with documents and their index, to be changed."""
    return shutil.copytree(indexed, tmp_path / "own")


def run(*arguments: str | Path, **env: str) -> Result:
    return CliRunner(env=env).invoke(main, [str(argument) for argument in arguments])


def run_apart(*arguments: str | Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the installed command in a process of its own."""
    command = [str(Path(sys.executable).with_name("askdex")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env={**os.environ, **env})


def output(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def assert_one_line(code: int, stdout: str, stderr: str) -> str:
    """Check that a command ended as a user can understand, and return the line that says why."""
    assert code == 2
    assert stdout == ""
    assert stderr.endswith("\n")
    lines = stderr.splitlines()
    assert len(lines) == 1, stderr
    assert lines[0].startswith("Error: ")
    assert "Traceback" not in stderr
    return lines[0]


def refused(*arguments: str | Path) -> str:
    """Run a command that must end with one line on stderr; return the line."""
    result = run(*arguments)
    return assert_one_line(result.exit_code, result.stdout, result.stderr)


def assert_harmless(text: str) -> None:
    assert all(char.isprintable() or char == "\n" for char in text)


def contents(index: Path) -> Mapping[str, Any]:
    printed: dict[str, Any] = json.loads(output(run("info", "--json", "--index", index)))
    del printed["bytes_on_disk"]
    return {**printed, "bytes": (index / INDEX_FILE).read_bytes()}


def damaged(data: bytes, damage: str) -> bytes:
    if damage == "cut off":
        return data[: len(data) // 8]
    if damage == "no database":
        return b"no database " * 1_000
    return another_database()


def another_database() -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE cards (id INTEGER)")
        return connection.serialize()


def taken_port() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


@pytest.mark.parametrize("arguments", [[], *([command] for command in COMMANDS)], ids=" ".join)
def test_help_says_what_it_does_and_gives_an_example(arguments: list[str]) -> None:
    for option in ("--help", "-h"):
        text = output(run(*arguments, option))
        assert re.search(r"Examples:\n +askdex \w", text)
        assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help_text(name: str) -> None:
    for parameter in COMMANDS[name].load().params:
        assert not isinstance(parameter, click.Option) or parameter.help


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_a_command_use_options_that_it_has(name: str) -> None:
    command = COMMANDS[name].load()
    text = command.help or ""
    options = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"--[a-z-]+", text)) <= options
    assert re.findall(r"^ *askdex (\w+)", text, re.MULTILINE) == [name] * text.count("askdex ")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_has_the_first_sentence_of_each(name: str) -> None:
    command = COMMANDS[name].load()
    assert command.name == name
    assert (command.help or "").startswith(f"{COMMANDS[name].summary}\n")


def test_version_is_that_of_the_package() -> None:
    assert output(run("--version")).strip().endswith(version("askdex"))


def test_help_comes_without_loading_what_takes_long() -> None:
    code = """
import sys
from contextlib import suppress
from askdex.server.cli.main import main
with suppress(SystemExit):
    main(["--help"])
modules = ("torch", "faiss", "flask", "numpy", "askdex.indexer", "askdex.server.cli.index")
sys.exit(bool(set(modules) & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE_S, capture_output=True).returncode == 0


def test_index_says_what_it_did_and_what_it_left_out(workplace: Path) -> None:
    result = run("index", workplace / "documents", "--index", workplace / "new")
    assert output(result).startswith(
        "Files: 3 new, 0 changed, 0 moved, 0 removed, 0 unchanged, 1 left out.\n"
        "Index: 3 documents in 3 passages, 0 tokens lost, generation 1. "
    )
    assert "Left out song.mp3: not a kind of file that Askdex reads (.mp3)\n" in result.stderr
    assert json.loads(output(run("info", "--json", "--index", workplace / "new")))["passages"] == 3


def test_index_names_a_few_of_many_that_it_left_out(workplace: Path) -> None:
    for n in range(30):
        (workplace / "documents" / f"song-{n}.mp3").write_bytes(b"\x89PNG")
    result = run("index", workplace / "documents", "--index", workplace / "new")
    assert "31 left out" in output(result)
    assert result.stderr.count("Left out ") == 21
    assert result.stderr.endswith("Left out 11 more: askdex info --left-out lists all\n")


def test_what_is_left_out_is_listed_and_written_down(workplace: Path) -> None:
    documents, index = workplace / "documents", workplace / "new"
    result = run("index", documents, "--index", index, "--report", workplace / "left-out.csv")
    header, row = (workplace / "left-out.csv").read_text(encoding="utf-8").splitlines()
    assert result.exit_code == 0
    assert header == "file,path,reason,since"
    assert row.startswith(f"song.mp3,{documents / 'song.mp3'},not a kind of file that Askdex reads (.mp3),20")
    run("index", documents, "--index", index, "--report", workplace / "left-out.jsonl")
    listed = json.loads(run("info", "--index", index, "--left-out", "--json").output)
    assert [json.loads(line) for line in (workplace / "left-out.jsonl").read_text(encoding="utf-8").splitlines()] == listed
    since = listed[0]["since"][:10]
    line = run("info", "--index", index, "--left-out").output
    assert line == f"song.mp3: not a kind of file that Askdex reads (.mp3) (since {since})\n"
    (documents / "song.mp3").unlink()
    run("index", documents, "--index", index)
    assert run("info", "--index", index, "--left-out").output == "Nothing is left out.\n"


def test_a_folder_that_is_gone_is_told(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workplace / "other").mkdir()
    (workplace / "other" / "fees.md").write_text("# Fees\n\nThere are none.\n", encoding="utf-8")
    run("index", workplace / "other", "--index", workplace / "index")
    (workplace / "other").rename(workplace / "renamed")
    monkeypatch.chdir(workplace)
    told = "1 document is of other, which is gone: askdex remove other\n"
    assert told in run("info", "--index", workplace / "index").output
    assert told in run("index", "renamed", "--index", workplace / "index").output
    run("remove", "other", "--index", workplace / "index")
    assert told not in run("info", "--index", workplace / "index").output


def test_patterns_and_links_are_as_the_options_say(workplace: Path) -> None:
    documents, index = workplace / "documents", workplace / "index"
    (workplace / "outside.md").write_text("# Outside\n\nA page.\n", encoding="utf-8")
    (documents / "link.md").symlink_to(workplace / "outside.md")
    options = ("index", documents, "--index", index)
    assert "link.md: a link out of the folder" in run(*options).output
    assert "1 new" in run(*options, "--follow-links", "--exclude", "*.mp3").output
    assert "1 removed, 3 unchanged, 0 left out" in run(*options, "--exclude", "*.mp3", "--exclude", "link*").output
    refused = run(*options, "--exclude", "!")
    assert (refused.exit_code, refused.output.count("\n")) == (2, 1)


def test_index_reads_only_what_is_new_and_takes_out_what_is_gone(workplace: Path) -> None:
    documents, index = workplace / "documents", workplace / "new"
    output(run("index", documents, "--index", index))
    (documents / "costs.csv").unlink()
    (documents / "new.txt").write_text("New\n\nThe new card is green.\n", encoding="utf-8")
    assert "1 new, 0 changed, 0 moved, 1 removed, 2 unchanged" in output(run("index", documents, "--index", index))
    assert "»The new card is green.«" in output(run("ask", "Which card is green?", "--limit", "1", "--index", index))
    assert "»The new card is green.«" in output(run("ask", "Which", "card", "is", "green?", "--limit", "1", "--index", index))
    assert "costs.csv" not in output(run("ask", "What does a card cost?", "--index", index))


def test_a_renamed_file_is_indexed_without_embedding_it_again(workplace: Path) -> None:
    documents, index = workplace / "documents", workplace / "new"
    output(run("index", documents, "--index", index))
    (documents / "card.md").rename(documents / "new-card.md")
    result = run("index", documents, "--index", index)
    assert "0 new, 0 changed, 1 moved, 0 removed, 2 unchanged" in output(result)
    assert "Indexing" not in result.stderr


def test_ask_prints_the_passage_and_marks_the_answer(index: Path) -> None:
    text = output(run("ask", "Who issues the card?", "--index", index))
    assert text.splitlines()[:3] == [
        "1. The card › Who issues the card?",
        "   card.md",
        "   »The office of your town issues the card.« It takes a day.",
    ]
    assert "2. " in text


@pytest.mark.parametrize("charset", ["latin-1", "cp1252"])
def test_ask_answers_on_a_terminal_without_unicode(index: Path, charset: str) -> None:
    for question in ("Is the card red on both sides, or 红?", "Is the card \U0001f600 at the café?"):
        said, as_json = (
            CliRunner(charset=charset).invoke(main, ["ask", question, *more, "--index", str(index)])
            for more in ([], ["--json"])
        )
        assert b"on both sides" in said.stdout_bytes, said.exception
        assert json.loads(as_json.stdout_bytes)["question"] == question


def test_json_is_in_the_characters_that_it_is_about(index: Path) -> None:
    assert '"question": "红?"' in output(run("ask", "红?", "--json", "--index", index))


@pytest.mark.parametrize("limit", [1, 2])
def test_ask_prints_as_many_passages_as_wanted(index: Path, limit: int) -> None:
    text = output(run("ask", "Who issues the card?", "--limit", str(limit), "--index", index))
    assert re.findall(r"^(\d+)\. ", text, re.MULTILINE) == [str(n) for n in range(1, limit + 1)]


def test_ask_says_what_it_corrected_and_leaves_it_on_demand(index: Path) -> None:
    asked = ("ask", "Who issues the cardd?", "--index", index)
    assert output(run(*asked)).splitlines()[:4] == [
        "Showing results for: Who issues the card?",
        "With --as-written the question is left as it is.",
        "",
        "1. The card › Who issues the card?",
    ]
    assert "Showing" not in output(run(*asked, "--as-written"))


def test_ask_prints_json_as_the_endpoint_gives_it(index: Path) -> None:
    printed = json.loads(output(run("ask", "What does a card cost?", "--json", "--index", index)))
    assert printed["question"] == "What does a card cost?"
    assert printed["results"][0]["document"]["uri"] == "costs.csv#what-does-a-card-cost"
    assert printed["answer"]["text"] in printed["results"][0]["text"]
    assert len(printed["results"]) == 3


def test_ask_without_the_extra_says_how_to_get_precise_answers(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.reranker.packaged_folder", lambda: None)
    monkeypatch.setattr("askdex.indexer.models.reranker.load_reranker", load_reranker)
    said = refused("ask", "Who issues the card?", "--mode", "precise", "--index", index)
    assert "pip install 'askdex[precise]'" in said


def test_ask_reads_as_many_tokens_as_it_may(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = StubReranker({})
    monkeypatch.setattr("askdex.indexer.models.reranker.load_reranker", lambda name, _: stub if name == "mine" else None)
    few = ("--mode", "precise", "--json", "--reranker", "mine", "--precise-tokens")
    asked = [json.loads(output(run("ask", "card", *few, tokens, "--index", index))) for tokens in ("1", "10000")]
    read = [sum(result["scores"]["rerank"] is not None for result in response["results"]) for response in asked]
    assert read == [1, len(asked[1]["results"])]


def test_info_says_what_the_index_holds(index: Path) -> None:
    text = output(run("info", "--index", index))
    shown = {line[:13].rstrip(): line[14:] for line in text.splitlines()}
    assert shown["index"] == str(index)
    assert (shown["documents"], shown["passages"], shown["tokens lost"]) == ("3", "3", "0")
    assert (shown["model"], shown["dimension"], shown["generation"]) == ("all-MiniLM-L6-v2", "384", "1")
    assert shown["languages"].startswith("en (")


def test_info_says_what_was_not_measured(workplace: Path) -> None:
    shutil.rmtree(workplace / "index" / "derived")
    with closing(database.open_for_writing(workplace / "index")) as connection:
        connection.execute("DELETE FROM settings WHERE key = 'calibration'")
    text = output(run("info", "--index", workplace / "index"))
    assert re.findall(r"^(\w+).* not measured$", text, re.MULTILINE) == ["recall", "trust", "answer", "own", "near", "foreign"]
    assert "None" not in text


def test_info_lists_what_is_out_of_date(index: Path) -> None:
    assert output(run("info", "--stale", "--index", index)) == "0 documents are out of date.\n"
    assert json.loads(output(run("info", "--stale-after", "36500", "--json", "--index", index))) == {"stale": []}


def test_info_prints_json(index: Path) -> None:
    printed = json.loads(output(run("info", "--json", "--index", index)))
    assert (printed["documents"], printed["passages"], printed["tokens_lost"]) == (3, 3, 0)
    assert (printed["model"], printed["dimension"], printed["generation"]) == ("all-MiniLM-L6-v2", 384, 1)
    assert sum(printed["languages"].values()) == printed["documents"]
    assert printed["bytes_on_disk"] >= (index / INDEX_FILE).stat().st_size


def test_the_index_is_looked_for_here_unless_told(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workplace / "index").rename(workplace / ".askdex")
    monkeypatch.chdir(workplace)
    assert json.loads(output(run("info", "--json")))["index"] == ".askdex"


def test_the_environment_names_the_index(index: Path) -> None:
    assert json.loads(output(run("info", "--json", ASKDEX_INDEX=str(index))))["index"] == str(index)


def test_an_option_goes_before_the_environment(index: Path) -> None:
    printed = run("info", "--json", "--index", index, ASKDEX_INDEX="nowhere")
    assert json.loads(output(printed))["index"] == str(index)


def test_an_index_is_not_made_where_it_is_only_looked_for(tmp_path: Path) -> None:
    for arguments in (["info"], ["ask", "Who?"]):
        assert "askdex index" in refused(*arguments)
    assert list(tmp_path.iterdir()) == []


def test_control_characters_of_a_document_do_not_reach_the_terminal(index: Path) -> None:
    arguments = ["ask", "Is the card red on both sides?", "--limit", "1", "--index", str(index)]
    text = output(CliRunner().invoke(main, arguments, color=True))
    assert all(part in text for part in (r"Colours\x1b[31m", r"colours\x1b[31m.txt", r"\x1b[31mred\x9b2J on both sides"))
    assert_harmless(re.sub(r"\x1b\[[012]m", "", text))


def test_control_characters_of_an_index_do_not_reach_the_terminal(workplace: Path) -> None:
    with closing(database.open_for_writing(workplace / "index")) as connection:
        connection.execute("UPDATE settings SET value = ? WHERE key = 'model'", ("x\x1b]0;owned\x07",))
    text = output(run("info", "--index", workplace / "index"))
    assert r"x\x1b]0;owned\x07" in text
    assert_harmless(text)


def test_control_characters_of_what_is_left_out_do_not_reach_the_terminal(workplace: Path) -> None:
    (workplace / "documents" / "bell\x07\x1b[2J\n.mp3").write_bytes(b"")
    result = run("index", workplace / "documents", "--index", workplace / "new")
    assert r"Left out bell\x07\x1b[2J\n.mp3" in result.stderr
    assert_harmless(result.stderr)


def test_control_characters_of_a_name_do_not_reach_the_terminal() -> None:
    assert r"no\x1b[31m\nwhere" in refused("index", "no\x1b[31m\nwhere")


@pytest.mark.parametrize("name", ["missing", "empty", "hidden", "pictures"])
def test_a_path_without_documents_is_refused(workplace: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for folder in ("empty", "hidden", "pictures"):
        (workplace / folder).mkdir()
    (workplace / "hidden" / ".card.md").write_text(CARD, encoding="utf-8")
    (workplace / "pictures" / "photo.txt").write_bytes(bytes(range(256)) * 20)
    (workplace / "pictures" / "song.mp3").write_bytes(b"\x89PNG")
    monkeypatch.chdir(workplace)
    before = contents(workplace / "index")
    assert name in refused("index", "documents", name, "--index", "index")
    # What was read of the others is kept for the next run, unseen.
    assert {**contents(workplace / "index"), "bytes": b""} == {**before, "bytes": b""}


@pytest.mark.parametrize("command", ["index", "serve"])
def test_another_model_than_the_one_of_the_index_is_refused(workplace: Path, command: str) -> None:
    before = contents(workplace / "index")
    port = ["--port", "0"] if command == "serve" else []
    line = refused(command, workplace / "documents", "--model", "another", "--index", workplace / "index", *port)
    assert "all-MiniLM-L6-v2" in line
    assert "--index" in line
    assert contents(workplace / "index") == before


@pytest.mark.parametrize("model", [pytest.param("no/such/model", marks=pytest.mark.slow), "empty", "file.txt"])
def test_a_model_that_is_not_there_is_refused(workplace: Path, tmp_path: Path, model: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("no model", encoding="utf-8")
    line = refused("index", workplace / "documents", "--model", tmp_path / model, "--index", tmp_path / "new")
    assert "--model" in line
    assert "1 read" not in line
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "arguments", [["info"], ["ask", "Who?"], ["index", "documents"], ["serve", "--port", "0"]], ids=" ".join
)
@pytest.mark.parametrize("damage", ["no database", "cut off", "another database"])
def test_a_damaged_index_is_refused_and_left_as_it_is(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], damage: str
) -> None:
    monkeypatch.chdir(workplace)
    file = workplace / "index" / INDEX_FILE
    file.write_bytes(damaged(file.read_bytes(), damage))
    before = file.read_bytes()
    assert "index" in refused(*arguments, "--index", "index")
    assert file.read_bytes() == before


def test_a_port_in_use_is_refused_before_anything_is_indexed(workplace: Path) -> None:
    with taken_port() as listener:
        port = str(listener.getsockname()[1])
        result = run_apart("serve", workplace / "documents", "--index", workplace / "new", "--port", port)
    line = assert_one_line(result.returncode, result.stdout, result.stderr)
    assert port in line
    assert "--port" in line
    assert not (workplace / "new").exists()


@pytest.mark.parametrize("host", ["a" * 300, "no..host"])
def test_a_host_that_cannot_be_one_is_refused_before_anything_is_indexed(workplace: Path, host: str) -> None:
    assert "--host" in refused("serve", workplace / "documents", "--index", workplace / "new", "--host", host, "--port", "0")
    assert not (workplace / "new").exists()


@pytest.mark.parametrize(
    ("question", "reason"), [("", "blank"), (" \n", "blank"), ("a" * 2001, "2001 characters"), ("caf\udce9", "UTF-8")]
)
def test_a_question_that_cannot_be_asked_is_refused(workplace: Path, question: str, reason: str) -> None:
    before = contents(workplace / "index")
    assert reason in refused("ask", question, "--index", workplace / "index")
    assert contents(workplace / "index") == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", "Who?", "--limit", "0"],
        ["ask", "Who?", "--limit", "101"],
        ["index"],
        ["serve", "--port", "65536"],
        ["sing"],
    ],
    ids=" ".join,
)
def test_a_command_that_is_misspelt_shows_how_to_use_it(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")


def test_a_command_that_is_misspelt_names_the_one_that_is_like_it() -> None:
    assert run("serv").stderr.endswith("Error: No such command 'serv'. Did you mean 'serve'?\n")


def test_a_folder_that_cannot_be_written_to_is_refused(workplace: Path) -> None:
    (workplace / "file").write_text("", encoding="utf-8")
    assert "file" in refused("index", workplace / "documents", "--index", workplace / "file" / "index")


def test_an_index_in_use_is_refused(workplace: Path) -> None:
    from filelock import FileLock

    with FileLock(workplace / "index" / "writer.lock"):
        assert "Another process" in refused("index", workplace / "documents", "--index", workplace / "index")


def test_the_installed_command_answers(index: Path) -> None:
    result = run_apart("ask", "Who issues the card?", "--limit", "1", "--json", "--index", index)
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["answer"]["text"] == "The office of your town issues the card."


def test_the_installed_command_refuses(tmp_path: Path) -> None:
    result = run_apart("ask", "Who?", "--index", tmp_path / "none")
    assert "askdex index" in assert_one_line(result.returncode, result.stdout, result.stderr)


def test_a_command_has_both_options_of_help_without_its_group_too() -> None:
    command = COMMANDS["doctor"].load()
    with command.make_context("doctor", [], resilient_parsing=True) as ctx:
        assert ctx.help_option_names == ["-h", "--help"]
