"""Following an index, closing it, and reading it in many threads."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from askdex.indexer.engine.protocol import ReadModel
from tests.indexer.generations.read_model.collection import (
    Collection,
    Implementation,
    assert_consistent,
    contents,
    passage_ids,
)
from tests.stubs import PATIENCE_S, wait_for


def test_who_follows_opens_what_is_new_before_anyone_asks(
    implementation: Implementation, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        opening.set()
        assert go_on.wait(PATIENCE_S)

    with closing(implementation.open(collection.index)) as model:
        with model.opened() as opened:
            before = contents(opened)
        model.follow()
        implementation.before_opening(monkeypatch, wait)
        collection.commit(new="# New\n\nSomething new.")
        # Nobody asks.
        assert opening.wait(PATIENCE_S)
        try:
            assert [state.generation for state in model.held()] == [2, 1]
            with model.opened() as opened:
                assert contents(opened)[1:] == before[1:]
                assert opened.state.generation == 1
        finally:
            go_on.set()
        wait_for(lambda: newest(model) == 2)


def newest(model: ReadModel) -> int:
    with model.opened() as opened:
        assert_consistent(opened)
        return opened.state.generation


def test_a_read_model_that_is_closed_follows_no_more(
    implementation: Implementation, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = {*threading.enumerate()}
    model = implementation.open(collection.index)
    model.follow()
    following = {*threading.enumerate()}
    model.follow()
    assert {*threading.enumerate()} <= following
    wait_for(lambda: newest(model) == 1)
    model.close()
    assert {*threading.enumerate()} <= threads
    opening = threading.Event()
    implementation.before_opening(monkeypatch, opening.set)
    collection.commit(new="# New\n\nSomething new.")
    opening.clear()
    assert not opening.wait(0.5)
    model.close()


def test_threads_that_read_while_others_commit_see_one_generation_each(model: ReadModel, collection: Collection) -> None:
    last, done = 4, threading.Event()
    all_have_read = threading.Barrier(5)

    def read() -> set[int]:
        seen = {read_once()}
        all_have_read.wait(PATIENCE_S)
        while not done.is_set():
            seen.add(read_once())
        return {*seen, read_once()}

    def read_once() -> int:
        with model.opened() as opened:
            assert_consistent(opened)
            numbers = passage_ids(opened, "pension.md")
            (text,) = [passage.text for passage in opened.passages(numbers)]
            expected = "A pension begins at sixty." if opened.state.generation == 1 else f"It is {opened.state.generation} now."
            assert text == expected
            ((unit,),) = opened.units(numbers)
            assert text[unit.start : unit.end] == expected
            return opened.state.generation

    with ThreadPoolExecutor(4) as threads:
        reading = [threads.submit(read) for _ in range(4)]
        try:
            all_have_read.wait(PATIENCE_S)
            for generation in range(2, last + 1):
                collection.commit(pension=f"# Pension\n\nIt is {generation} now.")
        finally:
            done.set()
        assert all({1, last} <= future.result() for future in reading)


def test_many_threads_get_what_one_gets(model: ReadModel) -> None:
    def read(_: int) -> list[object]:
        with model.opened() as opened:
            return contents(opened)

    alone = read(0)
    with ThreadPoolExecutor(8) as threads:
        assert all(together == alone for together in threads.map(read, range(32)))
