"""Embedding on other machines: an indexer has its texts embedded by workers, who find them in a table of a database."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from askdex.indexer.errors import ModelError, StorageError
from askdex.indexer.models import token_models
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.token_models import EncoderTokens, TokenModel
from askdex.indexer.postgres.address import DatabaseAddress, require_extra
from askdex.indexer.types import Vectors

if TYPE_CHECKING:
    from askdex.indexer.postgres.connection import Connection
    from askdex.indexer.postgres.texts import EmbeddedText, TextToEmbed

_POLL_S = 0.2
"""Seconds between two looks for texts to embed, or for their vectors."""

_TOLD_AFTER_S = 10
"""Seconds without a vector after which it is said that workers are waited for."""

_AGAIN_S = 2.0
"""Seconds until a worker tries again to reach a database that is away."""


def fingerprint_of(encoder: Encoder) -> str:
    """All that decides the vectors and the codes that a machine makes: models, runtime and precision."""
    kind = token_models.kind_for(encoder.name)
    parts = [f"{encoder.name} {encoder.fingerprint}", encoder.runtime.name, *([kind.fingerprint] if kind else [])]
    return ", ".join(parts)


class Elsewhere:
    """Has texts embedded by workers; see `Staging`. It connects with the first text, and anew where that is lost."""

    def __init__(self, address: DatabaseAddress, encoder: Encoder, tell: Callable[[str], object] = print) -> None:
        """`tell` hears that workers are waited for. Raises MissingExtraError."""
        require_extra()
        self._address, self._encoder, self._tell = address, encoder, tell

    def embedded(self, texts: Mapping[bytes, str], with_codes: Mapping[bytes, str]) -> tuple[Vectors, dict[bytes, bytes]]:
        """The vectors of texts, of shape (n, dimension), and the codes of the tokens of those that are to have some.

        Raises ModelError where workers make other vectors than this machine, StorageError.
        """
        # Here alone: it needs an extra.
        from askdex.indexer.postgres.texts import TextToEmbed, WorkTold, claim, connected_to_texts, forget, put, vector_of

        wanted = {key: TextToEmbed(text, with_codes=key in with_codes) for key, text in texts.items()}
        with connected_to_texts(self._address) as connection:
            claim(self._address, connection, WorkTold(self._encoder.name, fingerprint_of(self._encoder)))
            put(connection, list(wanted.values()))
            done = self._waited_for(connection, [text.key for text in wanted.values()])
            vectors = np.array([vector_of(done[text.key]) for text in wanted.values()])
            codes = {key: code for key, text in wanted.items() if (code := done[text.key].codes) is not None}
            forget(connection, list(done))
        return vectors, codes

    def _waited_for(self, connection: "Connection", keys: Sequence[bytes]) -> dict[bytes, "EmbeddedText"]:
        from askdex.indexer.postgres.texts import collected

        done: dict[bytes, EmbeddedText] = {}
        last, is_told = time.monotonic(), False
        while len(done) < len(set(keys)):
            missing = [key for key in keys if key not in done]
            new = collected(connection, missing)
            done |= new
            if new:
                last = time.monotonic()
            elif time.monotonic() - last > _TOLD_AFTER_S and not is_told:
                self._tell(f"Waiting for workers; on other machines, run: askdex work {self._address}")
                is_told = True
            if len(done) < len(set(keys)):
                time.sleep(_POLL_S)
        return done


def work(
    address: DatabaseAddress,
    load_encoder: Callable[[str], Encoder],
    tell: Callable[[str], object],
    *,
    ends_when_done: bool = False,
) -> int:
    """Embed texts of indexers until stopped, or until none is left; returns how many.

    A database that is away is tried again and again. Raises ModelError where this machine would make other vectors, or the
    model cannot be loaded.
    """
    require_extra()
    # Here alone: it needs an extra.
    from askdex.indexer.postgres.texts import connected_to_texts

    worker, told_last = _Worker(address, load_encoder, tell), ""
    while True:
        try:
            with connected_to_texts(address) as connection:
                while worker.work_once(connection) or not ends_when_done:
                    pass
                return worker.number
        except StorageError as error:
            if ends_when_done:
                raise
            if str(error) != told_last:
                tell(str(error))
                told_last = str(error)
            time.sleep(_AGAIN_S)


class _Worker:
    """A worker with the models that it has loaded."""

    def __init__(self, address: DatabaseAddress, load_encoder: Callable[[str], Encoder], tell: Callable[[str], object]) -> None:
        self._address, self._load_encoder, self._tell = address, load_encoder, tell
        self._loaded: tuple[Encoder, TokenModel | None] | None = None
        self.number = 0

    def work_once(self, connection: "Connection") -> bool:
        """Embed the texts of a lease, or wait a little where there are none; returns whether there were some."""
        from askdex.indexer.postgres import texts as table

        asked = table.told(connection)
        if asked is None:
            time.sleep(_POLL_S)
            return False
        encoder, token_model = self._models(asked.model)
        is_same = table.is_same(self._address, connection, asked, fingerprint_of(encoder))
        leased = table.leased(connection) if is_same else {}
        if not leased:
            time.sleep(_POLL_S)
            return False
        self.number += table.give(connection, _made(encoder, token_model, leased))
        return True

    def _models(self, name: str) -> tuple[Encoder, TokenModel | None]:
        if self._loaded is None or self._loaded[0].name != name:
            encoder = self._load_encoder(name)
            self._loaded = encoder, token_models.load_beside(encoder)
            self._tell(f"Embedding for {self._address} with {fingerprint_of(encoder)} (Ctrl-C to stop)")
        return self._loaded


def _made(
    encoder: Encoder, token_model: TokenModel | None, texts: Mapping[bytes, "TextToEmbed"]
) -> dict[bytes, "EmbeddedText"]:
    """The vectors of texts, and the codes of the tokens of those that are to have some."""
    from askdex.indexer.postgres.texts import EmbeddedText

    coded = {key: text.text for key, text in texts.items() if text.with_codes}
    if coded and token_model is None:
        raise ModelError(
            f"Codes of tokens are asked for, and the model that makes them is not installed beside {encoder.name}."
        )
    vectors: dict[bytes, Vectors] = {}
    codes: dict[bytes, bytes] = {}
    if coded and isinstance(token_model, EncoderTokens):
        of_both, of_codes = token_model.vectors_and_codes(list(coded.values()))
        vectors |= zip(coded, of_both, strict=True)
        codes |= zip(coded, of_codes, strict=True)
    elif coded and token_model is not None:
        codes |= zip(coded, token_model.passages(list(coded.values())), strict=True)
    others = {key: text.text for key, text in texts.items() if key not in vectors}
    if others:
        vectors |= zip(others, encoder.encode_documents(list(others.values())), strict=True)
    return {key: EmbeddedText(vectors[key].astype("<f4").tobytes(), codes.get(key)) for key in texts}
