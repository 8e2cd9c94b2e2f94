"""Hostile and broken files of every format, by kind: small ones that ask for much, and such as have no end, are locked, are cut
off or are not what their names say.

Each kind is a function that gives the bytes of a file, under the name of that file: `kind.suffix`. They are made when they are
wanted, and are the same each time.
"""

import base64
import gzip
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from io import BytesIO
from random import Random
from typing import TypeAlias

from askdex.corpus.readers.registry import Format
from tests.corpus.readers.archives import tarred, zipped
from tests.corpus.readers.containers import msg, ole
from tests.corpus.readers.mails import mail
from tests.corpus.readers.pdfs import pdf
from tests.fuzz.mutations import container_streams, package_parts
from tests.fuzz.samples import FUZZED, MAIN_PARTS, SAMPLES, TOKENS

Make: TypeAlias = Callable[[], bytes]

_MB = 2**20
_PACKAGES = tuple(MAIN_PARTS.keys() - {"zip"})
_OLE = ("doc", "xls", "ppt", "outlook")
_ENDLESS = 300_000
"""Bytes of one token after the other."""
_ENDS = {
    "word": "</w:body>",
    "excel": "</sheetData>",
    "powerpoint": "</p:spTree>",
    "odt": "</office:text>",
    "ods": "</table:table>",
    "odp": "</office:presentation>",
    "epub": "</body>",
}
"""Before what more stands in the main part of a package."""
_UNITS = {
    "word": "<w:p><w:r><w:t>word </w:t></w:r></w:p>",
    "excel": '<row><c t="inlineStr"><is><t>word</t></is></c><c><v>1</v></c></row>',
    "powerpoint": "<p:sp><p:txBody><a:p><a:r><a:t>word</a:t></a:r></a:p></p:txBody></p:sp>",
    "odt": "<text:p>word</text:p>",
    "ods": "<table:table-row><table:table-cell><text:p>word</text:p></table:table-cell></table:table-row>",
    "odp": "<draw:page><draw:frame><draw:text-box><text:p>word</text:p></draw:text-box></draw:frame></draw:page>",
    "epub": "<p>word</p>",
}
"""What may stand there many times."""
_NESTS = {
    "word": ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"),
    "excel": ("<row><c>", "</c></row>"),
    "powerpoint": ("<p:grpSp>", "</p:grpSp>"),
    "odt": ("<text:list><text:list-item>", "</text:list-item></text:list>"),
    "ods": ("<table:table-row-group>", "</table:table-row-group>"),
    "odp": ("<draw:g>", "</draw:g>"),
    "epub": ("<div>", "</div>"),
}
"""What may stand within itself."""
_LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>".replace("'", '"') for n in range(1, 10))
_DOCTYPES = {
    "laughs": (f'<!DOCTYPE a [<!ENTITY l0 "ha">{_LAUGHS}]>', "&l9;"),
    "quadratic": (f'<!DOCTYPE a [<!ENTITY l "{"ha " * 30_000}">]>', "&l;" * 30_000),
    "parameters": (f'<!DOCTYPE a [<!ENTITY % p "{"ha " * 30_000}"><!ENTITY l "{"%p;" * 900}">]>', "&l;" * 900),
    "outside": ('<!DOCTYPE a [<!ENTITY l SYSTEM "file:///etc/hostname">]>', "&l;"),
    "circle": ('<!DOCTYPE a [<!ENTITY l "&m;"><!ENTITY m "&l;">]>', "&l;"),
}
"""A document type with entities, and references to them."""


def inputs() -> dict[str, Make]:
    """What makes each input, by its name."""
    made: dict[str, Make] = {}
    for file_format in FUZZED:
        suffix = next(filter(None, file_format.suffixes))
        made |= {f"{kind}{suffix}": make for kind, make in _of_format(file_format)}
    return made | _TEXTS | _PDFS | _ARCHIVES | _MAILS


