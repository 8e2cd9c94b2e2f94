"""How far a long task is."""

from typing import Protocol


class Progress(Protocol):
    """Called now and then while documents are read and embedded."""

    def __call__(self, done: int, number: int, /) -> None:
        """Take the number of bytes that are done, and the number of all bytes."""


def unheard(_done: int, _number: int, /) -> None:
    """Progress that nobody follows."""
