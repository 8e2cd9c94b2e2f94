import pytest

from askdex.corpus.readers.restructured import read_restructured
from tests.corpus.readers.outline import outline, outside_blocks

_PAGE = """
==========
Lost cards
==========

.. contents::

Report it at :ref:`the office <office>` or see :py:func:`~a.b`. |sub| and `there <https://a.example>`_.

.. |sub| replace:: By phone
.. a comment

Who pays?
=========

1. You do [1]_.
2. Or not.

   - by card

.. [1] At times.

.. code-block:: python
   :linenos:

   print("x")

+------+-------+
| Card | Price |
+======+=======+
| a    | 1     |
+------+-------+
"""


def _outline(source: str) -> list[str]:
    return outline(read_restructured(source))


def test_headings_paragraphs_lists_tables_and_code() -> None:
    builder = read_restructured(_PAGE)
    assert builder.title == "Lost cards"
    assert outline(builder) == [
        "title: Lost cards",
        "paragraph: Report it at the office or see a.b. By phone and there.",
        "heading 2: Who pays?",
        "item: 1. You do [1].",
        "item: 2. Or not.",
        "item 1: by card",
        "paragraph: [1]",
        "paragraph: At times.",
        'code: print("x")',
        "row 1: Card | Price",
        "row: a | 1",
    ]
    assert outside_blocks(builder).strip() == ""
    assert [link.address for link in builder.links] == ["https://a.example"]


def test_lists_keep_their_letters() -> None:
    assert _outline("Fees:\n\n1. x\n\n   b. y\n   c. z\n") == ["paragraph: Fees:", "item: 1. x", "item 1: b. y", "item 1: c. z"]


def test_what_directives_of_other_programs_hold_is_read() -> None:
    source = (
        ".. versionadded:: 2.0\n   It is *free*.\n\n.. tab-set::\n\n   .. tab-item:: Phone\n      :sync: a\n\n      Call us.\n"
        "\n.. py:function:: lose(card)\n   :module: x\n\n   Loses a card.\n\n.. toctree::\n   :maxdepth: 2\n\n   other\n"
    )
    text = read_restructured(source).text
    assert [part in text for part in ("It is free.", "Phone", "Call us.", "lose(card)", "Loses a card.")] == [True] * 5
    assert "other" not in text


def test_equations_are_kept() -> None:
    assert _outline(".. math:: a + b\n   :label: sum\n\nText.\n") == ["code: a + b", "paragraph: Text."]


def test_notes_are_text() -> None:
    assert _outline("Text.\n\n.. warning:: Bring a photo.\n\n   In colour.\n")[-2:] == [
        "paragraph: Bring a photo.",
        "paragraph: In colour.",
    ]


@pytest.mark.parametrize(
    "directive",
    [
        ".. include:: /etc/hostname",
        ".. raw:: html\n   :file: /etc/hostname",
        ".. raw:: html\n\n   <p>raw</p>",
        ".. csv-table::\n   :file: /etc/hostname",
        ".. literalinclude:: /etc/hostname",
    ],
)
def test_no_other_file_is_read_and_nothing_raw_taken_over(directive: str) -> None:
    assert _outline(f"Before.\n\n{directive}\n\nAfter.\n") == ["paragraph: Before.", "paragraph: After."]


def test_what_is_wrong_costs_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    source = "Lost\n===\n\nCall :nonsense:`us` and |gone| or `gone`_ *now.\n\n   Indented.\nNot.\n\n====\nx"
    text = read_restructured(source).text
    assert [word in text for word in ("Lost", "us", "gone", "now.", "Indented.", "Not.")] == [True] * 6
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "source", ["a" * 200_000, ".. note::\n\n" + "".join(" " * n + ".. note::\n\n" for n in range(3, 1_500, 3))]
)
def test_a_text_that_docutils_refuses_is_read_as_plain(source: str) -> None:
    assert read_restructured(f"{source}\n\nText.").text.endswith("Text.")


def test_substitutions_do_not_grow_without_bound() -> None:
    lines = [".. |a0| replace:: aaaaaaaaaa", *(f".. |a{n}| replace:: {f'|a{n - 1}| ' * 10}" for n in range(1, 12))]
    assert len(read_restructured("\n".join([*lines, "", "Text |a11|."])).text) < 10_000_000


def test_raised_digits_do_not_run_on_from_a_number() -> None:
    assert read_restructured("10\\ :sup:`3` cards, 5\\ :sup:`1` euro").text == "10³ cards, 5¹ euro"
