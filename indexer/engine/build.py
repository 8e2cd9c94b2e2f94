"""Building an engine: of all passages at once, or of the engine before and of what has changed since."""

from collections.abc import Iterable, Sequence

from askdex.indexer.engine.embedded import EXACT, EmbeddedEngine, SketchTuning
from askdex.indexer.engine.files import EngineManifest, EngineWriter
from askdex.indexer.engine.segment import DEFAULT_SIZES, LiveSegment, SegmentSizes, merged, segments_of
from askdex.indexer.engine.tuning import tuned
from askdex.indexer.types import Ids, IndexedPassage


def built(passages: Iterable[IndexedPassage], writer: EngineWriter, sizes: SegmentSizes = DEFAULT_SIZES) -> EmbeddedEngine:
    """Build an engine of these passages. Raises OSError."""
    return _tuned([LiveSegment(writer.keep(segment)) for segment in segments_of(passages, sizes)], EXACT)


def extended(
    before: EngineManifest,
    added: Iterable[IndexedPassage],
    removed: Ids,
    writer: EngineWriter,
    sizes: SegmentSizes = DEFAULT_SIZES,
) -> EmbeddedEngine:
    """Build an engine of the one before, with the passages that were added since and without those that were removed.

    The time this takes depends on what is added and on the size of the largest segment, not on the size of the collection; only
    where this has changed by a quarter are all its vectors compared, to tune the search anew.
    Raises StaleError where the engine before is damaged, OSError.
    """
    segments = [segment.without(removed) for segment in before.engine({}).segments]
    segments += [LiveSegment(writer.keep(segment)) for segment in segments_of(added, sizes)]
    segments = [segment for segment in segments if len(segment)]
    chosen = _to_merge(segments, sizes)
    if chosen:
        names = {segment.name for segment in chosen}
        # The other segments are shared as files, and verified by whoever opens them.
        before.verify(names.intersection(before.segments))
        segments = [segment for segment in segments if segment.name not in names]
        segments.append(LiveSegment(writer.keep(merged(chosen, sizes))))
    return _tuned(segments, before.tuning)


def _to_merge(segments: Sequence[LiveSegment], sizes: SegmentSizes) -> list[LiveSegment]:
    """The segments to merge, if any: the wasteful ones, the small ones, and then each that is no larger than those before it.

    Together they make no segment with more vectors than the largest may have; what is left out waits for the next change. So a
    passage is seldom moved, and there are few segments: about log2(n) for n passages, besides the largest (the logarithmic
    method, Bentley and Saxe, 1980).
    """
    chosen: list[LiveSegment] = []
    passages = vectors = 0
    wasteful = [segment for segment in segments if _is_wasteful(segment, sizes)]
    others = sorted((segment for segment in segments if not _is_wasteful(segment, sizes)), key=len)
    for n, segment in enumerate([*sorted(wasteful, key=len), *others]):
        is_larger = n >= len(wasteful) and len(segment) > max(passages, sizes.small)
        if chosen and (is_larger or vectors + segment.vector_count > sizes.largest):
            break
        chosen.append(segment)
        passages += len(segment)
        vectors += segment.vector_count
    return chosen if wasteful or len(chosen) > 1 else []


def _is_wasteful(segment: LiveSegment, sizes: SegmentSizes) -> bool:
    """Whether a segment is better written anew: removed passages are most of it, or it is small and has some."""
    size = len(segment.segment)
    removed = size - len(segment)
    return removed > 0 and (size <= sizes.small or 2 * removed > size)


def _tuned(segments: Sequence[LiveSegment], before: SketchTuning) -> EmbeddedEngine:
    """An engine with these segments, its search tuned, or as it was tuned before where little has changed."""
    engine = EmbeddedEngine(segments)
    tuning = tuned(engine, before)
    return engine if tuning == engine.tuning else EmbeddedEngine(segments, tuning)
