"""Loading and running models of sentence-transformers, from this machine or, if wanted, from the model hub.

The libraries fail with errors of many kinds and many lines; here they become a ModelError of one line that says what to do.
transformers and huggingface_hub are imported where a model is loaded, because they take seconds to import.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import TypeVar

from askdex.indexer.errors import ModelError

_Model = TypeVar("_Model")
_HUB_TIMEOUT_S = 10.0
"""Seconds to wait for the hub's first answer: longer than a slow network needs, short enough for a user who waits."""

_LONGEST_REASON = 160
"""Characters of a library's message that are shown: about two lines of a terminal."""


def load_model(
    make: Callable[..., _Model], name: str, folder: Path | None, device: str, option: str, *, fetches: bool
) -> _Model:
    """Make a model from its folder, or by its name where it has none on this machine.

    `option` is the command-line option that names the model. The hub is asked only with `fetches`, which is for models that
    the user has named. Raises ModelError.
    """
    from huggingface_hub import HfApi
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    try:
        return make(str(folder or name), device=device, local_files_only=True)
    except Exception as error:  # the library raises errors of many kinds
        if folder is not None:
            raise _cannot_be_loaded(name, error, device, option) from error
        if not fetches:
            raise ModelError(
                f"The model {name} is not on this machine: bring its folder back, or have it fetched with: askdex serve "
                f"{option} {name}"
            ) from error
    try:
        # Without this call, loading from a hub that is out of reach would retry for a minute.
        HfApi().model_info(name, timeout=_HUB_TIMEOUT_S)
        return make(name, device=device)
    except Exception as error:
        cause = "it is not on this machine, and the model hub does not give it: "
        raise _cannot_be_loaded(name, error, device, option, cause) from error


def first_line(error: Exception) -> str:
    """The first line of an error's message, shortened; the error's class name where there is no message."""
    return shorten((str(error).strip() or type(error).__name__).splitlines()[0], _LONGEST_REASON, placeholder=" ...")


@contextmanager
def torch_failures(model: str, device: str, option: str) -> Iterator[None]:
    """Run a model on torch. Raises ModelError where that fails, for example because a GPU has no memory left."""
    try:
        yield
    except RuntimeError as error:
        raise ModelError(f"The model {model} fails on {device} ({first_line(error)}): {_advice(device, option)}.") from error


@contextmanager
def missing_packages(model: str) -> Iterator[None]:
    """Import what runs a model on torch. Raises ModelError where that was taken out of the installation."""
    try:
        yield
    except ImportError as error:
        message = f"The model {model} needs the package {error.name}, which is not installed: install Askdex anew."
        raise ModelError(message) from error


def _cannot_be_loaded(name: str, error: Exception, device: str, option: str, cause: str = "") -> ModelError:
    return ModelError(f"The model {name} cannot be loaded ({cause}{first_line(error)}): {_advice(device, option)}.")


def _advice(device: str, option: str) -> str:
    """What the user can do where a model fails on a device, as torch names it."""
    another_model = f"name another, or the folder of one, with {option}"
    return another_model if device == "cpu" else f"give --device cpu, or {another_model}"
