"""What stands in server/deploy: a unit for systemd, a part for nginx, and a Dockerfile."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from shlex import split as shell_words
from typing import Any
from urllib.request import urlopen

import pytest

from askdex.server import wsgi
from askdex.server.app import create_app
from askdex.server.cli.main import COMMANDS
from askdex.server.proxies import believing
from askdex.server.settings import LARGEST_REQUEST
from tests.benchmarks.processes import free_port
from tests.manual import ROOT
from tests.server.made_index import made_searcher
from tests.server.test_app import addresses
from tests.stubs import PATIENCE_S, wait_for

DEPLOY = ROOT / "server" / "deploy"
UNIT = (DEPLOY / "askdex.service").read_text(encoding="utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").partition("FROM")[2]
MOST_EXPOSED = 25
"""Tenths of what `systemd-analyze security` calls the exposure of a service; a unit without any sandbox has 96."""


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def taken(command: str, *arguments: str) -> dict[str, Any]:
    """What a command is called with."""
    with COMMANDS[command].load().make_context(command, list(arguments)) as ctx:
        return ctx.params


def test_the_unit_starts_a_server_that_logs() -> None:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(UNIT)
    program, *arguments = shell_words(parser["Service"]["ExecStart"])
    assert program.endswith("/bin/askdex")
    assert taken(*arguments)["log_file"] == "-"


def test_systemd_takes_the_unit_and_finds_it_sandboxed(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    unit = tmp_path / "askdex.service"
    # It looks for the program, which is not there.
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT), encoding="utf-8")
    verified = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert [line for line in verified.stderr.splitlines() if "askdex.service" in line] == []
    command = [analyze, "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", str(unit)]
    rated = subprocess.run(command, capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout[-400:]


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[str]:
    """The address of an nginx whose site includes the part for Askdex."""
    port = free_port()
    part = NGINX.replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")
    paths = "".join(f"{name}_temp_path {folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    site = f"http {{ access_log off; {paths} server {{ listen 127.0.0.1:{port}; {part} }} }}"
    (folder / "nginx.conf").write_text(f"daemon off; pid {folder}/pid; events {{}} {site}", encoding="utf-8")
    command = [tool("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: answers(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def answers(port: int) -> bool:
    try:
        urlopen(f"http://127.0.0.1:{port}/ask/livez", timeout=PATIENCE_S).close()
    except OSError:
        return False
    return True


def read(address: str) -> str:
    with urlopen(address, timeout=PATIENCE_S) as response:
        text: str = response.read().decode()
        return text


@pytest.mark.slow
def test_nginx_serves_the_pages_below_a_path(tmp_path: Path) -> None:
    with (
        made_searcher(tmp_path) as searcher,
        wsgi.take_address("127.0.0.1", 0) as bound,
        wsgi.answering(believing(create_app(searcher), [ip_network("127.0.0.1")]), bound, "/ask"),
        nginx(tmp_path, bound.getsockname()[1]) as site,
    ):
        assert json.loads(read(f"{site}/ask/readyz"))["status"] == "ok"
        start = read(f"{site}/ask")
        results = read(f"{site}/ask/?q=Which+card+is+green")
        led_to = addresses(start) | addresses(results)
        assert {address for address in led_to if not address.startswith("/ask/")} == set()
        assert {"/ask/", "/ask/static/style.css"} <= led_to
        for address in led_to:
            read(f"{site}{address}")


def test_nginx_passes_on_what_the_server_takes() -> None:
    assert f"client_max_body_size {LARGEST_REQUEST // 2**10}k;" in NGINX
    (told,) = re.findall(r"start Askdex with: askdex (.*)", NGINX)
    params = taken(*shell_words(told))
    assert (params["prefix"], params["proxies"]) == ("/ask", (ip_network("127.0.0.1"),))


def said(instruction: str) -> list[str]:
    """What the Dockerfile says last with an instruction."""
    return re.findall(rf"^{instruction} (.*)$", DOCKERFILE, re.MULTILINE)


def test_the_container_serves_everybody_and_not_as_root() -> None:
    (entry,), (arguments,) = map(json.loads, said("ENTRYPOINT")), map(json.loads, said("CMD"))
    assert entry == ["askdex"]
    params = taken(*arguments)
    assert (params["host"], str(params["port"])) == ("0.0.0.0", said("EXPOSE")[0])
    assert said("USER")[-1] not in ("0", "root")


def test_the_health_of_the_container_is_that_of_the_server(tmp_path: Path) -> None:
    (check,) = said("HEALTHCHECK")
    _, *arguments = json.loads(check.partition("CMD ")[2])
    with made_searcher(tmp_path) as searcher, wsgi.take_address("127.0.0.1", 0) as bound:
        port = str(bound.getsockname()[1])
        command = [sys.executable, *(argument.replace("8080", port) for argument in arguments)]
        with wsgi.answering(create_app(searcher), bound):
            assert subprocess.run(command, check=False).returncode == 0
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode != 0
