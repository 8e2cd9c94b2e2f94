"""The pages in the formats that are written without another program."""

import csv
import html
import json
from collections.abc import Callable, Iterator
from io import StringIO
from xml.sax.saxutils import escape

from tests.corpus.readers.archives import tarred, zipped
from tests.corpus.readers.books import epub
from tests.corpus.readers.containers import msg, ole
from tests.corpus.readers.mails import HEADER, mail
from tests.corpus.readers.opendocuments import frame, h, items, odf, p, rows_of, slide, table
from tests.corpus.readers.packages import BULLET, docx, paragraph
from tests.corpus.readers.packages import table as word_table
from tests.corpus.readers.presentations import line, pptx, shape
from tests.corpus.readers.presentations import slide as powerpoint_slide
from tests.corpus.readers.presentations import table as powerpoint_table
from tests.corpus.readers.workbooks import xlsx
from tests.formats.pages import PAGES, Page

Files = dict[str, bytes]
_TWO_COLUMNS = '<table:table-column table:number-columns-repeated="2"/>'


def written() -> dict[str, Files]:
    """The files of each format, by the name of its folder."""
    files = {folder: _numbered(suffix, write) for folder, suffix, write in _WRITERS}
    plain = files["txt"]
    return {
        **files,
        "csv": {"pages.csv": _csv().encode()},
        "json": {"pages.json": json.dumps(_records()).encode()},
        "jsonl": {"pages.jsonl": "".join(f"{json.dumps(record)}\n" for record in _records()).encode()},
        "xlsx": {"pages.xlsx": xlsx({"Pool": [["Title", "Text"], *([page.title, as_lines(page)] for page in PAGES)]})},
        "pptx": {"pages.pptx": pptx(*map(_powerpoint_slide, PAGES))},
        "odp": {"pages.odp": odf("presentation", *map(_slide, PAGES))},
        "ods": {"pages.ods": odf("spreadsheet", _sheet())},
        "epub": {"pages.epub": epub(*map(as_html, PAGES))},
        "mbox": {"pages.mbox": b"".join(b"From a@b Fri Mar  1 10:00:00 2024\n" + _mail(page) + b"\n\n" for page in PAGES)},
        "zip": {"pages.zip": zipped(plain)},
        "tar": {"pages.tar.gz": tarred(plain, "gz")},
    }


def _numbered(suffix: str, write: Callable[[Page], str | bytes]) -> Files:
    """A file for each page."""
    contents = map(write, PAGES)
    return {
        f"{number:02}{suffix}": content if isinstance(content, bytes) else content.encode()
        for number, content in enumerate(contents, 1)
    }


def as_lines(page: Page) -> str:
    """A page without its title as plain text."""
    return "\n\n".join("\n".join(_lines(part)) for part in page.parts)


def as_html(page: Page) -> str:
    """A page in HTML."""
    return f"<!doctype html><html><head><meta charset='utf-8'></head><body>{html_body(page)}</body></html>"


def html_body(page: Page, level: int = 1) -> str:
    """What a page in HTML shows."""
    pieces = [f"<h{level}>{html.escape(page.title)}</h{level}>"]
    for part in page.parts:
        if isinstance(part, str):
            pieces.append(f"<p>{html.escape(part)}</p>")
        elif isinstance(part, tuple):
            pieces.append(f"<ul>{''.join(f'<li>{html.escape(item)}</li>' for item in part)}</ul>")
        else:
            head, *rows = [[html.escape(cell) for cell in row] for row in part]
            body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
            pieces.append(
                f"<table border='1'><thead><tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr></thead>{body}</table>"
            )
    return "\n".join(pieces)


def _lines(part: str | tuple[str, ...] | list[tuple[str, ...]]) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple):
        yield from (f"- {item}" for item in part)
    else:
        width = max(len(row[0]) for row in part) + 4
        yield from (f"{row[0]:{width}}{row[1]}" for row in part)


def _text(page: Page) -> str:
    return f"{page.title}\n\n{as_lines(page)}\n"


def _markup(head: str, item: str, row: Callable[[list[tuple[str, ...]]], Iterator[str]]) -> Callable[[Page], str]:
    """A writer of a language with lines that begin with signs."""

    def write(page: Page) -> str:
        pieces = [head.format(page.title, "=" * len(page.title))]
        for part in page.parts:
            if isinstance(part, str):
                pieces.append(part)
            elif isinstance(part, tuple):
                pieces.append("\n".join(f"{item} {text}" for text in part))
            else:
                pieces.append("\n".join(row(part)))
        return "\n\n".join(pieces) + "\n"

    return write


def _markdown_rows(rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(rows[0])} |"
    yield f"|{'---|' * len(rows[0])}"
    yield from (f"| {' | '.join(row)} |" for row in rows[1:])


