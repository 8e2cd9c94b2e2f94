"""Links of HTML pages."""

import pytest

from askdex.corpus.readers.html import read_html


def _links(source: str) -> list[tuple[str, str]]:
    builder = read_html(source)
    return [(builder.text[link.start : link.end], link.address) for link in builder.links]


class TestLinks:
    @pytest.mark.parametrize(
        "address", ["https://a.example/?b=1&c=2#d", "rules.html#fees", "/rules", "mailto:a@b.example", "tel:+431", "a b.pdf"]
    )
    def test_words_that_lead_somewhere_keep_the_address_as_it_is_written(self, address: str) -> None:
        source = f"<p>Fill\n in  the <a href='{address}'> <b>red</b>\n form </a>, please.</p>"
        assert _links(source) == [("red form", address)]

    @pytest.mark.parametrize(
        "address", ["", " ", "#", "#fees", "javascript:void(0)", " JavaScript:x", "data:text/html,x", "x" * 3_000]
    )
    def test_what_leads_nowhere_is_no_link(self, address: str) -> None:
        assert _links(f"<p><a href='{address}'>form</a> <a>form</a></p>") == []

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("<ol><li>see<li> <a href=x>it</a> now</ol>", ["it"]),
            ("<ul><li>a<ul><li>b<br><a href=x>c</a><br>d <a href=x>e<br>f</a></ul></ul>", ["c", "e\n    f"]),
            ("<h2>The\u00a0 <a href=x>form\n of</a> all</h2>", ["form of"]),
            ("<ol><li><h3><a href=x>Pay</a></h3></ol>", ["Pay"]),
            ("<dl><dt><a href=x>a</a><dd>b <a href=x>c</a></dl>", ["a", "c"]),
            ("<pre>if  <a href=x> x</a></pre>", ["x"]),
            ("<a href=x><h2>Pay</h2><p>At once</p></a> later", ["Pay", "At once"]),
            ("<p><a href=x><img alt='The form'></a></p>", ["The form"]),
            ("<p>a <a href=x>\u00a0</a> <a href=x></a> b</p>", []),
            ("<table><tr><td>a<td><a href=x>b</a> c<td> <a href=x> d </a></table>", ["b", "d"]),
            ("<table><tr><td rowspan=2>a <a href=x>b</a><td>c<tr><td><a href=x>d</a></table>", ["b", "b", "d"]),
        ],
    )
    def test_links_are_found_wherever_they_stand(self, source: str, expected: list[str]) -> None:
        assert [words for words, _ in _links(source)] == expected

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("See: <a href=a>Par. 23 GO</a><a href=b>Par. 18 GO</a>", "See: Par. 23 GO Par. 18 GO"),
            ("<a href=a>Fees</a><span><a href=b>Rules</a></span>", "Fees Rules"),
            ("<a href=a>Lost </a><a href=a>ca</a><a href=a>rd</a>", "Lost card"),
            ("<a href=a>Fees</a>, <a href=b>rules</a>", "Fees, rules"),
        ],
    )
    def test_links_beside_each_other_stand_apart_unless_they_lead_to_one_place(self, source: str, expected: str) -> None:
        assert read_html(f"<main><p>{source}</p></main>").text == expected

    def test_links_do_not_change_the_text(self) -> None:
        source = "<p>\u00a0 one  <a href=x>\n two</a>\u00a0 <br>\u00a0<br> <i>three</i></p><h2> a\u00a0<a href=x>b </a> c</h2>"
        assert read_html(source).text == read_html(source.replace("href", "name")).text
