"""Options that several commands take."""

from pathlib import Path

import click

from askdex.server.settings import DEFAULT_INDEX, INDEX_VARIABLE

index_option = click.option(
    "--index",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_INDEX,
    show_default=True,
    envvar=INDEX_VARIABLE,
    show_envvar=True,
    help="Folder of the index.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
wait_option = click.option("--wait", is_flag=True, help="Wait for another process that changes the index.")
exclude_option = click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out files and folders of this name, as .gitignore has it; may be given several times.",
)
follow_links_option = click.option(
    "--follow-links", "follows_links", is_flag=True, help="Follow links that lead out of the folders."
)
