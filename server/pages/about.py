"""What a page says of a document: its date, whether it still holds, and whom it names for questions."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from askdex.indexer.types import DocumentSummary
from askdex.server.pages.texts import spoken_date, text
from askdex.server.versions import Reason, is_dated_by_file, out_of_force

_CONTACT_KEYS = ("contact", "contacts", "contact person", "owner", "ansprechpartner", "联系人", "负责人")
"""The metadata keys, in small letters and with blanks, that name whom to ask about a document."""

_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)


class Contact(NamedTuple):
    """Whom to ask: a name, the address behind it, None where it has none, and the title of the document that says so."""

    name: str
    address: str | None
    document: str | None = None


def date_text(document: DocumentSummary) -> str:
    """The date of a document in words, and whether it is only that of its file; "" where it has none."""
    updated = document.metadata.get("updated")
    if not updated:
        return ""
    date = spoken_date(str(updated))
    return text("file saved {date}", date=date) if is_dated_by_file(document) else text("updated {date}", date=date)


def warning_text(document: DocumentSummary) -> str:
    """Why a document may no longer hold; "" where it holds."""
    found = out_of_force(document.metadata)
    if found is None:
        return ""
    if found.reason is Reason.REPLACED:
        return text("This was superseded by {document}.", document=found.value)
    if found.reason is Reason.STATUS:
        return text("This may no longer hold: it is marked as {status}.", status=found.value)
    if found.reason is Reason.EXPIRED:
        return text("This may no longer hold: it was valid until {date}.", date=spoken_date(found.value))
    return text("This does not hold yet: it is valid from {date}.", date=spoken_date(found.value))


def contacts(documents: Sequence[DocumentSummary], general: str) -> list[Contact]:
    """Whom documents name for questions, each once, and then whom the people who serve the page name."""
    named = [contact for document in documents for contact in _named(document)]
    if general:
        named.append(Contact(general, _address(general)))
    return list({contact.name: contact for contact in reversed(named)}.values())[::-1]


def _named(document: DocumentSummary) -> Iterator[Contact]:
    for key, value in document.metadata.items():
        if key.replace("_", " ").replace("-", " ").casefold() in _CONTACT_KEYS:
            for name in value if isinstance(value, list) else [value]:
                yield Contact(str(name), _address(str(name)), document.title)


def _address(name: str) -> str | None:
    """Where a name leads that is an address, or holds one of mail."""
    if _WEB.fullmatch(name):
        return name
    mail = _MAIL.search(name)
    return f"mailto:{mail[0]}" if mail else None
