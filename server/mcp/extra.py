"""The extra that assistants need."""

from importlib.util import find_spec

from askdex.indexer.errors import MissingExtraError

INSTALL_EXTRA = "pip install 'askdex[mcp]'"


def require_extra() -> None:
    """Raise MissingExtraError where the SDK of the Model Context Protocol is not installed."""
    if find_spec("mcp") is None:
        raise MissingExtraError(f"Assistants need the package mcp, which is not installed: get it with {INSTALL_EXTRA}.")
