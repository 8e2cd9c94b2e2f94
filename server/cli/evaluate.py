"""The command that measures how good the answers are."""

import hashlib
import json
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from askdex.corpus.errors import AskdexError
from askdex.indexer.errors import EvaluationSetError
from askdex.indexer.evaluation import measure as measuring
from askdex.indexer.evaluation.measure import Measured, calibration_error, reliability
from askdex.indexer.evaluation.sets import EvaluationSet, digest_of, read_set
from askdex.indexer.generations import swap
from askdex.indexer.ingest.update import EncoderLoader, update
from askdex.indexer.models.encoder import DEFAULT_MODEL, canonical_name
from askdex.indexer.models.loading import Device
from askdex.indexer.models.reranker import INSTALL_EXTRA
from askdex.indexer.search.rerank import RerankStage
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store.folder import has_index
from askdex.indexer.types import Mode
from askdex.server.cli import report as report_page
from askdex.server.cli.models import (
    OneOf,
    device_option,
    encoder_loader,
    model_option,
    precise_tokens_option,
    rerank_stage,
    reranker_option,
)
from askdex.server.cli.options import json_option
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.report import ModeRecord
from askdex.server.cli.terminal import print_json, printable

_ALL = "all"
_MOST_MOVED = 10
"""Questions that are named as those that moved most."""

_SIGNIFICANT = 0.05
"""A move is called one where chance alone brings it less often than this, as is usual."""

_MAIN_MEASURE = "ndcg@10"


class ComparisonError(AskdexError):
    """A file is not what an earlier evaluation printed."""


@dataclass(frozen=True, slots=True)
class _Setup:
    """What all sets of a run are measured with; `cache` is the folder that indexes are kept in."""

    documents: Path | None
    model: str | None
    cache: Path | None
    load_encoder: EncoderLoader
    rerank_stage: RerankStage


