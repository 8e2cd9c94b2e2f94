"""Options that several commands take."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from askdex.indexer.ingest.update import EncoderLoader
    from askdex.indexer.search.rerank import RerankStage

MODES = ("keyword", "semantic", "fast", "precise")

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
device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "gpu"]),
    default="auto",
    show_default=True,
    help="Where the model runs; auto is the CPU, and a GPU if there is one for what takes long to embed.",
)
reranker_option = click.option(
    "--reranker",
    metavar="NAME_OR_FOLDER",
    help="A cross-encoder of sentence-transformers for the mode precise; without it, the one of the extra.",
)
precise_tokens_option = click.option(
    "--precise-tokens",
    "tokens",
    type=click.IntRange(min=1),
    help="Most tokens that the mode precise reads to rank for a question; by default about 400 ms on two cores.",
)
wait_option = click.option("--wait", is_flag=True, help="Wait for another process that changes the index.")


def encoder_loader(device: str, model: str | None = None, *, converts: bool = True) -> "EncoderLoader":
    """What loads a model to a device, and fetches the one that is named; see `askdex.indexer.models.loading.load_encoder`."""
    from askdex.indexer.models.loading import Device, load_encoder

    return partial(load_encoder, device=Device(device), named=model, converts=converts, tell=partial(click.echo, err=True))


def rereading(reranker: str | None, tokens: int | None, device: str) -> "RerankStage":
    """What the mode precise reads with; see `askdex.indexer.models.reranker.load_reranker`."""
    from askdex.indexer.models.loading import Device
    from askdex.indexer.models.reranker import is_at_hand, load_reranker
    from askdex.indexer.search.rerank import DEFAULT_TOKENS, RerankStage

    load = partial(load_reranker, reranker, Device(device))
    return RerankStage(tokens or DEFAULT_TOKENS, load, is_at_hand=is_at_hand(reranker))
