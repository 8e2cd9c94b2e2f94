from email.message import EmailMessage

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.mail import mail_parts, read_mail
from askdex.corpus.readers.registry import parse
from askdex.corpus.sources import Item
from askdex.corpus.types import Document, Kind, Skipped
from tests.corpus.readers.archives import zipped
from tests.corpus.readers.mails import HEADER, mail
from tests.corpus.readers.outline import outline
from tests.corpus.readers.packages import docx, paragraph
from tests.corpus.readers.workbooks import xlsx

_HEAD = "From: Ada Moss <ada@office.example>\nTo: Bob <bob@home.example>, sue@home.example\nDate: 2024-03-01 10:00"
_LONG = "The first card is free, each further one costs ten euros."


def _documents(data: bytes) -> dict[str, Document]:
    parts = list(parse(Item(b"key", "a.eml", b"version", len(data)), data))
    return {part.uri: part for part in parts if isinstance(part, Document)}


def _mail(data: bytes, known: set[str] | None = None) -> list[str]:
    """The blocks of a mail below its subject and its header."""
    first = next(mail_parts(data, "", set() if known is None else known))
    assert isinstance(first, tuple)
    return outline(first[1])[2:]


def test_a_mail_has_its_subject_sender_recipients_and_date() -> None:
    document = _documents(mail({}))["a.eml"]
    assert (document.title, document.text) == ("Lost cards", f"Lost cards\n\n{_HEAD}\n\nCall us.")
    assert document.metadata == {
        "format": "mail",
        "author": "Ada Moss",
        "recipients": ["Bob", "sue@home.example"],
        "updated": "2024-03-01",
        "updated_from": "metadata",
    }


def test_attached_files_are_documents_of_their_own() -> None:
    inner = EmailMessage()
    inner["Subject"], inner["From"] = "Fees: new", "sue@home.example"
    inner.set_content("None.")
    files = {"prices.xlsx": xlsx({"Sheet1": [["Card", "Price"], ["first", 0]]}), "lost.docx": docx(paragraph("Report it."))}
    message = EmailMessage()
    for name, value in HEADER.items():
        message[name] = value
    message.set_content("See there.")
    for name, data in {**files, "map.bin": b"x"}.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    message.add_attachment(b"png", maintype="image", subtype="png", filename="logo.png", disposition="inline")
    message.add_attachment(inner)
    data = message.as_bytes()
    documents = _documents(data)
    assert list(documents) == ["a.eml", "a.eml/prices.xlsx", "a.eml/lost.docx", "a.eml/Fees new.eml"]
    assert documents["a.eml/lost.docx"].text == "Report it."
    assert documents["a.eml/Fees new.eml"].title == "Fees: new"
    left_out = [part for part in parse(Item(b"key", "a.eml", b"", 0), data) if isinstance(part, Skipped)]
    assert left_out == [Skipped("a.eml/map.bin", "not a kind of file that Askdex reads (.bin)")]


def test_attached_files_have_the_date_and_the_author_of_the_mail_unless_they_name_others() -> None:
    files = {
        "a.txt": _LONG.encode(),
        "b.md": b"---\nauthor: Sue\ndate: 2023-05-06\n---\n\nText.",
        "c.zip": zipped({"d.txt": b"Text."}),
    }
    found = {uri: document.metadata for uri, document in _documents(mail(files)).items()}
    dated = {uri: (data.get("author"), data.get("updated"), data.get("updated_from")) for uri, data in found.items()}
    assert dated == {
        "a.eml": ("Ada Moss", "2024-03-01", "metadata"),
        "a.eml/a.txt": ("Ada Moss", "2024-03-01", "file"),
        "a.eml/b.md": ("Sue", "2023-05-06", "metadata"),
        "a.eml/c.zip/d.txt": ("Ada Moss", "2024-03-01", "file"),
    }


@pytest.mark.parametrize(
    "date", ["Fri, 01 Mar 2024 10:00:00 -0000", "Mon, 01 Jan 0001 00:00:00 +1400", "31 Dec 9999 23:59:59 -1200", "x"]
)
def test_no_date_of_a_mail_costs_its_files(date: str) -> None:
    assert "a.eml/a.txt" in _documents(mail({"a.txt": b"Text."}, header={**HEADER, "Date": date}))


def test_files_of_the_same_name_have_names_of_their_own() -> None:
    data = mail({"a.txt": b"One.", "b.txt": b"Two."}).replace(b"b.txt", b"a.txt")
    assert list(_documents(data)) == ["a.eml", "a.eml/a.txt", "a.eml/a-2.txt"]


def test_a_text_that_is_there_as_html_too_is_read_once() -> None:
    data = mail({}, "Call us or\nwrite.", "<h1>Cards</h1><p>Call us or write.</p><ul><li>by phone</ul>")
    assert _mail(data) == ["heading 1: Cards", "paragraph: Call us or write.", "item: by phone"]


