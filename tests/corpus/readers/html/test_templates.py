"""Tags of templates in HTML pages."""

import pytest

from askdex.corpus.readers.html import read_html


class TestTemplateTags:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("<p>{% include x %}Report{% if y %} it{% endif %}.</p>", ["Report it."]),
            ("<p>Call {{ site.desk }} now.</p>", ["Call now."]),
            ("<p>{{ render({'a': {'b': 1}}) }}Report it.</p>", ["Report it."]),
            ("<p>{# a note #}Report it.{{{raw}}}</p>", ["Report it."]),
            ("<p>{% trans \"Report it.\" %} {{ _('Then wait.') }}</p>", ["Report it. Then wait."]),
            ("<p>{% trans 'See <a href=\"x\">the list</a> first.' %}</p>", ["See the list first."]),
            ("<p>{% trans 'It' with a='b' %} {{ _('stays <b>here</b>') }}</p>", ["It stays here"]),
            ("<p>Type <code>{% if %}</code> or {{ x }}.</p>", ["Type {% if %} or ."]),
            ("<p>A set {a, b} and {{ open</p>", ["A set {a, b} and {{ open"]),
            ("<pre>{{ user }}</pre>", ["{{ user }}"]),
        ],
    )
    def test_they_show_in_code_alone(self, source: str, expected: list[str]) -> None:
        builder = read_html(source)
        assert [builder.text_of(block) for block in builder.blocks] == expected

    @pytest.mark.parametrize("tag", ["{{ ", "{% ", "{{x}} ", "{#", "{{{", "{% trans '", "{% trans '<'"])
    def test_tags_without_end_are_read_in_one_go(self, tag: str) -> None:
        assert read_html(f"<p>{tag * 50_000}</p><p>end").text.endswith("end")
