"""The command line."""

import io
import sys
from typing import Any

import click

from askdex.corpus.errors import AskdexError
from askdex.server.cli.lazy import HELP_NAMES, LazyCommand, LazyGroup
from askdex.server.cli.terminal import printable

_USER_ERROR = 2
"""The exit code for what the user can mend, as click has it for wrong options."""

COMMANDS = {
    "ask": LazyCommand("askdex.server.cli.ask:ask", "Answer a question in the terminal."),
    "config": LazyCommand("askdex.server.cli.config:config", "Say which settings are in force, and where each comes from."),
    "diff": LazyCommand("askdex.server.cli.diff:diff", "Say what people would be told otherwise."),
    "doctor": LazyCommand("askdex.server.cli.doctor:doctor", "Check everything about the index."),
    "eval": LazyCommand("askdex.server.cli.evaluate:evaluate", "Measure how good the answers are."),
    "index": LazyCommand("askdex.server.cli.index:index", "Index files, folders and sites, or bring their index up to date."),
    "info": LazyCommand("askdex.server.cli.info:info", "Say what the index holds."),
    "key": LazyCommand("askdex.server.cli.key:key", "Say who may ask a server: add, list and revoke keys."),
    "mcp": LazyCommand("askdex.server.cli.mcp:mcp", "Let an assistant ask the documents, by the Model Context Protocol."),
    "migrate": LazyCommand("askdex.server.cli.migrate:migrate", "Bring the index of an older Askdex up to date."),
    "publish": LazyCommand("askdex.server.cli.publish:publish", "Publish the index to PostgreSQL, for servers on any machine."),
    "questions": LazyCommand("askdex.server.cli.questions:questions", "Say what people ask, and what they do not find."),
    "remove": LazyCommand("askdex.server.cli.remove:remove", "Take documents out of the index."),
    "restore": LazyCommand("askdex.server.cli.backup:restore", "Bring back an index from a snapshot."),
    "rollback": LazyCommand("askdex.server.cli.rollback:rollback", "Go back to the state before the latest change."),
    "serve": LazyCommand("askdex.server.cli.serve:serve", "Serve the search page and the JSON endpoint."),
    "snapshot": LazyCommand("askdex.server.cli.backup:snapshot", "Keep the index as it is in one file."),
    "tune": LazyCommand(
        "askdex.server.cli.tune:tune", "Fit the ranking and the threshold to questions whose answers are known."
    ),
    "work": LazyCommand("askdex.server.cli.work:work", "Embed texts for indexers on other machines, until Ctrl-C."),
}
"""All commands, each with the first sentence of its own help text."""


class _UserError(click.ClickException):
    """Ends the program with one line and an exit code that says that the user can mend what is wrong."""

    exit_code = _USER_ERROR


class _Commands(LazyGroup):
    """The commands; where something is wrong they end with one line, never with a traceback."""

    lazy_commands = COMMANDS

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as click has it
        """Run the command of this call."""
        for stream in (sys.stdout, sys.stderr):
            # Characters that the terminal's encoding lacks are spelt out.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except AskdexError as error:
            raise _UserError(printable(str(error))) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            message = f"{place}{error.strerror or error}: mend that and try again; the index is as it was."
            raise _UserError(printable(message)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": HELP_NAMES})
@click.version_option(package_name="askdex")
def main() -> None:
    """Ask your documents a question; get the passage that answers it.

    \b
    Examples:
      askdex serve                     a search page over the starter collection
      askdex serve handbook/           a search page over your own documents
      askdex ask "Who issues the card?"
    """
