"""The command that says which settings are in force."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from askdex.indexer.postgres.address import DatabaseAddress, is_address
from askdex.indexer.types import UNCURATED
from askdex.server.cli.main import COMMANDS
from askdex.server.cli.options import json_option
from askdex.server.cli.settings_file import WITH_SETTINGS, Settings, held_settings, options_of, settings_option
from askdex.server.cli.terminal import print_json, printable
from askdex.server.curation import BEST_BETS, SYNONYMS


class _InForce(NamedTuple):
    """A setting, its value, and where that comes from."""

    setting: str
    value: Any
    source: str


@click.command()
@settings_option
@json_option
@click.pass_context
def config(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001
    """Say which settings are in force, and where each comes from.

    They are those of the settings file, of the environment, or the defaults; options of a call win over all of them. Of the
    section access it says which groups there are, and what they may read; it holds no key itself. Best bets and synonyms
    are told too.

    \b
    Examples:
      askdex config
      askdex config --settings office.toml --json
    """
    held = held_settings(ctx)
    settings = [*_in_force(held), *_access_in_force(held), *_curation_in_force(held)]
    if as_json:
        print_json([setting._asdict() for setting in settings])
        return
    widths = [max(len(_text(row[column])) for row in settings) for column in (0, 1)]
    for setting, value, source in settings:
        click.echo(printable(f"{setting:<{widths[0]}}  {_text(value):<{widths[1]}}  {source}"))


def _in_force(settings: Settings) -> Iterator[_InForce]:
    """All settings, those of both commands once."""
    seen = set()
    for command in (COMMANDS[name].load() for name in WITH_SETTINGS):
        ctx = click.Context(command, click.get_current_context(), default_map=settings.defaults(command))
        for name, option in options_of(command):
            if name not in seen:
                seen.add(name)
                yield _InForce(name, *_value_and_source(settings, name, option, ctx))


def _access_in_force(settings: Settings) -> Iterator[_InForce]:
    """What the section access says, as it is understood."""
    if settings.access is not None:
        said = settings.access.model_dump(mode="json", by_alias=True, exclude_none=True)
        for name, value in _leaves("access", said):
            yield _InForce(name, value, str(settings.file))


def _curation_in_force(settings: Settings) -> Iterator[_InForce]:
    """The best bets and the synonyms of editors."""
    curation, file = settings.curation or UNCURATED, str(settings.file)
    for number, bet in enumerate(curation.best_bets, 1):
        said = {"questions": list(bet.questions), "document": bet.document, "words": bet.words}
        for name, value in said.items():
            if value:
                yield _InForce(f"{BEST_BETS}.{number}.{name}", value, file)
    for number, group in enumerate(curation.synonyms, 1):
        yield _InForce(f"{SYNONYMS}.{number}", list(group), file)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # as TOML has it
    """The values within tables, by their dotted names; None for a table without any, as of a group that may read nothing."""
    if not isinstance(value, dict):
        yield name, value
        return
    said = {key: part for key, part in value.items() if part not in ({}, [])}
    for key, part in said.items():
        yield from _leaves(f"{name}.{key}", part)
    if not said:
        yield name, None


def _value_and_source(settings: Settings, name: str, option: click.Parameter, ctx: click.Context) -> tuple[Any, str]:
    """The value of an option that the command line does not give, in JSON, and what gives it."""
    value, source = option.consume_value(ctx, {})
    if source is ParameterSource.DEFAULT_MAP:
        return settings.said[name].value, f"{settings.file}, line {settings.said[name].line}"
    if source is ParameterSource.ENVIRONMENT:
        if isinstance(value, str) and is_address(value):
            # One with a password is refused here too, before it is printed.
            DatabaseAddress.parse(value)
        return value, str(option.envvar)
    default = option.get_default(ctx)
    if isinstance(default, (str, int, float)):
        return default.value if isinstance(default, Enum) else default, "default"
    return [] if option.multiple or option.nargs != 1 else (str(default) if isinstance(default, Path) else None), "default"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
