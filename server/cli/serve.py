"""The command that serves the search page and the JSON endpoint."""

import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from flask import Flask
from limits import RateLimitItem

from askdex.corpus.sources.rules import FolderRules
from askdex.corpus.sources.site.rules import SiteRules
from askdex.indexer.errors import BrokenAnswersError, MissingIndexError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.models.loading import Device
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.types import Mode
from askdex.server import wsgi
from askdex.server.access import guard_of
from askdex.server.access_log import LogFormat, logged, opened_log
from askdex.server.app import create_app, create_building_app
from askdex.server.building import Building
from askdex.server.cli.index import index_documents
from askdex.server.cli.models import (
    OneOf,
    device_option,
    encoder_loader,
    model_option,
    precise_tokens_option,
    rerank_stage,
    reranker_option,
)
from askdex.server.cli.must_hold import must_check, must_options
from askdex.server.cli.options import (
    DocumentPlaces,
    Parsed,
    exclude_option,
    follow_links_option,
    origin,
    place_option,
    site_options,
    wait_option,
)
from askdex.server.cli.settings_file import held_settings
from askdex.server.cli.terminal import printable
from askdex.server.current import service_of
from askdex.server.host_names import host_name
from askdex.server.jobs import Jobs
from askdex.server.look import colour_of, read_logo
from askdex.server.metrics import Metrics
from askdex.server.proxies import Network, believing, network, path_prefix
from askdex.server.question_log import QuestionLog
from askdex.server.rates import Rate, rate_limit
from askdex.server.service import open_followed
from askdex.server.settings import DEFAULT_INDEX, LARGEST_REQUEST, LARGEST_UPLOAD, Site

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_BY_ITSELF = "auto"


def _host_and_port(address: str) -> tuple[str, int]:
    """Where to listen. Raises ValueError."""
    parts = urlsplit(f"//{address}")
    if parts.hostname is None or parts.port is None or parts.netloc != address:
        raise ValueError(f"{address!r} is no address such as 127.0.0.1:9464")
    return parts.hostname, parts.port


