import json
from collections.abc import Iterable

import pytest

from askdex.corpus.builder import DocumentBuilder, Part
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.qa import read_csv, read_jsonl
from askdex.corpus.types import Skipped
from tests.corpus.readers.outline import outline

_HEADER = "question,answer\n"
_HUGE = 1_000_000


def _documents(parts: Iterable[Part]) -> dict[str, DocumentBuilder]:
    """The documents by their names; fails where something was left out or two have one name."""
    pairs = []
    for item in parts:
        assert not isinstance(item, Skipped), item
        pairs.append(item)
    builders = dict(pairs)
    assert len(builders) == len(pairs)
    return builders


def _row_document(parts: Iterable[Part]) -> DocumentBuilder:
    (builder,) = _documents(parts).values()
    return builder


def _skipped(parts: Iterable[Part]) -> list[tuple[str, str]]:
    return [(item.uri, item.reason) for item in parts if isinstance(item, Skipped)]


def _json(**values: object) -> str:
    return json.dumps({"question": "Who pays?", "answer": "The employer.", **values})


class TestBoth:
    @pytest.mark.parametrize(
        "builder",
        [
            _row_document(read_csv(f"{_HEADER}Who pays?,The employer.")),
            _row_document(read_jsonl(_json())),
        ],
        ids=["csv", "jsonl"],
    )
    def test_the_question_is_the_title_and_the_answer_the_text(self, builder: DocumentBuilder) -> None:
        assert builder.title == "Who pays?"
        assert outline(builder) == ["title: Who pays?", "paragraph: The employer."]
        assert (builder.language, builder.metadata) == (None, {})

    @pytest.mark.parametrize("key", ["language", "lang"])
    def test_the_language_is_not_metadata(self, key: str) -> None:
        from_csv = _row_document(read_csv(f"question,answer,{key}\nWho pays?,The employer.,en-GB"))
        from_jsonl = _row_document(read_jsonl(_json(**{key: "en-GB"})))
        assert [(builder.language, builder.metadata) for builder in (from_csv, from_jsonl)] == [("en", {})] * 2

    def test_paragraphs_of_an_answer_are_parted(self) -> None:
        builder = _row_document(read_jsonl(_json(answer="The employer.\r\n\r\nNobody\nelse.\n \n")))
        assert outline(builder)[1:] == ["paragraph: The employer.", "paragraph: Nobody\nelse."]

    def test_a_question_as_long_as_a_paragraph_is_text(self) -> None:
        question = f"Who {'really ' * 100}pays?"
        assert outline(_row_document(read_jsonl(_json(question=question))))[0] == f"paragraph: {question}"

    def test_names_stay_when_rows_are_inserted(self) -> None:
        rows = ["Who pays?,The employer.", "Where is it?,Here.", "谁缴费？,用人单位。"]
        before = _documents(read_csv(_HEADER + "\n".join(rows)))
        after = _documents(read_csv(_HEADER + "\n".join(["What is it?,A card.", rows[0], "Why?,So.", *rows[1:]])))
        assert {name: after[name] for name in before} == before

    def test_names_stay_when_an_answer_changes(self) -> None:
        before = read_csv(f"{_HEADER}Who pays?,The employer.")
        after = read_csv(f"{_HEADER}Who pays?,You do.")
        assert _documents(before).keys() == _documents(after).keys()

    def test_an_id_is_the_name(self) -> None:
        assert list(_documents(read_jsonl(_json(id="Q-17")))) == ["q-17"]

    @pytest.mark.parametrize("question", ["Who pays?", "¿?", "a" * 200 + "?"])
    def test_rows_with_the_same_question_have_names_of_their_own(self, question: str) -> None:
        builders = _documents(read_csv(f"{_HEADER}{question},One.\n{question},Two.\n{question},Three."))
        assert [outline(builder)[1] for builder in builders.values()] == [
            "paragraph: One.",
            "paragraph: Two.",
            "paragraph: Three.",
        ]

    def test_a_numbered_name_is_not_another_rows_name(self) -> None:
        assert len(_documents(read_csv(f"id,{_HEADER}a,Q?,A\na,Q?,A\na-2,Q?,A"))) == 3


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_columns_may_be_parted_by(self, delimiter: str) -> None:
        source = f"id{delimiter}question{delimiter}answer\n1{delimiter}Who pays?{delimiter}You, or not; maybe\n"
        if delimiter in ",;":
            source = source.replace("You, or not; maybe", '"You, or not; maybe"')
        builder = _row_document(read_csv(source))
        assert outline(builder)[1] == "paragraph: You, or not; maybe"
        assert builder.metadata == {"id": "1"}

    @pytest.mark.parametrize("header", ["question\tanswer\tlaw, article, clause", "id, of; the table|question|answer|a;b,c"])
    def test_the_name_of_another_column_may_hold_what_parts_them_elsewhere(self, header: str) -> None:
        mark = "\t" if "\t" in header else "|"
        assert list(_documents(read_csv(f"{header}\n{mark.join(['Who?'] * (header.count(mark) + 1))}"))) == ["who"]

    def test_names_of_columns_may_be_in_any_order_and_case(self) -> None:
        builder = _row_document(read_csv("Region, ANSWER ,Question\nHenan,The employer.,Who pays?"))
        assert outline(builder) == ["title: Who pays?", "paragraph: The employer."]

    def test_other_columns_are_metadata_and_empty_cells_are_not(self) -> None:
        builder = _row_document(read_csv("question,answer,region,year,note\nWho pays?,You.,Henan,2024,"))
        assert builder.metadata == {"region": "Henan", "year": "2024"}

    def test_cells_without_a_column_are_left_out(self) -> None:
        assert _row_document(read_csv(f"{_HEADER}Who pays?,You.,and,more")).metadata == {}

    def test_quoted_cells_may_hold_line_ends_delimiters_and_quotes(self) -> None:
        builder = _row_document(read_csv(f'{_HEADER}"Who\r\npays?","You, says ""the law"".\r\n\r\nNobody else."\r\n'))
        assert builder.title == "Who pays?"
        assert outline(builder)[1:] == ['paragraph: You, says "the law".', "paragraph: Nobody else."]

    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
    def test_blank_lines_are_no_rows(self, ending: str) -> None:
        source = f"\n{_HEADER}\nWho pays?,You.\n\n\nWhy?,So.\n\n".replace("\n", ending)
        assert list(_documents(read_csv(source))) == ["who-pays", "why"]

    def test_a_row_without_question_or_answer_is_reported_with_its_line(self) -> None:
        source = f'{_HEADER}Who pays?,You.\n,Alone.\n"Two\nlines?",Yes.\nWhy?\nWhen?,  \nWhere?,Here.'
        parts = list(read_csv(source))
        assert _skipped(parts) == [(f"line {n}", "no question or no answer") for n in (3, 6, 7)]
        assert len(parts) == 6

    def test_blank_lines_above_the_header_count_as_lines(self) -> None:
        assert _skipped(read_csv(f"\n\n{_HEADER}Why?,")) == [("line 4", "no question or no answer")]

    @pytest.mark.parametrize("source", ["", "question\nWho pays?", "q,a\nWho pays?,You.", "just a text\nof two lines"])
    def test_a_file_without_the_columns_is_refused(self, source: str) -> None:
        with pytest.raises(UnreadableError, match="question and answer"):
            list(read_csv(source))

    def test_a_header_without_rows_holds_no_documents(self) -> None:
        assert list(read_csv(_HEADER)) == []

    def test_huge_cells_are_read_whole(self) -> None:
        builder = _row_document(read_csv(f'{_HEADER}Who pays?,"{"word " * _HUGE}end"'))
        assert len(builder.text) == len("Who pays?\n\n") + len("word ") * _HUGE + len("end")

    def test_an_unclosed_quote_loses_nothing(self) -> None:
        builder = _row_document(read_csv(f'{_HEADER}Who pays?,"You.\nWhy?,So.\n'))
        assert outline(builder)[1] == "paragraph: You.\nWhy?,So."

    def test_characters_that_cannot_be_stored_are_replaced(self) -> None:
        assert outline(_row_document(read_csv(f"{_HEADER}Who\x00pays?,You.")))[0] == "title: Who\ufffdpays?"


