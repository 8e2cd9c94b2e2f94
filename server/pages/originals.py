"""The original of a document: the file that it was read from, as long as that is what was read."""

from pathlib import PurePosixPath

from flask import Blueprint, Response, send_file, url_for

from askdex.corpus.errors import UnreadableError
from askdex.corpus.sources.folder import open_unchanged
from askdex.indexer.errors import ChangedFileError, NotFoundError
from askdex.indexer.types import DocumentSummary, Original
from askdex.server.api.models.base import REVALIDATED
from askdex.server.current import service, site

originals = Blueprint("originals", __name__)

_PDF = "application/pdf"
_NEUTRAL = "application/octet-stream"
"""The type of all files but PDFs: no browser shows it, so nothing in them can run here."""

_NOT_IN_NAMES = '"\\/:*?<>|'
"""Characters that some system takes for more than a part of a name."""


@originals.get("/documents/<document_id>/original")
def original_file(document_id: str) -> Response:
    """The file of a document, to be saved; a PDF is shown."""
    if not site().originals:
        raise NotFoundError("The original files are not given out here.")
    original = service().original(document_id)
    try:
        file = open_unchanged(original.key, original.version)
    except UnreadableError as error:
        raise ChangedFileError(f"The file {original.uri} is not as it was when it was read: {error}.") from error
    is_pdf = _is_pdf(original.uri)
    name = _safe_name(original)
    response = send_file(file, _PDF if is_pdf else _NEUTRAL, not is_pdf, name, conditional=False, etag=False)
    response.content_length = file.seek(0, 2)
    file.seek(0)
    response.headers["Cache-Control"] = REVALIDATED
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def original_address(document: DocumentSummary, page: int | None = None) -> str | None:
    """Where the file of a document is to be had, of a PDF at a page; None where it is not."""
    if not document.is_file or not site().originals:
        return None
    anchor = f"page={page}" if page is not None and _is_pdf(document.uri) else None
    return url_for("originals.original_file", document_id=document.id, _anchor=anchor)


def _is_pdf(uri: str) -> bool:
    """Whether a file is a PDF by its name; what it says of itself may be anything."""
    return uri.lower().endswith(".pdf")


def _safe_name(original: Original) -> str:
    """The name of a file as every system takes it, without signs that are not seen."""
    name = PurePosixPath(original.uri).name
    return "".join("_" if char in _NOT_IN_NAMES or not char.isprintable() else char for char in name)