def test_a_plain_text_has_headings_only_where_it_asks() -> None:
    text = "Hello Bob\n\nWho pays?\n\nYou do.\n\n- by card\n- by phone\n\nAda"
    assert _mail(mail({}, text)) == [
        "paragraph: Hello Bob",
        "heading 2: Who pays?",
        "paragraph: You do.",
        "item: - by card",
        "item: - by phone",
        "paragraph: Ada",
    ]


def test_what_is_quoted_is_kept_without_its_marks() -> None:
    assert _mail(mail({}, f"I see.\n\nOn Monday, Sue wrote:\n> {_LONG}\n>> Why?\n")) == [
        "paragraph: I see.",
        "paragraph: On Monday, Sue wrote:",
        f"paragraph: {_LONG}\nWhy?",
    ]


@pytest.mark.parametrize("html", ["", f"<p>I see.</p><blockquote><p>{_LONG}</p></blockquote>"], ids=["plain", "html"])
def test_what_is_quoted_of_a_mail_before_is_left_out(html: str) -> None:
    known: set[str] = set()
    assert _mail(mail({}, _LONG), known) == [f"paragraph: {_LONG}"]
    # The mail has to be read to its end.
    parts = mail_parts(mail({}, _LONG), "", known)
    assert len(list(parts)) == 1
    assert _mail(mail({}, f"I see.\n\n> {_LONG}\n", html), known) == ["paragraph: I see."]


def _below(head: str, *paragraphs: str) -> str:
    return "\n\n".join(["I see.", head, *paragraphs])


_OUTLOOK = "From: Ada Moss <ada@office.example>\nSent: Friday, 1 March 2024 10:00\nTo: Bob\nSubject: Lost cards"
_HEADS = [
    f"-----Original Message-----\n{_OUTLOOK}",
    f"________________________________\n{_OUTLOOK}",
    _OUTLOOK,
    "Von: Ada Moss\nGesendet: Freitag, 1. März 2024\nAn: Bob\nBetreff: Ausweise",
    "De: Ada Moss\nEnviado: viernes\nPara: Bob\nAsunto: Carnés",
    "发件人: Ada\n发送时间: 2024年3月1日\n收件人: Bob\n主题: 社保卡",
    "*From:* Ada\n*Date:* Friday\n*Subject:* Lost cards\n*To:* Bob",
]


@pytest.mark.parametrize("head", _HEADS, ids=range(len(_HEADS)))
def test_what_outlook_quotes_of_a_mail_before_is_left_out(head: str) -> None:
    known = {_LONG.casefold()}
    assert _mail(mail({}, _below(head, "Hi Bob,", _LONG, "Ada", head, _LONG)), known) == ["paragraph: I see."]
    assert _mail(mail({}, _below(head, "Hi Bob,", _LONG, "Ada").replace("see.\n\n", "see.\n")), known) == ["paragraph: I see."]
    fields = "".join(f"<p>{line}</p>" for line in head.split("\n"))
    html = f"<div><p>I see.</p><div><div>{fields}</div></div><p>Hi Bob,</p><p>{_LONG}</p><p>Ada</p></div>"
    assert _mail(mail({}, "x", html), known) == ["paragraph: I see."]


def test_a_short_mail_that_outlook_quotes_is_left_out_where_all_of_it_is_known() -> None:
    assert _mail(mail({}, _below(_OUTLOOK, "Thank you!", "Ada")), {"thank you!", "ada"}) == ["paragraph: I see."]
    assert _mail(mail({}, _below(_OUTLOOK, "Thank you!", "Ada")), {"ada"})[2:] == ["paragraph: Thank you!", "paragraph: Ada"]


def test_of_what_outlook_quotes_the_unknown_is_kept_with_its_links() -> None:
    html = (
        f"<p>I see.</p><div>{_OUTLOOK.replace('<', '(').replace(chr(10), '<br>')}</div><p>{_LONG}</p>"
        "<h2>Fees</h2><p>Whoever has lost more cards than one sees <a href='https://a.example/fees'>the fees</a>.</p>"
    )
    (part,) = mail_parts(mail({}, "x", html), "", {_LONG.casefold()})
    assert isinstance(part, tuple)
    assert [line.partition("\n")[0] for line in outline(part[1])[2:]] == [
        "paragraph: I see.",
        "paragraph: From: Ada Moss (ada@office.example>",
        "paragraph: Fees",
        "paragraph: Whoever has lost more cards than one sees the fees.",
    ]
    (link,) = part[1].links
    assert part[1].text[link.start : link.end] == "the fees"


def test_fields_of_a_table_of_trains_are_no_quote() -> None:
    text = f"From: Berlin\nTo: Paris\nDate: 1 March\n\n{_LONG}"
    assert _mail(mail({}, text), {_LONG.casefold()})[-1] == f"paragraph: {_LONG}"


