"""Keys as the people who serve meet them: made, listed, used and revoked."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result

from askdex.server.cli.main import main
from tests.stubs import PATIENCE_S

RUN_ASKDEX = (sys.executable, "-c", "from askdex.server.cli.main import main; main()")


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--index", str(folder / "index")])


def test_a_key_is_printed_once_listed_and_revoked(tmp_path: Path) -> None:
    assert run(tmp_path, "key", "list").stdout == "There are no keys.\n"
    added = run(tmp_path, "key", "add", "anna")
    token = added.stdout.strip()
    assert re.fullmatch(r"askdex_[\w-]{43}", token)
    assert "not shown again" in added.stderr
    run(tmp_path, "key", "add", "prometheus", "--scope", "admin", "--scope", "read")
    listed = run(tmp_path, "key", "list").stdout
    assert re.fullmatch(r"anna        since \S{10}  read\nprometheus  since \S{10}  admin, read\n", listed)
    assert run(tmp_path, "key", "revoke", "anna").stdout == "The key anna is revoked.\n"
    assert run(tmp_path, "key", "list").stdout.startswith("prometheus")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "a b"), "'a b' is no name of a key: take up to 64 of letters, digits, and . _ - @"),
        (("revoke", "anna"), "There is no key anna: see askdex key list"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(tmp_path, "key", *arguments)
    assert (result.exit_code, result.stderr) == (2, f"Error: {said}\n")
    assert not (tmp_path / "index.keys").exists()


@pytest.mark.parametrize("options", [("--host", "0.0.0.0"), ("--metrics", "0.0.0.0:0")])
def test_a_server_that_others_reach_does_not_start_without_keys(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = run(tmp_path, "serve", "--port", "0", *options)
    assert result.exit_code == 2
    assert re.fullmatch(r"Error: .*askdex key add NAME --index \S+, or let everybody read with --public.\n", result.stderr)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[str, str]]:
    """A server as a process: the address that it prints, and what it says of who may read."""
    command = [*RUN_ASKDEX, "serve", "--port", "0", "--host", "0.0.0.0", *options, "--index", str(folder / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        try:
            assert process.stdout is not None
            found = re.fullmatch(r"Askdex answers at (http://\S+/) \(Ctrl-C to stop\)\n", process.stdout.readline())
            assert found
            yield found[1], process.stdout.readline()
        finally:
            process.terminate()


def status(address: str, token: str = "") -> int:
    try:
        with urlopen(Request(address, headers={"Authorization": f"Bearer {token}"}), timeout=PATIENCE_S) as response:
            return int(response.status)
    except HTTPError as error:
        with error:
            return error.code


@pytest.mark.slow
def test_others_reach_the_printed_address_with_a_key_until_it_is_revoked(starter_index: Path, tmp_path: Path) -> None:
    # Other tests ask the shared one at the same time, without a key.
    folder = tmp_path / "real"
    shutil.copytree(starter_index, folder / "index")
    (tmp_path / "index").symlink_to(folder / "index")
    token = run(folder, "key", "add", "anna").stdout.strip()
    with serving(tmp_path) as (address, readers):
        assert "127.0.0.1" not in address
        assert readers == "Who has a key may read all that is indexed; there is one: askdex key list\n"
        assert (status(f"{address}readyz", token), status(f"{address}readyz"), status(f"{address}livez")) == (200, 401, 200)
        run(folder, "key", "revoke", "anna")
        assert status(f"{address}readyz", token) == 401


@pytest.mark.slow
def test_whoever_reaches_a_public_server_reads(starter_index: Path, tmp_path: Path) -> None:
    (tmp_path / "index").symlink_to(starter_index)
    with serving(tmp_path, "--public") as (address, readers):
        assert readers == "Whoever reaches it may read all that is indexed.\n"
        assert status(f"{address}readyz") == 200
