"""The command that answers assistants on stdin and stdout."""

import signal
from contextlib import closing
from pathlib import Path

import click

from askdex.indexer.models.loading import Device
from askdex.indexer.upkeep.info import require_documents
from askdex.server.cli.models import encoder_loader
from askdex.server.cli.options import index_option
from askdex.server.mcp.extra import require_extra
from askdex.server.service import Service, open_followed


@click.command()
@index_option
def mcp(folder: Path) -> None:
    """Let an assistant ask the documents, by the Model Context Protocol.

    An assistant starts this command itself and speaks to it on stdin and stdout; it needs the extra mcp. A running server
    speaks the same at /mcp.

    \b
    Examples:
      askdex mcp --index /srv/askdex/.askdex
    """
    require_extra()
    require_documents(folder)
    import anyio

    from askdex.server.mcp.server import serve_stdio

    # An assistant waits for the first answer; converting a model would take longer than it does.
    load_encoder = encoder_loader(Device.AUTO, converts=False)
    with closing(open_followed(folder, load_encoder)) as searcher:
        # A thread that waits for stdin cannot be interrupted, so that Ctrl-C ends the process; there is nothing to lose.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        anyio.run(serve_stdio, Service(searcher))
