"""The command line."""

import io
import os
import sys
import webbrowser
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from askdex.corpus.errors import AskdexError
from askdex.server.cli import upkeep
from askdex.server.cli.evaluate import evaluate
from askdex.server.cli.index import index, update
from askdex.server.cli.options import (
    MODES,
    device_option,
    encoder_loader,
    index_option,
    json_option,
    model_option,
    precise_tokens_option,
    reranker_option,
    rereading,
    wait_option,
)
from askdex.server.cli.terminal import print_json, printable, rendered

# What takes long to import is imported by the commands that need it, so that help comes at once.

_USER_ERROR = 2


class _MendableError(click.ClickException):
    exit_code = _USER_ERROR


class _Commands(click.Group):
    """A group whose commands end with one line, never with a traceback, when something is wrong."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as the library has it
        """Run the command that was asked for."""
        for stream in (sys.stdout, sys.stderr):
            # What a terminal's encoding does not have is spelt out.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except AskdexError as error:
            raise _MendableError(printable(str(error))) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            message = f"{place}{error.strerror or error}: mend that and try again; the index is as it was."
            raise _MendableError(printable(message)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="askdex")
def main() -> None:
    """Ask your documents a question; get the passage that answers it.

    \b
    Examples:
      askdex serve                     a search page over the starter collection
      askdex serve handbook/           a search page over your own documents
      askdex ask "Who issues the card?"
    """


@main.command()
@click.argument("documents", nargs=-1, type=click.Path(path_type=Path))
@index_option
@model_option
@device_option
@reranker_option
@precise_tokens_option
@wait_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on; 0.0.0.0 for every network.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port to serve on; 0 for a free one."
)
@click.option(
    "--trusted-host", "trusted", multiple=True, metavar="NAME", help="A name that the server may be called by, behind a proxy."
)
@click.option("--open", "opens", is_flag=True, help="Open the search page in the browser.")
def serve(
    documents: tuple[Path, ...],
    folder: Path,
    model: str | None,
    device: str,
    reranker: str | None,
    tokens: int | None,
    wait: bool,  # noqa: FBT001
    host: str,
    port: int,
    trusted: tuple[str, ...],
    opens: bool,  # noqa: FBT001
) -> None:
    """Serve the search page and the JSON endpoint.

    Documents that are named are indexed first. Without any, the index that is there is served; without an index, the
    starter collection.

    \b
    Examples:
      askdex serve
      askdex serve handbook/ --port 9000 --open
    """
    from askdex.indexer.search.searcher import open_searcher
    from askdex.server import wsgi
    from askdex.server.app import create_app

    load_encoder = encoder_loader(device, model)
    with wsgi.bind(host, port) as taken:
        address = wsgi.url(taken)
        if documents or not _holds_documents(folder):
            update(folder, documents, model, load_encoder, wait=wait)
        with closing(open_searcher(folder, load_encoder, rereading(reranker, tokens, device))) as searcher:
            searcher.reader.follow()

            def ready() -> None:
                click.echo(f"Askdex answers at {address} (Ctrl-C to stop)")
                if opens and _has_desktop():
                    webbrowser.open(address)

            wsgi.run(create_app(searcher, wsgi.trusted_hosts(taken, trusted)), taken, ready)
    click.echo("Stopped.")


@main.command()
@click.argument("words", metavar="QUESTION", nargs=-1, required=True)
@index_option
@click.option("--limit", default=3, show_default=True, type=click.IntRange(1, 100), help="Number of passages.")
@click.option("--mode", default="fast", show_default=True, type=click.Choice(MODES), help="How to rank.")
@click.option("--as-written", is_flag=True, help="Do not correct misspelt words.")
@device_option
@reranker_option
@precise_tokens_option
@json_option
def ask(
    words: tuple[str, ...],
    folder: Path,
    limit: int,
    mode: str,
    as_written: bool,  # noqa: FBT001
    device: str,
    reranker: str | None,
    tokens: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Answer a question in the terminal, in quotation marks or without.

    \b
    Examples:
      askdex ask "How soon must a new employee be registered?"
      askdex ask "Who issues the card?" --limit 1 --json
      askdex ask "Who issues the card?" --mode precise
    """
    from askdex.indexer.search.searcher import open_searcher
    from askdex.indexer.types import Mode, Query
    from askdex.indexer.upkeep.info import require_documents
    from askdex.server.api.schema import search_json

    require_documents(folder)
    load_encoder = encoder_loader(device, converts=False)
    with closing(open_searcher(folder, load_encoder, rereading(reranker, tokens, device))) as searcher:
        response = searcher.search(Query(" ".join(words), limit=limit, mode=Mode(mode), correct=not as_written))
    if as_json:
        print_json(search_json(response))
    else:
        click.echo(rendered(response))


@main.command()
@index_option
@json_option
def info(folder: Path, as_json: bool) -> None:  # noqa: FBT001
    """Say what the index holds.

    \b
    Examples:
      askdex info
      askdex info --json
    """
    from askdex.indexer.upkeep.info import inventory

    found = inventory(folder)
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        click.echo(printable(f"{name.replace('_', ' '):<13} {_spoken(value)}"))


def _spoken(value: str | float | Mapping[str, int] | None) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} ({number:,})" for key, number in value.items())
    if value is None:
        return "not measured"
    return value if isinstance(value, str) else f"{value:,}"


def _has_desktop() -> bool:
    """Whether a browser has a window to open in; one without would take over the terminal."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _holds_documents(folder: Path) -> bool:
    from askdex.indexer.errors import MissingIndexError
    from askdex.indexer.generations.reader import viewed

    try:
        with viewed(folder):
            return True
    except MissingIndexError:
        return False


for command in (index, evaluate, *upkeep.commands):
    main.add_command(command)