@click.command()
@click.argument("documents", nargs=-1, type=DocumentPlaces())
@place_option
@model_option
@device_option
@reranker_option
@precise_tokens_option
@exclude_option
@follow_links_option
@site_options
@wait_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on; 0.0.0.0 for every network.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port to serve on; 0 for a free one."
)
@click.option(
    "--trusted-host",
    "trusted_names",
    multiple=True,
    type=Parsed("name", host_name),
    help="A name that the server may be called by, behind a proxy.",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    type=Parsed("address", network),
    help="Address or network of a proxy, which is believed who asks and how (X-Forwarded-For, -Host and -Proto).",
)
@click.option(
    "--prefix",
    default="",
    type=Parsed("path", lambda path: path_prefix(path) if path else ""),
    help="Path of a site that all addresses are below, such as /ask.",
)
@click.option(
    "--rate",
    type=Parsed("rate", rate_limit),
    help="Most requests with a key, and from an address, such as 60/minute.",
)
@click.option("--public", "is_public", is_flag=True, help="Let whoever reaches the server read, without a key.")
@click.option(
    "--allow-origin",
    "allowed_origins",
    multiple=True,
    type=Parsed("origin", origin),
    metavar="ORIGIN",
    help="Let pages of another site, such as https://intranet.example, read the JSON endpoint; may be given several times.",
)
@click.option("--title", default="Askdex", show_default=True, help="Name of the pages.")
@click.option("--logo", type=click.Path(path_type=Path), help="PNG or SVG that takes the place of the name.")
@click.option("--colour", metavar="#RRGGBB", help="Colour of links and buttons.")
@click.option("--help-line", default="", metavar="TEXT", help="Line below every page.")
@click.option("--contact", default="", metavar="TEXT", help="Whom to ask where no passage answers: a name, an address or both.")
@click.option(
    "--mode",
    default=_BY_ITSELF,
    show_default=True,
    type=OneOf([_BY_ITSELF, Mode.FAST, Mode.PRECISE]),
    help="How the page ranks where the asker does not choose; auto is precise while nobody waits for it.",
)
@click.option("--no-suggestions", is_flag=True, help="Suggest no questions while somebody types.")
@click.option(
    "--suggest-no",
    "denied",
    multiple=True,
    metavar="WORDS",
    help="Suggest no question with these words; may be given several times.",
)
@click.option(
    "--log",
    "log_file",
    metavar="FILE",
    help="File for a line on each request, without the words of questions; - for the standard output.",
)
@click.option(
    "--log-format", default=LogFormat.TEXT.value, show_default=True, type=OneOf(LogFormat), help="How a line is written."
)
@click.option(
    "--metrics",
    "metrics_address",
    type=Parsed("host:port", _host_and_port),
    help="Address of its own for Prometheus, such as 127.0.0.1:9464.",
)
@click.option("--writable", is_flag=True, help="Let programs on this computer put and remove documents (see /api).")
@click.option("--no-originals", is_flag=True, help="Give out no files of documents, only the text that is shown.")
@click.option("--log-questions", "logs_questions", is_flag=True, help="Write down what is asked, masked, beside the index.")
@click.option(
    "--keep-questions",
    "keep_days",
    default=90,
    show_default=True,
    type=click.IntRange(1, 36_500),
    metavar="DAYS",
    help="Days after which a question that was written down is deleted.",
)
@must_options
@click.option("--open", "opens_browser", is_flag=True, help="Open the search page in the browser.")
def serve(
    documents: tuple[Path | str, ...],
    place: Path | DatabaseAddress,
    model: str | None,
    device: Device,
    reranker_name: str | None,
    tokens: int | None,
    exclude: tuple[str, ...],
    follows_links: bool,  # noqa: FBT001
    site_rules: SiteRules,
    wait: bool,  # noqa: FBT001
    host: str,
    port: int,
    trusted_names: tuple[str, ...],
    proxies: tuple[Network, ...],
    prefix: str,
    rate: RateLimitItem | None,
    is_public: bool,  # noqa: FBT001
    allowed_origins: tuple[str, ...],
    title: str,
    logo: Path | None,
    colour: str | None,
    help_line: str,
    contact: str,
    mode: Mode | str,
    no_suggestions: bool,  # noqa: FBT001
    denied: tuple[str, ...],
    log_file: str | None,
    log_format: LogFormat,
    metrics_address: tuple[str, int] | None,
    writable: bool,  # noqa: FBT001
    no_originals: bool,  # noqa: FBT001
    logs_questions: bool,  # noqa: FBT001
    keep_days: int,
    must: Path | None,
    force: bool,  # noqa: FBT001
    opens_browser: bool,  # noqa: FBT001
) -> None:
    """Serve the search page and the JSON endpoint.

    Documents that you name are indexed first. Without any, the index that is there is served; without an index, the
    starter collection.

    \b
    Examples:
      askdex serve
      askdex serve handbook/ --port 9000 --open
      askdex serve --index postgresql://askdex@db.example/handbook
    """
    load_encoder = cache(encoder_loader(device, model))
    settings = held_settings(click.get_current_context())
    site = site_of(
        title=title,
        logo=logo,
        colour=colour,
        help_line=help_line,
        contact=contact,
        mode=mode,
        no_suggestions=no_suggestions,
        denied=denied,
        no_originals=no_originals,
    )
    # What is wrong with these is said before an hour of indexing.
    stage = rerank_stage(reranker_name, tokens, device, site.mode)
    folder = _own_folder(place, documents=documents, must=must, writable=writable, logs_questions=logs_questions)
    check = must_check(folder, must, load_encoder, force=force)
    metrics = Metrics()
    with ExitStack() as stack:
        bound = stack.enter_context(wsgi.take_address(host, port))
        if writable and (proxies or trusted_names or not wsgi.is_local(bound)):
            raise click.UsageError("--writable is for this computer alone: leave out --host, --proxy and --trusted-host.")
        listening = [bound]
        if metrics_address:
            listening.append(stack.enter_context(wsgi.take_address(*metrics_address, "--metrics")))
        access_rules = settings.access
        guard = guard_of(
            place,
            is_public=is_public,
            is_local=all(map(wsgi.is_local, listening)),
            rules=access_rules,
            rate=Rate(rate) if rate else None,
            is_behind_proxy=bool(proxies or trusted_names or prefix),
        )
        for own in listening[1:]:
            stack.enter_context(wsgi.answering(guard.told(metrics.app), own))
        write = stack.enter_context(opened_log(log_file))

        def faced(app: Flask) -> "WSGIApplication":
            """The app as it faces its clients."""
            return believing(
                logged(app, write, LogFormat(log_format)) if write else app,
                proxies,
                access_rules.header if access_rules else None,
            )

        address = wsgi.url(bound, prefix)
        hosts = wsgi.trusted_hosts(bound, trusted_names)
        building = Building()
        with wsgi.answering(faced(create_building_app(building, hosts, site, allowed_origins, guard)), bound, prefix):
            if documents or not (isinstance(place, DatabaseAddress) or _holds_documents(folder)):
                rules = FolderRules(exclude, follows_links)
                pages = replace(site_rules, exclude=exclude)
                with _served_as_it_was(folder):
                    index_documents(
                        folder,
                        documents,
                        model,
                        load_encoder,
                        rules,
                        pages,
                        wait=wait,
                        heard=building,
                        must=must,
                        force=force,
                        curation=settings.curation,
                    )
            searcher = open_followed(place, load_encoder, stage)
        with closing(searcher), ExitStack() as opened:
            log = opened.enter_context(QuestionLog(folder, keep_days, searcher.reader)) if logs_questions else None

            def announce() -> None:
                click.echo(f"Askdex answers at {wsgi.reached_url(bound, prefix)} (Ctrl-C to stop)")
                if not wsgi.is_local(bound) or guard.asks:
                    click.echo(guard.readers)
                if opens_browser and _has_desktop():
                    webbrowser.open(address)

            jobs = None
            if writable:
                jobs = opened.enter_context(Jobs(folder, load_encoder, lambda: _generation(searcher), check))
            app = create_app(searcher, hosts, site, allowed_origins, jobs, log, guard)
            metrics.watch(app, service_of(app))
            wsgi.run(faced(app), bound, announce, prefix, LARGEST_UPLOAD if writable else LARGEST_REQUEST)
    click.echo("Stopped.")