@pytest.mark.parametrize("head", [_OUTLOOK, ""])
def test_what_is_asked_in_a_quote_is_no_heading(head: str) -> None:
    quote = "Hi Bob,\n\nWho pays?\n\nAda Moss"
    text = _below(head, quote) if head else "I see.\n\n" + "\n".join(f"> {line}" for line in quote.split("\n"))
    below = "".join(f"<p><b>{line}</b></p>" for line in quote.split("\n\n"))
    html = f"<p>I see.</p>{head.replace('<', '(').replace(chr(10), '<br>')}{below}"
    marked = f"<p>I see.</p><blockquote><h2>Cards</h2>{below}</blockquote>"
    for data in (mail({}, text), mail({}, "x", html if head else marked)):
        assert {line.partition(":")[0] for line in _mail(data)} == {"paragraph"}


def test_a_quoted_question_with_an_answer_right_below_is_a_heading() -> None:
    assert _mail(mail({}, "Is it dear?\n\n> Hi Bob,\n>\n> Who pays?\n\nYou do.\n\n> Why?\n>\n> Ada")) == [
        "paragraph: Is it dear?",
        "paragraph: Hi Bob,",
        "heading 2: Who pays?",
        "paragraph: You do.",
        "paragraph: Why?",
        "paragraph: Ada",
    ]


def test_a_mail_that_only_hands_on_another_keeps_its_headings() -> None:
    assert _mail(mail({}, f"{_OUTLOOK}\n\nWho pays?\n\nYou do."))[1:] == ["heading 2: Who pays?", "paragraph: You do."]


def test_lines_that_a_program_broke_are_joined() -> None:
    data = mail({}, "The first card \nis free.\n-- \nAda").replace(b'charset="utf-8"', b'charset="utf-8"; format=flowed')
    assert _mail(data)[0] == "paragraph: The first card is free.\n--\nAda"


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe"),
        (b"=?iso-8859-1?b?R3L232U=?=", "Größe"),
        ("Größe".encode(), "Größe"),
        ("Größe der Ausweise für alle".encode("latin-1"), "Größe der Ausweise für alle"),
        (b"=?nonsense?q?a?= b", "=?nonsense?q?a?= b"),
        (b"a\n b", "a b"),
    ],
)
def test_a_subject_is_decoded(raw: bytes, subject: str) -> None:
    (part,) = read_mail(b"From: a@b.example\nSubject: " + raw + b"\n\nText.")
    assert isinstance(part, tuple)
    assert part[1].title == subject


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_mail_may_be_saved_in_another_encoding(encoding: str) -> None:
    (part,) = read_mail(mail({}).decode().encode(encoding))
    assert isinstance(part, tuple)
    assert part[1].title == "Lost cards"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Lost cards\n\nReport it.", "not a mail"),
        (b"Subject: a text\n\nWith a colon.", "not a mail"),
        (b"From: a@b.example\nTo: c@d.example\nContent-Type: multipart/encrypted; boundary=x\n\n--x--", "encrypted"),
        (
            b"From: a@b.example\nTo: c@d.example\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nAAAA",
            "encrypted",
        ),
    ],
)
def test_what_is_no_mail_is_left_out_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{reason}$"):
        list(read_mail(data))


def test_parts_in_parts_without_end_are_refused() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000))
    with pytest.raises(UnreadableError, match="nested too deeply"):
        list(read_mail(b"From: a@b.example\nTo: c@d.example\n" + deep + b"\nText."))


def test_groups_of_recipients_in_groups_without_end_cost_nothing_else() -> None:
    data = b"From: a@b.example\nTo: " + b"a:" * 5_000 + b";\nSubject: Lost cards\n\nCall us."
    assert _mail(data) == ["paragraph: Call us."]


def test_mails_in_mails_are_read_three_deep() -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "0", "a@b.example"
    message.set_content("Innermost.")
    for n in range(1, 6):
        outer = EmailMessage()
        outer["Subject"], outer["From"] = str(n), "a@b.example"
        outer.set_content("Outer.")
        outer.add_attachment(message)
        message = outer
    data = message.as_bytes()
    assert len(_documents(data)) == 4


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Type: text/plain; charset=nonsense\n\nText.",
        b"Content-Transfer-Encoding: base64\n\nVGV4dC4",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nText.",
        b"Date: Mon, 99 Foo 99999 99:99\n\nText.",
    ],
)
def test_what_is_wrong_in_a_mail_costs_nothing_else(body: bytes) -> None:
    (part,) = read_mail(b"From: a@b.example\nTo: c@d.example\n" + body)
    assert isinstance(part, tuple)
    assert any(block.kind is Kind.PARAGRAPH for block in part[1].blocks)
    assert part[1].text.endswith("Text.")
