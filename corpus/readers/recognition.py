"""Text recognition: the words that a picture shows. RapidOCR, which carries its models, is there with the extra `ocr`.

It is imported, and its models are loaded, with the first picture, which takes some seconds.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

from askdex.corpus.builder import clean

INSTALLATION = "install askdex[ocr]"
LARGEST_SIDE = 2_000
"""Pixels of the longer side of a picture. Larger ones are made smaller before they are read."""
MACHINE_READ, CONFIDENCE = "machine_read", "machine_confidence"
"""The metadata keys that say which pages the machine has read, and how sure of their words it is, from 0 to 1."""
MOST_PAGES = 1_000
"""Pages of a file that are recognised, each of which takes seconds."""
_PACKAGES = ("rapidocr", "onnxruntime")
_SETTINGS = {
    "Global.log_level": "critical",
    # It finds lines that are upside down, and among long ones many that are not.
    "Global.use_cls": False,
    # One line at a time: six take a third of a gigabyte more, and are no faster on one core.
    "Rec.rec_batch_num": 1,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
_wanted = [True]
_listeners: list[Callable[[], None]] = []


class RecognisedLine(NamedTuple):
    """A line of a picture and where it stands, in pixels from the upper left corner; `confidence` is from 0 to 1."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float


@cache
def is_installed() -> bool:
    """Whether pictures can be read."""
    return all(find_spec(package) is not None for package in _PACKAGES)


def want(*, is_wanted: bool) -> None:
    """Have pictures read from now on, or passed over as if there were no words in them."""
    _wanted[:] = [is_wanted]


def tell_each_page(listener: Callable[[], None]) -> None:
    """Call this before each page that is recognised: reading one takes more time and memory than anything else."""
    _listeners.append(listener)


def recognised(picture: Any) -> list[RecognisedLine]:  # noqa: ANN401  # of a library that is there only with the extra
    """The lines in a picture, from top to bottom; none where they are not wanted."""
    if not all(_wanted):
        return []
    for listener in _listeners:
        listener()
    found = _engine()(picture)
    if found.txts is None:
        return []
    lines = []
    for text, box, confidence in zip(found.txts, found.boxes.tolist(), found.scores, strict=True):
        across, down = [corner[0] for corner in box], [corner[1] for corner in box]
        shown = " ".join(clean(text).split())
        if shown:
            lines.append(RecognisedLine(shown, min(across), min(down), max(across), max(down), float(confidence)))
    return lines


@cache
def _engine() -> Any:  # noqa: ANN401  # the library is there only with the extra
    from rapidocr import EngineType, RapidOCR

    engines = {f"{model}.engine_type": EngineType.ONNXRUNTIME for model in ("Det", "Rec", "Cls")}
    return RapidOCR(params={**_SETTINGS, **engines})