def _restructured_rows(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    rule = "  ".join("=" * width for width in widths)
    yield rule
    for number, row in enumerate(rows):
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        if number == 0:
            yield rule
    yield rule


def _asciidoc_rows(rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield "[%header]\n|==="
    yield from (" ".join(f"|{cell}" for cell in row) for row in rows)
    yield "|==="


def _latex(page: Page) -> str:
    pieces = [f"\\section{{{page.title}}}"]
    for part in page.parts:
        if isinstance(part, str):
            pieces.append(part)
        elif isinstance(part, tuple):
            pieces.append("\\begin{itemize}\n" + "\n".join(f"\\item {item}" for item in part) + "\n\\end{itemize}")
        else:
            head, *rows = [" & ".join(row) + r" \\" for row in part]
            pieces.append("\n".join([r"\begin{tabular}{ll}", head, r"\hline", *rows, r"\end{tabular}"]))
    return "\\documentclass{article}\n\\begin{document}\n" + "\n\n".join(pieces) + "\n\\end{document}\n"


def _docbook(page: Page) -> str:
    pieces = [f"<title>{escape(page.title)}</title>"]
    for part in page.parts:
        if isinstance(part, str):
            pieces.append(f"<para>{escape(part)}</para>")
        elif isinstance(part, tuple):
            pieces.append(
                f"<itemizedlist>{''.join(f'<listitem><para>{escape(item)}</para></listitem>' for item in part)}</itemizedlist>"
            )
        else:
            head, *rows = [f"<row>{''.join(f'<entry>{escape(cell)}</entry>' for cell in row)}</row>" for row in part]
            pieces.append(
                f"<informaltable><tgroup cols='2'><thead>{head}</thead><tbody>{''.join(rows)}</tbody></tgroup></informaltable>"
            )
    return f"<?xml version='1.0'?><article>{''.join(pieces)}</article>"


def _notebook(page: Page) -> str:
    source = _MARKDOWN(page)
    return json.dumps({"cells": [{"cell_type": "markdown", "source": source.splitlines(keepends=True)}], "metadata": {}})


def _word(page: Page) -> bytes:
    body = [paragraph(page.title, "H1")]
    for part in page.parts:
        if isinstance(part, str):
            body.append(paragraph(part))
        elif isinstance(part, tuple):
            body += [paragraph(item, properties=BULLET) for item in part]
        else:
            body.append(word_table(*part))
    return docx(*body)


def open_document_blocks(page: Page) -> Iterator[str]:
    """The parts of a page as OpenDocument has them."""
    for part in page.parts:
        if isinstance(part, str):
            yield p(part)
        elif isinstance(part, tuple):
            yield items(*map(p, part))
        else:
            yield table(rows_of(part), columns=_TWO_COLUMNS)


def _odt(page: Page) -> bytes:
    return odf("text", h(page.title), *open_document_blocks(page))


def _rtf(page: Page) -> bytes:
    lines = [rf"\pard\s1 {page.title}\par"]
    for part in page.parts:
        if isinstance(part, list):
            lines += [rf"\trowd\intbl {row[0]}\cell {row[1]}\cell\row" for row in part]
        else:
            lines += [rf"\pard {text}\par" for text in ([part] if isinstance(part, str) else part)]
    text = r"{\rtf1\ansi\ansicpg1252{\stylesheet{\s1 heading 1;}}" + "\n".join(lines) + "}"
    return text.encode("cp1252").replace("é".encode("cp1252"), rb"\'e9")


def _saved(page: Page) -> str:
    """A page as browsers save it."""
    head = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x"
    return f"{head}\n\n--x\nContent-Type: text/html; charset=utf-8\n\n{as_html(page)}\n--x--\n"


def _mail(page: Page) -> bytes:
    return mail({}, as_lines(page), header={**HEADER, "Subject": page.title})


def _msg(page: Page) -> bytes:
    return ole(msg({"subject": page.title, "sender": "A", "address": "a@pool.example", "body": as_lines(page)}))


def _powerpoint_slide(page: Page) -> str:
    shapes = [shape(line(page.title), place="title")]
    for part in page.parts:
        if isinstance(part, str):
            shapes.append(shape(line(part)))
        elif isinstance(part, tuple):
            shapes.append(shape(*map(line, part), place="body"))
        else:
            shapes.append(powerpoint_table(*part))
    return powerpoint_slide(*shapes)


def _slide(page: Page) -> str:
    return slide(frame(p(page.title), place="title"), frame(*open_document_blocks(page)))


def _sheet() -> str:
    rows = [("Title", "Text"), *((page.title, as_lines(page).replace("\n", " ")) for page in PAGES)]
    return table(rows_of(rows), name="Pool")


def _records() -> list[dict[str, str]]:
    return [{"title": page.title, "text": as_lines(page)} for page in PAGES]


def _csv() -> str:
    out = StringIO()
    csv.writer(out).writerows([["title", "text"], *([page.title, as_lines(page)] for page in PAGES)])
    return out.getvalue()


_MARKDOWN = _markup("# {0}", "-", _markdown_rows)
_WRITERS: tuple[tuple[str, str, Callable[[Page], str | bytes]], ...] = (
    ("txt", ".txt", _text),
    ("md", ".md", _MARKDOWN),
    ("mdx", ".mdx", _MARKDOWN),
    ("rst", ".rst", _markup("{0}\n{1}", "-", _restructured_rows)),
    ("adoc", ".adoc", _markup("= {0}", "*", _asciidoc_rows)),
    ("tex", ".tex", _latex),
    ("html", ".html", as_html),
    ("mhtml", ".mht", _saved),
    ("xml", ".xml", _docbook),
    ("ipynb", ".ipynb", _notebook),
    ("docx", ".docx", _word),
    ("odt", ".odt", _odt),
    ("rtf", ".rtf", _rtf),
    ("eml", ".eml", _mail),
    ("msg", ".msg", _msg),
)
