import pytest

from askdex.corpus.text.templates import without_template_tags


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>Ring {{ what }}the bell{% if x %}.{% endif %}</p>", "<p>Ring the bell.</p>"),
        ("<p>{% if a < b %}Ring{% else %}Knock{% endif %}</p>", "<p>RingKnock</p>"),
        ("{# who? #}<a href='{{ url }}'>bell</a>", "<a href=''>bell</a>"),
        ("<pre>{{ a }}<b>{{ b }}</b></pre>{{ c }}<code>{% d %}</code>", "<pre>{{ a }}<b>{{ b }}</b></pre><code>{% d %}</code>"),
        ("<p>{{ open and {% too", "<p>{{ open and {% too"),
        ("<script>x = {{ a }}</script>", "<script>x = {{ a }}</script>"),
    ],
)
def test_tags_are_left_out_but_not_from_code(page: str, expected: str) -> None:
    assert without_template_tags(page) == expected
