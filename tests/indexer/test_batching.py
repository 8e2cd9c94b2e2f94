"""Encoding together what many threads ask for at once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from indexer.batching import BatchingEncoder
from indexer.engine import Vectors
from tests.stubs import PATIENCE_S, StubEncoder, wait_for

FAULTY = "faulty"


class Gate(StubEncoder):
    """An encoder that holds every batch until it is let through, and fails with one that has a faulty text in it."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []
        self.open = threading.Event()

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        assert self.open.wait(PATIENCE_S)
        if FAULTY in texts:
            raise ValueError(FAULTY)
        return super().encode_questions(texts)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def batching(gate: Gate) -> BatchingEncoder:
    return BatchingEncoder(gate)


def asked_together(gate: Gate, batching: BatchingEncoder, orders: Sequence[Sequence[str]]) -> list[Future[Vectors]]:
    """Ask for all of these while the encoder is busy with the first."""
    with ThreadPoolExecutor(len(orders)) as pool:
        futures = [pool.submit(batching.encode_questions, orders[0])]
        wait_for(lambda: bool(gate.batches))
        for number, order in enumerate(orders[1:], 1):
            futures.append(pool.submit(batching.encode_questions, order))
            wait_for(waits(batching, number))
        gate.open.set()
    return futures


def waits(batching: BatchingEncoder, number: int) -> Callable[[], bool]:
    return lambda: len(batching.encode_questions._waiting) == number


def test_who_asks_alone_is_answered_at_once(gate: Gate, batching: BatchingEncoder) -> None:
    gate.open.set()
    for question in ("one", "two"):
        assert np.array_equal(batching.encode_questions([question]), StubEncoder().encode_questions([question]))
    assert gate.batches == [["one"], ["two"]]


def test_questions_that_arrive_while_the_encoder_is_busy_are_one_batch(gate: Gate, batching: BatchingEncoder) -> None:
    orders = [["zero"], ["one"], ["two", "three"], [], ["four"]]
    futures = asked_together(gate, batching, orders)
    assert gate.batches == [["zero"], ["one", "two", "three", "four"]]
    for order, future in zip(orders, futures, strict=True):
        assert np.array_equal(future.result(), StubEncoder().encode_questions(order))


def test_a_batch_has_32_texts_at_the_most(gate: Gate, batching: BatchingEncoder) -> None:
    orders = [["zero"], *[[str(n)] * 5 for n in range(7)], ["many"] * 40, ["last"]]
    futures = asked_together(gate, batching, orders)
    assert [len(batch) for batch in gate.batches] == [1, 30, 5, 40, 1]
    assert [len(future.result()) for future in futures] == [len(order) for order in orders]


def test_an_error_reaches_whoever_caused_it_and_no_neighbour(gate: Gate, batching: BatchingEncoder) -> None:
    futures = asked_together(gate, batching, [["zero"], ["one"], [FAULTY], ["two"]])
    errors = [future.exception() for future in futures]
    assert [type(error) for error in errors] == [type(None), type(None), ValueError, type(None)]
    assert np.array_equal(futures[3].result(), StubEncoder().encode_questions(["two"]))


def test_after_an_error_others_are_answered(gate: Gate, batching: BatchingEncoder) -> None:
    gate.open.set()
    for _ in range(2):
        with pytest.raises(ValueError, match=FAULTY):
            batching.encode_questions([FAULTY])
    assert len(batching.encode_questions(["one"])) == 1
    assert gate.batches == [[FAULTY], [FAULTY], ["one"]]


def test_a_crowd_gets_what_each_asked_for(stub: StubEncoder) -> None:
    batching = BatchingEncoder(stub)
    texts = [f"question {n}" for n in range(400)]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda text: batching.encode_questions([text])[0], texts))
    assert np.array_equal(found, stub.encode_questions(texts))


def test_it_is_an_encoder_like_the_one_it_wraps(stub: StubEncoder) -> None:
    batching = BatchingEncoder(stub)
    assert (batching.name, batching.fingerprint, batching.dimension, batching.limit) == ("stub", stub.fingerprint, 64, 64)
    assert batching.count(["one two"]) == [4]
    assert np.array_equal(batching.encode_documents(["one"]), stub.encode_documents(["one"]))
