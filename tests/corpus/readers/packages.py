"""Word files, made by hand."""

import zipfile
from collections.abc import Iterable
from io import BytesIO
from xml.sax.saxutils import escape

_NAMESPACE = "http://schemas.openxmlformats.org"
_MAIN = f'xmlns:w="{_NAMESPACE}/wordprocessingml/2006/main"'
_OFFICE = f"{_NAMESPACE}/officeDocument/2006/relationships"
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
<Relationship Id="r3" Type="{_OFFICE}/footnotes" Target="footnotes.xml"/></Relationships>"""
_STYLES = f"""<w:styles {_MAIN}>
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style></w:styles>"""
_NUMBERING = f"""<w:numbering {_MAIN}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>
</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""
BULLET = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
NOTE = '<w:r><w:footnoteReference w:id="2"/></w:r>'


def paragraph(text: str, style: str = "", more: str = "", properties: str = "") -> str:
    """A paragraph in one of the styles T, H1 and H2, or in none; `more` is XML that comes after the text."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    run = f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{run}{more}</w:p>"


def table(*rows: Iterable[str]) -> str:
    """A table, whose first row is marked as its head."""
    lines = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>{'</w:tr><w:tr>'.join(lines)}</w:tr></w:tbl>"


def docx(*body: str, title: str | None = None, note: str = "", parts: dict[str, str] | None = None) -> bytes:
    """A Word file with this body, a title in its properties, and a footnote."""
    files = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/_rels/document.xml.rels": _PARTS,
        "word/document.xml": f"<w:document {_MAIN}><w:body>{''.join(body)}</w:body></w:document>",
        "word/styles.xml": _STYLES,
        "word/numbering.xml": _NUMBERING,
        "word/footnotes.xml": f'<w:footnotes {_MAIN}><w:footnote w:id="2">{paragraph(note)}</w:footnote></w:footnotes>',
        **(parts or {}),
    }
    if title is not None:
        files["docProps/core.xml"] = (
            f'<cp:coreProperties xmlns:cp="{_NAMESPACE}/package/2006/metadata/core-properties" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></cp:coreProperties>'
        )
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return buffer.getvalue()
