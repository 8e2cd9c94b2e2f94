"""Mail: a message with its sender, date and subject, and the files that are attached to it.

headers (`headers`) and the parts that are its text (`parts`) -> its text as blocks (`text`). What it quotes is kept, but once:
in a mailbox it is left out where the mail it is from stands before.
"""

import codecs
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import Message

from askdex.corpus.builder import DocumentBuilder, InnerFile, Part, clean_metadata
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.mail.headers import Headers
from askdex.corpus.readers.mail.parts import parts_of
from askdex.corpus.readers.mail.quotes import normalised
from askdex.corpus.readers.mail.text import add_html, add_plain
from askdex.corpus.readers.office import TOO_DEEP
from askdex.corpus.text.decoding import decode
from askdex.corpus.types import Kind, Metadata

NOT_MAIL = "not a mail"
_LOCKED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_FEWEST = 2
"""Fields that make a text a mail; in a mailbox the line above it says so, and a mail may have none."""
_HEAD = 200
"""Bytes in which a zero tells that a letter takes several."""
_PUBLIC = "signed-data"
"""What a mail of such a type is that is signed and can be read by anyone."""


def read_mail(data: bytes) -> Iterator[Part | InnerFile]:
    """Read a mail and the files that are attached to it. Raises UnreadableError where it is none, or is encrypted."""
    yield from mail_parts(data, "", set())


def mail_parts(data: bytes, name: str, known: set[str]) -> Iterator[Part | InnerFile]:
    """The document of a mail, and the files that are attached to it; `name` is that of the mail within its file.

    `known` are the paragraphs of the mails before it, as `normalised` gives them; those of this mail are added. Raises
    UnreadableError where it is none, or is encrypted.
    """
    message = message_of(data)
    if not name and Headers(message).of_mail() < _FEWEST:
        raise UnreadableError(NOT_MAIL)
    yield from message_parts(message, name, known)


def message_parts(message: Message, name: str, known: set[str]) -> Iterator[Part | InnerFile]:
    """What `mail_parts` gives, of a mail whose parts are known."""
    headers = Headers(message)
    if message.get_content_type() in _LOCKED and message.get_param("smime-type") != _PUBLIC:
        raise UnreadableError("encrypted")
    builder = DocumentBuilder(title=headers.text("Subject") or None)
    builder.append(Kind.TITLE, builder.title or "")
    builder.append(Kind.PARAGRAPH, "\n".join(headers.lines()))
    builder.metadata = clean_metadata(headers.metadata())
    try:
        parts = parts_of(message)
    except RecursionError as error:
        raise UnreadableError(TOO_DEEP) from error
    own = len(builder.blocks)
    for text in parts.texts:
        if text.is_html:
            add_html(builder, text.text, known)
        else:
            add_plain(builder, text.text, known)
    known.update(normalised(builder.text_of(block)) for block in builder.blocks[own:])
    yield name, builder
    author: Metadata = {key: value for key, value in builder.metadata.items() if key == "author"}
    for file in parts.files:
        yield replace(file, path=f"{name}/{file.path}" if name else file.path, modified=headers.seconds(), metadata=author)


def message_of(data: bytes) -> Message:
    """The parts of a mail. Mails are ASCII; a program may have saved one in an encoding that is not.

    Raises UnreadableError where they are nested too deeply.
    """
    if b"\0" in data[:_HEAD] or data.startswith(codecs.BOM_UTF8):
        data = decode(data).encode("utf-8", "replace")
    try:
        return message_from_bytes(data.lstrip())
    except RecursionError as error:
        raise UnreadableError(TOO_DEEP) from error
