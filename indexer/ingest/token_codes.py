"""Giving every passage the codes of its tokens, by which late interaction compares it with a question."""

import logging
from collections.abc import Callable

from askdex.corpus.passages import Tokens
from askdex.indexer.ingest.progress import Progress
from askdex.indexer.ingest.staging import add_missing_codes
from askdex.indexer.models import late_interaction, token_models
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.token_models import TokenModel
from askdex.indexer.store import commits, states, tokens
from askdex.indexer.store.embedded_texts import stored_texts
from askdex.indexer.store.sqlite import Connection

_log = logging.getLogger(__name__)

_STEP = 256
"""Texts that are read and written at once, which bounds the work lost when a run is stopped."""


def load_for(connection: Connection, encoder: Callable[[], Encoder]) -> TokenModel | None:
    """The model, where one is used for an index; the index then holds no codes of another. Raises ModelError."""
    kind = token_models.kind_for(states.model(connection).name)
    if kind is None:
        return None
    _forget_others(connection, kind.fingerprint)
    return kind.load(encoder)


def complete_codes(
    connection: Connection,
    model: Callable[[], TokenModel | None],
    encoder: Callable[[], Tokens],
    progress: Progress,
    *,
    has_new: bool,
) -> None:
    """Give codes to all passages, and note that they can be used; or that they cannot, where the model is not installed.

    Passages that `Staging` took in have their codes, those of an older index have none. `has_new` is whether any was taken in.
    """
    kept, kind = states.token_model(connection), token_models.kind_for(states.model(connection).name)
    if kind is None:
        if kept is not None and has_new:
            _log.warning("The answers will be less good: the model %s is not installed any more.", late_interaction.COLBERT)
            with commits.writing(connection):
                states.set_token_model(connection, None)
        return
    if kept == kind.fingerprint:
        return
    _forget_others(connection, kind.fingerprint)
    vector_ids = tokens.lacking_codes(connection, kind.languages)
    for start in range(0, len(vector_ids), _STEP):
        progress(start, len(vector_ids))
        texts = stored_texts(connection, encoder(), vector_ids[start : start + _STEP])
        if (token_model := model()) is not None:
            add_missing_codes(connection, token_model, texts)
    if tokens.has_codes(connection):
        with commits.writing(connection):
            states.set_token_model(connection, kind.fingerprint)


def _forget_others(connection: Connection, fingerprint: str) -> None:
    """Delete the codes of another model than that of this fingerprint, or of another version of it."""
    if states.token_model(connection) not in (None, fingerprint):
        with commits.writing(connection):
            tokens.delete_all_codes(connection)
            states.set_token_model(connection, None)
