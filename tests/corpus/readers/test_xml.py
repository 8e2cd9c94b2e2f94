from pathlib import Path

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.xml import read_xml
from tests.corpus.readers.outline import outline, outside_blocks

_DOCBOOK = """<?xml version="1.0"?>
<!DOCTYPE book PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "http://a.example/docbook.dtd" [<!ENTITY office "card office">]>
<book lang="en"><bookinfo><title>Lost cards</title><author><firstname>Ada</firstname> <surname>Lovelace</surname></author>
<pubdate>2024-03-01</pubdate></bookinfo>
<chapter><title>What does it cost?</title><para>Call the &office; at&nbsp;once. See <ulink url="https://a.example">the
<emphasis>form</emphasis></ulink>.<footnote><para>Only once.</para></footnote></para>
<section><title>Lists</title><orderedlist><listitem><para>Report it</para>
<itemizedlist><listitem><para>by phone</para></listitem></itemizedlist></listitem><listitem><para>Wait</para></listitem>
</orderedlist>
<variablelist><varlistentry><term>Card</term><listitem><para>A thing.</para></listitem></varlistentry></variablelist>
<table><title>Fees</title><tgroup cols="2"><thead><row><entry>Card</entry><entry>Price</entry></row></thead>
<tbody><row><entry>first</entry><entry><para>0</para></entry></row></tbody></tgroup></table>
<programlisting>card --new
  x</programlisting>
<qandaset><qandaentry><question><para>Who pays?</para></question><answer><para>You do.</para></answer></qandaentry></qandaset>
<note><para>Keep it safe.</para></note></section></chapter></book>
"""
_DITA = """<task id="x" xml:lang="de"><title>Karte verloren</title><shortdesc>Was tun.</shortdesc><taskbody>
<context>Kurz <b>gesagt</b>.</context><steps><step><cmd>Anrufen.</cmd><info><p>Jetzt gleich.</p></info></step>
<step><cmd>Warten.</cmd></step></steps></taskbody></task>"""
_RECORDS = """<list-of-cards xmlns="urn:x"><card id="1"><name>First</name><price>5 yuan</price></card>
<card><name>Second</name><price>0</price></card><faq><title>Who pays?</title><text>You do.</text></faq></list-of-cards>"""


def _outline(source: str) -> list[str]:
    return outline(read_xml(source))


def test_docbook() -> None:
    builder = read_xml(_DOCBOOK)
    assert (builder.title, builder.language) == ("Lost cards", "en")
    assert builder.metadata == {"author": "Ada Lovelace", "updated": "2024-03-01"}
    assert outline(builder) == [
        "title: Lost cards",
        "heading 2: What does it cost?",
        "paragraph: Call the card office at\xa0once. See the form.[1]",
        "heading 3: Lists",
        "item: 1. Report it",
        "item 1: by phone",
        "item: 2. Wait",
        "item: Card\nA thing.",
        "heading 3: Fees",
        "row 1: Card | Price",
        "row: first | 0",
        "code: card --new\n  x",
        "heading 6: Who pays?",
        "paragraph: You do.",
        "paragraph: Keep it safe.",
        "item: [1] Only once.",
    ]
    assert [(builder.text[link.start : link.end], link.address) for link in builder.links] == [
        ("the form", "https://a.example")
    ]
    assert not outside_blocks(builder).strip()


def test_dita() -> None:
    builder = read_xml(_DITA)
    assert (builder.title, builder.language) == ("Karte verloren", "de")
    assert outline(builder) == [
        "title: Karte verloren",
        "paragraph: Was tun.",
        "paragraph: Kurz gesagt.",
        "item: 1. Anrufen.",
        "item: Jetzt gleich.",
        "item: 2. Warten.",
    ]


def test_records_have_a_line_for_each_value() -> None:
    assert _outline(_RECORDS) == [
        "paragraph: name: First\nprice: 5 yuan",
        "paragraph: name: Second\nprice: 0",
        "title: Who pays?",
        "paragraph: You do.",
    ]


def test_text_of_unknown_elements_is_read() -> None:
    assert _outline("<a><b>One <c>two</c> three.</b><d>Four.</d><e/><!-- x --><f><![CDATA[<five> & six.]]></f></a>") == [
        "paragraph: One two three.",
        "paragraph: Four.",
        "paragraph: <five> & six.",
    ]


