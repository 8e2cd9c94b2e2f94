"""The command that measures how good the answers are."""

import hashlib
import json
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from askdex.corpus.errors import AskdexError
from askdex.server.cli.options import (
    MODES,
    device_option,
    encoder_loader,
    json_option,
    model_option,
    precise_tokens_option,
    reranker_option,
    rereading,
)
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.terminal import print_json, printable

if TYPE_CHECKING:
    from askdex.indexer.evaluation.measure import Measured
    from askdex.indexer.evaluation.sets import EvaluationSet
    from askdex.indexer.ingest.update import EncoderLoader
    from askdex.indexer.search.rerank import RerankStage
    from askdex.indexer.types import Mode

_MOST_MOVED = 10
_SURE = 0.05


class ComparisonError(AskdexError):
    """A file that is not what an earlier evaluation printed."""


@click.command(name="eval")
@click.argument("sets", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--documents", type=click.Path(path_type=Path, exists=True), help="Files to index and judge, for sets that bring none."
)
@click.option("--mode", default="all", show_default=True, type=click.Choice([*MODES, "all"]), help="How to rank.")
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
    mode: str,
    compare: Path | None,
    cache: Path | None,
    report: Path | None,
    model: str | None,
    device: str,
    reranker: str | None,
    tokens: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Measure how good the answers are, on questions with known answers.

    A set is a folder in the BEIR layout (corpus.jsonl, queries.jsonl, qrels.tsv), whose documents are indexed as they
    are; or, with --documents, a CSV file with the columns question and document. Means have their 95% intervals.

    \b
    Examples:
      askdex eval sets/usagov_en --mode fast
      askdex eval questions.csv --documents handbook/
      askdex eval sets/usagov_en --json > before.json
      askdex eval sets/usagov_en --compare before.json
      askdex eval sets/usagov_en --report report/
    """
    from askdex.indexer.evaluation.sets import read_set
    from askdex.indexer.types import Mode

    before = _earlier(compare) if compare is not None else {}
    read = [read_set(place) for place in sets]
    reading = rereading(reranker, tokens, device)
    modes = list(_those_at_hand(reading)) if mode == "all" else [Mode(mode)]
    found: dict[str, dict[str, Any]] = {}
    for one in read:
        measured = list(_measured(one, documents, modes, model, cache, encoder_loader(device, model), reading))
        found[one.name] = {of.mode.value: {**_told(of), "comparison": _compared(of, before, one)} for of in measured}
        if not as_json:
            click.echo(f"{printable(one.name)}: {_questions(len(one.questions))}")
            click.echo("\n".join([*_table(found[one.name]), *_moves(found[one.name])]))
    if report is not None:
        from askdex.server.cli.report import write

        click.echo(f"The report: {printable(str(write(report, found)))}", err=True)
    if as_json:
        print_json(found)


def _those_at_hand(reading: "RerankStage") -> "Iterator[Mode]":
    """All modes, without the one that needs an extra where that is not installed."""
    from askdex.indexer.models.reranker import INSTALLATION
    from askdex.indexer.types import Mode

    yield from (Mode(name) for name in MODES if name != Mode.PRECISE or reading.is_at_hand)
    if not reading.is_at_hand:
        click.echo(f"Without the mode precise, which needs: {INSTALLATION}", err=True)


def _measured(
    one: "EvaluationSet",
    documents: Path | None,
    modes: "Sequence[Mode]",
    model: str | None,
    cache: Path | None,
    load_encoder: "EncoderLoader",
    reading: "RerankStage",
) -> "Iterator[Measured]":
    from askdex.indexer.evaluation.measure import absent, measure
    from askdex.indexer.search.searcher import open_searcher

    with tempfile.TemporaryDirectory() as passing:
        folder = _indexed(one, documents, model, cache or Path(passing), load_encoder)
        with closing(open_searcher(folder, load_encoder, reading)) as searcher:
            _print_absent(one, absent(searcher, one))
            for mode in modes:
                yield measure(searcher, one, mode)


def _print_absent(one: "EvaluationSet", documents: "Sequence[str]") -> None:
    from askdex.indexer.evaluation.measure import named

    if documents:
        number = f"{len(documents):,} of its {len(one.documents):,} documents"
        said = f"{one.name}: {number} are not in the collection, and so never found: {named(documents)}"
        click.echo(printable(said), err=True)


def _indexed(
    one: "EvaluationSet", documents: Path | None, model: str | None, place: Path, load_encoder: "EncoderLoader"
) -> Path:
    """The index of what a set asks about, made with this model; that of a set's own documents may be there already."""
    from askdex.indexer.errors import EvaluationSetError
    from askdex.indexer.evaluation.measure import index_corpus
    from askdex.indexer.evaluation.sets import digest_of
    from askdex.indexer.generations import swap
    from askdex.indexer.ingest.update import update
    from askdex.indexer.store import database

    with shown_progress() as progress:
        if documents is not None:
            folder = place / _name(one, model, str(documents.resolve()))
            update(folder, [documents], model=model, load_encoder=load_encoder, progress=progress)
        elif one.corpus is None:
            raise EvaluationSetError(f"{one.name} brings no documents: name their folder with --documents.")
        else:
            folder = place / _name(one, model, digest_of(one.corpus))
            if not database.exists(folder):
                # It has its name only when it is whole: what a run leaves that was killed is never taken for it.
                with swap.workplace(place) as made:
                    index_corpus(made, one.corpus, model, load_encoder, progress)
                    made.rename(folder)
    return folder


