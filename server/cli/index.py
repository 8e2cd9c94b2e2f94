"""The command that indexes documents."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from os import fsdecode
from pathlib import Path

import click

from askdex.corpus import starter
from askdex.corpus.errors import AskdexError
from askdex.corpus.readers.registry import described
from askdex.corpus.sources.rules import FolderRules
from askdex.corpus.sources.site.rules import SiteRules
from askdex.indexer.errors import BrokenAnswersError
from askdex.indexer.ingest.elsewhere import Elsewhere
from askdex.indexer.ingest.progress import Progress, unheard
from askdex.indexer.ingest.update import EncoderLoader, plan, update
from askdex.indexer.ingest.uploads import upload_sources
from askdex.indexer.models.loading import Device
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.types import UNCURATED, Curation
from askdex.indexer.upkeep.info import gone_folders, left_out_files
from askdex.server.cli.changes import changes_text, print_report, print_skipped
from askdex.server.cli.curated import print_idle
from askdex.server.cli.left_out import print_gone, write_report
from askdex.server.cli.models import device_option, encoder_loader, model_option
from askdex.server.cli.must_hold import broken_answers_told, must_check, must_options
from askdex.server.cli.options import (
    DocumentPlaces,
    Parsed,
    database,
    exclude_option,
    follow_links_option,
    index_option,
    site_options,
    wait_option,
)
from askdex.server.cli.progress import shown_pages, shown_progress
from askdex.server.cli.settings_file import Settings, held_settings, read_settings
from askdex.server.cli.terminal import printable
from askdex.server.cli.watch import watched_changes


@click.command(
    help=f"""Index files, folders and sites, or bring their index up to date.

    Reads {described()}.

    Only what is new or changed is read again; what is gone from a folder or a site is taken out. If a run is stopped, the next
    one continues it.

    A site is named by the address of a page, of a sitemap, or of all that lies below it. Its robots.txt is obeyed.

    \b
    Examples:
      askdex index handbook/ faq.csv
      askdex index handbook/ --dry-run
      askdex index handbook/ --watch --index ~/indexes/handbook
      askdex index https://docs.example.org/guide/
      askdex index handbook/ --must must.csv
    """
)
@click.argument("documents", nargs=-1, required=True, type=DocumentPlaces())
@index_option
@model_option
@device_option
@wait_option
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--watch", is_flag=True, help="Go on, and index what changes, until Ctrl-C.")
@exclude_option
@follow_links_option
@site_options
@click.option("--retry", "retries", is_flag=True, help="Read again the files that could not be read and have not changed.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for a list of what is left out, why, and since when: CSV where its name ends in .csv, else JSON Lines.",
)
@click.option(
    "--embed-with",
    "embeds_with",
    type=Parsed("address", database),
    help="Have texts embedded by the workers of a database; see askdex work.",
)
@must_options
def index(
    documents: tuple[Path | str, ...],
    folder: Path,
    model: str | None,
    device: Device,
    wait: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
    watch: bool,  # noqa: FBT001
    exclude: tuple[str, ...],
    follows_links: bool,  # noqa: FBT001
    site_rules: SiteRules,
    retries: bool,  # noqa: FBT001
    report: Path | None,
    embeds_with: DatabaseAddress | None,
    must: Path | None,
    force: bool,  # noqa: FBT001
) -> None:
    """Run the command; its help text stands above, since it names the formats."""
    if force and must is None:
        raise click.UsageError("--force goes on where must-hold questions are broken: name their file with --must.")
    rules, site_rules = FolderRules(exclude, follows_links), replace(site_rules, exclude=exclude)
    paths = [path for path in documents if isinstance(path, Path)]
    if watch and len(paths) < len(documents):
        raise click.UsageError("A site cannot be watched: index it without --watch, as often as need be.")
    if dry_run:
        _print_plan(folder, documents, rules, site_rules, retries=retries)
        return
    load_encoder = cache(encoder_loader(device, model))
    settings = held_settings(click.get_current_context())
    run = partial(
        index_documents,
        folder,
        documents,
        model,
        load_encoder,
        rules,
        site_rules,
        wait=wait,
        must=must,
        force=force,
        curation=settings.curation,
        embeds_with=embeds_with,
    )
    with broken_answers_told():
        run(retries=retries)
    if report is not None:
        write_report(report, left_out_files(folder))
    if watch:
        _watch(folder, paths, run, settings)


def _watch(folder: Path, documents: Sequence[Path], run: Callable[..., None], settings: Settings) -> None:
    """Index documents again whenever they change. An error is printed once, and the run is tried again."""
    click.echo("Watching for changes (Ctrl-C to stop)")
    last_error = ""
    curation = _newest_curation(settings)
    with suppress(KeyboardInterrupt):
        for acknowledge in watched_changes(documents, leave_out=folder):
            try:
                run(is_repeated=True, curation=curation())
                acknowledge()
                last_error = ""
            except BrokenAnswersError as error:
                click.echo(printable(str(error)), err=True)
                acknowledge()
            except (AskdexError, OSError) as error:
                if str(error) != last_error:
                    click.echo(printable(str(error)), err=True)
                last_error = str(error)
    click.echo("Stopped.")


def _newest_curation(settings: Settings) -> Callable[[], Curation | None]:
    """What editors say now; what is wrong with their file is printed once, and what they said last stays."""
    held, last_error = settings.curation, ""

    def curation() -> Curation | None:
        nonlocal held, last_error
        if settings.file is not None:
            try:
                held, last_error = read_settings(settings.file).curation, ""
            except (AskdexError, OSError) as error:
                if str(error) != last_error:
                    click.echo(printable(str(error)), err=True)
                last_error = str(error)
        return held

    return curation


def index_documents(
    folder: Path,
    documents: Sequence[Path | str],
    model: str | None,
    load_encoder: EncoderLoader,
    rules: FolderRules,
    site_rules: SiteRules,
    *,
    wait: bool,
    is_repeated: bool = False,
    retries: bool = False,
    heard: Progress = unheard,
    must: Path | None = None,
    force: bool = False,
    curation: Curation | None = None,
    embeds_with: DatabaseAddress | None = None,
) -> None:
    """Index documents and print what was done; without documents, index the starter collection.

    Progress is shown, and `heard` hears of it.

    Documents take the place of the starter collection, as those do that were put into the index itself. A repeated run prints
    nothing where nothing changed. The questions of the file `must` are asked of what would become visible, which they stop
    unless it goes on by `force`. `curation` is what editors say from then on; of that it is
    printed what does nothing. Without one it stays as it is. `embeds_with` is the database whose workers embed, if any.
    """
    check = must_check(folder, must, load_encoder, force=force)
    sources = [*documents, *upload_sources(folder)]
    if not sources:
        click.echo("No documents were named: this is the starter collection, on social insurance in China.")
    with shown_pages() as fetched, shown_progress() as shown:

        def progress(done: int, number: int) -> None:
            shown(done, number)
            heard(done, number)

        report = update(
            folder,
            sources or [starter.FOLDER],
            model=model,
            instead_of=starter.FOLDER,
            load_encoder=load_encoder,
            progress=progress,
            wait=wait,
            retries=retries,
            rules=rules,
            site_rules=site_rules,
            fetched=fetched,
            check=check,
            curation=curation,
            elsewhere=None if embeds_with is None else lambda encoder: Elsewhere(embeds_with, encoder, _tell),
        )
    if report.changes.are_any or not is_repeated:
        print_report(report)
        if check is not None and report.changes.are_any:
            click.echo(f"Must-hold questions: {len(check.questions):,} asked.")
        print_gone(gone_folders(folder))
        if curation not in (None, UNCURATED):
            print_idle(folder, load_encoder)


def _tell(message: str) -> None:
    click.echo(message, err=True)


def _print_plan(
    folder: Path, documents: Sequence[Path | str], rules: FolderRules, site_rules: SiteRules, *, retries: bool
) -> None:
    """Print what a run would change."""
    with shown_pages() as fetched:
        planned = plan(
            folder,
            [*documents, *upload_sources(folder)],
            instead_of=starter.FOLDER,
            retries=retries,
            rules=rules,
            site_rules=site_rules,
            fetched=fetched,
        )
    for name, paths in (("new", planned.new), ("changed", planned.changed), ("removed", planned.removed)):
        for path in paths:
            click.echo(f"{name:<8} {printable(fsdecode(path))}")
    for path, old_path in planned.moved.items():
        click.echo(f"{'moved':<8} {printable(f'{fsdecode(old_path)} -> {fsdecode(path)}')}")
    print_skipped(planned.skipped)
    click.echo(f"Files: {changes_text(planned)}. Nothing was changed.")
