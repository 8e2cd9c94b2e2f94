import struct

import pytest

from askdex.corpus.builder import InnerFile
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.mail.outlook import read_outlook
from askdex.corpus.readers.registry import parse
from askdex.corpus.sources import Item
from askdex.corpus.types import Document, Skipped
from tests.corpus.readers.containers import msg, ole
from tests.corpus.readers.outline import outline

_FIELDS: dict[str, str | bytes] = {"subject": "Lost cards", "sender": "Ada Lovelace", "address": "ada@cards.example"}


def _read(streams: dict[str, bytes]) -> list[str]:
    ((_, builder),) = [part for part in read_outlook(ole(streams)) if not isinstance(part, InnerFile | Skipped)]
    return outline(builder)


def test_a_mail_has_its_sender_recipients_date_and_text() -> None:
    streams = msg({**_FIELDS, "body": "Call us.\r\n\r\nAt once.\r\n"}, recipients=[("Bob", "bob@cards.example"), ("Käte", "")])
    ((name, builder),) = [part for part in read_outlook(ole(streams)) if not isinstance(part, InnerFile | Skipped)]
    assert (name, builder.title) == ("", "Lost cards")
    assert builder.metadata == {"author": "Ada Lovelace", "recipients": ["Bob", "Käte"], "updated": "2024-03-01"}
    assert outline(builder) == [
        "title: Lost cards",
        "paragraph: From: Ada Lovelace <ada@cards.example>\nTo: Bob <bob@cards.example>, Käte\nDate: 2024-03-01 13:00",
        "paragraph: Call us.",
        "paragraph: At once.",
    ]


def test_its_html_goes_before_its_plain_text() -> None:
    page = "<html><body><h2>Fees</h2><p>Nothing é.</p></body></html>".encode()
    assert _read(msg({**_FIELDS, "body": "plain", "html": page}))[2:] == ["heading 2: Fees", "paragraph: Nothing é."]


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_text_that_is_there_as_rtf_alone_is_read(is_packed: bool) -> None:  # noqa: FBT001
    text = rb"{\rtf1\ansi Call us.\par At once.}"
    body, kind = text, 0x414C454D
    if is_packed:  # eight letters as they are after each byte, the first ones out of the dictionary
        kind = 0x75465A4C
        start = struct.pack(">H", 0 << 4 | 10 - 2)  # "{\rtf1\ansi" begins the dictionary
        rest = text[10:]
        body = b"\x01" + start + rest[:7] + b"".join(b"\0" + rest[n : n + 8] for n in range(7, len(rest), 8))
    packed = struct.pack("<IIII", len(body) + 12, len(text), kind, 0) + body
    assert _read(msg({**_FIELDS, "rtf": packed}))[2:] == ["paragraph: Call us.", "paragraph: At once."]


def test_attached_files_and_mails_are_documents_of_their_own() -> None:
    inner = msg({"subject": "Fees", "sender": "Bob", "body": "Nothing."}, files={"b.txt": b"Within the mail within."})
    data = ole(msg({**_FIELDS, "body": "See there."}, files={"a.txt": b"Attached.", "c.exe": b"MZ"}, mails=[inner]))
    parts = list(parse(Item(b"x.msg", "x.msg", b"", len(data)), data))
    documents = {part.uri: part.text.split("\n")[-1] for part in parts if isinstance(part, Document)}
    assert documents == {
        "x.msg": "See there.",
        "x.msg/a.txt": "Attached.",
        "x.msg/Fees.eml": "Nothing.",
        "x.msg/Fees.eml/b.txt": "Within the mail within.",
    }
    (left_out,) = [part for part in parts if isinstance(part, Skipped)]
    assert left_out == Skipped("x.msg/c.exe", "not a kind of file that Askdex reads (.exe)", key=b"x.msg", version=b"")


def test_what_is_no_mail_is_refused() -> None:
    deep = msg({"subject": "Deepest"})
    for _ in range(12):
        deep = msg({"subject": "Deep"}, mails=[deep])
    for data, reason in (
        (b"Subject: a\n\nb", "not an MSG file"),
        (ole({"WordDocument": b"x"}), "not a mail"),
        (ole(msg(_FIELDS))[:700], "a damaged MSG file"),
        (ole(deep), "nested too deeply"),
    ):
        with pytest.raises(UnreadableError, match=reason):
            list(read_outlook(data))
