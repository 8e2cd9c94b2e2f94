"""Small sound files of every format, and the tokens that mean something in it."""

import json
from datetime import date
from pathlib import Path

from askdex.corpus.readers.registry import FORMATS, IMAGES
from tests.corpus.readers.archives import tarred, zipped
from tests.corpus.readers.books import epub
from tests.corpus.readers.containers import msg, ole
from tests.corpus.readers.mails import mail
from tests.corpus.readers.opendocuments import frame as odt_frame
from tests.corpus.readers.opendocuments import h as odt_heading
from tests.corpus.readers.opendocuments import items as odt_items
from tests.corpus.readers.opendocuments import odf, rows_of
from tests.corpus.readers.opendocuments import p as odt_text
from tests.corpus.readers.opendocuments import slide as odt_slide
from tests.corpus.readers.opendocuments import table as odt_table
from tests.corpus.readers.packages import BULLET, NOTE, docx, paragraph, table
from tests.corpus.readers.pdfs import BOLD, at, column, marked, pdf
from tests.corpus.readers.presentations import graphic, line, part, pptx, shape, slide
from tests.corpus.readers.presentations import table as slide_table
from tests.corpus.readers.workbooks import Rows, xlsx

_TEXT = """Lost cards

1. Report it

Call the office at once. It blocks the card, e.g. within 3 days.

What does a new card cost?

- The first one is free.
- Each further one costs 10.

  Card    Price
  first   0
  second  10

Article 58  Updated on 1 March 2024. See https://cards.example/lost.
"""
_CHINESE = "社会保险\n\n第一条 谁发卡？\n\n1、单位应当办理。\n2、个人可以申请，2024年3月1日起施行。\n"
_MARKDOWN = """---
title: Lost cards
tags: [cards, money]
updated: 2024-03-01
---
# Lost cards {#lost}

Call the [office][1] *at once*, `card --lost`. ![map](map.png) <!-- no -->

## What does a card cost?

| Card | Price |
| --- | ---: |
| first | 0 |

1. Report it.
   - by phone
   - by [mail](mailto:a@b.example "Mail")
2. Wait.

> [!NOTE]
> Bring a photo.

:::tip Title
Text
:::

!!! note "Photo"
    In colour.

=== "Phone"

    Call.

<details><summary>And then?</summary>Wait.</details>

{% include x %} {{ site.name }} [[wiki|link]] ==mark== %% private %%

```sh
card --new
```

[1]: office.html 'Office'
"""
_MDX = """import Tabs from '@theme/Tabs'
export const fee = {a: {b: 1}}

# Lost cards

<Accordion question={"What does it cost?"} open={true}>

Nothing, {fee.a.b} at most.

</Accordion>
<Tabs><TabItem value="a" label='Phone'>Call {/* no */}.</TabItem></Tabs>
"""
_RESTRUCTURED = """Lost cards
==========

Report it at :ref:`the office <o>`, |sub| `there <https://a.example>`_ [1]_.

.. |sub| replace:: or
.. tab-set::

   .. tab-item:: Phone

      Call *us*.

Fees
----

1. By card::

      card --new

====  =====
Card  Price
====  =====
a     1
====  =====

.. [1] At once.
"""
_ASCIIDOC = """= Lost cards
Ada Lovelace <a@b.example>
v1, 2024-03-01
:office: the office

.Steps
Call *{office}* at link:a.html[once].footnote:[Now.] `x` <<a,b>> kbd:[A]

== Fees
. One
+
----
card --new <1>
----
.. two
* three

[cols="1,2",options=header]
|===
|Card |Price

2+|both
|===

Card:: A thing.
[qanda]
Who?:: You.

====
NOTE: Keep it.
====
"""
_LATEX = r"""\documentclass{article}\newcommand{\office}{the office}\def\a{b\xspace}\title{Lost cards}
\author{A}\date{March 1, 2024}
\begin{document}\section{Fees?}\label{a} Call \office{} \textbf{at once}\footnote{Now.} $x^2$ na\"ive \href{https://a.example}{there}
\begin{itemize}\item One\item[2] Two\end{itemize}
\begin{tabular}{ll}\hline Card & Price \\ \hline \multicolumn{2}{c}{x} \\\end{tabular}

\begin{verbatim}card --new\end{verbatim} \[ \frac{a}{b} \] \verb|x| % no
\end{document}
"""
_XML = """<?xml version="1.0"?><!DOCTYPE book [<!ENTITY office "the office">]><book lang="en"><info><title>Cards</title>
<author>A</author></info><section><title>Fees?</title><para>Call &office;<footnote><para>Now.</para></footnote></para>
<itemizedlist><listitem><para>One</para></listitem></itemizedlist><table><thead><row><entry>a</entry></row></thead></table>
<record><name>First</name><price>5</price></record><pre>x</pre></section></book>
"""
_HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Lost cards</title>
<meta name="author" content="A. B."><meta property="article:modified_time" content="2024-03-01T10:00">
<script type="application/ld+json">{"@type":"FAQPage","mainEntity":[{"@type":"Question","name":"Who pays?",
"acceptedAnswer":{"@type":"Answer","text":"<p>You do.</p>"}}]}</script><style>p{}</style></head>
<body><nav><a href="/">Home</a></nav><main><h1>Lost cards</h1><p>Call the <a href="a.html">office</a> <b>at once</b>.<br>Wait.
<h2><button aria-expanded="false" aria-controls="p1">What does it cost?</button></h2><div id="p1" hidden>Nothing.</div>
<ol start="3" type="a"><li>Report it<ul><li>by phone</ul><li value="7">Wait</ol>
<table><caption>Fees</caption><tr><th>Card<th>Price</tr><tr><td rowspan="2">first<td colspan="2">0</tr><tr><td>1</table>
<dl><dt>Card<dd>A thing.</dl><details><summary>And then?</summary>Wait.</details><pre>card --new</pre>
<div role="tablist"><a role="tab" aria-controls="t1">Phone</a></div><div role="tabpanel" id="t1">Call.</div>
<div itemscope itemtype="https://schema.org/Question"><b itemprop="name">Why?</b><p itemprop="text">So.</p></div>
</main><footer>&copy; 2024 &amp; &#x41;</footer></body></html>
"""
_CSV = 'sep=,\nquestion,answer,topic\n"What, then?","<p>Call ""us"".</p>",cards\nWho pays?,You do.,\n"Two\nlines?",Yes.,money\n'
_ROWS = "Name;Street;Opens\nNorth office;Main street 1;9:00\nSouth office;Hill road 2;10:00\n"
_RECORDS = [
    {"id": 1, "question": "Who pays?", "answer": ["You do.", "Or not."], "tags": ["a", 2, None], "n": 1.5e3},
    {"title": "Cards", "text": "# Lost\n\nCall.", "meta": {"a": {"b": True}}},
    {"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me."}]},
]
_FAQ = {
    "faq": {"Cards": [{"q": "Who pays?", "a": "You do."}]},
    "sections": [{"title": "Fees", "content": "None.", "sections": []}],
}
_LINES = "".join(f"{json.dumps(record)}\n" for record in _RECORDS)
_PAGE = at(50, 750, "Lost cards", BOLD, 18) + column(50, 700, "Call the office at once. It takes a day,", "and costs nothing.")
_TABLE = at(50, 600, "Card") + at(200, 600, "Price") + at(50, 580, "first") + at(200, 580, "0") + at(50, 540, "\x01 (one)")
_TAGGED = marked(0, at(50, 700, "Who pays?", BOLD)) + marked(1, at(50, 680, "You do."))
_BODY = (
    paragraph("Lost cards", "T"),
    paragraph("What does it cost?", "H1"),
    paragraph("Nothing.", more=NOTE),
    paragraph("by phone", properties=BULLET),
    table(["Card", "Price"], ["first", "0"]),
    '<w:p><w:hyperlink r:id="form"><w:r><w:t>form</w:t></w:r></w:hyperlink><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    '<w:r><w:instrText>HYPERLINK "https://a.example"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    '<w:r><w:t>there</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>',
    "<w:p><m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath></w:p>",
    "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>",
    '<w:altChunk r:id="chunk"/>',
)
_FEES: Rows = [
    ["Card", "Price", "From"],
    ["first", 0, date(2024, 3, 1)],
    ["second", 0.5, None],
    [],
    ["Note"],
    ["Fees are due at once."],
]
_ASKED: Rows = [["Question", "Answer", "Topic"], ["Who pays?", "<p>You do.</p>", "cards"], ["When?", "At once.", "fees"]]
_SLIDES = (
    slide(
        shape(line("Lost cards"), place="title"), shape(line("Report it"), line("by phone", '<a:pPr lvl="1"/>'), place="body")
    ),
    slide(
        shape(line("Fees", run='<a:hlinkClick r:id="form"/>')),
        slide_table(["Card", "Price"], ["first", "0"]),
        graphic('<c:chart r:id="g"/>'),
    ),
)
_CHART = part("c:chartSpace", "<c:ser><c:val><c:numCache><c:pt idx='0'><c:v>5</c:v></c:pt></c:numCache></c:val></c:ser>")
_FILES = {"a/lost.txt": _TEXT.encode(), "b.html": _HTML.encode(), "c.zip": zipped({"d.csv": _ROWS.encode()})}
_MAIL = mail({"a.txt": _TEXT.encode(), "b.csv": _CSV.encode()}, html="<p>Call <b>us</b>.</p><blockquote>Who pays?</blockquote>")
_RTF = (
    r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset128 B;}}{\stylesheet{\s1 heading 1;}}{\info{\title Cards}}"
    r"\pard\s1 Lost cards\par\pard Call {\b us}{\footnote At once.}, \'e9\u8364?.\par{\listtext 1.\tab}by phone\par"
    r"\trowd\intbl Card\cell Price\cell\row\pard{\field{\*\fldinst HYPERLINK \"https://a.example\"}{\fldrslt there}}\par}"
)
_NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# Lost cards\n", "\n", "Call us."]},
        {"cell_type": "code", "source": "print('```')", "outputs": []},
        {"cell_type": "heading", "level": 2, "source": "Fees"},
        {"cell_type": "markdown", "source": "None."},
    ],
    "metadata": {"kernelspec": {"language": "python"}},
}
_WRITTEN = (
    odt_text("Lost cards", "P1"),
    odt_heading("Fees"),
    odt_items(odt_text("by phone") + odt_items(odt_text("or mail")), style="L1"),
    odt_table(rows_of([["Card", "Price"], ["first", "0"]])),
)
_SHOWN = odt_slide(odt_frame(odt_text("Lost cards"), place="title"), odt_frame(*_WRITTEN))
_SHEET = odt_table(rows_of([["Question", "Answer"], ["Who pays?", "You do."]]), name="Cards")

_OUTLOOK = ole(
    msg(
        {"subject": "Lost cards", "sender": "A", "body": "Call us.", "html": b"<p>Call <b>us</b>.</p>"},
        files={"a.txt": _TEXT.encode()},
        mails=[msg({"subject": "Fees", "sender": "B", "body": "None."})],
        recipients=[("C", "c@d.example")],
    )
)


def _old(suffix: str) -> bytes:
    return (Path(__file__).parents[1] / "data" / "office97" / f"cards.{suffix}").read_bytes()


_SAVED = (
    b"From: <Saved by a browser>\nSubject: Lost cards\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/related; type="text/html"; boundary=x\n\n--x\nContent-Type: text/html; charset=utf-8\n\n'
    + _HTML.encode()
    + b"\n--x\nContent-Type: text/css\n\np {}\n--x--\n"
)
FUZZED = tuple(file_format for file_format in FORMATS if file_format is not IMAGES)
"""Every format but pictures, each of which takes seconds and an extra."""

SAMPLES: dict[str, tuple[bytes, ...]] = {
    "text": (_TEXT.encode(), _CHINESE.encode(), _TEXT.encode("utf-16"), "Größe über alles. ".encode("latin-1") * 9),
    "markdown": (_MARKDOWN.encode(), f"+++\ntitle = 'A'\n[b]\nc = 2024-03-01\n+++\n{_TEXT}".encode(), _TEXT.encode()),
    "mdx": (_MDX.encode(), _MARKDOWN.encode()),
    "restructured": (_RESTRUCTURED.encode(),),
    "asciidoc": (_ASCIIDOC.encode(),),
    "latex": (_LATEX.encode(),),
    "html": (_HTML.encode(), _HTML.replace("<main>", "<div class=content>").replace("utf-8", "cp1252").encode("latin-1")),
    "mhtml": (_SAVED,),
    "pdf": (
        pdf(_PAGE + _TABLE, _PAGE, title="Lost cards", language="en", links=[((50, 690, 200, 712), "https://a.example")]),
        pdf(_TAGGED, tags=[("H1", [0]), ("Sect", [("P", [1])])]),
    ),
    "word": (docx(*_BODY, properties="<dc:title>Cards</dc:title>", note="A note.", chunk=("chunk.html", "<p>Chunk.</p>")),),
    "doc": (_old("doc"),),
    "xls": (_old("xls"),),
    "ppt": (_old("ppt"),),
    "xml": (_XML.encode(),),
    "outlook": (_OUTLOOK,),
    "excel": (xlsx({"Fees": _FEES, "Cards": _ASKED}, properties="<dc:title>Cards</dc:title>"),),
    "powerpoint": (pptx(*_SLIDES, properties="<dc:title>Cards</dc:title>", related={"g": ("chart", _CHART)}),),
    "odt": (odf("text", *_WRITTEN, meta="<dc:title>Cards</dc:title>"),),
    "ods": (odf("spreadsheet", _SHEET, _WRITTEN[-1]),),
    "odp": (odf("presentation", _SHOWN, odt_slide(odt_frame(odt_text("Wait."))), meta="<dc:creator>A</dc:creator>"),),
    "epub": (epub(_HTML, _HTML.replace("Lost", "Found"), metadata="<dc:title>Cards</dc:title><dc:creator>A</dc:creator>"),),
    "notebook": (json.dumps(_NOTEBOOK, indent=1).encode(), json.dumps({"worksheets": [_NOTEBOOK]}).encode()),
    "rtf": (_RTF.encode(),),
    "csv": (_CSV.encode(), _ROWS.encode(), _ROWS.replace(";", "\t").encode("utf-16")),
    "json": (json.dumps(_RECORDS, indent=1).encode(), json.dumps(_FAQ).encode()),
    "jsonl": (_LINES.encode(), _LINES.replace("\n", "\r\n").encode("utf-8-sig")),
    "mail": (_MAIL, mail({}, "Call us.\n\n> Who pays?\n> I do not.\n").replace(b"\n", b"\r\n")),
    "mailbox": (
        b"".join(b"From a@b Fri Mar  1 10:00:00 2024\n" + one + b"\n\n" for one in (_MAIL, mail({}), mail({}, "> Call us.\n"))),
    ),
    "zip": (zipped(_FILES),),
    "tar": (tarred(_FILES, "gz"), tarred(_FILES)),
}
"""Sound files by the name of their format."""

MAIN_PARTS = {
    "word": "word/document.xml",
    "excel": "xl/worksheets/sheet1.xml",
    "powerpoint": "ppt/slides/slide1.xml",
    **dict.fromkeys(("odt", "ods", "odp"), "content.xml"),
    "epub": "book/c1.xhtml",
    "zip": "a/lost.txt",
}
"""The part that is changed most often of the formats that are a package of parts."""

_TEXT_TOKENS = "\n\n|\t|   |\r|\f|\x00|\ufeff|\u2028|\u200d|? |1.1 |(a) |- |===\n|第一条 |: |\"|'|999999999999|\udc80"
_MARKDOWN_TOKENS = (
    f'{_TEXT_TOKENS}|---\n|+++\n|# |> |* |`|```\n|[|](|]: |![|<!--|-->|:::|!!! a\n|=== "a"\n|{{% |%}}|{{{{|[[|%%|<a>|&#|\\|~~'
)
_RESTRUCTURED_TOKENS = (
    f"{_TEXT_TOKENS}|.. note::\n|.. tab:: a\n|   |:ref:`|`|_|``|::\n\n|.. [1] |.. _a: b\n|"
    ".. code::\n   :x: 1\n\n|+--+\n|=== ===\n|* "
)
_HTML_TOKENS = (
    "<|>|</|<p>|<div|</div>|<table>|<tr>|<td rowspan=99|<li value=-1>|<ol start=1e9>|<dl><dd>|<details>|<summary>|<h1>|<button|"
    " hidden| aria-controls=p1| id=p1| role=tabpanel|<!--|-->|<script>|<style>|<template>|<svg>|<math>|&amp|&#xD800;|{{|{%|"
    "<article>|<main>|<nav>|<a href=|<meta charset=hex>|<base|<frameset>|<select><option>|<pre>|\x00|\"|'"
)
_PDF_TOKENS = (
    " obj\n|endobj\n|stream\n|endstream\n|<<|>>|[|]|(|)|/Kids [1 0 R]|/Parent 2 0 R|/Count -1|/Length 9999999|"
    "/Filter /FlateDecode|"
    "BT|ET| Tj| Tf| Td|q | Q | cm| 1e30|-999999|/MCID 0|BDC\n|EMC\n|/K [0 1]|/S /TD|xref|trailer|startxref\n0|%%EOF|/Rotate 90"
)
_WORD_TOKENS = (
    "<w:p>|</w:p>|<w:r>|</w:r>|<w:t>|</w:t>|<w:tbl>|</w:tbl>|<w:tr>|</w:tr>|<w:tc>|</w:tc>|<w:sdt>|</w:sdt>|"
    '<w:numPr><w:ilvl w:val="99"/><w:numId w:val="1"/></w:numPr>|<w:gridSpan w:val="-1"/>|<w:vMerge/>|<w:br/>|<w:tab/>|'
    '<w:fldChar w:fldCharType="begin"/>|<w:fldChar w:fldCharType="end"/>|<w:basedOn w:val="H1"/>|<w:numStyleLink w:val="T"/>|'
    '<w:footnoteReference w:id="2"/>|<m:f>|</m:f>|<w:outlineLvl w:val="x"/>| w:val="999999999999"| w:val=""|'
    '<w:altChunk r:id="chunk"/>'
)
_EXCEL_TOKENS = (
    '<row>|</row>|<row r="1048576" hidden="1"/>|<c r="XFD9" t="s"><v>0</v></c>|<c t="inlineStr"><is><t>a</t></is></c>|<v>|</v>|'
    '<c s="99" t="n"><v>1e300</v></c>|<c t="e"><v>#N/A</v></c>|<c t="b"><v>1</v></c>|<c t="d"><v>2024-03-01</v></c>|'
    '<mergeCells><mergeCell ref="A1:A9"/></mergeCells>|<cols><col min="1" max="99" hidden="1"/></cols>| state="hidden"'
)
_POWERPOINT_TOKENS = (
    '<p:sp>|</p:sp>|<p:txBody>|</p:txBody>|<a:p>|</a:p>|<a:r>|</a:r>|<a:t>|</a:t>|<a:br/>|<a:pPr lvl="99"/>|<p:grpSp>|'
    '</p:grpSp>|<p:ph type="title"/>|<p:ph idx="1"/>|<a:tbl>|<a:tr>|<a:tc vMerge="1">|<c:chart r:id="g"/>|'
    '<c:pt idx="999999999999">|<a:hlinkClick r:id="form"/>| show="0"|<p:sldId r:id="s1"/>'
)
_OPEN_DOCUMENT_TOKENS = (
    '<text:p>|</text:p>|<text:h text:outline-level="99">|</text:h>|<text:list>|</text:list>|<text:list-item>|</text:list-item>|'
    '<table:table>|</table:table>|<table:table-row table:number-rows-repeated="999999999999">|</table:table-row>|<text:tab/>|'
    '<table:table-cell table:number-columns-repeated="99999"/>|<table:covered-table-cell/>|<draw:frame>|</draw:frame>|'
    "<draw:page>|</draw:page>|<text:note><text:note-body/></text:note>|<text:span>|</text:span>|"
    ' table:number-rows-spanned="-1"|<text:s text:c="x"/>'
)
_RTF_TOKENS = (
    "{|}|\\par |\\pard |\\intbl |\\cell |\\row |\\trowd |\\u-10179?|\\u99999999 |\\'8|\\'81|\\*\\x |\\bin9 |\\bin-9 |"
    '\\uc0 |\\f1 |\\ilvl99 |{\\footnote |{\\listtext |{\\fldinst HYPERLINK "|{\\fldrslt |\\s1 |\\outlinelevel0 |\\v |'
    "\\ansicpg0 |\\"
)
_ASCIIDOC_TOKENS = (
    f"{_TEXT_TOKENS}|====\n|----\n|++++\n|,===\n|a::\n|* |.. |+\n|[%header]\n|2.3+|\\|3*|=== |`|{{a}}|:a: {{a}}\n|<<|"
    ">>|[[|((|))|link:|footnote:[|include::a[]\n|pass:[|+++|]|_|#|"
)
_LATEX_TOKENS = (
    f"{_TEXT_TOKENS}|{{|}}|[|]|$|$$|\\[|\\]|&|\\\\|\\begin{{itemize}}|\\end{{itemize}}|\\item|\\begin{{tabular}}|\\end{{document}}|"
    "\\newcommand{\\a}{\\a\\a}|\\a|\\def\\b{\\a}|\\verb|\\begin{verbatim}|\\footnote{|\\section{|\\href{|%|\\multicolumn{9}{|\\'|\\"
)
_XML_TOKENS = (
    '<a>|</a>|<title>|</title>|<para>|</para>|<![CDATA[|]]>|<!--|-->|<?x|&amp;|&office;|&#0;|&#x1F600;|<!ENTITY b "&office;">|'
    '<!DOCTYPE a [|]>| xmlns="x"| lang="x"|<row>|<entry>|</row>|<footnote>|<info>|<listitem>|<link href="'
)
_OLE_TOKENS = (
    "\x00\x00|\xff\xff\xff\xff|\xfe\xff\xff\xff|\x07|\r|\x13|\x14|\x15|\x0c|\x01|\x02|\x00\x01|\x0f\x00|R\x00o\x00|\x10\x00"
)
_EPUB_TOKENS = (
    f'<itemref idref="c1"/>|<item id="c1" href="../x"|<opf:spine>|</opf:spine>|linear="no"|full-path="|{_HTML_TOKENS}'
)
_MAIL_TOKENS = (
    "\n\n|\r\n|Content-Type: multipart/mixed; boundary=x\n|--x\n|--x--\n|Content-Type: message/rfc822\n\n|=?x?b?AAAA?=|> > |<|"
    "Subject: =?utf-8?q?=C3?=\n|Content-Transfer-Encoding: base64\n|From: <|;|Date: Mon, 99 Foo 0000\n|; charset=utf-7|"
    "; filename*=utf-16''%ff"
)
_ARCHIVE_TOKENS = "PK\x03\x04|PK\x01\x02|PK\x05\x06|\x00\x00|ustar|../|a/lost.txt|0000644|77777777777|\x1f\x8b|x|5"
_RECORD_TOKENS = (
    '"|,|{|}|[|]|:|\\u0000|\\ud800|null|true|1e999|-0|9999999999999999999999|NaN|"question":|"answer":|"title":|"text":|\n|\\|'
    '"messages":[{"role":"user"}]'
)

TOKENS: dict[str, list[bytes]] = {
    name: [token.encode("utf-8", "surrogatepass") for token in filter(None, tokens.split("|"))]
    for name, tokens in {
        "text": _TEXT_TOKENS,
        "markdown": _MARKDOWN_TOKENS,
        "mdx": f"{_MARKDOWN_TOKENS}|import a|export |{{|}}|<A b={{|/>|</A>|{{/*|*/}}",
        "restructured": _RESTRUCTURED_TOKENS,
        "asciidoc": _ASCIIDOC_TOKENS,
        "latex": _LATEX_TOKENS,
        "xml": _XML_TOKENS,
        **dict.fromkeys(("doc", "xls", "ppt", "outlook"), _OLE_TOKENS),
        "html": _HTML_TOKENS,
        "mhtml": f"{_MAIL_TOKENS}|{_HTML_TOKENS}",
        "pdf": _PDF_TOKENS,
        "word": _WORD_TOKENS,
        "excel": _EXCEL_TOKENS,
        "powerpoint": _POWERPOINT_TOKENS,
        "csv": f'{_RECORD_TOKENS}|;|\t|""|sep=;\n|question,answer\n|<p>',
        "json": _RECORD_TOKENS,
        "jsonl": _RECORD_TOKENS,
        "odt": _OPEN_DOCUMENT_TOKENS,
        "ods": _OPEN_DOCUMENT_TOKENS,
        "odp": _OPEN_DOCUMENT_TOKENS,
        "epub": _EPUB_TOKENS,
        "rtf": _RTF_TOKENS,
        "notebook": f'{_RECORD_TOKENS}|"cells":[|"source":["|"cell_type":"code"|"cell_type":"heading","level":-1|```',
        "mail": _MAIL_TOKENS,
        "mailbox": f"\n\nFrom a@b Fri Mar  1 10:00:00 2024\n|>From |{_MAIL_TOKENS}",
        "zip": _ARCHIVE_TOKENS,
        "tar": _ARCHIVE_TOKENS,
    }.items()
}
"""What a mutation puts in, by the name of the format."""
