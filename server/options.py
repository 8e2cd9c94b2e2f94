"""Options that several commands take."""

from pathlib import Path

import click

index_option = click.option(
    "--index",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".askdex"),
    show_default=True,
    envvar="ASKDEX_INDEX",
    show_envvar=True,
    help="Folder of the index.",
)
model_option = click.option(
    "--model",
    metavar="NAME_OR_FOLDER",
    help="A sentence-transformers model for a new index; without it, the one that comes with Askdex.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
wait_option = click.option("--wait", is_flag=True, help="Wait for another process that changes the index.")
