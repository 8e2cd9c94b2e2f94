import json

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.notebook import read_notebook
from tests.corpus.readers.outline import outline, outside_blocks


def _cell(kind: str, source: object, **more: object) -> dict[str, object]:
    return {"cell_type": kind, "source": source, "metadata": {}, **more}


def _read(*cells: dict[str, object], **more: object) -> list[str]:
    return outline(read_notebook(json.dumps({"cells": cells, **more})))


def test_texts_are_markdown_and_programs_code() -> None:
    cells = [
        _cell("markdown", ["# Lost cards\n", "\n", "How to **report** one."]),
        _cell("code", "print('Call us.')", outputs=[{"output_type": "stream", "text": ["Call us.\n"]}]),
        _cell("markdown", "## Fees\n\n- none"),
    ]
    builder = read_notebook(json.dumps({"cells": cells, "metadata": {"language_info": {"name": "python"}}}))
    assert builder.title == "Lost cards"
    assert outline(builder) == [
        "title: Lost cards",
        "paragraph: How to report one.",
        "code: print('Call us.')",
        "heading 2: Fees",
        "item: none",
    ]
    assert outside_blocks(builder).strip() == ""


def test_an_older_notebook_has_sheets_and_headings() -> None:
    cells = [_cell("heading", "Lost cards", level=1), {"cell_type": "code", "input": ["x = 1"]}]
    notebook = {"worksheets": [{"cells": cells}], "metadata": {}}
    assert outline(read_notebook(json.dumps(notebook))) == ["title: Lost cards", "code: x = 1"]


def test_a_raw_cell_says_what_stands_above_a_page() -> None:
    raw = _cell("raw", "---\ntitle: Cards\nauthor: Ada\n---")
    builder = read_notebook(json.dumps({"cells": [raw, _cell("markdown", "Call us."), _cell("raw", "<x>")]}))
    assert (builder.title, builder.metadata, outline(builder)) == ("Cards", {"author": "Ada"}, ["paragraph: Call us."])


def test_a_program_with_fences_in_it_stays_one() -> None:
    assert _read(_cell("code", "a = '''\n```\n# b\n````\n'''"), _cell("markdown", "Text.")) == [
        "code: a = '''\n```\n# b\n````\n'''",
        "paragraph: Text.",
    ]


@pytest.mark.parametrize("cell", [{}, {"cell_type": "markdown", "source": {"a": 1}}, {"cell_type": "heading", "level": "x"}, 5])
def test_a_cell_that_is_none_is_passed_over(cell: object) -> None:
    source = json.dumps({"cells": [cell, _cell("markdown", "Text.")], "metadata": 5})
    assert outline(read_notebook(source))[-1] == "paragraph: Text."


@pytest.mark.parametrize("source", ["Lost cards", "[]", "{}", '{"cells"', '"cells"'])
def test_what_is_no_notebook_is_left_out_with_the_reason(source: str) -> None:
    with pytest.raises(UnreadableError, match="not a Jupyter notebook"):
        read_notebook(source)


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(UnreadableError, match="nested too deeply"):
        read_notebook('{"cells":' * 100_000)
