"""The settings file: what it says counts, unless the environment or the command line says otherwise."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from askdex.indexer.types import Access
from askdex.server.cli.main import COMMANDS, main
from askdex.server.cli.settings_file import WITH_SETTINGS, SettingsError, options, read_settings, setting_name
from tests.manual import GUIDE, blocks, section

OFFICE = """# For the office.
documents = ["handbook/", "faq.csv"]
index = "office.index"

port = 9000
trusted-host = ["help.example"]
max-size = 12.5
"follow-links" = true
"""


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ASKDEX_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def in_force(*arguments: str) -> dict[str, tuple[Any, str]]:
    result = run("config", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return {row["setting"]: (row["value"], row["source"]) for row in json.loads(result.stdout)}


def taken(command: str, *arguments: str) -> dict[str, Any]:
    """What a command is called with."""
    with COMMANDS[command].load().make_context(command, list(arguments)) as ctx:
        return ctx.params


def test_a_command_takes_what_the_file_in_the_current_folder_says(workplace: Path) -> None:
    (workplace / "askdex.toml").write_text(OFFICE, encoding="utf-8")
    serve, index = taken("serve"), taken("index")
    assert (serve["port"], serve["trusted_names"], serve["most_mb"]) == (9000, ("help.example",), 12.5)
    for params in (serve, index):
        assert params["documents"] == (Path("handbook"), Path("faq.csv"))
        assert (params.get("place", params.get("folder")), params["follows_links"]) == (Path("office.index"), True)
    assert taken("doctor")["place"] == Path("office.index")


def test_the_mode_of_the_page_is_not_that_of_other_commands(workplace: Path) -> None:
    assert [taken(command, *words)["mode"] for command, *words in (("serve",), ("ask", "card"))] == ["auto", "fast"]
    (workplace / "askdex.toml").write_text('mode = "precise"\n', encoding="utf-8")
    assert [taken(command, *words)["mode"] for command, *words in (("serve",), ("ask", "card"))] == ["precise", "fast"]


def test_what_a_command_must_be_told_is_not_taken_from_the_file(workplace: Path) -> None:
    (workplace / "askdex.toml").write_text(OFFICE + 'report = "left-out.csv"\n', encoding="utf-8")
    assert "Missing argument" in run("remove").stderr
    assert taken("eval", "set.csv")["report"] is None


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workplace / "askdex.toml").write_text(OFFICE, encoding="utf-8")
    assert in_force()["index"] == ("office.index", "askdex.toml, line 3")
    monkeypatch.setenv("ASKDEX_INDEX", "other.index")
    assert in_force()["index"] == ("other.index", "ASKDEX_INDEX")
    assert taken("serve")["place"] == Path("other.index")
    assert taken("serve", "--index", "third.index", "--port", "1")["place"] == Path("third.index")
    assert taken("serve", "elsewhere/", "--port", "1")["port"] == 1
    assert taken("serve", "elsewhere/")["documents"] == (Path("elsewhere"),)


def test_every_setting_is_shown_with_where_it_comes_from(workplace: Path) -> None:
    defaults = in_force()
    assert list(defaults) == list(options())
    assert {source for _, source in defaults.values()} == {"default"}
    (workplace / "named.toml").write_text(OFFICE, encoding="utf-8")
    said = in_force("--settings", "named.toml")
    assert {name for name in said if said[name] != defaults[name]} == set(tomllib.loads(OFFICE))
    assert said["follow-links"] == (True, "named.toml, line 8")
    lines = run("config", "--settings", "named.toml").stdout.splitlines()
    assert [line.split() for line in lines if line.startswith("port ")] == [["port", "9000", "named.toml,", "line", "5"]]


def test_the_section_access_is_shown_as_it_is_understood(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICE_SECRET", "the secret itself")
    section = """[access]
