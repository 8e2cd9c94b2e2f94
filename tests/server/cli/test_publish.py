"""Publishing an index to PostgreSQL from the command line, and asking it there."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from askdex.indexer.ingest.update import update
from askdex.indexer.postgres.address import DatabaseAddress, is_address
from askdex.server.cli import ask as asking
from askdex.server.cli.main import main
from tests.indexer.collection import PAGES
from tests.indexer.postgres import server
from tests.stubs import StubEncoder, write_files

needs_server = pytest.mark.skipif(bool(server.reason_to_skip()), reason=server.reason_to_skip())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    write_files(tmp_path / "docs", PAGES)
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(server.address_of(tmp_path))


@pytest.fixture(autouse=True)
def stub_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "encoder_loader", lambda *_, **__: lambda _: StubEncoder())


def refused(*arguments: str) -> str:
    """What is said of a call that the user can mend: one line, with the exit code 2."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    last = result.output.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert "Traceback" not in result.output
    return last


@needs_server
def test_an_index_is_published_and_asked_there(index: Path, address: str) -> None:
    published = run("publish", address, "--index", str(index))
    assert (published.exit_code, "Published generation 1" in published.output) == (0, True), published.output
    answers = [
        json.loads(run("ask", "Who issues the card?", "--json", "--index", place).output) for place in (str(index), address)
    ]
    assert answers[0]["results"]
    for answer in answers:
        del answer["timings_ms"]
    assert answers[0] == answers[1]
    assert "0 documents were sent, 0 taken away" in run("publish", address, "--index", str(index)).output


@needs_server
def test_what_is_not_there_is_said_in_a_line(index: Path, address: str, tmp_path: Path) -> None:
    assert "Nothing is published" in refused("ask", "card", "--index", address)
    nowhere = f"postgresql://askdex@/none?host={tmp_path}"
    for command in (("ask", "card", "--index", nowhere), ("publish", nowhere, "--index", str(index))):
        assert "cannot be reached" in refused(*command)
    other = address.replace("/test", "/other")
    assert "There is no such database" in refused("publish", other, "--index", str(index))
    assert "There is no index in" in refused("publish", address, "--index", str(tmp_path / "none"))


