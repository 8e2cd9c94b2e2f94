"""The front matter of Markdown pages."""

import re

import pytest

from askdex.corpus.readers.markdown import read_markdown
from askdex.corpus.types import Metadata, Skipped


def _metadata(front_matter: str) -> Metadata:
    return read_markdown(f"---\n{front_matter}\n---\nReport it at once.\n").metadata


class TestFrontMatter:
    def test_it_gives_title_language_and_metadata_and_is_no_text(self) -> None:
        builder = read_markdown("---\ntitle: Lost card\nlanguage: en-GB\nregion: Henan\n---\nReport it at once.\n")
        assert (builder.title, builder.language, builder.metadata) == ("Lost card", "en", {"region": "Henan"})
        assert builder.text == "Report it at once."

    @pytest.mark.parametrize(
        ("front_matter", "expected"),
        [
            ("year: 2024", {"year": 2024}),
            ("rate: 0.5", {"rate": 0.5}),
            ("builder: false", {"builder": False}),
            ("date: 2024-05-01", {"date": "2024-05-01"}),
            ("tags: [card, loss, null]", {"tags": ["card", "loss"]}),
            ("source:\n  name: Agency\n  year: 2024", {"source.name": "Agency", "source.year": 2024}),
            ("region:\ntags: []\nnote: ''", {}),
            ("rate: .inf", {"rate": "inf"}),
            ("5: five", {"5": "five"}),
            ("note: Write {{ name }}", {"note": "Write {{ name }}"}),
            ('date: {{ site.time | date: "%d-%m-%Y" }}', {}),
            ("author: '![logo](logo.png)'\nheader-includes: |\n  \\pagestyle{fancy}", {}),
        ],
    )
    def test_metadata_are_plain_values(self, front_matter: str, expected: Metadata) -> None:
        assert _metadata(front_matter) == expected

    @pytest.mark.parametrize("number", ["9" * 5_000, "0x" + "f" * 5_000, "1" + ":00" * 100_000])
    def test_a_number_without_end_is_text_wherever_it_stands(self, number: str) -> None:
        builder = read_markdown(f"---\ntitle: {number}\nid: {number}\nof: [{number}]\n? {number}\n: value\n---\nText\n")
        assert (builder.title, builder.metadata) == (number, {"id": number, "of": [number], number: "value"})

    @pytest.mark.parametrize("key", ["language", "lang"])
    def test_the_language_may_have_either_name(self, key: str) -> None:
        builder = read_markdown(f"---\n{key}: de-AT\n---\nText\n")
        assert (builder.language, builder.metadata) == ("de", {})

    @pytest.mark.parametrize("closing", ["---", "...", "---  "])
    def test_it_may_be_closed_by_dashes_or_dots(self, closing: str) -> None:
        assert read_markdown(f"---\ntitle: Lost card\n{closing}\nText\n").title == "Lost card"

    def test_it_may_have_other_line_ends(self) -> None:
        builder = read_markdown("---\r\ntitle: Lost card\r\nyear: 2024\r\n---\r\nText\r\n")
        assert (builder.title, builder.metadata, builder.text) == ("Lost card", {"year": 2024}, "Text")

    @pytest.mark.parametrize(
        "front_matter",
        [
            "---\ntitle: Lost card",
            "---\n- title\n- Lost card\n---",
            "---\njust words\n---",
            "---\nNote: this is: *text*\nover two lines\n---",
            "Text first\n---\ntitle: Lost card\n---",
        ],
        ids=["unclosed", "a list", "words", "text with a colon", "not at the start"],
    )
    def test_what_is_no_valid_front_matter_stays_text(self, front_matter: str) -> None:
        builder = read_markdown(f"{front_matter}\n\nReport it at once.\n")
        assert set(re.findall(r"\w+", front_matter)) <= set(re.findall(r"\w+", builder.text))
        assert (builder.language, builder.metadata, builder.left_out) == (None, {}, None)

    @pytest.mark.parametrize(
        ("line", "key"),
        [
            ("title: [unclosed", "title"),
            ("tags: [card,\n  loss\n# of what\n- card", "tags"),
            ("title: !!python/object/apply:os.getcwd []", "title"),
            ("note: &a\n  more: *a", "note"),
            *((f"value: {value}", "value") for value in ("!!bool maybe", "!!int ''", "!!float ''", "!!timestamp today")),
        ],
    )
    def test_what_is_no_valid_yaml_is_left_out_and_reported_and_the_other_keys_are_read(self, line: str, key: str) -> None:
        builder = read_markdown(f"---\nlang: en\n\n{line}\nregion: Henan\n---\nReport it at once.\n")
        assert (builder.text, builder.language, builder.metadata) == ("Report it at once.", "en", {"region": "Henan"})
        assert builder.left_out == Skipped("front matter", f"not valid YAML: {key}")

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("Cards: how we lose them", "Cards: how we lose them"),
            ("[draft] Lost card", "[draft] Lost card"),
            ("@desk lost card", "@desk lost card"),
            ("50% lost: why?", "50% lost: why?"),
            ('"Lost" card', '"Lost" card'),
            ("2024-99-99", "2024-99-99"),
            ("'It's lost'", "It's lost"),
        ],
    )
    def test_a_value_that_can_only_be_a_text_is_one(self, value: str, expected: str) -> None:
        builder = read_markdown(f"---\nby: Anna: the porter\ntags:\n  - card\nheadline: {value}\n---\nText\n")
        assert builder.metadata == {"by": "Anna: the porter", "tags": ["card"], "headline": expected}
        assert builder.left_out is None

    def test_a_colon_needs_no_blank(self) -> None:
        builder = read_markdown("---\ntitle:Lost card\nby:Anna\n---\nText\n")
        assert (builder.title, builder.metadata, builder.text) == ("Lost card", {"by": "Anna"}, "Text")

    def test_toml_may_stand_between_plus_signs(self) -> None:
        source = '+++\ntitle = "Lost card"\ndate = 2025-02-03\ntags = ["card"]\n[params]\nby = "Anna"\n+++\n\nReport it.\n'
        builder = read_markdown(source)
        assert (builder.title, builder.text) == ("Lost card", "Report it.")
        assert builder.metadata == {"date": "2025-02-03", "tags": ["card"], "params.by": "Anna"}

    @pytest.mark.parametrize(
        "source",
        ["toml\ntitle = 'Lost card'", 'json\n{"title": "Lost card"}', "yaml\ntitle: Lost card"],
        ids=lambda source: source[:4],
    )
    def test_it_may_name_its_language(self, source: str) -> None:
        builder = read_markdown(f"---{source}\n---\nReport it.\n")
        assert (builder.title, builder.text) == ("Lost card", "Report it.")

    def test_toml_that_is_none_is_left_out_and_reported(self) -> None:
        builder = read_markdown("+++\ntitle = Lost card\n+++\nReport it.\n")
        assert (builder.text, builder.left_out) == ("Report it.", Skipped("front matter", "not valid TOML"))

    @pytest.mark.parametrize(
        "source", ['{{"title": "{}", "by": "Anna"}}\n\n{}', ';;;\n{{"title": "{}", "by": "Anna"}}\n;;;\n{}']
    )
    def test_json_may_open_a_page(self, source: str) -> None:
        builder = read_markdown(source.format("Lost card", "Report it."))
        assert (builder.title, builder.text, builder.metadata) == ("Lost card", "Report it.", {"by": "Anna"})

    @pytest.mark.parametrize("source", ["{braces} are text", '{"no": "end"', '{"a": 1} and more', "{" * 5_000, "+++\nno end"])
    def test_what_is_no_front_matter_is_text(self, source: str) -> None:
        builder = read_markdown(source)
        assert (builder.text.split(), builder.metadata) == (source.split(), {})

    def test_aliases_do_not_multiply_metadata(self) -> None:
        lists = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 5)]
        metadata = _metadata("\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x, x]", *lists]))
        assert len(str(metadata)) < 100_000

    def test_an_empty_title_is_none(self) -> None:
        assert read_markdown("---\ntitle:\n---\n# Lost card\n\nText\n").title == "Lost card"

    def test_what_no_text_may_hold_is_replaced_in_the_title(self) -> None:
        assert read_markdown('---\ntitle: "Lost\\0 card \\ud800"\n---\nText\n').title == "Lost\ufffd card \ufffd"

    def test_norwegian_is_a_language(self) -> None:
        assert read_markdown("---\nlang: no\n---\nText\n").language == "no"
