"""Options that several commands take."""

import re
from collections.abc import Callable
from functools import reduce, wraps
from os import fsdecode
from pathlib import Path
from typing import Any, TypeVar

import click

from askdex.corpus.sources.site.addresses import is_address
from askdex.corpus.sources.site.rules import DEFAULT_RULES, SiteRules
from askdex.indexer.errors import RequestError
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.postgres.address import is_address as is_database
from askdex.server.cli.settings_file import settings_option
from askdex.server.settings import DEFAULT_INDEX, INDEX_VARIABLE

_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::\d{1,5})?", re.IGNORECASE | re.ASCII)

_Value = TypeVar("_Value")

_FOLDER: click.Path = click.Path(path_type=Path, file_okay=False)


class _Place(click.ParamType[Path | DatabaseAddress]):
    """The folder of an index; where it may be a published one, also the address of a database."""

    name = "directory"

    def __init__(self, *, may_be_address: bool) -> None:
        self._may_be_address = may_be_address

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | DatabaseAddress:  # noqa: ANN401
        """See ParamType."""
        if isinstance(value, DatabaseAddress):
            return value
        if isinstance(value, str) and is_database(value):
            try:
                address = DatabaseAddress.parse(value)
            except RequestError as error:
                self.fail(str(error), param, ctx)
            if not self._may_be_address:
                self.fail("This command takes the folder of an index, and no database.", param, ctx)
            return address
        return Path(fsdecode(_FOLDER.convert(value, param, ctx)))


def _index_option(name: str, *, may_be_address: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--index",
        name,
        type=_Place(may_be_address=may_be_address),
        default=DEFAULT_INDEX,
        show_default=True,
        envvar=INDEX_VARIABLE,
        show_envvar=True,
        # A setting is one of several commands where all say the same of it.
        help="Folder of the index; for ask, doctor, info and serve also the address of a published one.",
    )


def index_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option that names the folder of the index, and the one that names a file of settings, which may name it too."""
    return settings_option(_index_option("folder", may_be_address=False)(command))


def place_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but the index may be one that is published to a database; the command gets it as `place`."""
    return settings_option(_index_option("place", may_be_address=True)(command))


def database(text: str) -> DatabaseAddress:
    """The address of a database. Raises ValueError."""
    if not is_database(text):
        raise ValueError("the address of a database is like postgresql://askdex@db.example/handbook")
    try:
        return DatabaseAddress.parse(text)
    except RequestError as error:
        raise ValueError(str(error)) from None


class DocumentPlaces(click.ParamType[Path | str]):
    """A path, or the address of a site."""

    name = "documents"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:  # noqa: ANN401, ARG002
        """See ParamType."""
        return value if not isinstance(value, str) or is_address(value) else Path(value)


class Parsed(click.ParamType[_Value]):
    """A value that a function makes of what is written; where it raises ValueError, that says what is wrong."""

    def __init__(self, name: str, parse: Callable[[str], _Value]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> _Value:  # noqa: ANN401
        """See ParamType."""
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def origin(text: str) -> str:
    """The origin of web pages: a scheme and a host, perhaps with a port. Raises ValueError where a text is none."""
    if not _ORIGIN.fullmatch(text):
        raise ValueError(f"{text!r} is no origin: write it like https://intranet.example, without a path.")
    return text.lower()


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
wait_option = click.option("--wait", is_flag=True, help="Wait for another process that changes the index.")
exclude_option = click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out files, folders and pages of this name, as .gitignore has it; may be given several times.",
)
follow_links_option = click.option(
    "--follow-links", "follows_links", is_flag=True, help="Follow links that lead out of the folders."
)

_MB = 2**20
_SITE_OPTIONS = (
    click.option("--also-host", "also_hosts", multiple=True, metavar="HOST", help="Fetch pages of this host of a site too."),
    click.option(
        "--max-pages",
        "most_pages",
        type=click.IntRange(1),
        default=DEFAULT_RULES.most_pages,
        show_default=True,
        help="Addresses of a site that are asked for at most.",
    ),
    click.option(
        "--max-size",
        "most_mb",
        type=click.FloatRange(0, min_open=True),
        default=DEFAULT_RULES.most_bytes / _MB,
        show_default=True,
        metavar="MB",
        help="Size of all pages of a site together.",
    ),
    click.option(
        "--max-page-size",
        "largest_mb",
        type=click.FloatRange(0, min_open=True),
        default=DEFAULT_RULES.largest_page / _MB,
        show_default=True,
        metavar="MB",
        help="Size of a page; a larger one is left out.",
    ),
    click.option(
        "--depth",
        type=click.IntRange(0),
        default=DEFAULT_RULES.depth,
        show_default=True,
        help="Links to follow from the first page of a site; 0 for that page alone.",
    ),
    click.option(
        "--delay",
        "delay_s",
        type=click.FloatRange(0),
        default=DEFAULT_RULES.delay_s,
        show_default=True,
        metavar="SECONDS",
        help="Least pause between two requests to a host.",
    ),
    click.option("--allow-private", "allows_private", is_flag=True, help="Allow sites on this computer and in its network."),
)


def site_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is fetched of sites; the command gets them as `site_rules`."""

    @wraps(command)
    def with_rules(*, most_mb: float, largest_mb: float, **values: Any) -> None:  # noqa: ANN401  # as click gives them
        names = ("also_hosts", "most_pages", "depth", "delay_s", "allows_private")
        rules = SiteRules(
            most_bytes=int(most_mb * _MB), largest_page=int(largest_mb * _MB), **{name: values.pop(name) for name in names}
        )
        command(site_rules=rules, **values)

    return reduce(lambda wrapped, option: option(wrapped), reversed(_SITE_OPTIONS), with_rules)