@needs_server
def test_tables_of_others_are_left_alone(index: Path, tmp_path: Path) -> None:
    address = server.address_of(tmp_path)
    server.change(address, "CREATE SCHEMA askdex", "CREATE TABLE askdex.about (mine text)")
    assert "are not of Askdex" in refused("publish", str(address), "--index", str(index))
    assert server.rows_of(address, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'askdex'") == [(1,)]


@needs_server
def test_another_index_and_another_format_are_refused(index: Path, tmp_path: Path, address: str) -> None:
    run("publish", address, "--index", str(index))
    update(tmp_path / "other", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder("other"))
    assert "holds another index" in refused("publish", address, "--index", str(tmp_path / "other"))
    server.change(DatabaseAddress(address), "UPDATE askdex.about SET format = 99")
    assert "format 99" in refused("publish", address, "--index", str(index))
    assert "format 99" in refused("ask", "card", "--index", address)


@needs_server
def test_vectors_of_another_model_are_refused(index: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run("publish", address, "--index", str(index))
    monkeypatch.setattr(asking, "encoder_loader", lambda *_, **__: lambda _: StubEncoder("other"))
    assert "other" in refused("ask", "card", "--index", address)
    server.change(
        DatabaseAddress(address), "UPDATE askdex.generations SET facts = replace(facts, 'stub-64-64', 'another-64-64')"
    )
    assert "vectors of another model" in refused("publish", address, "--index", str(index))


@needs_server
def test_a_server_without_pgvector_or_with_an_old_one_is_refused(
    index: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from askdex.indexer.postgres import connection

    run("publish", address, "--index", str(index))
    monkeypatch.setattr(connection, "LEAST_PGVECTOR", (99, 0))
    assert "bring it up to 99.0" in refused("ask", "card", "--index", address)
    monkeypatch.setattr(connection, "LEAST_SERVER", 99)
    assert "bring it up to 99 or newer" in refused("ask", "card", "--index", address)


@needs_server
def test_a_user_who_may_not_is_told_so(index: Path, tmp_path: Path) -> None:
    address = server.address_of(tmp_path)
    server.change(address, "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN")
    guest = str(address).replace("askdex@", "guest@")
    assert "CREATE EXTENSION vector" in refused("publish", guest, "--index", str(index))
    run("publish", str(address), "--index", str(index))
    assert "grant it" in refused("ask", "card", "--index", guest)
    server.change(address, "GRANT USAGE ON SCHEMA askdex TO guest", "GRANT SELECT ON ALL TABLES IN SCHEMA askdex TO guest")
    assert run("ask", "Who issues the card?", "--index", guest).exit_code == 0


@needs_server
def test_a_damaged_row_is_mended_by_publishing_anew(index: Path, address: str) -> None:
    run("publish", address, "--index", str(index))
    server.change(DatabaseAddress(address), "UPDATE askdex.states SET vocabulary = ''")
    assert "--anew" in refused("ask", "card", "--index", address)
    assert run("publish", address, "--anew", "--index", str(index)).exit_code == 0
    assert run("ask", "Who issues the card?", "--index", address).exit_code == 0


SECRETS = ["postgresql://me:hunter2@db/x", "postgresql://me@db/x?password=hunter2", "postgres://me@db/x?sslpassword=hunter2"]


@pytest.mark.parametrize("address", SECRETS)
def test_a_password_in_an_address_is_refused_and_not_repeated(index: Path, address: str) -> None:
    for command in (
        ("publish", address, "--index", str(index)),
        ("ask", "card", "--index", address),
        ("info", "--index", address),
    ):
        result = run(*command)
        assert result.exit_code == 2
        assert "hunter2" not in result.output
        assert "PGPASSWORD" in result.output


def test_a_password_in_the_environment_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in SECRETS:
        monkeypatch.setenv("ASKDEX_INDEX", address)
        for command in (("config",), ("ask", "card"), ("serve",)):
            assert "hunter2" not in refused(*command)
    monkeypatch.setenv("ASKDEX_INDEX", "postgresql://me@db/x")
    assert "postgresql://me@db/x" in run("config").output


@needs_server
def test_it_is_told_what_is_published(index: Path, address: str) -> None:
    assert "Nothing is published" in refused("info", "--index", address)
    run("publish", address, "--index", str(index))
    told = json.loads(run("info", "--json", "--index", address).output)
    of_folder = json.loads(run("info", "--json", "--index", str(index)).output)
    for name in ("documents", "passages", "vectors", "languages", "model", "generation", "made"):
        assert told[name] == of_folder[name]
    assert (told["nearest_by"], told["recall_at_10"], told["batches"]) == ("all vectors", 1.0, 1)
    assert told["bytes_in_database"] > 0
    assert "nearest by        all vectors" in run("info", "--index", address).output
    assert "folder of an index alone" in refused("info", "--left-out", "--index", address)
    server.change(DatabaseAddress(address), "UPDATE askdex.states SET vocabulary = ''")
    assert "damaged" in refused("info", "--index", address)


@needs_server
def test_a_published_index_is_compared_with_its_folder_and_mended(index: Path, address: str, tmp_path: Path) -> None:
    assert "name it with --truth" in refused("doctor", "--index", address)
    assert "is for a published index" in refused("doctor", "--index", str(index), "--truth", str(index))
    run("publish", address, "--index", str(index))
    doctor = ("doctor", "--index", address, "--truth", str(index))
    assert run(*doctor).exit_code == 0
    server.change(DatabaseAddress(address), "UPDATE askdex.texts SET content = '{}' WHERE ordinal = 0")
    found = run(*doctor)
    assert (found.exit_code, "WRONG" in found.output, "differ from the folder" in found.output) == (1, True, True)
    done = run(*doctor, "--repair")
    assert (done.exit_code, "documents were sent again" in done.output) == (0, True)
    assert "Nothing was mended" in run(*doctor, "--repair").output
    update(tmp_path / "other", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder("other"))
    assert "another index" in refused(*doctor[:-1], str(tmp_path / "other"))


@pytest.mark.parametrize("command", [("index", "."), ("rollback",), ("key", "list")])
def test_other_commands_take_the_folder_alone(command: tuple[str, ...]) -> None:
    assert "no database" in refused(*command, "--index", "postgresql://me@db/x")


@pytest.mark.parametrize(
    "options", [["docs"], ["--writable"], ["--log-questions"]], ids=["documents", "writable", "log of questions"]
)
def test_what_needs_a_folder_is_refused_where_a_published_index_is_served(options: list[str]) -> None:
    assert "only read here" in refused("serve", *options, "--index", "postgresql://me@db/x")


def test_what_is_no_address_is_refused() -> None:
    assert "is like postgresql://" in refused("publish", "mysql://db/x")
    assert not is_address("postgres")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, index: Path) -> None:
    monkeypatch.setattr("askdex.indexer.postgres.address.find_spec", lambda _: None)
    for command in (
        ("publish", "postgresql://me@db/x", "--index", str(index)),
        ("ask", "card", "--index", "postgresql://db/x"),
    ):
        assert "askdex[postgres]" in refused(*command)
