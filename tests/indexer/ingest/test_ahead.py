import threading
from collections.abc import Iterator

import pytest

from askdex.indexer.ingest.ahead import ahead
from tests.stubs import PATIENCE_S


def test_the_next_is_made_while_the_one_before_is_used() -> None:
    made = threading.Event()

    def rest() -> Iterator[int]:
        made.set()
        yield 2

    items = ahead(1, rest())
    assert next(items) == 1
    assert made.wait(PATIENCE_S)
    assert list(items) == [2]


def test_no_more_than_the_next_is_made() -> None:
    made: list[int] = []

    def rest() -> Iterator[int]:
        for n in range(2, 9):
            made.append(n)
            yield n

    items = ahead(1, rest())
    assert [next(items), next(items)] == [1, 2]
    items.close()
    assert made == [2, 3]


def test_what_fails_beside_fails_after_the_one_before() -> None:
    def rest() -> Iterator[int]:
        yield 2
        raise ValueError("stopped")

    items = ahead(1, rest())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="stopped"):
        next(items)