def _name(one: "EvaluationSet", model: str | None, documents: str) -> str:
    """The name of the folder for an index, which no other set, model or documents give."""
    from askdex.indexer.models.encoder import DEFAULT_MODEL, canonical_name

    made_of = json.dumps([canonical_name(model or DEFAULT_MODEL), documents])
    return f"{one.name}-{hashlib.blake2b(made_of.encode(), digest_size=8).hexdigest()}"


def _told(result: "Measured") -> dict[str, Any]:
    from askdex.indexer.evaluation.measure import calibration_error, interval, reliability

    means = {name: asdict(interval(list(values.values()))) for name, values in result.values.items()}
    times = list(result.milliseconds.values())
    bins = reliability(result.judged)
    return {
        "measures": means,
        "milliseconds": statistics.median(times),
        "calibration_error": calibration_error(bins) if bins else None,
        "reliability": [asdict(one) for one in bins],
        "values": result.values,
    }


def _questions(number: int) -> str:
    return f"{number:,} {'question' if number == 1 else 'questions'}"


def _table(modes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    names = list(next(iter(modes.values()))["measures"])
    yield f"  {'mode':<10}" + "".join(f"{name:<20}" for name in names) + "ms"
    for mode, told in modes.items():
        cells = (f"{one['mean']:.3f} ({one['low']:.3f}-{one['high']:.3f})" for one in told["measures"].values())
        yield f"  {mode:<10}" + "".join(f"{cell:<20}" for cell in cells) + f"{told['milliseconds']:.1f}"


def _earlier(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
        for modes in found.values():
            for told in modes.values():
                told["values"]["ndcg@10"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ComparisonError(f"{file} cannot be compared with ({error}): give what askdex eval --json printed.") from error
    earlier: dict[str, Any] = found
    return earlier


def _compared(result: "Measured", before: Mapping[str, Any], one: "EvaluationSet") -> dict[str, Any] | None:
    """How a mode moved since an earlier run, and which questions moved most; None where that asked none of the same."""
    from askdex.indexer.evaluation.measure import compare, moved

    earlier = before.get(result.set, {}).get(result.mode.value)
    if earlier is None or not result.values["ndcg@10"].keys() & earlier["values"]["ndcg@10"].keys():
        return None
    moves = list(moved(result.values["ndcg@10"], earlier["values"]["ndcg@10"]))[:_MOST_MOVED]
    return {
        "measures": {name: asdict(compare(values, earlier["values"][name])) for name, values in result.values.items()},
        "moved": [{"question": one.questions[key], "before": was, "now": now} for key, was, now in moves],
    }


def _moves(modes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The lines that say how modes moved, those that can be compared."""
    for mode, comparison in ((mode, told["comparison"]) for mode, told in modes.items() if told["comparison"]):
        for name, found in comparison["measures"].items():
            move, chance = found["difference"], found["chance"]
            verdict = "no difference" if round(move["mean"], 4) == 0 else "moved" if chance < _SURE else "may be chance"
            yield (
                f"  {mode} {name} {move['mean']:+.4f} ({move['low']:+.4f} to {move['high']:+.4f}), "
                f"p = {chance:.3f} over {_questions(found['questions'])}: {verdict}"
            )
        for one in comparison["moved"]:
            yield printable(f"    {one['before']:.2f} -> {one['now']:.2f}  {one['question']}")
