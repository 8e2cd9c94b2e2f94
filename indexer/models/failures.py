"""Failures of libraries, told in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten

from askdex.indexer.errors import ModelError

_LONGEST = 160


def first_line(error: Exception) -> str:
    """The first line of what an error says, or its kind where it says nothing; of a long one the beginning."""
    return shorten((str(error).strip() or type(error).__name__).splitlines()[0], _LONGEST, placeholder=" ...")


def otherwise(device: str, option: str) -> str:
    """What to do where a model fails on a device as torch names it; the option is that which names the model."""
    other = f"name another, or the folder of one, with {option}"
    return other if device == "cpu" else f"give --device cpu, or {other}"


@contextmanager
def torch_failures(model: str, device: str, option: str) -> Iterator[None]:
    """Run a model on torch. Raises ModelError where that fails, as it does where a GPU has no memory left."""
    try:
        yield
    except RuntimeError as error:
        raise ModelError(f"The model {model} fails on {device} ({first_line(error)}): {otherwise(device, option)}.") from error
