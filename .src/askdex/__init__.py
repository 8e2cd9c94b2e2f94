"""Ask your documents a question; get the passage that answers it."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from askdex.corpus.errors import AskdexError
    from askdex.indexer.ingest.update import Report
    from askdex.indexer.library import Index, index
    from askdex.indexer.library import open_index as open  # noqa: A004  # as in gzip and tarfile
    from askdex.indexer.types import Mode, Query, Response
    from askdex.server.mounted import create_app_from

__all__ = ["AskdexError", "Index", "Mode", "Query", "Report", "Response", "create_app_from", "index", "open"]

if not TYPE_CHECKING:
    # Importing them takes a second, for which `import askdex` and `askdex --help` need not wait (PEP 562). Type checkers do
    # not see this: a module with a __getattr__ would have every name for them.
    _PLACES = {
        "AskdexError": ("askdex.corpus.errors", "AskdexError"),
        "Index": ("askdex.indexer.library", "Index"),
        "Mode": ("askdex.indexer.types", "Mode"),
        "Query": ("askdex.indexer.types", "Query"),
        "Report": ("askdex.indexer.ingest.update", "Report"),
        "Response": ("askdex.indexer.types", "Response"),
        "create_app_from": ("askdex.server.mounted", "create_app_from"),
        "index": ("askdex.indexer.library", "index"),
        "open": ("askdex.indexer.library", "open_index"),
    }

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, attribute = _PLACES[name]
        value = getattr(import_module(module), attribute)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
