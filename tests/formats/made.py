"""The pages as LibreOffice and Chromium make them; nothing where these programs are not there."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from tests.corpus.readers.opendocuments import h
from tests.formats.pages import PAGES, Page
from tests.formats.written import Files, html_body, open_document_blocks, written

OFFICE = shutil.which("soffice")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_LONGEST_S = 300
_SPACE = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = " ".join(f'xmlns:{name}="{_SPACE}:{name}:1.0"' for name in "office text table style presentation".split())
_MORE_NAMES = (
    f'xmlns:draw="{_SPACE}:drawing:1.0" xmlns:svg="{_SPACE}:svg-compatible:1.0" xmlns:fo="{_SPACE}:xsl-fo-compatible:1.0"'
)
_PLACES = {
    "title": 'svg:x="2cm" svg:y="1cm" svg:width="24cm" svg:height="3cm"',
    "outline": 'svg:x="2cm" svg:y="5cm" svg:width="24cm" svg:height="14cm"',
}
_LAYOUT = "".join(f'<presentation:placeholder presentation:object="{name}" {place}/>' for name, place in _PLACES.items())
_STYLES = (
    f'<office:styles><style:presentation-page-layout style:name="AL1T0">{_LAYOUT}</style:presentation-page-layout>'
    "</office:styles>"
    '<office:automatic-styles><style:page-layout style:name="PM"><style:page-layout-properties fo:page-width="28cm" '
    'fo:page-height="21cm"/></style:page-layout></office:automatic-styles>'
    '<office:master-styles><style:master-page style:name="M" style:page-layout-name="PM"/></office:master-styles>'
)


def made(folder: Path) -> dict[str, Files]:
    """The files of each format, by the name of its folder, made in a folder of their own."""
    files: dict[str, Files] = {}
    if OFFICE is not None:
        texts = {f"{number:02}.fodt": _text(page).encode() for number, page in enumerate(PAGES, 1)}
        for suffix in ("docx", "rtf", "doc", "pdf", "epub", "html"):
            files[f"office-{suffix}"] = _converted(folder, texts, suffix)
        for suffix in ("ods", "xls"):
            files[f"office-{suffix}"] = _converted(folder, written()["xlsx"], suffix)
        deck = {"deck.fodp": _deck().encode()}
        for suffix in ("pptx", "odp", "ppt", "pdf"):
            files["office-slides" if suffix == "pdf" else f"office-{suffix}"] = _converted(folder, deck, suffix)
    if BROWSER is not None:
        files["browser-pdf"] = {"pages.pdf": _printed(folder)}
    return files


def _converted(folder: Path, sources: Files, suffix: str) -> Files:
    place, out = folder / "sources", folder / suffix
    shutil.rmtree(out, ignore_errors=True)
    place.mkdir(exist_ok=True)
    for name, data in sources.items():
        (place / name).write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    names = [str(place / name) for name in sources]
    _run([OFFICE or "", profile, "--headless", "--convert-to", suffix, "--outdir", str(out), *names])
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def _printed(folder: Path) -> bytes:
    page, out = folder / "pages.html", folder / "pages.pdf"
    sections = "".join(f"<section style='break-after: page'>{html_body(one)}</section>" for one in PAGES)
    page.write_text(f"<!doctype html><meta charset='utf-8'><body>{sections}</body>", encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder / 'browser'}"]
    _run([BROWSER or "", *options, f"--print-to-pdf={out}", page.as_uri()])
    return out.read_bytes()


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, timeout=_LONGEST_S, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _text(page: Page) -> str:
    """A page as flat XML of OpenDocument."""
    return (
        f'<?xml version="1.0"?><office:document {_NAMES} {_MORE_NAMES} office:version="1.3" '
        f'office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>'
        f"{h(page.title)}{''.join(open_document_blocks(page))}</office:text></office:body></office:document>"
    )


def _deck() -> str:
    """A presentation with a slide for each page, as flat XML."""
    slides = "".join(
        f'<draw:page draw:name="p{n}" draw:master-page-name="M" presentation:presentation-page-layout-name="AL1T0">'
        f"{_frame('title', [page.title])}{_frame('outline', _texts(page))}</draw:page>"
        for n, page in enumerate(PAGES, 1)
    )
    return (
        f'<?xml version="1.0"?><office:document {_NAMES} {_MORE_NAMES} office:version="1.3" '
        f'office:mimetype="application/vnd.oasis.opendocument.presentation">{_STYLES}<office:body>'
        f"<office:presentation>{slides}</office:presentation></office:body></office:document>"
    )


def _frame(place: str, texts: Sequence[str]) -> str:
    lines = [f"<text:p>{escape(text)}</text:p>" for text in texts]
    content = f"<text:list>{''.join(f'<text:list-item>{line}</text:list-item>' for line in lines)}</text:list>"
    style = "M-title" if place == "title" else "M-outline1"
    attributes = f'presentation:class="{place}" presentation:style-name="{style}" {_PLACES[place]}'
    return f"<draw:frame {attributes}><draw:text-box>{lines[0] if place == 'title' else content}</draw:text-box></draw:frame>"


def _texts(page: Page) -> list[str]:
    """The parts of a page as lines; slides of LibreOffice have tables of their own kind."""
    lines: list[str] = []
    for part in page.parts:
        if isinstance(part, str):
            lines.append(part)
        elif isinstance(part, tuple):
            lines += part
        else:
            lines += [f"{row[0]}: {row[1]}" for row in part[1:]]
    return lines
