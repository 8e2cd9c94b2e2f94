"""An index in its folder and the same one published to PostgreSQL, asked the same questions in turn, on one machine."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.rerank import RerankStage
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Query, Response
from tests.benchmarks import materials
from tests.benchmarks.options import Options, SkippedError
from tests.benchmarks.table import milliseconds, table
from tests.indexer.postgres import server

_QUESTIONS = 300
_FIRST = 10
"""Results whose order is compared."""

_UNREAD = RerankStage(is_at_hand=False)
"""Without a reader, which takes most of the time of a question, and the same wherever the passages come from."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What a question got from the folder, and from the database."""

    embedded: Response
    published: Response

    @property
    def has_same_order(self) -> bool:
        """Whether the first results are the same passages in the same order."""
        return _order(self.embedded) == _order(self.published)


def report(options: Options) -> Iterator[str]:
    """Publish the index of the documents that benchmarks share, and compare. Raises SkippedError."""
    if reason := server.reason_to_skip():
        raise SkippedError(reason)
    questions = materials.questions(options)[:_QUESTIONS]
    yield from compared(materials.index(options), questions, materials.load_encoder())


def compared(folder: Path, questions: Sequence[str], encoder: Encoder) -> Iterator[str]:
    """The lines that compare an index with what it is published as."""
    from askdex.indexer.postgres.publish import publish

    running = server.started()
    address = running.address(running.new_database())
    started = time.perf_counter()
    state = publish(folder, address).state
    seconds = time.perf_counter() - started
    ((size,),) = server.rows_of(address, "SELECT pg_database_size(current_database())")
    yield f"{state.passages:,} passages published in {seconds:.1f} s; {int(str(size)) / max(1, state.passages):,.0f} bytes each"
    with (
        closing(open_searcher(folder, lambda _: encoder, _UNREAD)) as embedded,
        closing(open_searcher(address, lambda _: encoder, _UNREAD)) as published,
    ):
        pairs = [Pair(_asked(embedded, question), _asked(published, question)) for question in questions]
    yield from table(("of the questions", "share"), [(name, f"{share:.2%}") for name, share in _shares(pairs)])
    spent = [
        (step, [statistics.median(getattr(response.timings, step) / 1e3 for response in side) for side in _sides(pairs)])
        for step in ("retrieve", "total")
    ]
    rows = [(step, milliseconds(one), milliseconds(other), f"{other / one:.2f}") for step, (one, other) in spent]
    yield from table(("median", "folder", "PostgreSQL", "ratio"), rows)


def _asked(searcher: Searcher, question: str) -> Response:
    return searcher.search(Query(question, limit=_FIRST))


def _sides(pairs: Sequence[Pair]) -> tuple[list[Response], list[Response]]:
    return [pair.embedded for pair in pairs], [pair.published for pair in pairs]


def _order(response: Response) -> list[str]:
    return [result.passage.id for result in response.results]


def _shares(pairs: Sequence[Pair]) -> Iterator[tuple[str, float]]:
    yield f"the same first {_FIRST}, in the same order", statistics.mean(pair.has_same_order for pair in pairs)
    same_first = (_order(pair.embedded)[:1] == _order(pair.published)[:1] for pair in pairs)
    yield "the same first", statistics.mean(same_first)
    yield "the same answered", statistics.mean(pair.embedded.answered == pair.published.answered for pair in pairs)
    yield "the same marked sentences", statistics.mean(_marked(pair.embedded) == _marked(pair.published) for pair in pairs)


def _marked(response: Response) -> list[object]:
    return [(result.passage.id, result.answer) for result in response.results]
