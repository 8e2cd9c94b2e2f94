"""Mailboxes (mbox): mails one after the other, each of which begins with a line "From " (RFC 4155)."""

import re
from collections.abc import Iterator

from askdex.corpus.builder import InnerFile, Part
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.mail import mail_parts
from askdex.corpus.types import Skipped

_START = re.compile(rb"(?:\A\s*|(?<=\n)\r?\n)From [^\n]*\d{2}:\d{2}[^\n]*\n")
"""The line that begins a mail, after a blank one; a text may have one that begins so, but seldom one with a time in it."""
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
"""What begins so in the text of a mail."""
_NOT_MAILBOX = "not a mailbox"


def read_mailbox(data: bytes) -> Iterator[Part | InnerFile]:
    """Read the mails in a mailbox, and the files that are attached to them. Raises UnreadableError where it is none.

    The name of a mail is its number; mails are added at the end of a mailbox.
    """
    starts = [(match.start(), match.end()) for match in _START.finditer(data)]
    if not starts or starts[0][0] != 0:
        raise UnreadableError(_NOT_MAILBOX)
    known: set[str] = set()
    ends = [start for start, _ in starts[1:]] + [len(data)]
    for number, ((_, start), end) in enumerate(zip(starts, ends, strict=True), 1):
        try:
            yield from mail_parts(_ESCAPED.sub(rb"\1", data[start:end]), str(number), known)
        except UnreadableError as error:
            yield Skipped(f"mail {number}", str(error))
