"""Which documents of an index are out of date, or ought to be looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from askdex.corpus.text.dates import first_day, last_day
from askdex.corpus.types import Metadata
from askdex.corpus.versions import is_replaced
from askdex.indexer.generations.reader import viewed
from askdex.indexer.store import read


@dataclass(frozen=True, slots=True)
class StaleDocument:
    """A document that is out of date, and why: in words, and since when, a date of ISO 8601, None where that is not known."""

    uri: str
    title: str
    reason: str
    since: str | None


def stale_documents(folder: Path, today: date, most_days: int | None = None) -> list[StaleDocument]:
    """The documents that were replaced, whose time is over, or whose review is due, in the order of their uris.

    With `most_days` those too that were last updated longer ago. Raises MissingIndexError, DamagedIndexError.
    """
    oldest = date.min if most_days is None else today - timedelta(days=min(most_days, today.toordinal() - 1))
    with viewed(folder) as view:
        summaries = read.page_of_documents(view, view.state.documents, 0)
    found = []
    for summary in summaries:
        for reason, since in _reasons(summary.metadata, today, oldest):
            found.append(StaleDocument(summary.uri, summary.title, reason, since))
            break
    return found


def _reasons(metadata: Metadata, today: date, oldest: date) -> Iterator[tuple[str, str | None]]:
    """Why a document is out of date, the weightiest reason first, and since when."""
    said = {key: str(metadata[key]) for key in metadata}
    if is_replaced(metadata):
        yield (f"replaced by {said['replaced_by']}" if "replaced_by" in said else said["status"]), said.get("valid_until")
    for key, words in (("valid_until", "valid until"), ("review_by", "to be reviewed by")):
        end = last_day(said.get(key, ""))
        if end is not None and end < today:
            yield f"{words} {said[key]}", said[key]
    updated = first_day(said.get("updated", ""))
    if updated is not None and updated < oldest:
        yield f"last updated {said['updated']}", said["updated"]
