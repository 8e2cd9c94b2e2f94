"""Saying of which version a document is."""

from datetime import date

from askdex.corpus.versions import Origin, is_out_of_force, is_replaced
from askdex.indexer.types import DocumentSummary


def version_text(document: DocumentSummary) -> str:
    """The date of a document, and whether it is out of force, in a few words; "" where nothing is known."""
    return ", ".join(filter(None, (_dated(document), out_of_force_text(document))))


def out_of_force_text(document: DocumentSummary) -> str:
    """Why a document does not hold today; "" where it holds."""
    metadata = document.metadata
    if not is_out_of_force(metadata, date.today()):
        return ""
    if replaced_by := metadata.get("replaced_by"):
        return f"replaced by {replaced_by}"
    if is_replaced(metadata):
        return str(metadata["status"])
    if until := metadata.get("valid_until"):
        return f"valid until {until}"
    return f"valid from {metadata['valid_from']}"


def _dated(document: DocumentSummary) -> str:
    updated = document.metadata.get("updated", "")
    return f"file of {updated}" if document.metadata.get("updated_from") == Origin.FILE else str(updated)
