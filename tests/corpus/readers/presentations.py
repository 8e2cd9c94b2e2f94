"""PowerPoint files, made by hand."""

import zipfile
from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape

_NAMESPACE = "http://schemas.openxmlformats.org"
_OFFICE = f"{_NAMESPACE}/officeDocument/2006/relationships"
_MAIN = (
    f'xmlns:a="{_NAMESPACE}/drawingml/2006/main" xmlns:r="{_OFFICE}" '
    f'xmlns:p="{_NAMESPACE}/presentationml/2006/main" xmlns:c="{_NAMESPACE}/drawingml/2006/chart" '
    f'xmlns:dgm="{_NAMESPACE}/drawingml/2006/diagram" xmlns:mc="{_NAMESPACE}/markup-compatibility/2006"'
)
_TYPES = f"""<Types xmlns="{_NAMESPACE}/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/></Types>"""


def line(text: str, properties: str = "", run: str = "") -> str:
    """A paragraph; `properties` and `run` are XML of its properties and of those of its run."""
    return f"<a:p>{properties}<a:r><a:rPr>{run}</a:rPr><a:t>{escape(text)}</a:t></a:r></a:p>"


def shape(*lines: str, place: str | None = None) -> str:
    """A shape with these paragraphs, in a place of the layout such as "title"; a text box where that is None."""
    holder = "" if place is None else f'<p:ph type="{place}"/>'
    text = f"<p:txBody><a:bodyPr/>{''.join(lines)}</p:txBody>"
    return f"<p:sp><p:nvSpPr><p:cNvPr id='2' name='x'/><p:cNvSpPr/><p:nvPr>{holder}</p:nvPr></p:nvSpPr>{text}</p:sp>"


def table(*rows: Sequence[str], properties: str = 'firstRow="1"', reaching: str = "") -> str:
    """A table; the cell with the text `reaching` is a part of the cell above it."""

    def cell(text: str) -> str:
        merge = ' vMerge="1"' if reaching and text == reaching else ""
        return f"<a:tc{merge}><a:txBody>{line(text)}</a:txBody></a:tc>"

    lines = "".join(f"<a:tr>{''.join(map(cell, row))}</a:tr>" for row in rows)
    return graphic(f"<a:tbl><a:tblPr {properties}/>{lines}</a:tbl>")


def graphic(content: str) -> str:
    """The frame of a table, a chart or a diagram."""
    return f"<p:graphicFrame><a:graphic><a:graphicData>{content}</a:graphicData></a:graphic></p:graphicFrame>"


def slide(*shapes: str, attributes: str = "") -> str:
    """A slide."""
    return f"<p:sld {_MAIN} {attributes}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:sld>"


def notes(*shapes: str) -> str:
    """The notes of a slide."""
    return f"<p:notes {_MAIN}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:notes>"


def part(tag: str, content: str) -> str:
    """The XML of another part."""
    return f"<{tag} {_MAIN}>{content}</{tag}>"


def pptx(*slides: str, properties: str = "", related: dict[str, tuple[str, str]] | None = None) -> bytes:
    """A presentation. `related` are the types and contents of parts that each slide is related to, by the id that it gives."""
    others = related or {}
    targets = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="../others/{name}.xml"/>'
        for name, (kind, _) in others.items()
    )
    link = f'<Relationship Id="form" Type="{_OFFICE}/hyperlink" Target="https://forms.example/card" TargetMode="External"/>'
    numbers = range(1, len(slides) + 1)
    relations = "".join(f'<Relationship Id="s{n}" Type="{_OFFICE}/slide" Target="slides/slide{n}.xml"/>' for n in numbers)
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="s{n}"/>' for n in numbers)
    start = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="ppt/presentation.xml"/>'
    core = (
        f'<cp:coreProperties xmlns:cp="{_NAMESPACE}/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">{properties}</cp:coreProperties>'
    )
    files = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relationships(start),
        "docProps/core.xml": core,
        "ppt/presentation.xml": part("p:presentation", f"<p:sldIdLst>{ids}</p:sldIdLst>"),
        "ppt/_rels/presentation.xml.rels": _relationships(relations),
        **{f"ppt/slides/slide{n}.xml": content for n, content in enumerate(slides, 1)},
        **{f"ppt/slides/_rels/slide{n}.xml.rels": _relationships(targets + link) for n in numbers},
        **{f"ppt/others/{name}.xml": content for name, (_, content) in others.items()},
    }
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _relationships(content: str) -> str:
    return f'<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">{content}</Relationships>'
