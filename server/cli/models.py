"""Options that choose models and modes, and the functions that load what they choose."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import click

from askdex.indexer.models import loading, reranker
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.loading import Device
from askdex.indexer.search.rerank import DEFAULT_TOKENS, RerankStage
from askdex.indexer.types import Mode

_Value = TypeVar("_Value", bound=str)


class OneOf(click.Choice[_Value]):
    """A choice among strings or members of a StrEnum; a member is written as its value."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:  # noqa: ARG002  # as click has it
        """The text of a choice; click would take the name of a member."""
        return str(choice)


model_option = click.option(
    "--model",
    metavar="NAME_OR_FOLDER",
    help="A sentence-transformers model for a new index. By default the languages of the documents decide between the two that "
    "come with Askdex; multilingual names the one for all languages.",
)
device_option = click.option(
    "--device",
    type=OneOf(Device),
    default=Device.AUTO.value,
    show_default=True,
    help="Where the model runs; auto is the CPU, and a GPU if there is one for what takes long to embed.",
)
reranker_option = click.option(
    "--reranker",
    "reranker_name",
    metavar="NAME_OR_FOLDER",
    help="A cross-encoder of sentence-transformers for the mode precise; the default is the one that comes with Askdex.",
)
precise_tokens_option = click.option(
    "--precise-tokens",
    "tokens",
    type=click.IntRange(min=1),
    help="Most tokens that the mode precise reads to rank for a question; the default takes about 400 ms on two cores.",
)


def encoder_loader(device: Device, model: str | None = None, *, converts: bool = True) -> Callable[[str], Encoder]:
    """A function that loads a model by its name; it may fetch the one that the user named. See `loading.load_encoder`."""
    return partial(loading.load_encoder, device=device, named=model, converts=converts, tell=partial(click.echo, err=True))


def rerank_stage(name: str | None, tokens: int | None, device: Device, mode: Mode | None = None) -> RerankStage:
    """The rerank stage of the mode precise; its model is loaded when it is first needed. See `reranker.load_reranker`.

    Raises MissingExtraError where `mode` needs a model that is not installed.
    """
    is_at_hand = reranker.is_reranker_installed(name)
    if mode is Mode.PRECISE and not is_at_hand:
        raise reranker.missing_reranker()
    load = None if reranker.is_default(name) else partial(reranker.load_reranker, name, device)
    return RerankStage(tokens or DEFAULT_TOKENS, load, is_at_hand=is_at_hand)
