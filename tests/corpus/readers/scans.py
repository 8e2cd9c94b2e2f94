"""Pictures of pages, and PDFs of such pictures."""

from io import BytesIO
from typing import Any

import pypdfium2
import pytest

from askdex.corpus.readers.recognition import is_installed

needs_recognition = pytest.mark.skipif(
    not is_installed(), reason="the extra is not installed: pip install -c constraints.txt -e '.[ocr]'"
)


def picture(data: bytes, number: int = 0, scale: float = 2.5) -> Any:  # noqa: ANN401  # Pillow is there with the extra
    """The picture of a page of a PDF."""
    document = pypdfium2.PdfDocument(data)
    try:
        return document[number].render(scale=scale).to_pil().convert("L")
    finally:
        document.close()


def saved(image: Any, suffix: str, *more: Any) -> bytes:  # noqa: ANN401
    """The bytes of a picture, or of several pages, in a format such as "PNG"."""
    buffer = BytesIO()
    options = {"save_all": True, "append_images": list(more)} if more else {}
    image.save(buffer, suffix, **({"resolution": 180} if suffix == "PDF" else {}), **options)
    return buffer.getvalue()
