"""The way from a result to the page of a site, at the sentence."""

from urllib.parse import unquote

import pytest

from askdex.indexer.types import DocumentSummary, Span, StoredPassage
from askdex.server.page_addresses import passage_address

PAGE = "https://h.example/help?a=1"


def address(
    text: str, answer: str | None = None, uri: str = PAGE, url: str | None = PAGE, kind: str = "html", page: int | None = None
) -> str | None:
    document = DocumentSummary("1", "Title", uri, "en", {"format": kind}, url)
    passage = StoredPassage("1-0", 0, document, (), None, text, 0, len(text), page)
    span = None if answer is None else Span(text.index(answer), text.index(answer) + len(answer))
    return passage_address(passage, span)


@pytest.mark.parametrize(
    ("text", "answer", "fragment"),
    [
        ("The card is free. It is red.", "It is red.", "It is red."),
        ("The card is free, and so on.", None, "The card is free, and so on."),
        ("1. Ask for the card.\n2. Wait.", "2. Wait.", "Wait."),
        ("- Ask for it.", None, "Ask for it."),
        ("Ask:\n\n- one\n- two of them", None, "Ask:,two of them"),
        ("Red | 10 euros | today", None, "Red,today"),
        ("| Adults | Children |", None, "Adults,Children"),
        ("|", None, "|"),
        ("a b c d e f g h i j k l m n", None, "a b c d e,j k l m n"),
        ("社会保障卡由人力资源社会保障部门发放。", None, "社会保障卡由人力资源社会保障部门发放。"),
        ("", None, ""),
    ],
)
def test_a_result_leads_to_the_sentence(text: str, answer: str | None, fragment: str) -> None:
    way = address(text, answer)
    assert way is not None
    page, _, shown = way.partition("#:~:text=")
    assert page == PAGE
    assert ",".join(map(unquote, shown.split(","))) == fragment


def test_signs_with_a_meaning_are_escaped() -> None:
    assert address("A-B, C & D: 50%") == f"{PAGE}#:~:text=A%2DB%2C%20C%20%26%20D%3A%2050%25"


def test_a_pdf_is_opened_at_its_page_and_others_as_they_are() -> None:
    assert address("Text", kind="pdf", page=3) == f"{PAGE}#page=3"
    assert address("Text", kind="word") == PAGE
    assert address("Text", uri=f"{PAGE}#row-3", kind="csv") == PAGE
    assert address("Text", uri="https://h.example/a.zip/b.html", url="https://h.example/a.zip") == "https://h.example/a.zip"


def test_a_file_has_no_address() -> None:
    assert address("Text", uri="a.html", url=None) is None
