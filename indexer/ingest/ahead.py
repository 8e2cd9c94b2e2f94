"""Making the next of many things while the last one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")


def ahead(first: _Item, rest: Iterator[_Item]) -> Generator[_Item, None, None]:
    """The first and the rest, each made in a thread beside while whoever takes them is busy with the one before.

    Raises what they raise.
    """
    with ThreadPoolExecutor(1) as beside:
        item: _Item | None = first
        while item is not None:
            coming = beside.submit(next, rest, None)
            yield item
            item = coming.result()