def test_a_page_of_html_is_read_as_one() -> None:
    page = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><nav>Menu</nav><h1>Lost</h1><p>Call.</p></body></html>'
    assert _outline(page) == ["title: Lost", "paragraph: Call."]


_GROWING = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("bcdefgh", "cdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f"{_GROWING}]><a>&i;</a>", "its entities grow too large"),
        ('<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "&b;">]><a>&b;</a>', "its entities grow too large"),
        (f'<!DOCTYPE a [<!ENTITY b "{"b" * 10_001}">]><a>&b;</a>', "its entities grow too large"),
        (f'<!DOCTYPE a [<!ENTITY b "{"b" * 1_999}">]><a>{"&b;" * 9_999}</a>', "it gives more than 4 MB of text"),
        ("<a>" * 200 + "</a>" * 200, "nested too deeply"),
        ("<a>\n<b></a>", "not valid XML: mismatched tag in line 2"),
        ("<a>&undeclared;</a>", "not valid XML: undefined entity in line 1"),
        ("no XML", "not valid XML: syntax error in line 1"),
        ("<a>text", "not valid XML: no element found in line 1"),
    ],
    ids=["growing", "cyclic", "long", "repeated", "deep", "mismatched", "undeclared", "text", "unended"],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(source: str, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read_xml(source)


def test_nothing_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden", encoding="utf-8")
    source = f'<!DOCTYPE a [<!ENTITY b SYSTEM "{secret.as_uri()}"><!ENTITY c "2 &amp; 3">]><a>One &b; and &c;.</a>'
    assert _outline(source) == ["paragraph: One and 2 & 3."]


def test_raised_and_lowered_digits_do_not_run_on_from_a_number() -> None:
    title = "<title>20 m<superscript>2</superscript></title>"
    builder = read_xml(f"<article>{title}<para>10<sup>3</sup> cards, CO<subscript>2</subscript></para></article>")
    assert builder.text == "20 m²\n\n10³ cards, CO₂"


_ITEM = "<item><title>{}</title><description>{}</description><pubDate>Mon, {} Mar 2024 10:00:00 GMT</pubDate></item>"


def _feed(date: str = "") -> str:
    held = "&lt;p&gt;The pool is &lt;b&gt;closed&lt;/b&gt; &amp;amp; empty.&lt;/p&gt;&lt;li&gt;All day&lt;/li&gt;"
    items = _ITEM.format("Closed", held, "04") + _ITEM.format("Open", "<![CDATA[<p>Come</main> in</p>]]>", "05")
    return f"<rss><channel><title>Pool</title>{date}{items}</channel></rss>"


def test_html_that_a_feed_holds_as_text_is_read() -> None:
    assert outline(read_xml(_feed())) == [
        "title: Pool",
        "heading 2: Closed",
        "paragraph: The pool is closed & empty.",
        "item: All day",
        "paragraph: pubDate: Mon, 04 Mar 2024 10:00:00 GMT",
        "heading 2: Open",
        "paragraph: Come in",
        "paragraph: pubDate: Mon, 05 Mar 2024 10:00:00 GMT",
    ]


def test_tags_in_text_of_a_known_vocabulary_are_text() -> None:
    assert read_xml("<article><para>Write &lt;p&gt;a&lt;/p&gt;.</para></article>").text == "Write <p>a</p>."


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (_feed(), "2024-03-05"),
        (_feed("<lastBuildDate>Wed, 06 Mar 2024 10:00:00 GMT</lastBuildDate>"), "2024-03-06"),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>A</title><updated>2024-03-07T10:00:00Z</updated></feed>",
            "2024-03-07",
        ),
        ("<entry><title>A</title><updated>2024-03-07T10:00:00Z</updated></entry>", "2024-03-07"),
        ("<pool><title>A</title><updated>2024-03-07</updated></pool>", None),
    ],
)
def test_the_date_of_a_feed_is_its_own_or_that_of_its_latest_entry(source: str, expected: str | None) -> None:
    assert read_xml(source).metadata.get("updated") == expected
