"""The command that answers a question in the terminal."""

from contextlib import closing
from pathlib import Path

import click

from askdex.indexer.models.loading import Device
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Mode, Query
from askdex.indexer.upkeep.info import require_documents
from askdex.server.api.models.search import SearchAnswer
from askdex.server.cli.models import (
    OneOf,
    device_option,
    encoder_loader,
    precise_tokens_option,
    rerank_stage,
    reranker_option,
)
from askdex.server.cli.options import json_option, place_option
from askdex.server.cli.response import response_text
from askdex.server.cli.terminal import print_json
from askdex.server.page_addresses import passage_address


@click.command()
@click.argument("words", metavar="QUESTION", nargs=-1, required=True)
@place_option
@click.option("--limit", default=3, show_default=True, type=click.IntRange(1, 100), help="Number of passages.")
@click.option("--mode", default=Mode.FAST.value, show_default=True, type=OneOf(Mode), help="How to rank.")
@click.option("--as-written", is_flag=True, help="Do not correct misspelt words.")
@device_option
@reranker_option
@precise_tokens_option
@json_option
def ask(
    words: tuple[str, ...],
    place: Path | DatabaseAddress,
    limit: int,
    mode: Mode,
    as_written: bool,  # noqa: FBT001
    device: Device,
    reranker_name: str | None,
    tokens: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Answer a question in the terminal.

    The question may stand in quotation marks or without.

    \b
    Examples:
      askdex ask "How soon must a new employee be registered?"
      askdex ask "Who issues the card?" --limit 1 --json
      askdex ask "Who issues the card?" --mode precise
      askdex ask "Who issues it?" --index postgresql://db.example/handbook
    """
    if isinstance(place, Path):
        require_documents(place)
    # Converting a model takes longer than answering one question without.
    load_encoder = encoder_loader(device, converts=False)
    with closing(open_searcher(place, load_encoder, rerank_stage(reranker_name, tokens, device))) as searcher:
        response = searcher.search(Query(" ".join(words), limit=limit, mode=mode, correct=not as_written))
    if as_json:
        print_json(SearchAnswer.of(response, passage_address).model_dump(mode="json"))
    else:
        click.echo(response_text(response))
