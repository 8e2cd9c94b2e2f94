import json
from collections.abc import Callable, Iterable

import pytest

from askdex.corpus.builder import DocumentBuilder, Part
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.records.csv_files import read_csv
from askdex.corpus.readers.records.json_files import read_json, read_jsonl
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

    @pytest.mark.parametrize(
        "above",
        [
            "sep={}\n",
            "Sep={} \n\n",
            "# exported on Monday\n",
            "Questions of customers\n\n",
            "Questions of customers{0}{0}\nas of May{0}{0}\n",
        ],
    )
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_lines_above_the_header_are_no_rows(self, above: str, delimiter: str) -> None:
        rows = f"id{delimiter} question{delimiter} answer\n1{delimiter}Who pays?{delimiter} You.\n"
        assert outline(_row_document(read_csv(above.format(delimiter) + rows))) == ["title: Who pays?", "paragraph: You."]

    def test_the_first_line_of_excel_says_what_parts_the_cells(self) -> None:
        assert (
            outline(_row_document(read_csv("sep=^\nquestion^answer\nWho, pays;?^You, or not\n")))[1] == "paragraph: You, or not"
        )

    def test_lines_above_the_header_count_as_lines(self) -> None:
        assert _skipped(read_csv(f"sep=,\n\n# exported\n{_HEADER}Why?,")) == [("line 5", "no question or no answer")]

    def test_blanks_before_quotes_are_none_of_the_cell(self) -> None:
        assert (
            outline(_row_document(read_csv('"question", "answer"\n"Who pays?", "You, or not"\n')))[1]
            == "paragraph: You, or not"
        )

    def test_quotes_may_be_escaped_as_databases_do(self) -> None:
        builder = _row_document(read_csv(r'"question","answer"' + "\n" + r'"Who pays the \"small\" fee?","You, see \"fees\"."'))
        assert outline(builder) == ['title: Who pays the "small" fee?', 'paragraph: You, see "fees".']

    def test_a_backslash_at_the_end_of_a_cell_escapes_nothing(self) -> None:
        assert outline(_row_document(read_csv('question,answer\n"Where?","C:\\cards\\"\n')))[1] == "paragraph: C:\\cards\\"

    def test_commas_of_an_answer_without_quotes_part_nothing(self) -> None:
        assert outline(_row_document(read_csv(f"{_HEADER}Who pays?,You, or not, as you like\n")))[1] == (
            "paragraph: You, or not, as you like"
        )


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            "Frage;Antwort",
            "Pregunta;Respuesta",
            "Question;Réponse",
            "Domanda;Risposta",
            "Pergunta;Resposta",
            "Вопрос;Ответ",
            "问题;答案",
            "質問;回答",
            "질문;답변",
            "Q;A",
            "Questions;Answers",
            "Q:;A:",
            "Question text;Answer (HTML)",
            "FAQ_Question;faq-answer",
            "question_en;answer_en",
            "prompt;completion",
            "instruction;output",
            "question;body",
            "Kyssäri;Selitys",
        ],
    )
    def test_questions_and_answers_are_known_by_their_names_or_by_their_marks(self, header: str) -> None:
        builders = _documents(read_csv(f"{header}\nWho pays?;You.\nWhy is that?;So.\n"))
        assert [outline(builder) for builder in builders.values()] == [
            ["title: Who pays?", "paragraph: You."],
            ["title: Why is that?", "paragraph: So."],
        ]

    @pytest.mark.parametrize("header", ["title,body", "Titel,Text", "Subject,Description", "标题,内容", "summary,details"])
    def test_titles_and_texts_are_documents_too(self, header: str) -> None:
        assert outline(_row_document(read_csv(f"{header}\nFees,You pay.\n"))) == ["title: Fees", "paragraph: You pay."]

    def test_questions_need_no_header(self) -> None:
        assert list(_documents(read_csv("Who pays?,You.\nWhy?,So.\n"))) == ["who-pays", "why"]

    def test_what_sorts_articles_is_metadata_and_what_else_they_say_is_text(self) -> None:
        builder = _row_document(
            read_csv("Title,Body,Price,Category,Updated at\nBadge,For visitors.,5 euros,Doors,2025-01-02\n")
        )
        assert outline(builder) == ["title: Badge", "paragraph: For visitors.", "item: Price: 5 euros"]
        assert builder.metadata == {"price": "5 euros", "category": "Doors", "updated at": "2025-01-02"}

    def test_an_export_of_very_many_columns_is_metadata(self) -> None:
        names = ",".join(f"Field {n}" for n in range(50))
        assert len(outline(_row_document(read_csv(f"Title,Body,{names}\nBadge,Text.,{names}\n")))) == 2

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_another_table_is_a_document_with_its_rows_under_the_names_of_the_columns(self, delimiter: str) -> None:
        builder = _row_document(read_csv("Badge,Size,Fee\nvisitor,small,5.50\nstaff,,7.50\n".replace(",", delimiter)))
        assert outline(builder) == ["row 1: Badge | Size | Fee", "row: visitor | small | 5.50", "row: staff |  | 7.50"]

    def test_the_delimiter_is_that_which_parts_rows_evenly(self) -> None:
        builder = _row_document(read_csv("Badge;Fee\nvisitor, small;5,50\nstaff;7,50\nguest, one day, paid;0\n"))
        assert outline(builder)[1] == "row: visitor, small | 5,50"

    def test_a_line_above_a_table_is_its_title(self) -> None:
        builder = _row_document(read_csv("# Fees of 2025,,\n\nBadge,Size,Fee\nvisitor,small,5.50\n"))
        assert (builder.title, outline(builder)[1]) == (None, "row: visitor | small | 5.50")
        builder = _row_document(read_csv("Fees of 2025,,\n\nBadge,Size,Fee\nvisitor,small,5.50\n"))
        assert outline(builder)[:2] == ["title: Fees of 2025", "row 1: Badge | Size | Fee"]

    @pytest.mark.parametrize(("source", "rows"), [("visitor,5.50\nstaff,7.50", 2), ("visitor,2023\nstaff,7", 1)])
    def test_a_first_row_with_a_number_names_no_columns_but_one_with_a_year_does(self, source: str, rows: int) -> None:
        assert len([line for line in outline(_row_document(read_csv(source))) if line.startswith("row: ")]) == rows

    def test_a_table_may_have_one_column(self) -> None:
        assert outline(_row_document(read_csv("Badges\nfor visitors, by day\nfor staff"))) == [
            "row 1: Badges",
            "row: for visitors, by day",
            "row: for staff",
        ]


