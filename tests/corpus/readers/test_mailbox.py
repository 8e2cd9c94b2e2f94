import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.mail.mailbox import read_mailbox
from askdex.corpus.readers.registry import parse
from askdex.corpus.sources import Item
from askdex.corpus.types import Document, Skipped
from tests.corpus.readers.mails import HEADER, mail

_LINE = b"From ada@office.example Fri Mar  1 10:00:00 2024\n"
_LONG = "The first card is free, each further one costs ten euros."


def _parts(*mails: bytes) -> list[Document | Skipped]:
    data = b"".join(_LINE + one.rstrip(b"\n") + b"\n\n" for one in mails)
    return list(parse(Item(b"key", "in.mbox", b"", len(data)), data))


def _texts(*mails: bytes) -> dict[str, str]:
    """The texts below the header of each mail."""
    return {part.uri: part.text.split("\n\n", 2)[-1] for part in _parts(*mails) if isinstance(part, Document)}


def test_each_mail_is_a_document_and_so_are_its_files() -> None:
    first, second = mail({"a.txt": b"Attached."}), mail({}, "Thank you.", header={**HEADER, "Subject": "Re: Lost cards"})
    assert list(_texts(first, second)) == ["in.mbox#1", "in.mbox/1/a.txt", "in.mbox#2"]
    assert [part.title for part in _parts(first, second) if isinstance(part, Document)][::2] == ["Lost cards", "Re: Lost cards"]


def test_what_a_mail_quotes_of_one_before_is_read_there_alone() -> None:
    assert _texts(mail({}, _LONG), mail({}, f"I see.\n\n> {_LONG}\n> And so on.")) == {
        "in.mbox#1": _LONG,
        "in.mbox#2": f"I see.\n\n{_LONG}\nAnd so on.",
    }
    assert _texts(mail({}, _LONG), mail({}, f"I see.\n\n> {_LONG}\n>\n> And so on."))["in.mbox#2"] == "I see.\n\nAnd so on."


def test_a_line_of_a_text_that_begins_as_a_mail_does_is_text() -> None:
    text = "Dates\n\nFrom Monday on we are closed.\n\n>From Friday on again."
    assert _texts(mail({}, text.replace(">From", ">>From")))["in.mbox#1"].endswith(
        "From Monday on we are closed.\n\nFrom Friday on again."
    )


def test_a_mail_that_says_nothing_of_itself_is_read_as_the_line_above_it_makes_it_one() -> None:
    parts = _parts(b"\nThe lost card.\n> When?", b"Comments: none\nContent-Type: text/html\n\n<p>Report it.", b"\xffnonsense")
    texts = [part.text for part in parts if isinstance(part, Document)]
    assert texts == ["The lost card.\n\nWhen?", "Report it.", texts[2]]
    assert texts[2].endswith("nonsense")


def test_what_cannot_be_read_costs_nothing_else() -> None:
    parts = _parts(b"Content-Type: multipart/encrypted\n\nx", mail({}, "Call us."))
    assert parts[0] == Skipped("in.mbox, mail 1", "encrypted")
    assert [part.uri for part in parts[1:]] == ["in.mbox#2"]


@pytest.mark.parametrize("data", [b"Lost cards", mail({}), b"From here on\n\nall is text.", b"x\n\n" + _LINE])
def test_what_is_no_mailbox_is_left_out_with_the_reason(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="not a mailbox"):
        list(read_mailbox(data))
