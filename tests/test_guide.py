"""What the guide and the README say is so: commands, formats, messages, links, and every path that they name."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shlex import split as shell_words

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from selectolax.lexbor import LexborHTMLParser
from werkzeug.serving import make_server

import askdex
from askdex.corpus.readers.registry import FORMATS
from askdex.corpus.worker import MEMORY
from askdex.indexer.ingest.reading import LEAST_S
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import LONGEST_QUESTION, Searcher
from askdex.indexer.store.folder import UPLOADED
from askdex.server.api.changes import changes
from askdex.server.app import create_app
from askdex.server.batching import MOST_QUICK, MOST_SLOW, RETRY_AFTER_S
from askdex.server.cli.main import COMMANDS
from askdex.server.connections import LONGEST_WAIT_S, MOST_CONNECTIONS, MOST_OF_ADDRESS
from askdex.server.jobs import MOST_WAITING
from askdex.server.settings import LARGEST_REQUEST, LARGEST_UPLOAD
from tests.manual import GUIDE, MANUAL, README, ROOT, blocks, section, shown_request, without_blocks
from tests.stubs import PATIENCE_S

CODE = {path: path.read_text(encoding="utf-8") for place in askdex.__path__ for path in (ROOT / place).glob("*/**/*.py")}
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower()


WITHOUT_PACKAGES = """
import importlib.metadata, sys

gone = {name.replace("scikit-learn", "sklearn").replace("-", "_") for name in %s}
distribution = importlib.metadata.distribution

def distribution_that_is_left(name):
    if name in %s:
        raise importlib.metadata.PackageNotFoundError(name)
    return distribution(name)

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in gone:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

