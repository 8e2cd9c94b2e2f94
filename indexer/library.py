"""The library face: index documents and ask them from Python."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from askdex.corpus import starter
from askdex.corpus.sources.rules import FolderRules
from askdex.corpus.sources.site.addresses import is_address
from askdex.corpus.sources.site.rules import DEFAULT_RULES, SiteRules
from askdex.indexer.errors import RequestError
from askdex.indexer.ingest.update import Report, update
from askdex.indexer.ingest.uploads import upload_sources
from askdex.indexer.models import loading
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Filter, Mode, Query, Response

AnyPath = str | PathLike[str]
_DEFAULT = Query("")
"""A query whose fields are the defaults of `Index.ask`."""


class Index:
    """An open index. Many threads may ask it at once; as a context manager it closes itself."""

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher

    def ask(
        self,
        question: str,
        *,
        mode: Mode | str = _DEFAULT.mode,
        limit: int = _DEFAULT.limit,
        offset: int = _DEFAULT.offset,
        filter: Filter | None = None,  # noqa: A002  # the name that the JSON endpoint and Query have for it
        explain: bool = _DEFAULT.explain,
    ) -> Response:
        """Rank the passages for a question, the best first; `limit` and `offset` choose a page of them.

        Raises RequestError where the question, the mode or the filter cannot be answered, and MissingExtraError where the
        mode "precise" is not installed.
        """
        try:
            mode = Mode(mode)
        except ValueError as error:
            raise RequestError(f"There is no mode {mode}: use {', '.join(Mode)}.") from error
        return self.search(Query(question, limit=limit, offset=offset, mode=mode, filter=filter or {}, explain=explain))

    def search(self, query: Query) -> Response:
        """Rank the passages for a query, which has all the options of the JSON endpoint. Raises what `ask` raises.

        Raises GoneGenerationError where the query names a generation that is no longer held.
        """
        return self.searcher.search(query)

    def close(self) -> None:
        """Close the files of the index; no question may be under way."""
        self.searcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()


def index(
    folder: AnyPath,
    documents: AnyPath | Sequence[AnyPath],
    *,
    model: str | None = None,
    exclude: Sequence[str] = (),
    follow_links: bool = False,
    site_rules: SiteRules = DEFAULT_RULES,
) -> Report:
    """Index files, folders and sites, or bring their index in `folder` up to date; this is `askdex index`.

    `model` names a sentence-transformers model for a new index, which is fetched if it is not on this machine. `exclude` are
    patterns of files to leave out, as for .gitignore. With `follow_links` links may lead out of the folders. `site_rules` say
    what is fetched of sites, which are named by their addresses.

    Raises PatternError, AddressError, DocumentsError, ModelError, BusyIndexError, DamagedIndexError or StorageError; the index
    is then as it was.
    """
    paths = [documents] if isinstance(documents, str | PathLike) else documents
    return update(
        Path(folder),
        [
            *(path if isinstance(path, str) and is_address(path) else Path(path) for path in paths),
            *upload_sources(Path(folder)),
        ],
        model=model,
        instead_of=starter.FOLDER,
        load_encoder=partial(loading.load_encoder, named=model),
        rules=FolderRules(tuple(exclude), follow_links),
        site_rules=replace(site_rules, exclude=tuple(exclude)),
    )


def open_index(folder: AnyPath) -> Index:
    """Open an index with the model that it was made with.

    Raises MissingIndexError where there is none, DamagedIndexError, or ModelError where the model is not on this machine.
    """
    return Index(open_searcher(Path(folder), loading.load_encoder))
