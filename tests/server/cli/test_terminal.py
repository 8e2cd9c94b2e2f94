"""Answers as text for a terminal."""

import click
import pytest

from askdex.indexer.types import DocumentSummary, Query, Response, Result, Scores, Span, StoredPassage, Timings
from askdex.server.cli.response import response_text
from askdex.server.cli.terminal import printable

BLANKS = "\xa0\u1680\u2002\u2003\u2009\u202f\u205f\u3000"


def response(*results: Result, answered: bool = True) -> Response:
    return Response(Query("Who?"), results, len(results), None, 1, Timings(0, 0, 0, 0, 0), answered)


def result(rank: int, uri: str, text: str, answer: Span | None = None) -> Result:
    document = DocumentSummary(uri, "Prices", uri, "en", {})
    return Result(rank, StoredPassage(f"{uri}-0", 0, document, (), None, text, 0, len(text)), Scores(0, 0, 0), answer)


def test_a_blank_of_any_width_is_a_blank() -> None:
    assert printable(f"12{BLANKS}€") == f"12{BLANKS}€"


@pytest.mark.parametrize("char", "\0\t\n\r\x1b\x7f\x85\x9b\xad\u200b\u200e\u2028\u202e\ufeff")
def test_what_could_move_the_cursor_is_spelt_out(char: str) -> None:
    assert printable(f"a{char}b") == f"a{ascii(char)[1:-1]}b"


@pytest.mark.parametrize("answer", [None, Span(0, 3)])
def test_the_lines_and_columns_of_a_passage_are_kept(answer: Span | None) -> None:
    shown = response_text(response(result(1, "a.txt", "Day\t12\xa0€\nChild\t5\xa0€\u2028Dog\x0b\t0", answer)))
    lines = [line.strip().replace("»", "").replace("«", "") for line in shown.splitlines()[2:]]
    assert [line.split(" ")[-1] for line in lines] == ["12\xa0€", "5\xa0€", "0"]
    assert "\t" not in shown
    assert r"Dog\x0b" in shown


def test_a_text_that_several_documents_hold_is_told_once_with_all_their_uris() -> None:
    text = "It costs 12 €."
    results = [
        *(result(1, "a.txt", text, Span(0, 2)), result(2, "b.txt", "Dogs go free.")),
        *(result(3, "copy/a.txt", text), result(4, "a.txt", text), result(5, "c.txt", text)),
    ]
    assert click.unstyle(response_text(response(*results))).splitlines() == [
        *("1. Prices", "   a.txt", "   copy/a.txt", "   c.txt", "   »It« costs 12 €.", ""),
        *("2. Prices", "   b.txt", "   Dogs go free."),
    ]