importlib.metadata.distribution = distribution_that_is_left
sys.meta_path.insert(0, Gone())
"""
"""What Python runs before any program where some packages are to be missing, as after `pip uninstall`."""


RUN_ASKDEX = (sys.executable, "-c", "from askdex.server.cli.main import main; main()")


def options_of(command: str) -> set[str]:
    """The options of a command, as they are written."""
    loaded = COMMANDS[command].load()
    commands = [loaded, *(loaded.commands.values() if isinstance(loaded, click.Group) else ())]
    parameters = [parameter for each in commands for parameter in each.params]
    return {name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts)}


def lines_with_askdex() -> Iterator[tuple[str, list[str]]]:
    """The words of each command of Askdex that a page shows in a block or in a sentence, with the page."""
    for page, text in MANUAL.items():
        shown = [line for name in ("sh", "console", "ini") for block in blocks(text, name) for line in block.splitlines()]
        told = re.findall(r"`((?:\S*/)?askdex [^`]*)`", without_blocks(text).replace("\n", " "))
        for line in (*shown, *told):
            for part in re.split(r"&&|\|", line):
                if match := re.search(r"(?:^|[\s=/])askdex\s+(.*)", part):
                    yield page, shell_words(match[1].replace("'", "").partition(" > ")[0])


def test_every_command_and_option_is_told() -> None:
    told = GUIDE["commands.md"]
    for command in COMMANDS:
        assert f"`askdex {command}" in told
        options = {name for name in options_of(command) if name.startswith("--")}
        assert {option for option in options if not any(f"`{option}" in page for page in GUIDE.values())} == set(), command


def test_every_command_that_is_shown_is_one_with_these_options() -> None:
    shown = list(lines_with_askdex())
    assert len(shown) > 40
    for page, (command, *words) in shown:
        assert command in COMMANDS, (page, command)
        assert {word for word in words if re.match(r"--?[a-z]", word)} - options_of(command) == set(), (page, command)


def test_the_table_of_formats_is_that_of_the_readers() -> None:
    table = section(GUIDE["documents.md"], "## Formats").strip().partition("\n\n")[0]
    rows = [row.strip("| ").split(" | ", 1) for row in table.splitlines()[2:]]
    told = [{"" if cell == "no suffix" else cell.strip("`") for cell in files.split(", ")} for files, _ in rows]
    assert told == [set(each.suffixes) for each in FORMATS]
    assert [each.label for each, (_, text) in zip(FORMATS, rows, strict=True) if each.label not in text.partition(".")[0]] == []


def test_the_request_gets_the_response_that_is_shown(client: FlaskClient) -> None:
    page = GUIDE["json.md"]
    answer = client.post("/api/v1/search", data=shown_request(page), content_type="application/json").get_json()
    shown, _ = blocks(page, "json")
    assert without_what_differs(answer) == without_what_differs(json.loads(shown))


def without_what_differs(value: object) -> object:
    """A response without what differs from machine to machine: ids (the files' place is in them), times, last digits."""
    if isinstance(value, dict):
        differing = ("id", "passage_id", "timings_ms", "updated")
        return {key: without_what_differs(item) for key, item in value.items() if key not in differing}
    if isinstance(value, list):
        return [without_what_differs(item) for item in value]
    if isinstance(value, str):
        return re.sub("[0-9a-f]{16}", "id", value)
    # An 8-bit product may differ by a hundredth from one processor to another.
    return round(value, 1) if isinstance(value, float) else value


def test_the_batch_that_is_shown_is_answered(client: FlaskClient) -> None:
    _, shown = blocks(GUIDE["json.md"], "json")
    response = client.post("/api/v1/search/batch", data=shown, content_type="application/json")
    assert [answer["answered"] for answer in response.get_json()["answers"]] == [True, True]


@pytest.fixture
def serving(starter_searcher: Searcher) -> Iterator[str]:
    """The address of a server in this process."""
    server = make_server("127.0.0.1", 0, create_app(starter_searcher), threaded=True)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever)
        yield f"http://127.0.0.1:{server.port}/"
        server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("language", "command"), [("python", [sys.executable, "-c"]), ("js", ["node", "--input-type=module", "-e"])]
)
def test_the_clients_that_are_shown_get_the_answer(serving: str, language: str, command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not there")
    (code,) = blocks(GUIDE["json.md"], language)
    program = code.replace("http://127.0.0.1:8080/", serving)
    assert program != code
    printed = subprocess.run([*command, program], capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout
    assert "with a partner bank" in printed
    assert printed.count(f"{serving}documents/") == 3


def test_every_address_of_the_endpoint_is_there_and_told(client: FlaskClient) -> None:
    writable = Flask("writable")
    writable.register_blueprint(changes)
    all_rules = [*client.application.url_map.iter_rules(), *writable.url_map.iter_rules()]
    rules = {re.sub(r"<\w+>", "{id}", rule.rule) for rule in all_rules}
    named = {name for page in MANUAL.values() for name in re.findall(r"`(?:GET |POST )?(/[\w/{}.-]*)[`?]", page)}
    told = {name for name in named if name.startswith("/api/v") or name.endswith("z")}
    assert told == {rule for rule in rules if rule.startswith("/api/") or rule.endswith("z")}


@pytest.mark.parametrize("page", MANUAL)
def test_every_link_leads_somewhere(page: str) -> None:
    renderer = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=6)
    folder = (ROOT / page).parent
    for node in LexborHTMLParser(renderer.render(MANUAL[page])).css("a[href], img[src]"):
        address = node.attributes.get("href") or node.attributes.get("src") or ""
        if re.match(r"https?:", address):
            continue
        path, _, anchor = address.partition("#")
        target = (folder / path).resolve() if path else ROOT / page
        assert target.is_file(), address
        # What is in the wheel must not lead out of it.
        assert page == "README.md" or target.parent == folder, address
        if anchor:
            there = LexborHTMLParser(renderer.render(target.read_text(encoding="utf-8")))
            assert there.css_first(f'[id="{anchor}"]') is not None, address


def test_the_readme_and_the_overview_lead_to_every_page() -> None:
    pages = set(GUIDE) - {"README.md"}
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", GUIDE["README.md"])) == pages
    assert set(re.findall(r"\]\(server/guide/([\w-]+\.md)\)", section(README, "## The guide"))) == pages


@pytest.mark.parametrize("page", MANUAL)
def test_every_path_that_is_named_is_there(page: str) -> None:
    names = re.findall(r"`((?:corpus|indexer|server|tests)(?:/[\w.-]+)+)`", without_blocks(MANUAL[page]))
    assert [name for name in names if not (ROOT / name).exists()] == []
    programs = re.findall(r"python -m ([\w.]+)", MANUAL[page])
    assert [name for name in programs if find_spec(name) is None] == []


def test_every_name_that_contributors_are_sent_to_is_defined() -> None:
    page = GUIDE["contributing.md"]
    for name, path in re.findall(r"`(\w+)`\s+(?:of|in)\s+`((?:corpus|indexer|server)/[\w/.]+)`", page):
        module = import_module("askdex." + path.removesuffix("/__init__.py").removesuffix(".py").replace("/", "."))
        assert hasattr(module, name), (path, name)
    for name, path in re.findall(r"`(\w+)`\s+in\s+`(tests/[\w/.]+)`", page):
        assert re.search(rf"^{name}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), (path, name)
    for name in ("Engine", "ReadModel", "Published"):
        assert hasattr(import_module("askdex.indexer.engine.protocol"), name)


def test_every_message_is_one_of_askdex() -> None:
    table = section(GUIDE["faults.md"], "## What Askdex says, and what to do")
    messages = re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
    assert len(messages) > 10
    # A message that is longer than a line is cut in the code.
    code = re.sub(r'"\s+f?"', "", "\n".join(CODE.values()))
    for message in messages:
        pattern = r".{0,60}?".join(map(re.escape, filter(None, message.split("..."))))
        assert re.search(pattern, code), message


def test_every_package_of_the_table_of_sizes_is_installed_with_askdex() -> None:
    table = section(GUIDE["install.md"], "## What takes how much")
    packages = [name for cell in re.findall(r"^\| ([a-z][^|]*) \| \d+", table, re.MULTILINE) for name in cell.split(", ")]
    assert len(packages) > 10
    assert [name for name in packages if f"\n{name}==" not in CONSTRAINTS] == []


@pytest.mark.slow
def test_askdex_works_without_the_packages_that_can_go(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert encoder.runtime.name.startswith("OpenVINO")
    (command,) = blocks(section(GUIDE["install.md"], "## What it can do without"), "sh")
    packages = command.replace("\\\n", " ").partition("pip uninstall ")[2].split()
    assert {"torch", "transformers", "scipy"} <= set(packages)
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_PACKAGES % (packages, packages), encoding="utf-8")
    (tmp_path / "card.md").write_text("# The card\n\nThe office of your town issues the card.\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (tmp_path, ROOT / ".src"))))
    monkeypatch.setenv("ASKDEX_INDEX", str(tmp_path / "index"))
    printed = [
        subprocess.run([*RUN_ASKDEX, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for arguments in (
            ["index", str(tmp_path / "card.md")],
            ["ask", "--mode", "precise", "Who issues the card?"],
            ["doctor"],
        )
    ]
    assert "1 document" in printed[0]
    assert "The office of your town" in printed[1]
    assert "ok" in printed[2]
    trial = [sys.executable, "-c", "import torch"]
    assert subprocess.run(trial, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_what_has_a_tag_and_what_gets_a_problem_is_told_as_it_is() -> None:
    headers = " ".join(section(GUIDE["json.md"], "## Headers").split())
    assert "documents, passages, lists of documents, facets and suggestions, but not what could not be read" in headers
    assert "plain text" not in section(GUIDE["json.md"], "## Other addresses, and errors")


def test_the_numbers_are_those_of_the_code() -> None:
    for page, told in {
        "deploying.md": f"up to {MOST_QUICK} questions at once, and {MOST_SLOW} more",
        "json.md": f"1 to {LONGEST_QUESTION:,} characters",
        "documents.md": f"may take {MEMORY // 2**20} MB of memory",
    }.items():
        assert told in GUIDE[page]
    assert f"and {LEAST_S} seconds of the processor" in " ".join(GUIDE["documents.md"].split())
    assert f"`Retry-After: {RETRY_AFTER_S}`" in GUIDE["deploying.md"]
    deploying = " ".join(GUIDE["deploying.md"].split())
    assert f"a connection has {LONGEST_WAIT_S} seconds" in deploying
    assert f"Of {MOST_CONNECTIONS} open ones, and of {MOST_OF_ADDRESS} of one address" in deploying
    assert f"A body is {LARGEST_REQUEST // 2**20} MiB at most" in deploying
    changing = " ".join(section(GUIDE["json.md"], "## Changing documents").split())
    assert f"Markdown of up to {LARGEST_REQUEST // 2**20} MiB" in changing
    assert f"a file of up to {LARGEST_UPLOAD // 2**20} MiB" in changing
    assert f"If {MOST_WAITING} changes are waiting" in changing
    assert f"the folder `{UPLOADED}` within that of the index" in changing


def test_the_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert f"You need Python {oldest} or newer" in README
    assert f"You need version {oldest} of Python or a newer one" in GUIDE["install.md"]
    assert f"one version so far, {project['version']};" in GUIDE["changelog.md"]


def test_the_changelog_begins_with_the_newest() -> None:
    dates = [datetime.strptime(line[3:], "%d %B %Y") for line in GUIDE["changelog.md"].splitlines() if line.startswith("## ")]
    assert len(dates) > 5
    assert dates == sorted(set(dates), reverse=True)


def test_the_variables_of_the_environment_are_read() -> None:
    named = {name for page in MANUAL.values() for name in re.findall(r"\bASKDEX_\w+", page)}
    assert named == {name for code in CODE.values() for name in re.findall(r'"(ASKDEX_\w+)"', code)}


def test_the_application_of_the_guide_is_one() -> None:
    named = set(re.findall(r"askdex[.:](create_app\w*)\(", GUIDE["python.md"]))
    assert named == {name for name in askdex.__all__ if name.startswith("create_app")}
