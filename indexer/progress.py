"""Being told how far a long task is."""

from typing import Protocol


class Progress(Protocol):
    """Called now and then while texts are embedded."""

    def __call__(self, done: int, number: int, /) -> None:
        """Take the number of texts that are embedded and the number that are to be."""


def unheard(_done: int, _number: int, /) -> None:
    """Progress that nobody follows."""
