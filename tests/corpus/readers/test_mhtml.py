import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.mhtml import read_mhtml
from tests.corpus.readers.outline import outline

_HEAD = "MIME-Version: 1.0\nSubject: =?utf-8?q?Caf=C3=A9?=\nContent-Type: multipart/related; boundary=x\n\n"
_STYLE = "--x\nContent-Type: text/css\n\np {}\n"
_PAGE = (
    "--x\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\nContent-Location: https://a.example/\n\n"
    "<html><head>{}</head><body><nav><a href=3D'/'>Home</a></nav><main><h1>Lost card</h1><p>It costs 5=C2=A0=E2=82=AC, and "
    "so=\n on.</p></main></body></html>\n"
)


def test_the_page_that_was_saved_is_read_as_html() -> None:
    frame = _PAGE.format("").replace("Lost card", "Frame")
    builder = read_mhtml(f"{_HEAD}{_STYLE}{_PAGE.format('<title>Cards</title>')}{frame}--x--\n".encode())
    assert outline(builder) == ["title: Lost card", "paragraph: It costs 5\xa0€, and so on."]


def test_its_title_is_the_subject_where_the_page_has_none() -> None:
    page = f"{_HEAD}{_PAGE.format('')}--x--".replace("<h1>Lost card</h1>", "")
    assert read_mhtml(page.encode()).title == "Café"


@pytest.mark.parametrize("data", [b"Lost cards", f"{_HEAD}{_STYLE}--x--".encode()])
def test_what_holds_no_page_is_left_out_with_the_reason(data: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"^no page in it$"):
        read_mhtml(data)