header = "X-Groups"
[access.tokens]
algorithm = "HS256"
key-variable = "OFFICE_SECRET"
[access.keys]
anna = ["staff"]
[access.groups.staff]
folders = ["staff/*", "faq.csv#*"]
metadata = { circle = ["all", 3] }
[access.groups.nobody]
"""
    (workplace / "askdex.toml").write_text(section, encoding="utf-8")
    shown = {name: value for name, (value, source) in in_force().items() if source == "askdex.toml"}
    assert shown == {
        "access.header": "X-Groups",
        "access.tokens.algorithm": "HS256",
        "access.tokens.key-variable": "OFFICE_SECRET",
        "access.tokens.groups": "groups",
        "access.keys.anna": ["staff"],
        "access.groups.staff.folders": ["staff/*", "faq.csv#*"],
        "access.groups.staff.metadata.circle": ["all", 3],
        "access.groups.nobody": None,
    }
    assert "the secret itself" not in run("config").stdout
    assert "access.groups.staff.folders  staff/*, faq.csv#*" in re.sub(" +", "  ", run("config").stdout).replace(",  ", ", ")


def test_best_bets_and_synonyms_are_shown(workplace: Path) -> None:
    bet = '[[best-bets]]\nquestions = ["lost card", "card gone"]\ndocument = "card.md"\n'
    (workplace / "askdex.toml").write_text(f'synonyms = [["card", "permit"]]\n{bet}', encoding="utf-8")
    shown = {each["setting"]: each["value"] for each in json.loads(run("config", "--json").stdout)}
    told = {name: value for name, value in shown.items() if name.startswith(("best-bets", "synonyms"))}
    assert told == {
        "best-bets.1.questions": ["lost card", "card gone"],
        "best-bets.1.document": "card.md",
        "synonyms.1": ["card", "permit"],
    }


def test_what_is_in_force_can_be_said_in_a_file_again(workplace: Path) -> None:
    values = {name: value for name, (value, _) in in_force().items() if value is not None}
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    (workplace / "askdex.toml").write_text(text, encoding="utf-8")
    assert {name: value for name, (value, _) in in_force().items() if value not in (None, "")} == {
        name: str(value) if type(value) in (int, float) else value for name, value in values.items() if value != ""
    }


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("port = 99999", "port: 99999 is not in the range 0<=x<=65535."),
        ('port = "x"', "port: 'x' is not a valid integer range."),
        ("depth = 2.5", "depth: '2.5' is not a valid integer range."),
        ('device = "abacus"', "device: 'abacus' is not one of 'auto', 'cpu', 'gpu'."),
        ('proxy = ["a"]', "proxy: 'a' does not appear to be an IPv4 or IPv6 network"),
        ('proxy = "::1"', 'proxy is a list, such as ["one", "two"].'),
        ("proxy = [[]]", 'proxy is a list, such as ["one", "two"].'),
        ("host = true", "host is one text or number."),
        ("host = 2026-11-30", "host is one text or number."),
        ("open = 1", "open is true or false."),
        ("prot = 1", "there is no setting 'prot'; is 'port' meant?"),
        ("trusted_host = []", "there is no setting 'trusted_host'; is 'trusted-host' meant?"),
        ("[acces]\nfolder = 1", f"there is no setting 'acces'; there are {', '.join(options())}."),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_is_allowed(workplace: Path, line: str, fault: str) -> None:
    (workplace / "askdex.toml").write_text(f"# It is wrong.\n\n{line}\n", encoding="utf-8")
    for arguments in (("serve",), ("config",), ("info",)):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f"Error: askdex.toml, line 3: {fault}\n"
    assert run("serve", "--help").exit_code == 0


@pytest.mark.parametrize("content", [b"a = = 3\n", b"port\n", b"\xff\xfe"])
def test_what_is_no_toml_is_refused_with_the_place(workplace: Path, content: bytes) -> None:
    (workplace / "askdex.toml").write_bytes(content)
    result = run("serve")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: askdex.toml: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_is_named_must_be_there() -> None:
    result = run("serve", "--settings", "none.toml")
    assert (result.exit_code, "'none.toml' does not exist" in result.stderr) == (2, True)


def told(parameter: click.Parameter) -> str:
    """The line of the guide on a setting."""
    name = setting_name(parameter)
    commands = [command for command in WITH_SETTINGS if name in map(setting_name, COMMANDS[command].load().params)]
    meaning = getattr(parameter, "help", None) or "Files, folders and sites to index."
    return f"| `{name}` | {', '.join(f'`{command}`' for command in commands)} | {meaning} |"


def test_the_guide_tells_all_settings() -> None:
    table = [line for line in section(GUIDE["settings.md"], "## All settings").splitlines() if line.startswith("| `")]
    assert table == [told(option) for option in options().values()]


def test_the_file_in_the_guide_is_one(workplace: Path) -> None:
    (example,) = blocks(GUIDE["settings.md"], "toml")
    (workplace / "askdex.toml").write_text(example, encoding="utf-8")
    assert {name for name, (_, source) in in_force().items() if source != "default"} == set(tomllib.loads(example))


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[access]\nheaders = 'X'", "line 2: access.headers: Extra inputs are not permitted"),
        ("[access]\nheader = 'X Y'", "line 2: access.header: String should match"),
        (
            "[access.keys]\nanna = ['staff']",
            "line 1: access: Value error, the key anna is in the group 'staff'",
        ),
        ("[access.groups.staff]\nfolders = 'hr/*'", "line 2: access.groups.staff.folders: Input should be a valid tuple"),
        ("access = true", "line 1: access: Input should be a valid dictionary"),
    ],
)
def test_rules_of_access_that_are_none_are_refused_with_the_line(tmp_path: Path, section: str, said: str) -> None:
    file = tmp_path / "askdex.toml"
    file.write_text(section, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        read_settings(file)
    assert str(error.value).startswith(f"{file}, {said}")


def test_rules_of_access_stand_beside_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "askdex.toml"
    file.write_text(
        "port = 9000\n[access.keys]\nanna = ['staff']\n[access.groups.staff]\n"
        "folders = ['hr/*']\nmetadata = { year = [2024] }\n",
        encoding="utf-8",
    )
    settings = read_settings(file)
    assert settings.access is not None
    assert list(settings.said) == ["port"]
    assert settings.access.access("anna") == Access(("hr/*",), (("year", "2024"),))
    assert settings.access.access("bert") == settings.access.access(None, ["others"]) == Access()
