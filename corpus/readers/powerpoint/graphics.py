"""What charts and diagrams say in words and numbers."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from askdex.corpus.readers.excel.number_formats import GENERAL, shown
from askdex.corpus.readers.office import child, children
from askdex.corpus.readers.powerpoint.paragraphs import paragraphs_of
from askdex.corpus.types import CELL_JOINT, Kind

_MOST_ROWS = 1_000
"""Points of a chart; nobody reads more off one."""


def chart_rows(chart: Element) -> Iterator[tuple[Kind, str, int]]:
    """The title of a chart, and the table that it shows: its categories with the value that each series has there."""
    title = next(chart.iter("c:title"), None)
    yield Kind.PARAGRAPH, "\n".join(one.text for one in paragraphs_of(child(title, "c:tx", "c:rich"), {})), 0
    series = list(chart.iter("c:ser"))
    if not series:
        return
    columns = [_points(child(one, "c:val")) or _points(child(one, "c:yVal")) for one in series]
    names = [" ".join(_points(child(one, "c:tx")).values()) for one in series]
    categories = _points(child(series[0], "c:cat")) or _points(child(series[0], "c:xVal"))
    if any(names):
        yield Kind.ROW, CELL_JOINT.join(["", *names]).strip(), 1
    for place in sorted({*categories, *(place for column in columns for place in column)})[:_MOST_ROWS]:
        yield Kind.ROW, CELL_JOINT.join([categories.get(place, ""), *(column.get(place, "") for column in columns)]), 0


def diagram_texts(diagram: Element) -> Iterator[str]:
    """The texts of the parts of a diagram (SmartArt), in their order."""
    for point in diagram.iter("dgm:pt"):
        if point.get("type", "node") in ("node", "asst"):
            yield "\n".join(paragraph.text for paragraph in paragraphs_of(child(point, "dgm:t"), {}))


def _points(data: Element | None) -> dict[int, str]:
    """The values that a chart keeps of its data, by their places, as the chart shows them."""
    if data is None:
        return {}
    number_format = next((one.text for one in data.iter("c:formatCode")), None) or GENERAL
    found: dict[int, str] = {}
    for cache in data.iter():
        if cache.tag in ("c:strCache", "c:numCache", "c:strLit", "c:numLit"):
            for point in children(cache, "c:pt"):
                value, place = child(point, "c:v"), point.get("idx", "")
                if value is not None and value.text and place.isdecimal():
                    found[int(place)] = _shown(value.text, number_format) if "num" in cache.tag else value.text.strip()
    return found


def _shown(value: str, number_format: str) -> str:
    try:
        return shown(float(value), number_format)
    except ValueError:
        return value