def site_of(
    *,
    title: str,
    logo: Path | None,
    colour: str | None,
    help_line: str,
    contact: str,
    mode: Mode | str,
    no_suggestions: bool,
    denied: tuple[str, ...],
    no_originals: bool,
    **_others: object,
) -> Site:
    """What the options of the command make of the pages. Raises LookError."""
    return Site(
        title=title,
        logo=None if logo is None else read_logo(logo),
        colour=None if colour is None else colour_of(colour),
        help_line=help_line,
        contact=contact,
        suggests=not no_suggestions,
        denied=denied,
        originals=not no_originals,
        mode=None if mode == _BY_ITSELF else Mode(mode),
    )


def _own_folder(place: Path | DatabaseAddress, **given: object) -> Path:
    """The folder of the index; for a published one the folder where its server keeps its keys.

    Raises UsageError where something is asked for that needs the folder of an index.
    """
    if isinstance(place, Path):
        return place
    names = {
        "documents": "documents are indexed into a folder, and published with: askdex publish",
        "must": "--must asks its questions before documents are indexed",
        "writable": "--writable changes a folder",
        "logs_questions": "--log-questions writes beside a folder",
    }
    for name, why in names.items():
        if given[name]:
            raise click.UsageError(f"An index in PostgreSQL is only read here: {why}.")
    return DEFAULT_INDEX


@contextmanager
def _served_as_it_was(folder: Path) -> Iterator[None]:
    """Go on with the index that is there where must-hold questions stop a change of it. Raises BrokenAnswersError."""
    try:
        yield
    except BrokenAnswersError as error:
        if not _holds_documents(folder):
            raise
        click.echo(printable(f"{error} It is served as it was."), err=True)


def _generation(searcher: Searcher) -> int:
    """The generation that the next question is answered from."""
    with searcher.reader.opened() as opened:
        return opened.state.generation


def _has_desktop() -> bool:
    """Whether a browser has a window to open in; a text browser would take over the terminal."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _holds_documents(folder: Path) -> bool:
    """Whether there is an index that something was indexed into."""
    try:
        with viewed(folder):
            return True
    except MissingIndexError:
        return False
