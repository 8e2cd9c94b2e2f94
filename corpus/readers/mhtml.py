"""Pages that a browser or Word saved in one file with all that they show (MHTML): the first page in it, as HTML is read."""

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.mail import message_of
from askdex.corpus.readers.mail.headers import Headers
from askdex.corpus.readers.mail.parts import text_of

_PAGE_TYPES = ("text/html", "application/xhtml+xml")


def read_mhtml(data: bytes) -> DocumentBuilder:
    """Read the page that was saved; its pictures, and the pages in frames of it, are left out.

    Raises UnreadableError where no page is in it, or where that one only leads to another.
    """
    message = message_of(data)
    pages = (text_of(part) for part in message.walk() if part.get_content_type() in _PAGE_TYPES)
    page = next(filter(str.strip, pages), None)
    if page is None:
        raise UnreadableError("no page in it")
    builder = read_html(page)
    builder.title = builder.title or Headers(message).text("Subject") or None
    return builder