class TestHtml:
    _ANSWER = (
        "<div class='note'><p>Bring your <b>badge</b>&nbsp;&amp; a <a href='https://x.example/form?a=1&amp;b=2'>form</a>.</p>"
        "<ol><li>Ring.</li><li>Wait.</li></ol></div>"
    )

    @pytest.mark.parametrize("read", [read_csv, read_jsonl], ids=["csv", "jsonl"])
    def test_an_answer_in_html_is_read_as_such(self, read: Callable[[str], Iterable[Part]]) -> None:
        source = (
            f'{_HEADER}Who comes?,"{self._ANSWER}"' if read is read_csv else _json(question="Who comes?", answer=self._ANSWER)
        )
        builder = _row_document(read(source))
        assert outline(builder) == [
            "title: Who comes?",
            "paragraph: Bring your badge\xa0& a form.",
            "item: 1. Ring.",
            "item: 2. Wait.",
        ]
        assert [(builder.text[link.start : link.end], link.address) for link in builder.links] == [
            ("form", "https://x.example/form?a=1&b=2")
        ]

    @pytest.mark.parametrize(
        "answer", ["Use a < b, without tags; AT&T too", "Write <b> before it", "if x<a or y>b", "&amp; is a sign"]
    )
    def test_a_text_that_speaks_of_signs_is_no_html(self, answer: str) -> None:
        assert outline(_row_document(read_csv(f'{_HEADER}How?,"{answer}"')))[1] == f"paragraph: {answer}"

    def test_an_answer_whose_html_is_escaped_is_read_as_such(self) -> None:
        answer = "&lt;p&gt;Bring your &lt;b&gt;badge&lt;/b&gt;.&lt;/p&gt;"
        assert outline(_row_document(read_csv(f"{_HEADER}Who comes?,{answer}")))[1:] == ["paragraph: Bring your badge."]
        speaks_of_it = "Write &lt;p&gt;, then &lt;/p&gt;"
        assert outline(_row_document(read_csv(f'{_HEADER}How?,"{speaks_of_it}"')))[1] == f"paragraph: {speaks_of_it}"

    def test_signs_are_spelt_out_in_a_file_of_html(self) -> None:
        builders = _documents(read_csv(f"{_HEADER}<p>Who &amp; why?</p>,<p>You.</p>\nWhen?,Now &amp; then\n"))
        assert [outline(builder)[0] for builder in builders.values()] == ["title: Who & why?", "title: When?"]
        assert outline(builders["when"])[1] == "paragraph: Now & then"


