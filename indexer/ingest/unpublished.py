"""Asking a generation before anyone else can see it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial

from askdex.indexer.generations import engine_files
from askdex.indexer.generations.reader import OpenedGeneration
from askdex.indexer.ingest import token_codes
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder
from askdex.indexer.models.token_models import TokenModel
from askdex.indexer.search import calibrate
from askdex.indexer.search.late_interaction import LateInteractionStage
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Access, State


def searcher_of(view: StateView, encoder: Callable[[], Encoder], token_model: Callable[[], TokenModel | None]) -> Searcher:
    """A searcher of a generation whose transaction is open. It answers as all will once that is committed.

    The collection is measured for it, if that is due, in the same transaction.
    """
    calibrate.calibrate_unpublished(view, encoder, token_model)
    opened = OpenedGeneration(view, engine_files.open_engine(view))
    return Searcher(_Unpublished(opened), encoder(), late_interaction=LateInteractionStage(token_model))


def asked_unpublished(
    check: Callable[[Searcher], object], load_encoder: Callable[[str], Encoder]
) -> Callable[[StateView], object]:
    """A check of a view whose transaction is open, by a searcher of it. Raises what `check` raises, and ModelError."""

    def ask(view: StateView) -> None:
        encoder = cache(lambda: load_encoder(view.model.name or DEFAULT_MODEL))
        check(searcher_of(view, encoder, cache(partial(token_codes.load_for, view.connection, encoder))))

    return ask


class _Unpublished:
    """A read model of one generation, which the writer alone sees; see ReadModel."""

    def __init__(self, generation: OpenedGeneration) -> None:
        self._generation = generation

    def held(self) -> list[State]:
        """See ReadModel."""
        return [self._generation.state]

    @contextmanager
    def opened(
        self,
        generation: int | None = None,  # noqa: ARG002  # there is but one
        access: Access | None = None,  # noqa: ARG002  # the writer reads all
    ) -> Iterator[OpenedGeneration]:
        """See ReadModel."""
        yield self._generation

    def follow(self) -> None:
        """See ReadModel; nothing comes after it."""

    def close(self) -> None:
        """See ReadModel; the writer has opened it."""
