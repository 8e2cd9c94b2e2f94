"""What a page says of a document: its date, whether it still holds, and whom it names for questions."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from askdex.corpus.types import Scalar
from askdex.corpus.versions import VERSION_DATES
from askdex.indexer.types import DocumentSummary
from askdex.server.pages.facets import key_name, value_label
from askdex.server.pages.texts import spoken_date, text
from askdex.server.versions import Reason, out_of_force, own_date

_CONTACT_KEYS = ("contact", "contacts", "contact person", "owner", "ansprechpartner", "联系人", "负责人")
"""The metadata keys, in small letters and with blanks, that name whom to ask about a document."""

_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_BRACKETED = re.compile(r"(?<=\S)\s*<([^\s@<>]+@[^\s@<>]+)>")
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)


class Contact(NamedTuple):
    """Whom to ask: a name, the address behind it, None where it has none, and the title of the document that says so."""

    name: str
    address: str | None
    document: str | None = None


def date_text(document: DocumentSummary) -> str:
    """The date of a document in words; "" where it has none of its own."""
    updated = own_date(document)
    return text("updated {date}", date=spoken_date(updated)) if updated else ""


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


def facts(document: DocumentSummary) -> list[tuple[str, str]]:
    """All that is known of a document, by what it is called: its place, and its metadata in words."""
    is_page = document.url is not None
    names = {
        "updated": text("Updated")
        if own_date(document)
        else text("Page last changed")
        if is_page
        else text("File last changed"),
        "valid_from": text("Valid from"),
        "valid_until": text("Valid until"),
        "review_by": text("To be reviewed by"),
        "replaced_by": text("Superseded by"),
        "machine_read": text("Pages read by machine"),
        "machine_confidence": text("How sure the machine was"),
    }
    known = [(key, value) for key, value in document.metadata.items() if key != "updated_from"]
    place = text("Page") if is_page else text("File"), document.uri
    return [place, *((names.get(key) or key_name(key), _value_text(key, value)) for key, value in known)]


def _value_text(key: str, value: Scalar | Sequence[Scalar]) -> str:
    if isinstance(value, list):
        return ", ".join(_value_text(key, each) for each in value)
    if isinstance(value, bool):
        return text("Yes") if value else text("No")
    return spoken_date(str(value)) if key in VERSION_DATES else value_label(key, str(value))


def contacts(documents: Sequence[DocumentSummary], general: str) -> list[Contact]:
    """Whom documents name for questions, each once, and then whom the people who serve the page name."""
    named = [contact for document in documents for contact in _named(document)]
    if general:
        named.append(_contact(general))
    return list({contact.name: contact for contact in reversed(named)}.values())[::-1]


def _named(document: DocumentSummary) -> Iterator[Contact]:
    for key, value in document.metadata.items():
        if key.replace("_", " ").replace("-", " ").casefold() in _CONTACT_KEYS:
            for name in value if isinstance(value, list) else [value]:
                yield _contact(str(name), document.title)


def _contact(name: str, document: str | None = None) -> Contact:
    """A contact; of one as mails have it, "desk <desk@office.example>", the address stands behind the name without brackets."""
    return Contact(_BRACKETED.sub(r", \1", name), _address(name), document)


def _address(name: str) -> str | None:
    """Where a name leads that is an address, or holds one of mail."""
    if _WEB.fullmatch(name):
        return name
    mail = _MAIL.search(name)
    return f"mailto:{mail[0]}" if mail else None
