"""Saying of which version a document is."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from askdex.corpus.types import Metadata
from askdex.corpus.versions import Origin, is_out_of_force, is_replaced
from askdex.indexer.types import DocumentSummary


class Reason(StrEnum):
    """Why a document does not hold today."""

    REPLACED = "replaced by"
    STATUS = "status"
    EXPIRED = "valid until"
    NOT_YET = "valid from"


class OutOfForce(NamedTuple):
    """Why a document does not hold today, and what that says: the name of another document, a word such as archived, a date."""

    reason: Reason
    value: str


def out_of_force(metadata: Metadata) -> OutOfForce | None:
    """Why a document with this metadata does not hold today; None where it holds."""
    if not is_out_of_force(metadata, date.today()):
        return None
    if replaced_by := metadata.get("replaced_by"):
        return OutOfForce(Reason.REPLACED, str(replaced_by))
    if is_replaced(metadata):
        return OutOfForce(Reason.STATUS, str(metadata["status"]))
    if until := metadata.get("valid_until"):
        return OutOfForce(Reason.EXPIRED, str(until))
    return OutOfForce(Reason.NOT_YET, str(metadata["valid_from"]))


def version_text(document: DocumentSummary) -> str:
    """The date of a document, and whether it is out of force, in a few words; "" where nothing is known."""
    return ", ".join(filter(None, (own_date(document), out_of_force_text(document))))


def out_of_force_text(document: DocumentSummary) -> str:
    """Why a document does not hold today; "" where it holds."""
    found = out_of_force(document.metadata)
    if found is None:
        return ""
    return found.value if found.reason is Reason.STATUS else f"{found.reason} {found.value}"


def own_date(document: DocumentSummary) -> str:
    """The date of a document, as ISO 8601 has it; "" where only its file has one, which changes whenever it is copied."""
    return "" if is_dated_by_file(document) else str(document.metadata.get("updated", ""))


def is_dated_by_file(document: DocumentSummary) -> bool:
    """Whether a document has no date but the time when its file was last written."""
    return document.metadata.get("updated_from") == Origin.FILE
