"""The inverted index: the same whatever the order in which passages come, in memory that is in proportion to their terms."""

import tracemalloc
from dataclasses import fields

import numpy as np

from askdex.indexer.engine.postings import Postings, PostingsWriter, merge_postings
from askdex.indexer.types import Rows


def texts(number: int, words: int) -> list[list[list[str]]]:
    """Passages of two parts, of so many words each."""
    chances = np.random.default_rng(1)
    return [[[f"w{word}" for word in chances.integers(0, 500, words)] for _ in range(2)] for _ in range(number)]


def indexed(passages: list[list[list[str]]], row_of: Rows | None = None) -> Postings:
    writer = PostingsWriter()
    for parts in passages:
        writer.add(parts)
    return writer.finish(np.arange(len(passages), dtype=np.int32) if row_of is None else row_of)


def assert_same(postings: Postings, expected: Postings) -> None:
    for field in fields(Postings):
        np.testing.assert_array_equal(getattr(postings, field.name), getattr(expected, field.name), field.name)


def test_postings_tell_which_passages_hold_a_term_and_how_often() -> None:
    postings = indexed([[["card"], ["lost", "card"]], [["pension"], []], [[], ["card"]]])
    place = postings.place(postings.find("card") or 0)
    assert postings.rows[place].tolist() == [0, 2]
    assert postings.counts[place].tolist() == [2, 1]
    assert postings.lengths.tolist() == [3, 1, 1]
    assert np.diff(postings.sequence_ends).tolist() == [5, 3, 3]
    assert sorted(postings.terms()) == ["card", "lost", "pension"]


def test_passages_that_come_in_another_order_give_the_same_index() -> None:
    passages = texts(3_000, 8)
    order = np.random.default_rng(2).permutation(len(passages)).astype(np.int32)
    assert_same(indexed([passages[n] for n in order.tolist()], order), indexed(passages))


def test_merging_gives_the_index_of_all_that_is_kept() -> None:
    passages = texts(3_000, 8)
    halves = indexed(passages[:1_500]), indexed(passages[1_500:])
    new_rows = np.where(np.arange(3_000) % 3 == 0, -1, np.cumsum(np.arange(3_000) % 3 != 0) - 1).astype(np.int32)
    merged = merge_postings(zip(halves, (new_rows[:1_500], new_rows[1_500:]), strict=True))
    assert_same(merged, indexed([passage for n, passage in enumerate(passages) if n % 3]))


def test_a_long_text_is_indexed_in_little_memory() -> None:
    writer = PostingsWriter()
    for parts in texts(2_000, 100):
        writer.add(parts)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    writer.finish(np.arange(2_000, dtype=np.int32))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (peak - before) / len(writer) < 60
