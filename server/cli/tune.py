"""The command that fits an index to questions whose answers are known."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from askdex.indexer.evaluation import measure
from askdex.indexer.evaluation import tune as tuning
from askdex.indexer.evaluation.tune import FEWEST_OF_A_KIND, TuningReport
from askdex.indexer.models.loading import Device
from askdex.indexer.search.shares import fewest_for
from askdex.server.cli.models import device_option, encoder_loader
from askdex.server.cli.options import index_option, json_option, wait_option
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.terminal import print_json, printable


@click.command()
@click.argument("questions", required=False, type=click.Path(path_type=Path))
@index_option
@click.option(
    "--refuse-at-most",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Only set the threshold: refuse as much as can be without refusing more than this share of the questions with an "
    "answer, such as 0.05.",
)
@click.option("--reset", is_flag=True, help="Take back what was fitted.")
@wait_option
@device_option
@json_option
def tune(
    questions: Path | None,
    folder: Path,
    refuse_at_most: float | None,
    reset: bool,  # noqa: FBT001
    wait: bool,  # noqa: FBT001
    device: Device,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Fit the ranking and the threshold to questions whose answers are known.

    QUESTIONS is a CSV file with the columns question and document, as eval takes it; a row without a document is a question
    that the documents do not answer. What is fitted is kept with the index if it serves more of the questions than before: the
    right document first, or a refusal where none answers. Whether it does is found on questions that were left out of the fit;
    if it may be chance, nothing is changed.

    \b
    Examples:
      askdex tune questions.csv
      askdex tune questions.csv --refuse-at-most 0.05
      askdex tune --reset
    """
    if reset:
        if questions is not None or refuse_at_most is not None:
            raise click.UsageError("--reset takes no questions and no share: take back what was fitted first.")
        _reset(folder, device, wait=wait, as_json=as_json)
        return
    if questions is None:
        raise click.UsageError("Name the file of questions, or take back what was fitted with --reset.")
    with shown_progress("Asking") as progress:
        load = encoder_loader(device)
        report = tuning.tune(folder, questions, load, progress, refuse_at_most=refuse_at_most, wait=wait)
    if as_json:
        print_json(asdict(report))
        return
    for line in _lines(report):
        click.echo(printable(line))


def _reset(folder: Path, device: Device, *, wait: bool, as_json: bool) -> None:
    was_tuned = tuning.reset(folder, encoder_loader(device), wait=wait)
    if as_json:
        print_json({"was_tuned": was_tuned})
    else:
        click.echo("What was fitted is taken back." if was_tuned else "The index was not tuned: nothing to take back.")


def _lines(report: TuningReport) -> Iterator[str]:
    """What a tuning found, in sentences."""
    if report.absent:
        yield (
            f"{len(report.absent):,} of the documents that answer are not in the index, and so never found: "
            f"{measure.named(report.absent)}"
        )
    yield from _fit_lines(report) if report.tuning.refused_at_most is None else _promise_lines(report)
    yield _refused_text(report) if report.is_kept else "Nothing was changed."


def _fit_lines(report: TuningReport) -> Iterator[str]:
    fitted = report.tuning
    if not report.fits_shift:
        yield (
            f"The threshold stays as it is: to fit it takes at least {FEWEST_OF_A_KIND} questions with an answer and "
            f"{FEWEST_OF_A_KIND} without."
        )
    yield (
        f"Of {fitted.questions:,} questions, {report.answerable:,} of which the documents answer, {report.served_before:,} are "
        f"served without a tuning. Each was asked with what is fitted on others: {fitted.gain:+.1%} are served (95% interval "
        f"{fitted.gain_low:+.1%} to {fitted.gain_high:+.1%})."
    )
    if report.is_kept:
        yield (
            f"Kept: what words add counts {fitted.keyword_factor} times, what single tokens add {fitted.match_factor} times, "
            f"and {fitted.shift:+} is added to the log-odds of an answer."
        )
    else:
        yield "That may be chance."


def _promise_lines(report: TuningReport) -> Iterator[str]:
    most = report.tuning.refused_at_most or 0.0
    fewest = fewest_for(most)
    if report.is_kept:
        yield (
            f"Kept: {report.tuning.shift:+} is added to the log-odds of an answer. Of questions like these with an answer no "
            f"more than {most:.1%} are then refused, with a confidence of 95% (upper bound {report.bound:.1%})."
        )
    elif report.answerable < fewest:
        yield (
            f"There are too few questions to promise that no more than {most:.1%} are refused: {report.answerable:,} with an "
            f"answer. It takes {fewest:,} if none of them is refused, and more if some are."
        )
    else:
        yield (
            f"That no more than {most:.1%} are refused cannot be promised: of {report.answerable:,} questions with an answer "
            f"{report.answerable_refused:,} are refused even by the lowest threshold, so it may be {report.bound:.1%}."
        )


def _refused_text(report: TuningReport) -> str:
    return (
        f"The index now refuses {report.answerable_refused:,} of {report.answerable:,} questions with an answer, and "
        f"{report.unanswerable_refused:,} of {report.unanswerable:,} without."
    )