class TestJsonLines:
    def test_other_keys_are_metadata(self) -> None:
        values = {
            "year": 2024,
            "open": True,
            "tags": ["card", None, 5],
            "source": {"name": "Agency", "empty": {}},
            "note": None,
        }
        builder = _row_document(read_jsonl(_json(**values)))
        assert builder.metadata == {"year": 2024, "open": True, "tags": ["card", 5], "source.name": "Agency"}

    def test_keys_may_be_in_any_case(self) -> None:
        assert _row_document(read_jsonl('{"Question": "Who pays?", " ANSWER ": "You."}')).title == "Who pays?"

    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    def test_blank_lines_are_no_objects(self, ending: str) -> None:
        source = ending.join(["", _json(), "  ", _json(question="Why?"), ""])
        assert list(_documents(read_jsonl(source))) == ["who-pays", "why"]

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("no JSON", "not a JSON object"),
            ('["Who pays?", "You."]', "not a JSON object"),
            ('{"question": "Who pays?"', "not a JSON object"),
            ("null", "not a JSON object"),
            ("[" * 100_000, "not a JSON object"),
            ('{"answer": "You."}', "no question or no answer"),
            (_json(question=" "), "no question or no answer"),
            (_json(answer=["You."]), "no question or no answer"),
            (_json(answer=None), "no question or no answer"),
        ],
    )
    def test_a_bad_line_is_reported_and_the_others_are_read(self, line: str, reason: str) -> None:
        parts = list(read_jsonl("\n".join(["", _json(), line, _json(question="Why?")])))
        assert _skipped(parts) == [("line 3", reason)]
        assert len(parts) == 3

    @pytest.mark.parametrize("key", ["note", "id"])
    def test_however_deep_a_line_is_nested_it_is_read_or_reported(self, key: str) -> None:
        depths = [*range(900, 1_000), 5_000]
        lines = [_json(**{key: 0}).replace("0", "0".join(['{"a":' * depth, "}" * depth])) for depth in depths]
        assert len(list(read_jsonl("\n".join(lines)))) == len(depths)

    def test_a_line_separator_within_a_string_ends_no_line(self) -> None:
        builder = _row_document(read_jsonl('{"question": "Who pays?", "answer": "You\u2028or\x85not."}'))
        assert outline(builder)[1] == "paragraph: You\u2028or\x85not."

    def test_halves_of_surrogate_pairs_are_replaced(self) -> None:
        builder = _row_document(read_jsonl(r'{"question": "Who pays?", "answer": "You\ud800.", "note": "\udfff"}'))
        assert (outline(builder)[1], builder.metadata) == ("paragraph: You\ufffd.", {"note": "\ufffd"})

    def test_numbers_that_json_does_not_know_become_text(self) -> None:
        builder = _row_document(read_jsonl('{"question": "Who pays?", "answer": "You.", "a": NaN, "b": 1e999, "c": -Infinity}'))
        assert builder.metadata == {"a": "nan", "b": "inf", "c": "-inf"}
