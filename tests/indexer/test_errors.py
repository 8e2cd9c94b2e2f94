"""The tree of errors at the head of its module."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from askdex.corpus.errors import AskdexError
from askdex.indexer import errors

ENTRY = re.compile(r"^(?P<indent> +)(?P<name>\w+Error) +(?P<status>\d{3})(?P<module>  \(\S+\))?$", re.MULTILINE)


def subclasses(error: type[AskdexError]) -> Iterator[type[AskdexError]]:
    for child in error.__subclasses__():
        yield child
        yield from subclasses(child)


def test_the_tree_has_every_error_with_its_base_and_its_status() -> None:
    entries = list(ENTRY.finditer(errors.__doc__ or ""))
    drawn: dict[str, tuple[str | None, int]] = {}
    ancestors: list[tuple[int, str]] = []
    for entry in entries:
        depth = len(entry["indent"])
        ancestors = [(at, name) for at, name in ancestors if at < depth]
        drawn[entry["name"]] = (ancestors[-1][1] if ancestors else None, int(entry["status"]))
        ancestors.append((depth, entry["name"]))
    below = ("askdex.corpus.errors", "askdex.indexer.errors")
    derived = [error for error in subclasses(AskdexError) if error.__module__ in below]
    there: dict[str, tuple[str | None, int]] = {"AskdexError": (None, errors.http_status(AskdexError))}
    there |= {error.__name__: (error.__bases__[0].__name__, errors.http_status(error)) for error in derived}
    assert drawn == there


def test_an_error_has_the_status_of_what_it_is_derived_from() -> None:
    class UnknownKeyError(errors.RequestError):
        pass

    class OtherError(AskdexError):
        pass

    assert errors.http_status(UnknownKeyError) is HTTPStatus.UNPROCESSABLE_ENTITY
    assert errors.http_status(OtherError) is HTTPStatus.SERVICE_UNAVAILABLE


@pytest.mark.parametrize("error", [AskdexError, *subclasses(AskdexError)])
def test_every_error_says_what_it_is(error: type[AskdexError]) -> None:
    assert (error.__doc__ or "").endswith(".")