class TestJson:
    @pytest.mark.parametrize(
        "value",
        [
            [{"question": "Who pays?", "answer": "You."}],
            {"question": "Who pays?", "answer": "You."},
            {"faqs": [{"q": "Who pays?", "a": "You."}]},
            {"Fees": {"title": "Fees", "items": [{"question": "Who pays?", "answer": {"text": "You."}}]}, "version": {"of": 2}},
            {"Who pays?": "You."},
            {"question": "Who pays?", "answer": {"steps": ["You."]}},
            {"mainEntity": [{"@type": "Question", "name": "Who pays?", "acceptedAnswer": {"text": "<p>You.</p>"}}]},
            [{"conversations": [{"from": "human", "value": "Who pays?"}, {"from": "gpt", "value": "You."}]}],
            [
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": "Who pays?"},
                {"role": "bot", "content": "You."},
            ],
            [{"prompt": "Who pays?", "completion": "You."}],
            [{"instruction": "Who pays?", "input": "", "output": "You."}],
        ],
    )
    def test_a_question_is_found_wherever_it_stands(self, value: object) -> None:
        assert outline(_row_document(read_json(json.dumps(value)))) == ["title: Who pays?", "paragraph: You."]

    def test_several_answers_are_items(self) -> None:
        builder = _row_document(read_json(json.dumps([{"question": "How?", "answer": ["Ring.", {"text": "Wait."}]}])))
        assert outline(builder)[1:] == ["item: Ring.", "item: Wait."]

    def test_later_questions_of_a_talk_are_headings(self) -> None:
        turns = [("user", "Who pays?"), ("assistant", "You."), ("user", "Why?"), ("assistant", "So.")]
        talk = {"messages": [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in turns]}
        assert outline(_row_document(read_jsonl(json.dumps(talk)))) == [
            "title: Who pays?",
            "paragraph: You.",
            "heading 2: Why?",
            "paragraph: So.",
        ]

    def test_sections_are_headings_of_one_document(self) -> None:
        rooms = {"heading": "Rooms", "text": "Book them.", "sections": [{"title": "Large", "content": "Ask the porter."}]}
        value = {"title": "House", "updated": "2025-01-02", "sections": [rooms, {"heading": "Keys", "text": "At the desk."}]}
        builder = _row_document(read_json(json.dumps(value)))
        assert outline(builder) == [
            "title: House",
            "heading 2: Rooms",
            "paragraph: Book them.",
            "heading 3: Large",
            "paragraph: Ask the porter.",
            "heading 2: Keys",
            "paragraph: At the desk.",
        ]
        assert builder.metadata == {"updated": "2025-01-02"}

    def test_titles_texts_and_texts_alone_are_documents(self) -> None:
        lines = [{"_id": "7", "title": "Fees", "text": "You pay."}, {"id": 8, "text": "Keys are at the desk."}]
        builders = _documents(read_jsonl("\n".join(map(json.dumps, lines))))
        assert {name: outline(builder) for name, builder in builders.items()} == {
            "7": ["title: Fees", "paragraph: You pay."],
            "8": ["paragraph: Keys are at the desk."],
        }

    @pytest.mark.parametrize("read", [read_json, read_jsonl], ids=["json", "jsonl"])
    def test_objects_of_plain_values_are_rows(self, read: Callable[[str], Iterable[Part]]) -> None:
        rows = [{"badge": "visitor", "fee": 5.5}, {"badge": "staff", "for": ["doors", "lifts"]}]
        source = json.dumps(rows) if read is read_json else "\n".join(map(json.dumps, rows))
        assert outline(_row_document(read(source))) == [
            "row 1: badge | fee | for",
            "row: visitor | 5.5",
            "row: staff |  | doors, lifts",
        ]

    def test_an_entry_without_an_answer_is_reported(self) -> None:
        parts = list(read_json(json.dumps([{"question": "Who pays?", "answer": "You."}, {"question": "Why?"}, 5])))
        assert _skipped(parts) == [("record 2", "no question or no answer"), ("record 3", "not a JSON object")]

    @pytest.mark.parametrize(
        "value",
        [{"name": "door", "description": "Opens doors", "scripts": {"open": "x"}}, {"strict": True}, [1, 2], "text", None],
    )
    def test_settings_are_left_out(self, value: object) -> None:
        with pytest.raises(UnreadableError, match="no questions and answers, titles and texts"):
            list(read_json(json.dumps(value)))

    @pytest.mark.parametrize(("source", "reason"), [("{", "not valid JSON"), ("[" * 100_000, "nested too deeply")])
    def test_what_is_no_json_is_refused(self, source: str, reason: str) -> None:
        with pytest.raises(UnreadableError, match=reason):
            list(read_json(source))

    def test_lines_of_json_may_stand_in_a_json_file(self) -> None:
        assert list(_documents(read_json(f"{_json()}\n{_json(question='Why?')}\n"))) == ["who-pays", "why"]


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
            (_json(answer=[]), "no question or no answer"),
            (_json(answer=True), "no question or no answer"),
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
