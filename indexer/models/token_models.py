"""The models of late interaction, and which goes with which encoder."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from askdex.indexer.errors import ModelError
from askdex.indexer.models import late_interaction, packaged, token_codes
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder, TokenVectors
from askdex.indexer.models.token_codes import QuestionTokens, TokenCodec
from askdex.indexer.types import Vectors

MULTILINGUAL_CODEC = TokenCodec(
    MULTILINGUAL_MODEL, bits=2, same_word=0.9, whole_match=0.9, unrelated=0.75, scale=3.0, decides=True
)
"""Its bounds and its scale were chosen by hand."""


class TokenModel(Protocol):
    """Turns texts into the vectors of their tokens. Many threads may call all of its methods at once."""

    @property
    def fingerprint(self) -> str:
        """What decides the codes. Codes of two fingerprints are never compared."""

    def question(self, text: str) -> QuestionTokens | None:
        """The tokens of a question; None where it has none."""

    def passages(self, texts: Sequence[str]) -> list[bytes]:
        """The codes of the tokens of passages; see `TokenCodec`."""


@dataclass(frozen=True, slots=True)
class TokenModelKind:
    """A model that is installed; for `fingerprint` see TokenModel.

    `languages` are those of the documents that it reads, None for all. `load` loads it, beside the encoder of an index. Raises
    ModelError.
    """

    name: str
    fingerprint: str
    languages: Collection[str] | None
    load: Callable[[Callable[[], Encoder]], TokenModel]

    def reads(self, language: str) -> bool:
        """Whether it reads documents in a language."""
        return self.languages is None or language in self.languages


def kind_for(encoder: str | None) -> TokenModelKind | None:
    """The model of late interaction that goes with the encoder of this name; None where there is none.

    That of the default encoder has weights of its own, for English. The multilingual encoder gives vectors of tokens itself,
    which find more than its vectors of passages. Other encoders have none: whether their tokens are of use is not known.
    """
    if encoder == DEFAULT_MODEL and late_interaction.is_token_model_installed():
        model = late_interaction.LateInteractionModel
        return TokenModelKind(
            late_interaction.COLBERT, model.fingerprint, packaged.LANGUAGES, lambda _: late_interaction.load_token_model()
        )
    if encoder == MULTILINGUAL_MODEL:
        return TokenModelKind(encoder, EncoderTokens.fingerprint, None, lambda load: EncoderTokens(load()))
    return None


def load_beside(encoder: Encoder) -> TokenModel | None:
    """The model of late interaction that goes with an encoder, None where there is none. Raises ModelError."""
    kind = kind_for(encoder.name)
    return None if kind is None else kind.load(lambda: encoder)


class EncoderTokens:
    """The multilingual encoder as a model of late interaction; see TokenModel."""

    fingerprint = f"{MULTILINGUAL_MODEL}-tokens-codec-{token_codes.CODEC_VERSION}"

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def question(self, text: str) -> QuestionTokens | None:
        """See TokenModel."""
        return QuestionTokens(self.question_vectors(text), MULTILINGUAL_CODEC)

    def passages(self, texts: Sequence[str]) -> list[bytes]:
        """See TokenModel."""
        return list(map(MULTILINGUAL_CODEC.codes, self.passage_vectors(texts)))

    def vectors_and_codes(self, texts: Sequence[str]) -> tuple[Vectors, list[bytes]]:
        """The encoder's vectors of passages, of shape (n, 384), and the codes of their tokens, from one run of the encoder.

        The vector of a text is the mean of those of its tokens, scaled to length 1.
        """
        tokens = self._token_vectors(texts)
        sums = np.array([of_text.vectors.sum(axis=0, dtype=np.float32) for of_text in tokens])
        vectors: Vectors = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return vectors, [MULTILINGUAL_CODEC.codes(_own_vectors(of_text)) for of_text in tokens]

    def question_vectors(self, text: str) -> Vectors:
        """The unit vectors of the tokens of a question, of shape (tokens, 384)."""
        (tokens,) = self._token_vectors([text], as_questions=True)
        return _own_vectors(tokens)

    def passage_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """The unit vectors of the tokens of passages, each of shape (tokens, 384)."""
        return list(map(_own_vectors, self._token_vectors(texts)))

    def _token_vectors(self, texts: Sequence[str], *, as_questions: bool = False) -> list[TokenVectors]:
        tokens = self._encoder.encode_tokens(texts, as_questions=as_questions)
        if tokens is None:
            raise ModelError(f"The model {self._encoder.name} gives no vectors of tokens here.")
        return tokens


def _own_vectors(tokens: TokenVectors) -> Vectors:
    """The unit vectors of a text's tokens without those of the prompt and special ones, of shape (tokens, 384).

    Of a text of which the tokenizer leaves nothing, the vector of the special token at its end.
    """
    is_own = tokens.spans[:, 0] < tokens.spans[:, 1]
    own = tokens.vectors[is_own] if is_own.any() else tokens.vectors[-1:]
    vectors: Vectors = own / np.linalg.norm(own, axis=1, keepdims=True)
    return vectors
