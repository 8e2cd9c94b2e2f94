"""Loading what sentence-transformers gives: from this machine where it is there, else, if wanted, from the model hub."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from askdex.indexer.errors import ModelError
from askdex.indexer.models.failures import first_line, otherwise

_Model = TypeVar("_Model")
_PATIENCE_S = 10.0


def loaded(make: Callable[..., _Model], name: str, place: Path | None, device: str, option: str, *, fetches: bool) -> _Model:
    """Make a model from the folder where it lies; where there is none, by its name. Raises ModelError, naming the option.

    The hub is asked only if it may be fetched, as it may where the user has named it.
    """
    from huggingface_hub import HfApi  # these take seconds to import
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    try:
        return make(str(place or name), device=device, local_files_only=True)
    except Exception as error:  # the library raises what its many parts raise
        if place is not None:
            raise _unusable(name, error, device, option) from error
        if not fetches:
            raise ModelError(
                f"The model {name} is not on this machine: bring its folder back, or have it fetched with: askdex serve "
                f"{option} {name}"
            ) from error
    try:
        # Loading from a hub that is out of reach would try again for a minute; this fails at once.
        HfApi().model_info(name, timeout=_PATIENCE_S)
        return make(name, device=device)
    except Exception as error:
        where = "it is not on this machine, and the model hub does not give it: "
        raise _unusable(name, error, device, option, where) from error


def _unusable(name: str, error: Exception, device: str, option: str, where: str = "") -> ModelError:
    return ModelError(f"The model {name} cannot be loaded ({where}{first_line(error)}): {otherwise(device, option)}.")
