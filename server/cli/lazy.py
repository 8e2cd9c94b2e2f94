"""A group of commands whose modules are imported only when a command is used, so that `askdex --help` is fast."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import click

HELP_NAMES = ["-h", "--help"]


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command that is not imported yet: its place, as "module:attribute", and the line that `--help` has for it."""

    place: str
    summary: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.place.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.place} is no command")
        # Not from the group alone: click keeps the names by which a command was first asked for help, maybe without its group.
        command.context_settings.setdefault("help_option_names", HELP_NAMES)
        return command


class LazyGroup(click.Group):
    """A group that lists its commands without importing them; a subclass names them in `lazy_commands`."""

    lazy_commands: Mapping[str, LazyCommand] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # as click has it
        """The names of the commands, in alphabetical order."""
        return sorted(self.lazy_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as click has it
        """Import a command; None where there is none of that name."""
        lazy = self.lazy_commands.get(cmd_name)
        return lazy.load() if lazy is not None else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of a call; an error names those that are spelt like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=self.lazy_commands, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; click would import each of them for its summary."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.lazy_commands[name].summary) for name in self.list_commands(ctx)])
