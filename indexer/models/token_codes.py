"""Token vectors in one or two bits a dimension, and how well a question matches them (late interaction).

The vectors of a model's tokens have much in common: their mean, the centre, is three quarters as long as they are, or longer.
So a vector x of unit length is kept as the levels l of what is left of it, and one number, its scale:

    y = rotation (x - centre),   l = level(y),   scale = |y|^2 / (y . l)
    q . x  ~  q . centre + scale * (rotation q) . l

With one bit the levels are -1 and 1, the signs of y; with two they are -3, -1, 1 and 3, in steps of the spread of y. The scale
makes the estimate right for q = x (Gao and Long, RaBitQ, 2024). The rotation spreads what a vector has in few dimensions over
all of them; it is that of the discrete cosine transform.

The match of a question with a passage is the mean over the question's tokens of the best cosine with a token of the passage
(MaxSim; Khattab and Zaharia, ColBERT, 2020), with a bound on both.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Numbers, Vectors

CODEC_VERSION = 1
"""The version of the codes. Raise it with any change of them."""

DIMENSION = 384
_PLANE_BYTES = DIMENSION // 8
_SCALE_TYPE = np.dtype("<f2")

_STEP = 0.996
"""The distance of two levels of a normal distribution of spread 1 that loses least with four levels (Max, 1960)."""

_CENTRES_FILE = Path(__file__).with_name("token_centres.json")


@dataclass(frozen=True, slots=True)
class TokenCodec:
    """How the vectors of a model's tokens are kept, and what its matches mean.

    `model` is its name, `bits` are those of a dimension. From the cosine `same_word` on, a token of the passage is the same
    word in the same sense; more says how alike the sentences are. From the match `whole_match` on, the passage speaks of all
    that the question does: what repeats the question, such as every passage under a heading in the same words, matches better
    still, but does not answer it better. `unrelated` is the match with passages on something else, and `scale` how much what is
    above it counts. `decides` is whether the best match tells whether a question is answered at all: where no reader knows the
    language, it tells it better than all else that is known of a question.
    """

    model: str
    bits: int
    same_word: float
    whole_match: float
    unrelated: float
    scale: float = 1.0
    decides: bool = False

    @property
    def centre(self) -> Vectors:
        """The mean of the vectors of the model's tokens, of shape (384,)."""
        return _centre(self.model)

    @property
    def token_bytes(self) -> int:
        """Bytes that the codes of a token take."""
        return self.bits * _PLANE_BYTES + _SCALE_TYPE.itemsize

    def codes(self, vectors: Vectors) -> bytes:
        """The codes of the tokens of a passage, whose vectors have shape (tokens, 384) and unit length."""
        rotated = (vectors - self.centre) @ _rotation()
        numbers = self._level_numbers(rotated)
        planes = [np.packbits(numbers >> bit & 1, axis=1).tobytes() for bit in range(self.bits)]
        scales = np.square(rotated).sum(axis=1) / (rotated * self._levels(numbers)).sum(axis=1)
        return b"".join((*planes, scales.astype(_SCALE_TYPE).tobytes()))

    def _level_numbers(self, rotated: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
        """The levels of values, counted from the lowest, of shape (tokens, 384)."""
        half = 2 ** (self.bits - 1)
        steps = _STEP * np.sqrt(np.square(rotated).mean(axis=1, keepdims=True))
        numbers: npt.NDArray[np.uint8] = (np.clip(np.ceil(rotated / steps), 1 - half, half) + (half - 1)).astype(np.uint8)
        return numbers

    def _levels(self, numbers: npt.NDArray[np.uint8]) -> Vectors:
        """Levels by their numbers: of one bit -1 and 1, of two -3, -1, 1 and 3."""
        return 2 * numbers.astype(np.float32) - np.float32(2**self.bits - 1)


@dataclass(frozen=True, slots=True)
class QuestionTokens:
    """The vectors of the tokens of a question, of shape (tokens, 384), at least one, and the codec of their model."""

    vectors: Vectors
    codec: TokenCodec

    def least_met(self, other: "QuestionTokens") -> tuple[float, float]:
        """How well the token of this question is met that the other meets worst, and the same the other way round: cosines.

        Questions that ask for different things in nearly the same words have a word that the other lacks.
        """
        cosines = self.vectors @ other.vectors.T
        return float(cosines.max(axis=1).min()), float(cosines.max(axis=0).min())

    def matches(self, passages: Sequence[bytes]) -> Numbers:
        """How well the question matches passages beyond what is unrelated to it, of shape (passages,).

        Each passage has the codes of at least one token.
        """
        codec = self.codec
        counts = [len(codes) // codec.token_bytes for codes in passages]
        numbers = _unpacked(passages, counts, codec.bits)
        scales = b"".join(codes[-_SCALE_TYPE.itemsize * count :] for codes, count in zip(passages, counts, strict=True))
        rotated = (self.vectors @ _rotation()).T
        # Of levels 2n - c by their numbers n: the numbers are multiplied as they are, c is taken off after it.
        products = 2 * (numbers.astype(np.float32) @ rotated) - (2**codec.bits - 1) * rotated.sum(axis=0)
        products *= np.frombuffer(scales, _SCALE_TYPE)[:, None].astype(np.float32)
        best = np.maximum.reduceat(products, [0, *accumulate(counts[:-1])], axis=0) + self.vectors @ codec.centre
        whole = np.minimum(np.minimum(best, codec.same_word).mean(axis=1), codec.whole_match).astype(np.float64)
        found: Numbers = codec.scale * (whole - codec.unrelated)
        return found


def _unpacked(passages: Sequence[bytes], counts: Sequence[int], bits: int) -> npt.NDArray[np.uint8]:
    """The numbers of the levels of all tokens of passages, which have `counts` tokens, of shape (tokens, 384)."""
    numbers = np.zeros((sum(counts), DIMENSION), np.uint8)
    sizes = [count * _PLANE_BYTES for count in counts]
    for bit in range(bits):
        plane = b"".join(codes[bit * size : (bit + 1) * size] for codes, size in zip(passages, sizes, strict=True))
        numbers |= np.unpackbits(np.frombuffer(plane, np.uint8).reshape(-1, _PLANE_BYTES), axis=1) << bit
    return numbers


@cache
def _centre(model: str) -> Vectors:
    """Over the starter collection (`python -m tests.benchmarks token-centre`)."""
    return np.array(json.loads(_CENTRES_FILE.read_text(encoding="utf-8"))[model], np.float32)


@cache
def _rotation() -> Vectors:
    """The matrix of the discrete cosine transform (DCT-II), of shape (384, 384); its columns are of unit length."""
    places, waves = np.arange(DIMENSION)[:, None] + 0.5, np.arange(DIMENSION)
    matrix = np.sqrt(2 / DIMENSION) * np.cos(np.pi / DIMENSION * places * waves)
    matrix[:, 0] /= np.sqrt(2)
    rotation: Vectors = matrix.astype(np.float32)
    return rotation
