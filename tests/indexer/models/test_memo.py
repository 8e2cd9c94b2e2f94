"""Vectors that are kept for the next question."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from askdex.indexer.models.memo import RememberingEncode
from tests.stubs import StubEncoder


def test_a_text_that_comes_again_is_not_encoded_again(stub: StubEncoder) -> None:
    encode = RememberingEncode(stub.encode_documents)
    for texts in (["one", "two", "one"], ["two", "three"], ["three", "one"]):
        assert np.array_equal(encode(texts), StubEncoder().encode_documents(texts))
    assert stub.encoded == ["one", "two", "three"]


def test_what_was_used_longest_ago_is_forgotten(stub: StubEncoder) -> None:
    encode = RememberingEncode(stub.encode_documents, capacity=2)
    for text in ("one", "two", "one", "three", "one", "two"):
        encode([text])
    assert stub.encoded == ["one", "two", "three", "two"]


def test_more_than_are_kept_can_be_asked_for(stub: StubEncoder) -> None:
    texts = [str(number) for number in range(5)]
    assert len(RememberingEncode(stub.encode_documents, capacity=2)(texts)) == 5


def test_threads_may_share_what_is_kept(stub: StubEncoder) -> None:
    encode = RememberingEncode(stub.encode_documents, capacity=3)
    questions = [[str(number % 7), str(number % 5)] for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        vectors = list(threads.map(encode, questions))
    for texts, pair in zip(questions, vectors, strict=True):
        assert np.array_equal(pair, StubEncoder().encode_documents(texts))
