"""What the header of a mail says: who wrote it, to whom, when, and what about."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from askdex.corpus.builder import clean
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.properties import property_date
from askdex.corpus.text.decoding import decode

_OF_MAIL = ("from", "to", "subject", "date", "message-id", "received")
_LONGEST = 20_000
"""Characters of a field; a longer one holds more people than anyone reads."""
_MOST_SHOWN = 10
"""People in a line."""


class Headers:
    """The header of a message."""

    def __init__(self, message: Message) -> None:
        self._raw: dict[str, str] = {}
        for name, value in message.raw_items():
            self._raw.setdefault(name.lower(), str(value)[:_LONGEST])

    def of_mail(self) -> int:
        """How many fields of a mail there are: any text may begin with a word and a colon."""
        return sum(name in self._raw for name in _OF_MAIL)

    def text(self, name: str) -> str:
        """A field on one line; "" where there is none."""
        return decoded_field(self._raw.get(name.lower(), ""))

    def lines(self) -> Iterator[str]:
        """The lines that a program for mails shows above the text."""
        for name in ("From", "To", "Cc"):
            people = [f"{person} <{address}>" if person else address for person, address in self._people(name)]
            if people:
                more = ", ..." if len(people) > _MOST_SHOWN else ""
                yield f"{name}: {', '.join(people[:_MOST_SHOWN])}{more}"
        moment = self._moment()
        if moment is not None or self.text("Date"):
            yield f"Date: {self.text('Date') if moment is None else moment.strftime('%Y-%m-%d %H:%M')}"

    def metadata(self) -> dict[object, object]:
        """The metadata of the mail: `author`, `recipients` and `updated`, the day on which it was written."""
        author = next((person or address for person, address in self._people("From")), None)
        recipients = [person or address for name in ("To", "Cc") for person, address in self._people(name)]
        moment = self._moment()
        day = property_date(self.text("Date") if moment is None else moment.isoformat())
        return {"author": author, "recipients": recipients, "updated": day}

    def seconds(self) -> float | None:
        """When the mail was written, in seconds since 1970; None where that is not known."""
        moment = self._moment()
        if moment is None:
            return None
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).timestamp()
        except OverflowError:  # at the end of all time, in another zone
            return None

    def _people(self, name: str) -> list[tuple[str, str]]:
        """The names and addresses in a field; none where it is nested too deeply."""
        try:
            people = getaddresses([" ".join(self._raw.get(name.lower(), "").split())])
        except RecursionError:
            return []
        # A name without an address is taken for one.
        shown = ((decoded_field(person).strip("'"), decoded_field(address)) for person, address in people)
        return [(person, address) for person, address in shown if address or person]

    def _moment(self) -> datetime | None:
        try:
            return parsedate_to_datetime(self._raw.get("date", ""))
        except (ValueError, TypeError, IndexError, OverflowError):
            return None


def decoded_field(raw: str) -> str:
    """A field of a header as its readers see it, on one line."""
    if not raw.isascii():  # bytes that were in no encoding of mails
        try:
            raw = decode(raw.encode("utf-8", "surrogateescape"))
        except (UnreadableError, UnicodeEncodeError):
            raw = clean(raw)
    try:
        text = str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError, TypeError, AssertionError):
        text = raw
    return " ".join(clean(text).split())
