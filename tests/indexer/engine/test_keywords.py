"""BM25 over segments: the scores of the formula, whatever is passed over on the way to them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.engine import bm25, postings
from askdex.indexer.engine.keywords import KeywordIndex, KeywordLimits, SegmentPostings
from askdex.indexer.engine.postings import Postings, PostingsWriter
from askdex.indexer.engine.protocol import QueryTerm
from askdex.indexer.types import Mask, Rows

WORDS = [f"w{n}" for n in range(40)]
Text = list[str]


def texts(number: int, seed: int) -> list[Text]:
    """Passages in which few words are common and most are rare."""
    chances = np.random.default_rng(seed)
    shares = 1 / np.arange(1, len(WORDS) + 1)
    return [chances.choice(WORDS, chances.integers(1, 25), p=shares / shares.sum()).tolist() for _ in range(number)]


def indexed(passages: Sequence[Text]) -> Postings:
    writer = PostingsWriter()
    for words in passages:
        writer.add([words[: len(words) // 3], words[len(words) // 3 :]])
    return writer.finish(np.arange(len(passages), dtype=np.int32))


def by_formula(passages: Sequence[Text], words: Sequence[str]) -> list[float]:
    """The scores of passages, by their texts."""
    scores = [0.0] * len(passages)
    for word in words:
        average = sum(map(len, passages)) / len(passages)
        holders = sum(word in passage for passage in passages)
        rarity = math.log(1 + (len(passages) - holders + 0.5) / (holders + 0.5))
        for n, passage in enumerate(passages):
            norm = 0.8 * (1 - 0.9 + 0.9 * len(passage) / average)
            scores[n] += rarity * 1.8 * passage.count(word) / (passage.count(word) + norm)
    return scores


def weighed(index: KeywordIndex, words: Sequence[str], joined: Sequence[str] = ()) -> list[QueryTerm]:
    """The words that some passage holds, with their idf; joined forms stand for each of them."""
    terms = []
    for word in words:
        frequency = index.document_frequency((word, *joined))
        terms.append(QueryTerm(word, (word, *joined), frequency, bm25.idf(frequency, index.passage_count)))
    return [term for term in terms if term.document_frequency]


def found(index: KeywordIndex, words: Sequence[str], limit: int, masks: Sequence[Mask | None]) -> list[list[tuple[int, float]]]:
    return [
        list(zip(rows.tolist(), scores.tolist(), strict=True))
        for rows, scores in index.matching(weighed(index, words), limit, masks)
    ]


@pytest.fixture(params=[0, 2**14], ids=["in turn", "at once"])
def limits(request: pytest.FixtureRequest) -> KeywordLimits:
    """The words are looked at one after the other, as they are in a large collection, or all at once."""
    return KeywordLimits(summed_at_once=request.param)


@pytest.fixture
def segments() -> list[list[Text]]:
    """The texts of three segments."""
    return [texts(200, 1), texts(90, 3), texts(30, 5)]


@pytest.mark.parametrize("limit", [1, 10, 1_000])
@pytest.mark.parametrize("search_cost", [0, 4, 10**6])
@pytest.mark.parametrize("dead", [0, 0.3])
def test_the_best_of_all_segments_have_the_scores_of_the_formula(
    segments: list[list[Text]], limits: KeywordLimits, limit: int, search_cost: int, dead: float
) -> None:
    limits = replace(limits, search_cost=search_cost)
    live = [np.random.default_rng(n).random(len(of)) >= dead if dead else None for n, of in enumerate(segments)]
    index = KeywordIndex([SegmentPostings(indexed(of), mask) for of, mask in zip(segments, live, strict=True)], limits)
    places = [
        (segment, row)
        for segment, (of, mask) in enumerate(zip(segments, live, strict=True))
        for row in range(len(of))
        if mask is None or mask[row]
    ]
    whole = [segments[segment][row] for segment, row in places]
    for words in (WORDS[:10], WORDS[::7], ["w39"], ["w0", "unknown"]):
        expected = sorted(zip(by_formula(whole, words), places, strict=True), key=lambda of: (-of[0], of[1]))[:limit]
        given = [
            (score, (segment, row))
            for segment, of_segment in enumerate(found(index, words, limit, live))
            for row, score in of_segment
        ]
        best = sorted(given, key=lambda of: (-round(of[0], 4), of[1]))[:limit]
        np.testing.assert_allclose(
            [score for score, _ in best], [score for score, _ in expected if score > 0], rtol=1e-4, atol=1e-4
        )


def test_only_allowed_passages_are_found(segments: list[list[Text]], limits: KeywordLimits) -> None:
    index = KeywordIndex([SegmentPostings(indexed(of), None) for of in segments], limits)
    everything = found(index, WORDS[:3], 1_000, [None] * 3)
    allowed = [np.arange(len(of)) % 3 == 0 for of in segments]
    some = found(index, WORDS[:3], 1_000, allowed)
    assert some == [[hit for hit in hits if hit[0] % 3 == 0] for hits in everything]


def test_a_word_that_is_all_over_finds_nothing_by_itself_where_another_does(limits: KeywordLimits) -> None:
    passages = indexed([["the"]] * 30 + [["the", "card"]])
    index = KeywordIndex([SegmentPostings(passages, None)], replace(limits, few=2))
    assert [row for row, _ in found(index, ["the", "card"], 10, [None])[0]] == [30]
    assert len(found(index, ["the"], 50, [None])[0]) == 31


def test_a_passage_that_has_a_word_in_another_form_is_one_that_has_it(limits: KeywordLimits) -> None:
    passages = [["sign", "post"], ["signpost", "w1"], ["sign", "post", "signpost"], ["sign", "sign"], ["else", "w1"]]
    index = KeywordIndex([SegmentPostings(indexed(passages), None)], limits)
    (rows, scores), *_ = index.matching(weighed(index, ["sign", "post"], ["signpost"]), 9, [None])
    same = [["sign", "post"], ["sign", "post"], ["sign", "post", "else"], ["sign", "sign"], ["else", "w1"]]
    expected = by_formula(same, ["sign", "post"])
    assert rows.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(scores, expected[:4], rtol=1e-5)


def test_document_frequencies_count_live_passages() -> None:
    live = np.array([True, True, False])
    index = KeywordIndex([SegmentPostings(indexed([["card"], ["card", "lost"], ["card", "rent"]]), live)])
    assert [index.document_frequency((word,)) for word in ("card", "lost", "rent")] == [2, 1, 0]
    assert index.document_frequency(("lost", "rent", "card")) == 2


def test_without_segments_nothing_is_found(limits: KeywordLimits) -> None:
    index = KeywordIndex([], limits)
    assert index.document_frequency(("card",)) == 0
    assert index.matching([], 10, []) == []


def test_words_with_the_same_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "word_hash", lambda word: len(word))
    index = indexed([["card", "lost"], ["lost"], ["pension"]])
    *known, unknown = map(index.find, ("card", "lost", "pension", "rent"))
    assert [index.rows[index.place(number)].tolist() for number in known if number is not None] == [[0], [0, 1], [2]]
    assert unknown is None


def test_an_index_of_several_is_that_of_all_their_passages(tmp_path: Path) -> None:
    passages = texts(50, 9)
    rows = np.random.default_rng(0).permutation(50).astype(np.int32)
    first, second = rows[:20].copy(), rows[20:].copy()
    merged = postings.merge_postings([(indexed(passages[:20]), first), (indexed(passages[20:]), second)])
    assert_equal(merged, indexed([passages[n] for n in np.argsort(rows)]))
    merged.save(tmp_path)
    assert_equal(Postings.load(tmp_path), merged)


def test_passages_that_are_left_out_of_a_merger_leave_nothing_behind() -> None:
    moved: Rows = np.array([-1, 0, -1, 1], np.int32)
    merged = postings.merge_postings([(indexed([["rent"], ["card"], ["card", "fee"], ["lost", "card"]]), moved)])
    assert_equal(merged, indexed([["card"], ["lost", "card"]]))


def test_counts_stop_at_the_largest_that_is_kept() -> None:
    index = indexed([["card"] * 300])
    assert index.counts.tolist() == [255]
    assert index.lengths.tolist() == [300]


def assert_equal(one: Postings, other: Postings) -> None:
    assert one.terms() == other.terms()
    for name in ("ends", "rows", "counts", "lengths", "sequence", "sequence_ends"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_rare_word_of_little_weight_proposes_passages_beside_a_common_one_of_more(limits: KeywordLimits) -> None:
    passages = indexed([["rent"]] * 30 + [["of"]])
    index = KeywordIndex([SegmentPostings(passages, None)], replace(limits, few=2))
    terms = [QueryTerm("rent", ("rent",), 30, 2.0), QueryTerm("of", ("of",), 1, 1.0)]
    (rows, _), *_ = index.matching(terms, 10, [None])
    assert rows.tolist() == [30]