def _of_format(file_format: Format) -> Iterator[tuple[str, Make]]:
    """The kinds that there are of each format."""
    name = file_format.name
    sample = SAMPLES[name][0]
    yield "empty", bytes
    yield "blanks", lambda: b" \n" * _MB
    yield "zeros", lambda: bytes(2 * _MB)
    yield "noise", lambda: Random(name).randbytes(_MB)
    yield "half", lambda: sample[: len(sample) // 2]
    yield "without-end", lambda: sample[: -min(30, len(sample) // 5)]
    yield "twice", lambda: sample * 2
    for other in FUZZED:
        if other.name != name:
            yield f"really-{other.name}", partial(bytes, SAMPLES[other.name][0])
    for number, token in enumerate(TOKENS[name]):
        yield f"endless-{number}", partial(_with_token, name, token)
    if name in _PACKAGES:
        yield from _of_package(name)
    elif name in _OLE:
        yield from _of_container(name)


def _with_token(name: str, token: bytes) -> bytes:
    """A sample in the middle of which, or of whose main part or longest stream, a token stands again and again."""
    run = token * (_ENDLESS // len(token))
    if name in MAIN_PARTS:
        return _package(name, lambda main: _in_middle(main, run))
    if name in _OLE:
        streams = container_streams(SAMPLES[name][0])
        longest = max(streams, key=lambda path: len(streams[path]))
        return ole({**streams, longest: _in_middle(streams[longest], run)})
    return _in_middle(SAMPLES[name][0], run)


def _in_middle(data: bytes, more: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + more + data[middle:]


# Packages


def _of_package(name: str) -> Iterator[tuple[str, Make]]:
    end, unit, (opens, closes) = _ENDS[name], _UNITS[name], _NESTS[name]

    def more(text: str, compression: int = zipfile.ZIP_DEFLATED) -> Make:
        before = (text + end).encode()
        return lambda: _package(name, lambda main: main.replace(end.encode(), before, 1), compression=compression)

    yield "many-blocks", more(unit * 300_000)
    yield "long-block", more(unit.replace("word", "word " * 4_000_000))
    yield "bomb", more(unit.replace("word", "w" * 70 * _MB))
    yield "nested", more(opens * 2_000 + unit + closes * 2_000)
    yield "nested-deeply", more(opens * 100_000 + unit + closes * 100_000)
    yield "never-closed", more(opens * 100_000)
    yield "attributes", lambda: more(unit.replace(">", f" {_attributes()}>", 1))()
    yield "comments", more("<!-- -->" * 500_000)
    for kind, (doctype, references) in _DOCTYPES.items():
        yield (
            f"entities-{kind}",
            partial(_package, name, partial(_with_entities, doctype, unit.replace("word", references), end)),
        )
    yield "wrong-sizes", lambda: _with_wrong_sizes(_package(name, lambda main: main + b" " * 100 * _MB))
    yield "locked", lambda: _locked(SAMPLES[name][0])
    yield "locked-by-office", lambda: ole({"EncryptionInfo": bytes(200), "EncryptedPackage": bytes(9_000)})
    yield "main-part-only", lambda: zipped({MAIN_PARTS[name]: package_parts(SAMPLES[name][0])[MAIN_PARTS[name]]})
    yield "every-part-alike", partial(_all_alike, name)
    if name == "word":  # what follows is the same of all packages
        yield "many-blocks-bzip2", more(unit * 300_000, compression=zipfile.ZIP_BZIP2)
        yield "large-part", lambda: _package(name, bytes, {"media/x.png": bytes(1_100 * _MB)})
        yield "many-parts", partial(_package, name, bytes, {f"x/{n}.xml": b"" for n in range(60_000)})


def _attributes() -> str:
    return " ".join(f"a{n}='1'" for n in range(200_000))


def _package(
    name: str,
    change: Callable[[bytes], bytes],
    more: Mapping[str, bytes] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A sample with a changed main part, and more parts."""
    parts = package_parts(SAMPLES[name][0])
    return zipped({**parts, MAIN_PARTS[name]: change(parts[MAIN_PARTS[name]]), **(more or {})}, compression)


def _all_alike(name: str) -> bytes:
    parts = package_parts(SAMPLES[name][0])
    return zipped(dict.fromkeys(parts, parts[MAIN_PARTS[name]]))


def _with_entities(doctype: str, references: str, end: str, xml: bytes) -> bytes:
    head, _, body = xml.partition(b"?>") if xml.startswith(b"<?xml") else (b"<?xml version='1.0'", b"", xml)
    return head + b"?>" + doctype.encode() + body.replace(end.encode(), references.encode() + end.encode(), 1)


def _with_wrong_sizes(archive: bytes) -> bytes:
    """An archive that says of each file in it that it is small."""
    data = bytearray(archive)
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.find(mark)
        while place >= 0:
            data[place + offset : place + offset + 4] = struct.pack("<I", 999)
            place = data.find(mark, place + 4)
    return bytes(data)


def _locked(archive: bytes) -> bytes:
    """An archive that says of each file in it that it is encrypted."""
    data = bytearray(archive)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = data.find(mark)
        while place >= 0:
            data[place + offset] |= 1
            place = data.find(mark, place + 4)
    return bytes(data)


# OLE containers


def _of_container(name: str) -> Iterator[tuple[str, Make]]:
    def changed(change: Callable[[bytes], bytes]) -> bytes:
        streams = container_streams(SAMPLES[name][0])
        return ole({path: change(data) for path, data in streams.items()})

    yield "streams-cut", lambda: changed(lambda data: data[: len(data) // 2])
    yield "streams-long", lambda: changed(lambda data: data + data[-512:] * 4_000)
    yield "streams-full", lambda: changed(lambda data: b"\xff" * len(data))
    yield "sectors-in-circle", lambda: _in_circle(SAMPLES[name][0])
    yield "many-streams", lambda: ole({**container_streams(SAMPLES[name][0]), **{f"x{n}": b"x" for n in range(900)}})
    yield "locked-by-office", lambda: ole({"EncryptionInfo": bytes(200), "EncryptedPackage": bytes(9_000)})
    if name == "xls":
        # FILEPASS follows the BOF record, which takes 20 bytes (MS-XLS 2.4.117).
        yield "locked", lambda: changed(lambda data: data[:20] + struct.pack("<HHH", 0x2F, 2, 0) + data[20:])
    elif name == "doc":
        # fEncrypted is a bit of the FibBase (MS-DOC 2.5.2).
        yield "locked", lambda: changed(lambda data: data[:11] + bytes([data[11] | 1]) + data[12:] if len(data) > 12 else data)


def _in_circle(container: bytes) -> bytes:
    """The container with a table of sectors in which each leads to itself (MS-CFB 2.3)."""
    data = bytearray(container)
    sector = 512 * (1 + struct.unpack_from("<I", data, 76)[0])
    data[sector : sector + 512] = struct.pack("<128I", *range(128))
    return bytes(data)


# Texts


def _front_matter(text: str) -> Make:
    return lambda: f"---\n{text}\n---\n# Lost cards\n\nCall us.\n".encode()


def _xml(doctype: str, references: str) -> bytes:
    return f'<?xml version="1.0"?>{doctype}<book><title>Fees</title><para>Call us. {references}</para></book>'.encode()


def _repeated(text: str, times: int, end: str = "") -> Make:
    return lambda: (text * times + end).encode()


def _notebook(cells: int, source: str) -> Make:
    return lambda: json.dumps({"cells": [{"cell_type": "markdown", "source": source}] * cells}).encode()


_ALIASES = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))])
_MACROS = [rf"\{letter}" for letter in "abcdefghijkl"]
_TEXTS: dict[str, Make] = {
    # The same in each format that is a text
    **{
        f"{kind}{suffix}": make
        for suffix in (
            ".txt",
            ".md",
            ".mdx",
            ".rst",
            ".adoc",
            ".tex",
            ".html",
            ".csv",
            ".json",
            ".jsonl",
            ".rtf",
            ".xml",
            ".eml",
        )
        for kind, make in {
            "one-line": _repeated("word ", 200_000),
            "one-word": _repeated("w", 1_000_000),
            "short-lines": _repeated("a?\n", 60_000),
            "indented": lambda: "".join(f"{' ' * n}- a\n" for n in range(700)).encode(),
            "brackets": _repeated("[", 200_000),
            "braces": _repeated("{", 200_000),
            "quotes": _repeated('"', 200_000),
            "accents": _repeated("e\u0301\u0301", 200_000),
        }.items()
    },
    # Markdown
    "reference.md": lambda: (f"[a]: {'x' * 100_000}\n\n" + "[a]" * 50_000).encode(),
    "references.md": lambda: ("".join(f"[r{n}]: u\n" for n in range(50_000)) + "\n[r1] there").encode(),
    "quotes-nested.md": _repeated("> ", 20_000, "a"),
    "lists-nested.md": _repeated("- ", 20_000, "a"),
    "emphasis.md": _repeated("*a_ **b ", 40_000),
    "backticks.md": lambda: "".join("e" + "`" * n for n in range(1, 2_000)).encode(),
    "links.md": _repeated("[a](", 50_000),
    "pictures.md": _repeated("![[", 60_000),
    "tags.md": _repeated("<a ", 80_000),
    "comments.md": _repeated("a <!-- ", 50_000),
    "wide-table.md": lambda: ("|".join("a" * 1_000) + "\n" + "|".join("-" * 1_000) + "\n" + "x\n" * 3_000).encode(),
    "headings.md": _repeated("# Why?\n", 60_000),
    "admonitions.md": _repeated(":::tip a\n", 30_000),
    "templates.md": _repeated("{% if a %}{{ b ", 40_000),
    "elements.mdx": _repeated("<Tabs a={", 40_000),
    # Front matter
    "aliases-front.md": _front_matter(_ALIASES),
    "deep-front.md": _front_matter(f"a: {'[' * 50_000}"),
    "deep-map-front.md": _front_matter(f"a: {'{a: ' * 20_000}"),
    "deep-list-front.md": _front_matter("- " * 20_000),
    "many-keys-front.md": _front_matter("\n".join(f"key{n}: {n}" for n in range(60_000))),
    "long-front.md": _front_matter(f'a: "{"x" * 5_000_000}"'),
    "number-front.md": _front_matter(f"a: {'9' * 900_000}"),
    "sixties-front.md": _front_matter(f"a: 1{':1' * 200_000}"),
    "object-front.md": _front_matter('a: !!python/object/apply:os.system ["false"]'),
    "never-ending-front.md": _repeated("---\na: b\n", 1, "c: d\n" * 200_000),
    "toml-front.md": lambda: f"+++\na = {'[' * 50_000}\n+++\nCall us.".encode(),
    "toml-tables-front.md": lambda: ("+++\n" + "".join(f"[a{'.a' * n}]\n" for n in range(900)) + "+++\nCall us.").encode(),
    "json-front.md": lambda: f"---json\n{'[' * 50_000}\n---\nCall us.".encode(),
    # HTML
    **{
        f"{tag}-nested.html": _repeated(tags, 50_000, "word")
        for tag, tags in {
            "div": "<div>",
            "list": "<ul><li>",
            "table": "<table><tr><td>",
            "link": "<a href=x><div>",
            "quote": "<blockquote><p>",
            "select": "<select><option>",
            "svg": "<svg><foreignObject>",
            "font": "<font size=1><p>",
            "details": "<details><summary>a</summary>",
        }.items()
    },
    "spans.html": lambda: (f"<table>{'<tr>' + '<td rowspan=999 colspan=999>a' * 2_000}{'<tr><td>b' * 5_000}</table>").encode(),
    "cells.html": _repeated("<td>x", 300_000),
    "attributes.html": lambda: f"<div {_attributes()}>word</div>".encode(),
    "fonts.html": lambda: ("".join(f"<font size={n}>" for n in range(3_000)) + "<p>x" * 3_000).encode(),
    "terms.html": _repeated("<dt>a<dd>b", 80_000),
    "panels.html": lambda: (
        "".join(f"<button aria-controls=p{n}>Why {n}?</button>" for n in range(30_000)).encode()
        + b"".join(b"<div id=p%d hidden>So.</div>" % n for n in range(30_000))
    ),
    "same-panel.html": lambda: b"<button aria-controls=p>Why?</button>" * 20_000 + b"<div id=p hidden>So it is.</div>",
    "faq.html": lambda: (
        b'<script type="application/ld+json">' + b'{"@type":"FAQPage","mainEntity":[' * 30_000 + b"</script><p>a"
    ),
    # Tables and records
    "columns.csv": lambda: "\n".join([",".join(["question", "answer", *"x" * 300_000]), "Why?,So.," + "v," * 300_000]).encode(),
    "never-closed.csv": lambda: b'question,answer\n"Why?,So.\n' + b"Who?,You.\n" * 300_000,
    "long-question.csv": lambda: f'question,answer\n"{"why " * 1_500_000}?",So.\n'.encode(),
    "long-answer.csv": lambda: f'question,answer\nWhy?,"{"so " * 1_500_000}"\n'.encode(),
    "rows.csv": lambda: ("question,answer\n" + "".join(f"Why {n}?,So {n}.\n" for n in range(60_000))).encode(),
    "wide-rows.csv": lambda: ("a,b,c\n" + ("x," * 2_000 + "\n") * 500).encode(),
    "semicolons.csv": lambda: b"question;answer\n" + b";" * 3_000_000,
    "nested.json": lambda: b'{"a":' * 100_000,
    "nested-lists.json": lambda: b"[" * 50_000 + b"]" * 50_000,
    "keys.json": lambda: json.dumps({f"k{n}": n for n in range(200_000)}).encode(),
    "number.json": lambda: b'[{"question": "Why?", "answer": "So.", "n": ' + b"9" * 1_000_000 + b"}]",
    "sections.json": lambda: (b'{"title": "Why?", "sections": [' * 900) + b"]}" * 900,
    "long-question.jsonl": lambda: json.dumps({"question": "a" * 5_000_000 + "?", "answer": "So."}).encode(),
    "many-lists.jsonl": lambda: b"[]\n" * 300_000,
    "same-id.jsonl": lambda: b'{"question": "Why?", "answer": "So.", "id": "1"}\n' * 30_000,
    "cells.ipynb": _notebook(100_000, "# Why?\n\nSo."),
    "long-cell.ipynb": _notebook(1, "word " * 1_000_000),
    # Markup
    **{f"entities-{kind}.xml": partial(_xml, *entities) for kind, entities in _DOCTYPES.items()},
    "nested.xml": _repeated("<section>", 100_000, "word"),
    "nested-and-closed.xml": lambda: b"<section>" * 20_000 + b"word" + b"</section>" * 20_000,
    "rows.xml": lambda: b"<rows>" + b"<row><name>a</name><price>1</price></row>" * 60_000 + b"</rows>",
    "groups.rtf": lambda: b"{\\rtf1 " + b"{" * 300_000 + b"word",
    "tables.rtf": lambda: b"{\\rtf1 " + b"\\trowd\\intbl a\\cell\\row " * 60_000 + b"}",
    "binary.rtf": lambda: b"{\\rtf1 \\bin999999999 word}",
    "macros.tex": lambda: (
        "".join(rf"\newcommand{{\{one}}}{{{other * 10}}}" for one, other in zip("bcdefghijklm", _MACROS, strict=False))
        + "\\newcommand{\\a}{ha}\\begin{document}\\m\\end{document}"
    ).encode(),
    "lists.tex": _repeated("\\begin{itemize}\\item ", 20_000),
    "tables.rst": lambda: ("=== ===\n" + "a   b\n" * 60_000 + "=== ===\n").encode(),
    "nested.rst": lambda: "".join(f"{'   ' * n}.. note::\n\n" for n in range(400)).encode(),
    "substitutions.rst": lambda: (
        "".join(f".. |s{n}| replace:: {f'|s{n - 1}| ' * 10}\n" for n in range(1, 9)) + ".. |s0| replace:: ha\n\n|s8|\n"
    ).encode(),
    "outside.rst": lambda: b".. include:: /etc/hostname\n\n.. raw:: html\n   :file: /etc/hostname\n\nCall us.\n",
    "attributes.adoc": lambda: (
        ":a0: ha\n" + "".join(f":a{n}: {f'{{a{n - 1}}}' * 10}\n" for n in range(1, 9)) + "\n{a8}\n"
    ).encode(),
    "outside.adoc": lambda: b"include::/etc/hostname[]\n\nCall us.\n",
    "blocks.adoc": _repeated("====\n=====\n", 30_000),
    # Encodings
    "utf-16.txt": lambda: ("word " * 500_000).encode("utf-16"),
    "utf-16-cut.txt": lambda: ("word " * 100_000).encode("utf-16")[:-1],
    "escapes.txt": lambda: b"\x1b[31mword\x1b[0m " * 100_000,
    "declared.html": lambda: b"<meta charset=punycode>" + b"abc" * 30_000 + b"\xff\xff",
}


# PDF


def _objects(*contents: str | bytes, trailer: str = "") -> bytes:
    """A PDF of these objects, of which the first is the catalogue."""
    data, places = BytesIO(), []
    data.write(b"%PDF-1.7\n")
    for number, content in enumerate(contents, 1):
        places.append(data.tell())
        data.write(b"%d 0 obj\n%b\nendobj\n" % (number, content if isinstance(content, bytes) else content.encode()))
    end, count = data.tell(), len(contents) + 1
    data.write(b"xref\n0 %d\n0000000000 65535 f \n" % count + b"".join(b"%010d 00000 n \n" % place for place in places))
    data.write(f"trailer << /Size {count} /Root 1 0 R {trailer} >>\nstartxref\n{end}\n%%EOF".encode())
    return data.getvalue()


def _stream(content: bytes, keys: str = "", times: int = 1) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 9)
    head = f"<< /Length {len(content)} /Filter [{'/FlateDecode ' * times}] {keys} >>"
    return head.encode() + b"\nstream\n" + content + b"\nendstream"


_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_CATALOGUE, _PAGES = "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_WORDS = b"BT /F 12 Tf 72 700 Td (Call the office at once.) Tj ET\n"
_FORM = "/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << /XObject << /X {} 0 R >> /Font << /F 5 0 R >> >>"


def _page(content: bytes, *more: str | bytes, font: str = _FONT, times: int = 1, pages: int = 1, count: int = 0) -> bytes:
    """A PDF of a page, or of the same page many times; the first object after it is 6."""
    kids = f"<< /Type /Pages /Kids [{'3 0 R ' * pages}] /Count {count or pages} >>"
    page = (
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F 5 0 R >> /XObject << /X 6 0 R >> >> >>"
    )
    return _objects(_CATALOGUE, kids, page, _stream(content, times=times), font, *more)


def _mapped(mapping: bytes) -> bytes:
    """A PDF with a table of what its letters mean."""
    font = _FONT.replace("/Type /Font", "/Type /Font /ToUnicode 6 0 R")
    table = b"/CIDInit /ProcSet findresource begin begincmap 1 beginbfrange " + mapping + b" endbfrange endcmap"
    return _page(b"BT /F 12 Tf 72 700 Td (" + b"abc def " * 2_000 + b") Tj ET", _stream(table), font=font)


_PDFS: dict[str, Make] = {
    "form-in-itself.pdf": lambda: _page(b"/X Do " + _WORDS, _stream(b"/X Do /X Do " + _WORDS, _FORM.format(6))),
    "forms-in-forms.pdf": lambda: _page(
        b"/X Do " + _WORDS, *(_stream(b"/X Do " * 10 + _WORDS, _FORM.format(7 + n)) for n in range(8)), _stream(_WORDS, _FORM)
    ),
    "meanings.pdf": lambda: _mapped(b"<00><ff><" + b"0041" * 5_000 + b">"),
    "count.pdf": lambda: _page(_WORDS, count=1_000_000),
    "largest-count.pdf": lambda: _page(_WORDS, count=2**31 - 1),
    "pages.pdf": lambda: _page(_WORDS, pages=100_000),
    "pages-in-circle.pdf": lambda: _objects(_CATALOGUE, "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"),
    "pages-deep.pdf": lambda: _objects(
        _CATALOGUE, *(f"<< /Type /Pages /Parent {n} 0 R /Kids [{n + 2} 0 R] /Count 1 >>" for n in range(1, 20_000))
    ),
    "packed-twice.pdf": lambda: _page(b" " * 900 * _MB + _WORDS, times=2),
    "packed.pdf": lambda: _page(b" " * 400 * _MB + _WORDS),
    "words-at-steps.pdf": lambda: _page(
        b"".join(b"BT /F 12 Tf %d %d Td (w) Tj ET\n" % (n * 7 % 600, n * 13 % 790) for n in range(200_000))
    ),
    "words-on-words.pdf": lambda: _page(b"BT /F 12 Tf 72 700 Td (word) Tj ET\n" * 200_000),
    "two-columns.pdf": lambda: _page(
        b"".join(b"BT /F 9 Tf %d %d Td (cell text) Tj ET\n" % (50 + n % 2 * 300, 790 - n // 2 % 790) for n in range(100_000))
    ),
    "turned.pdf": lambda: _page(
        b"".join(b"BT /F 12 Tf 0 1 -1 0 %d 100 Tm (words here) Tj ET\n" % (n % 600) for n in range(20_000))
    ),
    "long-word.pdf": lambda: _page(b"BT /F 12 Tf 0 700 Td (" + b"a" * 2_000_000 + b") Tj ET"),
    "long-line.pdf": lambda: _page(b"BT /F 1 Tf 0 700 Td (" + b"ab " * 350_000 + b") Tj ET"),
    "states.pdf": lambda: _page(b"q " * 1_000_000 + _WORDS),
    "paths.pdf": lambda: _page(b"0 0 m " + b"9 9 l 5 7 l " * 1_000_000 + b"S " + _WORDS),
    "array-deep.pdf": lambda: _objects(f"{_CATALOGUE[:-2]} /X {'[' * 200_000}{']' * 200_000} >>", _PAGES),
    "objects-without-end.pdf": lambda: b"%PDF-1.7\n" + b"".join(b"%d 0 obj<</Length 9>>stream\n" % n for n in range(300_000)),
    "objects.pdf": lambda: b"%PDF-1.7\n" + b"1 0 obj\n" * 1_000_000,
    "table-in-circle.pdf": lambda: (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer << /Size 1 /Prev 9 /Root 1 0 R >>\nstartxref\n9\n%%EOF"
    ),
    "filters.pdf": lambda: _page(_WORDS).replace(b"[/FlateDecode ]", b"[" + b"/ASCII85Decode " * 50_000 + b"]"),
    "infinite.pdf": lambda: _page(
        b"1e300 0 0 1e300 0 0 cm BT 1e38 1e38 1e38 1e38 1e38 1e38 Tm /F 1e38 Tf (word) Tj ET " + _WORDS
    ),
    "locked.pdf": lambda: pdf("", locked=True),
}


# Archives


@cache
def _bombs() -> dict[str, bytes]:
    """Small files that each cost all that a file may cost, or nearly."""
    names = ("forms-in-forms.pdf", "words-at-steps.pdf")
    made = {name: _PDFS[name]() for name in names}
    made["nested.html"] = b"<ul><li>" * 40_000
    made["reference.md"] = _TEXTS["reference.md"]()
    made["blocks.docx"] = dict(_of_package("word"))["many-blocks-bzip2"]()
    made["meanings.pdf"] = _PDFS["meanings.pdf"]()
    return made


def _within(data: bytes, depth: int, breadth: int = 1) -> bytes:
    for level in range(depth):
        data = zipped({f"{level}-{n}.zip" if level else f"{n}.txt": data for n in range(breadth)})
    return data


def _overlapping(files: int, size: int) -> bytes:
    """An archive whose names all stand for the same bytes."""
    data = bytearray(zipped({"0.txt": b"word " * (size // 5)}))
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = bytes(data[start:end])
    entries = b"".join(entry.replace(b"0.txt", b"%05d" % n)[:46] + b"%05d" % n for n in range(files))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, files, files, len(entries), start, 0)
    return bytes(data[:start]) + entries + tail


def _with_size(archive: bytes, size: int) -> bytes:
    """A TAR archive whose first file claims a size."""
    head = bytearray(archive[:512])
    head[124:136] = b"%011o\0" % size
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + archive[512:]


_FILE = {"a.txt": b"Call the office at once.\n"}
_ARCHIVES: dict[str, Make] = {
    "six-bombs.zip": lambda: zipped({**_FILE, **_bombs(), "z.txt": b"Wait there.\n"}),
    "six-bombs.tar.gz": lambda: tarred({**_FILE, **_bombs(), "z.txt": b"Wait there.\n"}, "gz"),
    "many-bombs.zip": lambda: zipped({f"{n}.pdf": _PDFS["forms-in-forms.pdf"]() for n in range(60)}),
    "slow-files.zip": lambda: zipped({f"{n}.html": b"<ul><li>" * 12_000 for n in range(200)}),
    "bomb.zip": lambda: zipped({**_FILE, "b.txt": bytes(900 * _MB)}),
    "bomb-of-words.zip": lambda: zipped({**_FILE, "b.txt": b"word " * (40 * _MB)}),
    "bomb-of-rows.zip": lambda: zipped({**_FILE, "b.csv": b"question,answer\n" + b"Why?,So.\n" * (10 * _MB)}),
    "many-zeros.zip": lambda: zipped({f"{n}.txt": bytes(200 * _MB) for n in range(5)}),
    "in-archives.zip": lambda: _within(b"Call us.", 9),
    "many-in-archives.zip": lambda: _within(b"Call us.", 4, 16),
    "overlapping.zip": lambda: _overlapping(20_000, 2_000_000),
    "many-files.zip": lambda: zipped({f"{n}.txt": b"Call us.\n" for n in range(50_000)}),
    "too-many-files.zip": lambda: zipped({f"{n}": b"" for n in range(100_001)}),
    "wrong-sizes.zip": lambda: _with_wrong_sizes(zipped({**_FILE, "b.txt": b"word " * _MB})),
    "locked.zip": lambda: _locked(zipped(_FILE)),
    "other-names.zip": lambda: zipped({"../../etc/passwd.txt": b"Call us.", "/etc/shadow.txt": b"Wait.", "C:\\a.txt": b"Go."}),
    "lzma.zip": lambda: zipped(_FILE, zipfile.ZIP_LZMA),
    "bomb.tar.gz": lambda: gzip.compress(tarred({"a.txt": bytes(900 * _MB)})),
    "bomb-of-words.tar.xz": lambda: tarred({"a.txt": b"word " * (40 * _MB)}, "xz"),
    "claims.tar": lambda: _with_size(tarred(_FILE), 8 * 2**30 - 1),
    "cut.tar.gz": lambda: tarred({**_FILE, "b.txt": Random(1).randbytes(_MB)}, "gz")[: _MB // 2],
    "in-archives.tar.gz": lambda: tarred(
        {"a.tar.gz": tarred({"a.tar.gz": tarred({"a.tar.gz": tarred(_FILE, "gz")}, "gz")}, "gz")}, "gz"
    ),
    "many-files.tar": lambda: tarred({f"{n}.txt": b"" for n in range(20_000)}),
}


# Mails


def _mail_within(depth: int) -> bytes:
    head = b"Subject: Fees\nContent-Type: message/rfc822\n\n"
    return head * depth + b"Subject: Fees\n\nCall us.\n"


def _parts_within(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(depth))
    return b"Subject: Fees\n" + opened + b"\nCall us.\n"


_MAILS: dict[str, Make] = {
    "mails-in-mails.eml": lambda: _mail_within(5_000),
    "parts-in-parts.eml": lambda: _parts_within(5_000),
    "parts.eml": lambda: b"Subject: Fees\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 100_000,
    "same-name.eml": lambda: b"Subject: Fees\n" + b"X-A: b\n" * 300_000 + b"\nCall us.\n",
    "long-subject.eml": lambda: b"Subject: " + b"=?utf-8?q?=C3=A4?= " * 100_000 + b"\n\nCall us.\n",
    "recipients.eml": lambda: b"Subject: Fees\nTo: " + b"a@b.example, " * 100_000 + b"\n\nCall us.\n",
    "quoted.eml": lambda: mail({}, "> " * 200 + "a\n" + "> Who pays?\n" * 100_000),
    "bomb.eml": lambda: mail({"a.zip": zipped({"b.txt": bytes(500 * _MB)})}),
    "six-bombs.eml": lambda: mail(_bombs()),
    "base64.eml": lambda: b"Subject: Fees\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(b"word " * _MB),
    "locked.eml": lambda: (
        b"From: a@b.example\nSubject: Fees\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\n" + b"AAAA" * 99
    ),
    "mails.mbox": lambda: b"From a@b Fri Mar  1 10:00:00 2024\nSubject: Fees\n\nCall us.\n\n" * 20_000,
    "heads.mbox": lambda: b"From a@b Fri Mar  1 10:00:00 2024\n" * 100_000,
    "bombs.mbox": lambda: b"".join(
        b"From a@b Fri Mar  1 10:00:00 2024\n" + mail({name: data}) + b"\n\n" for name, data in _bombs().items()
    ),
    "mails-in-mails.msg": lambda: _outlook_within(12),
    "long.msg": lambda: ole(msg({"subject": "Fees", "body": "word " * 500_000})),
    "bomb.msg": lambda: ole(
        msg({"subject": "Fees", "rtf": struct.pack("<IIII", 99, 900 * _MB, 0x75465A4C, 0) + b"\xff" * 9_000})
    ),
}


def _outlook_within(depth: int) -> bytes:
    streams = msg({"subject": "Fees", "body": "Call us."})
    for _ in range(depth):
        streams = msg({"subject": "Fees", "body": "See below."}, mails=[streams])
    return ole(streams)
