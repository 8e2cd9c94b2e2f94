"""Books in EPUB, made by hand."""

from tests.corpus.readers.archives import zipped

_CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="book/content.opf"/>'
    "</rootfiles></container>"
)


def epub(
    *chapters: str, metadata: str = "", spine: str = "", manifest: str = "", parts: dict[str, bytes] | None = None
) -> bytes:
    """A book of these chapters, in HTML; `spine` and `manifest` are what is added to its order and to the list of its files."""
    numbers = range(1, len(chapters) + 1)
    items = "".join(f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in numbers)
    order = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>{metadata}</metadata>'
        f"<manifest>{items}{manifest}</manifest><spine>{order}{spine}</spine></package>"
    )
    return zipped(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": _CONTAINER.encode(),
            "book/content.opf": package.encode(),
            **{f"book/c{n}.xhtml": chapter.encode() for n, chapter in enumerate(chapters, 1)},
            **(parts or {}),
        }
    )
