import pytest

from askdex.corpus.readers.asciidoc import read_asciidoc
from askdex.corpus.types import Kind
from tests.corpus.readers.outline import outline, outside_blocks, texts

_PAGE = """
= Lost cards
Ada Lovelace <ada@cards.example>
v1.2, 2024-03-01
:lang: en
:keywords: cards, loss
:office: the *card* office
:toc:

Call {office} at once. See link:form.html[the form, window=_blank] or https://a.example/x[there].

// a comment
[[costs]]
== What does it cost?

Nothing.footnote:[For the first card.]
include::prices.adoc[]

. Report it
+
by phone.
.. or by mail
. Wait

* one
** two
* three

[cols="1,2",options="header"]
|===
|Card |Price

|first
|0

|second | 5
|===

Card:: A thing
of plastic.
Pin::
Four digits.

----
card --new *now* <1>
----
<1> makes one

NOTE: Keep `card_no_1` safe.

====
Within an example, "`quoted`".
====

Fees
----

Last of <<costs,all>>.
"""


def _outline(source: str) -> list[str]:
    return outline(read_asciidoc(source))


def test_headings_paragraphs_lists_tables_and_programs() -> None:
    builder = read_asciidoc(_PAGE)
    assert builder.title == "Lost cards"
    assert builder.language == "en"
    assert builder.metadata == {
        "author": "Ada Lovelace",
        "updated": "2024-03-01",
        "version": "1.2",
        "keywords": ["cards", "loss"],
    }
    assert outline(builder) == [
        "title: Lost cards",
        "paragraph: Call the card office at once. See the form or there.",
        "heading 2: What does it cost?",
        "paragraph: Nothing.[1]",
        "item: 1. Report it",
        "item: by phone.",
        "item 1: a. or by mail",
        "item: 2. Wait",
        "item 1: one",
        "item 2: two",
        "item 1: three",
        "row 1: Card | Price",
        "row: first | 0",
        "row: second | 5",
        "item: Card\nA thing of plastic.",
        "item: Pin\nFour digits.",
        "code: card --new *now*",
        "item: makes one",
        "paragraph: Keep card_no_1 safe.",
        'paragraph: Within an example, "quoted".',
        "heading 2: Fees",
        "paragraph: Last of all.",
        "item: [1] For the first card.",
    ]
    assert [(builder.text[link.start : link.end], link.address) for link in builder.links] == [
        ("the form", "form.html"),
        ("there", "https://a.example/x"),
    ]
    assert not outside_blocks(builder).strip()


def test_questions_with_answers_are_headings_with_texts() -> None:
    assert _outline("[qanda]\nWho pays?::\n  You do.\nWhen?:: At once.\n") == [
        "heading 6: Who pays?",
        "paragraph: You do.",
        "heading 6: When?",
        "paragraph: At once.",
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a *b* _c_ `d` #e# ^f^ **g**h", "a b c d e f gh"),
        ("a_b_c 2*3*4 C#", "a_b_c 2*3*4 C#"),
        ("`a_b_c` +++<b>+++ pass:[*x*] \\*y*", "a_b_c <b> *x* *y*"),
        ("Press kbd:[Ctrl+C] or menu:File[Save > All]", "Press Ctrl+C or File > Save > All"),
        ("A ((term)) and (((hidden)))one &amp; {nothing} {nbsp}<b>", "A term and one &amp; {nothing} <b>"),
        ("xref:a.adoc#b[the other] image:x.png[Alt] mailto:a@b.example[us]", "the other us"),
        ("One +\ntwo", "One\ntwo"),
    ],
)
def test_marks_within_lines(source: str, expected: str) -> None:
    assert _outline(source) == [f"paragraph: {expected}"]


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("[cols=2*]\n|===\n|a |b\n|c\n|d\n|===", ["row: a | b", "row: c | d"]),
        ("|===\n2+|wide\n|a |b\n|===", ["row: wide", "row: a | b"]),
        ('[cols="1,1"]\n|===\n.2+|down |b\n|c\n|===', ["row: down | b", "row: down | c"]),
        ('[%header,format=csv]\n|===\nCard,Price\n"a, b",5\n|===', ["row 1: Card | Price", "row: a, b | 5"]),
        (",===\nCard,Price\na,5\n,===", ["row: Card | Price", "row: a | 5"]),
        ("|===\n|a \\| b |c\n|===", ["row: a | b | c"]),
    ],
)
def test_tables(source: str, rows: list[str]) -> None:
    assert _outline(source) == rows


@pytest.mark.parametrize(
    "source",
    [
        "====\n" * 3_000,
        "* a\n+\n" * 3_000,
        "a::\n" * 3_000,
        "|===\n" + "99*|x\n" * 3_000 + "|===",
        "".join(f"{'*' * (n % 6 + 1)} a\n{'.' * (n % 5 + 1)} b\n" for n in range(2_000)),
        ":a: {b}\n:b: {a}{a}\n" * 500 + "\n" + "{a}" * 10_000,
        "`*_#[" * 20_000,
        "link:" * 20_000,
    ],
    ids=["blocks", "joined", "terms", "cells", "lists", "values", "marks", "links"],
)
def test_a_hostile_text_is_read_in_time(source: str) -> None:
    assert read_asciidoc(source) is not None


@pytest.mark.parametrize(
    ("source", "marks"),
    [
        (". x\n.. y\n... z", ["1. x", "a. y", "i. z"]),
        ("4. x\n5. y", ["4. x", "5. y"]),
        ("a. x\nb. y", ["a. x", "b. y"]),
        ("i) x\nii) y", ["i. x", "ii. y"]),
    ],
)
def test_lists_keep_their_numbers(source: str, marks: list[str]) -> None:
    assert texts(read_asciidoc(source), Kind.ITEM) == marks


def test_raised_and_lowered_digits_do_not_run_on_from_a_number() -> None:
    assert read_asciidoc("10^3^ cards, 1^st^, H~2~O").text == "10³ cards, 1st, H₂O"
