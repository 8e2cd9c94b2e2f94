"""OpenDocument files, made by hand."""

import zipfile
from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape

_SPACE = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = " ".join(f'xmlns:{name}="{_SPACE}:{name}:1.0"' for name in "meta office presentation style table text".split())
_MAIN = (
    f'{_NAMES} xmlns:draw="{_SPACE}:drawing:1.0" xmlns:fo="{_SPACE}:xsl-fo-compatible:1.0" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_STYLES = """<style:style style:name="P1" style:parent-style-name="Title"/>
<style:style style:name="Bold"><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="Hidden"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Raised"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="Lowered"><style:text-properties style:text-position="-33% 58%"/></style:style>
<style:style style:name="Level"><style:text-properties style:text-position="0% 100%"/></style:style>
<style:style style:name="Gone"><style:table-properties table:display="false"/></style:style>
<style:style style:name="Skipped"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>
<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/></text:list-style>"""


def p(text: str, style: str = "", more: str = "") -> str:
    """A paragraph; `more` is XML that comes after the text."""
    return f'<text:p text:style-name="{style}">{escape(text)}{more}</text:p>'


def h(text: str, level: int = 1) -> str:
    """A heading."""
    return f'<text:h text:outline-level="{level}">{escape(text)}</text:h>'


def items(*contents: str, style: str = "", attributes: str = "") -> str:
    """A list of these items, which are XML."""
    lines = "".join(f"<text:list-item>{content}</text:list-item>" for content in contents)
    return f'<text:list text:style-name="{style}" {attributes}>{lines}</text:list>'


def row(*cells: str, attributes: str = "", cell_attributes: str = "") -> str:
    """A row of cells with these texts."""
    texts = "".join(f"<table:table-cell {cell_attributes}>{p(cell) if cell else ''}</table:table-cell>" for cell in cells)
    return f"<table:table-row {attributes}>{texts}</table:table-row>"


def table(*rows: str, name: str = "Sheet1", attributes: str = "", columns: str = "") -> str:
    """A table of rows, or a sheet."""
    return f'<table:table table:name="{name}" {attributes}>{columns}{"".join(rows)}</table:table>'


def slide(*shapes: str, attributes: str = "") -> str:
    """A slide."""
    return f"<draw:page {attributes}>{''.join(shapes)}</draw:page>"


def frame(*blocks: str, place: str = "") -> str:
    """A text box, in a place of a slide such as "title"."""
    return f'<draw:frame presentation:class="{place}"><draw:text-box>{"".join(blocks)}</draw:text-box></draw:frame>'


def odf(kind: str, *blocks: str, meta: str = "", parts: dict[str, str | bytes] | None = None) -> bytes:
    """A file with a body of the kind "text", "spreadsheet" or "presentation"."""
    body = f"<office:body><office:{kind}>{''.join(blocks)}</office:{kind}></office:body>"
    styles = f"<office:automatic-styles>{_STYLES}</office:automatic-styles>"
    files: dict[str, str | bytes] = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": f"<office:document-content {_MAIN}>{styles}{body}</office:document-content>",
        "meta.xml": f"<office:document-meta {_MAIN}><office:meta>{meta}</office:meta></office:document-meta>",
        **(parts or {}),
    }
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def rows_of(rows: Sequence[Sequence[str]]) -> str:
    """The rows of a table."""
    return "".join(row(*cells) for cells in rows)
