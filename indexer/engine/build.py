"""Making an engine: of all passages at once, or of the engine before and what has changed since."""

from collections.abc import Iterable, Sequence

from askdex.indexer.engine.embedded import EXACT, EmbeddedEngine, Tuning
from askdex.indexer.engine.files import EngineManifest, EngineWriter
from askdex.indexer.engine.segment import LARGEST, LiveSegment, merged, segments_of
from askdex.indexer.engine.tuning import tuned
from askdex.indexer.types import Ids, IndexedPassage

_SMALL = 2**12
"""Passages; segments up to this size are merged whenever one is added, so there is never more than one of them."""


def built(entries: Iterable[IndexedPassage], draft: EngineWriter) -> EmbeddedEngine:
    """An engine of these passages."""
    return _tuned([LiveSegment(draft.keep(segment)) for segment in segments_of(entries)], EXACT)


def extended(before: EngineManifest, born: Iterable[IndexedPassage], died: Ids, draft: EngineWriter) -> EmbeddedEngine:
    """The engine before, with the passages that were born since and without those that died.

    What this takes depends on what is added and on how large a segment may be, not on the size of the collection. Raises
    StaleError where the engine before is damaged.
    """
    segments = [of.without(died) for of in before.engine({}).segments]
    segments += [LiveSegment(draft.keep(segment)) for segment in segments_of(born)]
    segments = [of for of in segments if len(of)]
    worn = _worn(segments)
    if worn:
        names = {of.segment.name for of in worn}
        # Others are only shared, and are verified by whoever opens them.
        before.verify(names.intersection(before.segments))
        segments = [of for of in segments if of.segment.name not in names]
        segments.append(LiveSegment(draft.keep(merged(worn))))
    return _tuned(segments, before.tuning)


def _worn(segments: Sequence[LiveSegment]) -> list[LiveSegment]:
    """The segments to merge, if any: the wasteful ones, and the smallest, as long as they double what is merged.

    So a passage is seldom moved, and there are few segments: about log2(n) for n passages, besides the largest (the
    logarithmic method, Bentley and Saxe, 1980).
    """
    worn = [of for of in segments if _is_wasteful(of)]
    passages = sum(map(len, worn))
    for of in sorted((of for of in segments if not _is_wasteful(of)), key=len):
        if passages and (len(of) > max(passages, _SMALL) or passages + len(of) > LARGEST):
            break
        worn.append(of)
        passages += len(of)
    return worn if len(worn) > 1 or any(map(_is_wasteful, worn)) else []


def _is_wasteful(of: LiveSegment) -> bool:
    dead = len(of.segment) - len(of)
    return dead > 0 and (len(of.segment) <= _SMALL or 2 * dead > len(of.segment))


def _tuned(segments: Sequence[LiveSegment], before: Tuning) -> EmbeddedEngine:
    engine = EmbeddedEngine(segments)
    tuning = tuned(engine, before)
    return engine if tuning == engine.tuning else EmbeddedEngine(segments, tuning)
