"""Word files, made by hand."""

import zipfile
from collections.abc import Iterable
from io import BytesIO
from xml.sax.saxutils import escape

_NAMESPACE = "http://schemas.openxmlformats.org"
_OFFICE = f"{_NAMESPACE}/officeDocument/2006/relationships"
_MAIN = (
    f'xmlns:w="{_NAMESPACE}/wordprocessingml/2006/main" xmlns:r="{_OFFICE}" '
    f'xmlns:m="{_NAMESPACE}/officeDocument/2006/math" xmlns:mc="{_NAMESPACE}/markup-compatibility/2006"'
)
_TYPES = f"""<Types xmlns="{_NAMESPACE}/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_RELATIONS = f"""<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">
<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>"""
_PARTS = f"""<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">
<Relationship Id="r1" Type="{_OFFICE}/styles" Target="styles.xml"/>
<Relationship Id="r2" Type="{_OFFICE}/numbering" Target="numbering.xml"/>
<Relationship Id="r3" Type="{_OFFICE}/footnotes" Target="footnotes.xml"/>
<Relationship Id="form" Type="{_OFFICE}/hyperlink" Target="https://forms.example/card" TargetMode="External"/>
<Relationship Id="chunk" Type="{_OFFICE}/aFChunk" Target="/word/CHUNK"/></Relationships>"""
_STYLES = """<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style>"""
_NUMBERING = """<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"""
BULLET = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
NOTE = '<w:r><w:footnoteReference w:id="2"/></w:r>'


def paragraph(text: str, style: str = "", more: str = "", properties: str = "") -> str:
    """A paragraph in one of the styles T, H1 and H2, or in none; `more` is XML that comes after the text."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    run = f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{run}{more}</w:p>"


def table(*rows: Iterable[str], head: str = "<w:trPr><w:tblHeader/></w:trPr>", properties: str = "") -> str:
    """A table; `head` are the properties of its first row."""
    lines = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tr>{head}{'</w:tr><w:tr>'.join(lines)}</w:tr></w:tbl>"


def numbered(level: int = 0, numbering: int = 2) -> str:
    """The properties of a paragraph at a level of a numbering."""
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{numbering}"/></w:numPr>'


def level(number: int, text: str, number_format: str = "decimal", more: str = "") -> str:
    """A level of a numbering, whose numbers look like `text`."""
    counted = f'<w:start w:val="1"/><w:numFmt w:val="{number_format}"/>{more}<w:lvlText w:val="{text}"/>'
    return f'<w:lvl w:ilvl="{number}">{counted}</w:lvl>'


def numbering(*levels: str, overrides: str = "") -> str:
    """Numbering 2, which has these levels, and numbering 3, which has these and some overrides."""
    instances = "".join(
        f'<w:num w:numId="{n}"><w:abstractNumId w:val="1"/>{more}</w:num>' for n, more in ((2, ""), (3, overrides))
    )
    return f'<w:abstractNum w:abstractNumId="1">{"".join(levels)}</w:abstractNum>{instances}'


def docx(
    *body: str,
    properties: str | None = None,
    note: str = "",
    styles: str = "",
    numberings: str = "",
    chunk: tuple[str, str | bytes] = ("chunk.bin", ""),
    parts: dict[str, str] | None = None,
) -> bytes:
    """A Word file with this body; `properties` are those of the document, `chunk` is the name and text of one within it."""
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/_rels/document.xml.rels": _PARTS.replace("CHUNK", chunk[0]),
        "word/document.xml": f"<w:document {_MAIN}><w:body>{''.join(body)}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {_MAIN}>{_STYLES}{styles}</w:styles>",
        "word/numbering.xml": f"<w:numbering {_MAIN}>{_NUMBERING}{numberings}</w:numbering>",
        "word/footnotes.xml": f'<w:footnotes {_MAIN}><w:footnote w:id="2">{paragraph(note)}</w:footnote></w:footnotes>',
        f"word/{chunk[0]}": chunk[1],
        **(parts or {}),
    }
    if properties is not None:
        files["docProps/core.xml"] = (
            f'<cp:coreProperties xmlns:cp="{_NAMESPACE}/package/2006/metadata/core-properties" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">{properties}</cp:coreProperties>'
        )
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return buffer.getvalue()