@click.command(name="eval")
@click.argument("sets", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--documents", type=click.Path(path_type=Path, exists=True), help="Files to index and judge, for sets that bring none."
)
@click.option("--mode", default=_ALL, show_default=True, type=OneOf([*Mode, _ALL]), help="How to rank.")
@click.option("--compare", type=click.Path(path_type=Path, dir_okay=False), help="What --json printed earlier: say what moved.")
@click.option(
    "--cache", type=click.Path(path_type=Path, file_okay=False), help="Folder to keep the indexes in for the next time."
)
@click.option("--report", type=click.Path(path_type=Path, file_okay=False), help="Folder for an HTML page with pictures.")
@model_option
@device_option
@reranker_option
@precise_tokens_option
@json_option
def evaluate(
    sets: tuple[Path, ...],
    documents: Path | None,
    mode: Mode | str,
    compare: Path | None,
    cache: Path | None,
    report: Path | None,
    model: str | None,
    device: Device,
    reranker_name: str | None,
    tokens: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Measure how good the answers are.

    The questions have known answers. A set is a folder in the BEIR layout (corpus.jsonl, queries.jsonl, qrels.tsv), whose
    documents are indexed as they are; or, with --documents, a CSV file with the columns question and document. Means have
    their 95% intervals.

    \b
    Examples:
      askdex eval sets/usagov_en --mode fast
      askdex eval questions.csv --documents handbook/
      askdex eval sets/usagov_en --json > before.json
      askdex eval sets/usagov_en --compare before.json
      askdex eval sets/usagov_en --report report/
    """
    earlier = _earlier_records(compare) if compare is not None else {}
    evaluation_sets = [read_set(place) for place in sets]
    stage = rerank_stage(reranker_name, tokens, device)
    setup = _Setup(documents, model, cache, encoder_loader(device, model), stage)
    modes = [mode] if isinstance(mode, Mode) else _installed_modes(stage)
    records: dict[str, dict[str, ModeRecord]] = {}
    for evaluation_set in evaluation_sets:
        name = evaluation_set.name
        records[name] = {
            measured.mode.value: _record(measured, evaluation_set, earlier.get(name, {}).get(measured.mode.value))
            for measured in _measure(evaluation_set, modes, setup)
        }
        if not as_json:
            click.echo(f"{printable(name)}: {_questions_text(len(evaluation_set.questions))}")
            click.echo("\n".join([*_table_lines(records[name]), *_comparison_lines(records[name])]))
    if report is not None:
        click.echo(f"The report: {printable(str(report_page.write(report, records)))}", err=True)
    if as_json:
        print_json(records)


def _installed_modes(stage: RerankStage) -> list[Mode]:
    """All modes, without the one that needs an extra where that is not installed."""
    if stage.is_at_hand:
        return list(Mode)
    click.echo(f"Without the mode precise, which needs: {INSTALL_EXTRA}", err=True)
    return [mode for mode in Mode if mode is not Mode.PRECISE]


def _measure(evaluation_set: EvaluationSet, modes: Sequence[Mode], setup: _Setup) -> Iterator[Measured]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = _index_of(evaluation_set, setup.cache or Path(temporary), setup)
        with closing(open_searcher(folder, setup.load_encoder, setup.rerank_stage)) as searcher:
            _print_absent(evaluation_set, measuring.absent(searcher, evaluation_set))
            for mode in modes:
                yield measuring.measure(searcher, evaluation_set, mode)


def _print_absent(evaluation_set: EvaluationSet, documents: Sequence[str]) -> None:
    """Name the documents that a set gives as answers and the index does not hold."""
    if documents:
        number = f"{len(documents):,} of its {len(evaluation_set.documents):,} documents"
        names = measuring.named(documents)
        line = f"{evaluation_set.name}: {number} are not in the collection, and so never found: {names}"
        click.echo(printable(line), err=True)


def _index_of(evaluation_set: EvaluationSet, place: Path, setup: _Setup) -> Path:
    """Index what a set asks about, in a folder below `place`; an index of the set's own documents may be there already."""
    with shown_progress() as progress:
        if setup.documents is not None:
            folder = place / _index_name(evaluation_set, setup.model, str(setup.documents.resolve()))
            update(folder, [setup.documents], model=setup.model, load_encoder=setup.load_encoder, progress=progress)
        elif evaluation_set.corpus is None:
            raise EvaluationSetError(f"{evaluation_set.name} brings no documents: name their folder with --documents.")
        else:
            folder = place / _index_name(evaluation_set, setup.model, digest_of(evaluation_set.corpus))
            if not has_index(folder):
                # An index gets its name only when it is complete, so that one of a killed run is never used.
                with swap.workplace(place) as unfinished:
                    measuring.index_corpus(unfinished, evaluation_set.corpus, setup.model, setup.load_encoder, progress)
                    unfinished.rename(folder)
    return folder


def _index_name(evaluation_set: EvaluationSet, model: str | None, documents: str) -> str:
    """The name of the folder for an index; it differs for each set, model and documents."""
    key = json.dumps([canonical_name(model or DEFAULT_MODEL), documents])
    return f"{evaluation_set.name}-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}"


def _record(measured: Measured, evaluation_set: EvaluationSet, earlier: ModeRecord | None) -> ModeRecord:
    """The record of a mode that is printed and kept, with the changes since an earlier record of it."""
    bins = reliability(measured.judged)
    return {
        "measures": {name: asdict(measuring.interval(list(values.values()))) for name, values in measured.values.items()},
        "milliseconds": statistics.median(measured.milliseconds.values()),
        "calibration_error": calibration_error(bins) if bins else None,
        "reliability": [asdict(bin_) for bin_ in bins],
        "values": measured.values,
        "comparison": _comparison(measured, evaluation_set, earlier),
    }


def _comparison(measured: Measured, evaluation_set: EvaluationSet, earlier: ModeRecord | None) -> dict[str, Any] | None:
    """How a mode moved since an earlier run, and which questions moved most; None where the two share no question."""
    values = measured.values[_MAIN_MEASURE]
    if earlier is None or not values.keys() & earlier["values"][_MAIN_MEASURE].keys():
        return None
    moves = list(measuring.moved(values, earlier["values"][_MAIN_MEASURE]))[:_MOST_MOVED]
    return {
        "measures": {
            name: asdict(measuring.compare(values, earlier["values"][name])) for name, values in measured.values.items()
        },
        "moved": [{"question": evaluation_set.questions[key], "before": before, "now": now} for key, before, now in moves],
    }


def _earlier_records(file: Path) -> dict[str, dict[str, ModeRecord]]:
    """What `--json` printed into a file. Raises ComparisonError."""
    try:
        records: dict[str, dict[str, ModeRecord]] = json.loads(file.read_bytes())
        for modes in records.values():
            for record in modes.values():
                record["values"][_MAIN_MEASURE].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ComparisonError(f"{file} cannot be compared with ({error}): give what askdex eval --json printed.") from error
    return records


def _questions_text(number: int) -> str:
    return f"{number:,} {'question' if number == 1 else 'questions'}"


def _table_lines(modes: Mapping[str, ModeRecord]) -> Iterator[str]:
    """A table with a line for each mode."""
    names = list(next(iter(modes.values()))["measures"])
    yield f"  {'mode':<10}" + "".join(f"{name:<20}" for name in names) + "ms"
    for mode, record in modes.items():
        intervals = record["measures"].values()
        cells = (f"{interval['mean']:.3f} ({interval['low']:.3f}-{interval['high']:.3f})" for interval in intervals)
        yield f"  {mode:<10}" + "".join(f"{cell:<20}" for cell in cells) + f"{record['milliseconds']:.1f}"


def _comparison_lines(modes: Mapping[str, ModeRecord]) -> Iterator[str]:
    """The lines that say how modes moved since an earlier run, for those that can be compared."""
    for mode, record in modes.items():
        if record["comparison"] is None:
            continue
        for name, comparison in record["comparison"]["measures"].items():
            difference, chance = comparison["difference"], comparison["chance"]
            yield (
                f"  {mode} {name} {difference['mean']:+.4f} ({difference['low']:+.4f} to {difference['high']:+.4f}), "
                f"p = {chance:.3f} over {_questions_text(comparison['questions'])}: {_verdict(difference['mean'], chance)}"
            )
        for move in record["comparison"]["moved"]:
            yield printable(f"    {move['before']:.2f} -> {move['now']:.2f}  {move['question']}")


def _verdict(difference: float, chance: float) -> str:
    # A difference that is printed as 0 is none.
    if round(difference, 4) == 0:
        return "no difference"
    return "moved" if chance < _SIGNIFICANT else "may be chance"
