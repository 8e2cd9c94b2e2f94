"""The settings file: what the options of `askdex serve` and `askdex index` are unless the command line says otherwise."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from askdex.corpus.errors import AskdexError
from askdex.server.cli.main import COMMANDS

if TYPE_CHECKING:
    from pydantic import BaseModel

    from askdex.indexer.types import Curation
    from askdex.server.rules import Rules

_Model = TypeVar("_Model", bound="BaseModel")

SETTINGS_FILE = Path("askdex.toml")
WITH_SETTINGS = ("serve", "index")
"""Commands whose options are settings."""

_ACCESS = "access"
_EDITORS = ("best-bets", "synonyms")
"""The sections of editors; see `server.curation`."""

_HELD = "askdex settings"


class SettingsError(AskdexError):
    """A settings file cannot be read, or says what no option takes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a file: its value, and the line that it stands in."""

    value: Any
    line: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What a settings file says, by the name of the setting; `file` is None where there is none.

    `curation` is what editors say in it, None without a file.
    """

    file: Path | None
    said: Mapping[str, Setting]
    access: "Rules | None" = None
    curation: "Curation | None" = None

    def defaults(self, command: click.Command) -> dict[str, Any]:
        """The values for those options of a command that are settings, by the names of its parameters."""
        values = {}
        for parameter in command.params:
            name = setting_name(parameter)
            known = options().get(name)
            # Some commands have another option of the same name.
            if name in self.said and known is not None and _help(parameter) == _help(known):
                values[parameter.name or ""] = self.said[name].value
        return values


@cache
def options() -> Mapping[str, click.Parameter]:
    """All settings by name, each with the option or the argument that it is."""
    return {name: parameter for command in WITH_SETTINGS for name, parameter in options_of(COMMANDS[command].load())}


def options_of(command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
    """The parameters of a command that are settings, by name."""
    return ((setting_name(each), each) for each in command.params if each.expose_value)


def setting_name(parameter: click.Parameter) -> str:
    """The name of an option without its dashes, as a settings file has it."""
    return max(parameter.opts, key=len).lstrip("-")


def read_settings(file: Path) -> Settings:
    """Read a settings file and check it. Raises SettingsError, OSError."""
    try:
        text = file.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except ValueError as error:
        raise SettingsError(f"{file}: {error}") from error
    access = _access(file, text, values.pop(_ACCESS)) if _ACCESS in values else None
    curation = _curation(file, text, {name: values.pop(name) for name in _EDITORS if name in values})
    said = {name: Setting(value, _line(text, name)) for name, value in values.items()}
    for name, setting in said.items():
        if fault := _fault(name, setting.value):
            raise SettingsError(f"{file}, line {setting.line}: {fault}")
    written = {name: Setting(_written(setting.value), setting.line) for name, setting in said.items()}
    return Settings(file, written, access, curation)


def _access(file: Path, text: str, section: object) -> "Rules":
    """The rules of access. Raises SettingsError."""
    from askdex.server.rules import Rules

    return _checked(Rules, section, file, text, _ACCESS)


def _curation(file: Path, text: str, sections: Mapping[str, object]) -> "Curation":
    """What editors say. Raises SettingsError."""
    if not sections:
        from askdex.indexer.types import UNCURATED

        return UNCURATED
    from askdex.server.curation import EditorsSections

    return _checked(EditorsSections, sections, file, text).curation


def _checked(model: "type[_Model]", section: object, file: Path, text: str, *within: str) -> "_Model":
    """A section as this model has it. Raises SettingsError, which names the line as far as the names in it tell that."""
    from pydantic import ValidationError

    try:
        return model.model_validate(section)
    except ValidationError as error:
        first = error.errors()[0]
        place = (*within, *first["loc"])
        names = [str(part) for part in place if isinstance(part, str)]
        line = _line(text, names[-1]) if names else 1
        told = f"{'.'.join(map(str, place))}: {first['msg']}" if place else first["msg"]
        raise SettingsError(f"{file}, line {line}: {told}") from error


def _line(text: str, name: str) -> int:
    """The line that a setting or a table of this name begins in; the parser does not tell."""
    begins = re.compile(rf"\s*\[*\s*[\"']?{re.escape(name)}(?![\w-])")
    return next((number for number, line in enumerate(text.splitlines(), 1) if begins.match(line)), 1)


def _fault(name: str, value: object) -> str | None:
    """What is wrong with a setting, and what is allowed."""
    option = options().get(name)
    if option is None:
        meant = get_close_matches(name, options(), 1)
        return f"there is no setting {name!r}; " + (
            f"is {meant[0]!r} meant?" if meant else f"there are {', '.join(options())}."
        )
    if isinstance(option, click.Option) and option.is_flag:
        return None if isinstance(value, bool) else f"{name} is true or false."
    is_list = option.multiple or option.nargs != 1
    parts = value if is_list and isinstance(value, list) else [value]
    if is_list != isinstance(value, list) or any(type(part) not in (str, int, float) for part in parts):
        return f'{name} is a list, such as ["one", "two"].' if is_list else f"{name} is one text or number."
    try:
        option.type_cast_value(click.Context(click.Command(None)), _written(value))
    except click.BadParameter as error:
        return f"{name}: {error.message}"
    return None


def _written(value: Any) -> Any:  # noqa: ANN401  # as TOML has it
    """A value as the command line has it: a text, or several; an option that is a flag stays one."""
    if isinstance(value, list):
        return [str(part) for part in value]
    return value if isinstance(value, bool) else str(value)


def _help(parameter: click.Parameter) -> str:
    """What tells an option from another of its name; arguments have no help, but a type of their own."""
    return getattr(parameter, "help", None) or parameter.type.name


def _hold(ctx: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    """Read the settings before all other options."""
    if file is None and SETTINGS_FILE.is_file():
        file = SETTINGS_FILE
    settings = read_settings(file) if file is not None else Settings(None, {})
    ctx.meta[_HELD] = settings
    ctx.default_map = settings.defaults(ctx.command)


def held_settings(ctx: click.Context) -> Settings:
    """The settings of the present call."""
    settings: Settings = ctx.meta[_HELD]
    return settings


settings_option = click.option(
    "--settings",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    is_eager=True,
    expose_value=False,
    callback=_hold,
    help=f"File of settings; without it {SETTINGS_FILE} in the current folder, if it is there.",
)
