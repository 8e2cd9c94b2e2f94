"""The readers of `indexer/models` in torch, whose changes can be fitted."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from askdex.indexer.models.dequantize import read_dequantized
from askdex.indexer.models.multilingual_reader import MAPPED
from askdex.indexer.models.packaged import ONNX_FILE
from askdex.indexer.types import Vectors

RANK, FIRST_CHANGED = 16, 6
"""The rank of the additions to matrices, and the first of the twelve layers that get any."""

_LAYERS, _HEADS, _DIMENSION = 12, 12, 384
_SCALE = 2.0
"""The factor of the additions: they learn faster than what they are added to."""

_PRODUCTS = (
    "attention/self/query",
    "attention/self/key",
    "attention/self/value",
    "attention/output/dense",
    "intermediate/dense",
    "output/dense",
)


class ChangedReader(nn.Module):
    """The cross-encoder in a folder with additions that are zero at first, and with an output of its own.

    Layers from `first_changed` on get additions.
    """

    def __init__(self, folder: Path, first_changed: int = FIRST_CHANGED) -> None:
        super().__init__()
        self._graph = _Graph(folder)
        self.words, self.positions, self.types = (
            nn.Embedding.from_pretrained(torch.tensor(self._graph.embedding(name)))  # type: ignore[no-untyped-call]  # as torch has it
            for name in ("word_embeddings", "position_embeddings", "token_type_embeddings")
        )
        self.norm = self._graph.norm("bert.embeddings.LayerNorm")
        self.layers = nn.ModuleList(_Layer(self._graph, n, RANK if n >= first_changed else 0) for n in range(_LAYERS))
        self.pooler = self._graph.product("/bert/pooler/dense/Gemm_MatMul_quant", "bert.pooler.dense.bias", 0)
        self.classifier = self._graph.product("/classifier/Gemm_MatMul_quant", "classifier.bias", 0)
        self.answer = nn.Linear(_DIMENSION, 1)
        self.alpha = nn.Parameter(torch.tensor(0.3))

    def forward(self, words: torch.Tensor, types: torch.Tensor, is_token: torch.Tensor) -> torch.Tensor:
        """The log-odds that each text answers, of shape (n,).

        `words` are the vectors of words, of shape (n, tokens, 384); the others have shape (n, tokens).
        """
        mask = torch.where(is_token[:, None, None, :], 0.0, -1e4)
        vectors = self.norm(words + self.positions.weight[: words.shape[1]] + self.types(types))
        for layer in self.layers:
            vectors = layer(vectors, mask.to(torch.bfloat16))
        first = vectors[:, 0].float()
        with torch.autocast("cpu", enabled=False):
            own: torch.Tensor = self.classifier(torch.tanh(self.pooler(first)))
            log_odds: torch.Tensor = (self.alpha * own + self.answer(first))[:, 0]
        return log_odds

    def start_from(self, file: Path) -> None:
        """Begin with the changes in a file like `reader.npz`."""
        with np.load(file) as changes, torch.no_grad():
            self.alpha.copy_(_tensor(changes["alpha"])[0])
            self.answer.weight.copy_(_tensor(changes["answer"]).T)
            self.answer.bias.copy_(_tensor(changes["bias"]))
            for name, product in self._changed_products():
                product.inner.copy_(_tensor(changes[f"{name}.inner"]))
                product.outer.copy_(_tensor(changes[f"{name}.outer"]) / _SCALE)

    def fitted(self) -> list[nn.Parameter]:
        """What is fitted."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def changes(self) -> dict[str, Any]:
        """What `reader.npz` holds."""
        numbers = {"alpha": self.alpha[None], "answer": self.answer.weight.T, "bias": self.answer.bias}
        for name, product in self._changed_products():
            numbers[f"{name}.inner"] = product.inner
            numbers[f"{name}.outer"] = product.outer * _SCALE
        return {name: number.detach().numpy().astype(np.float16) for name, number in numbers.items()}

    def _changed_products(self) -> Iterator[tuple[str, "_Product"]]:
        for n, layer in enumerate(self.layers):
            for name, product in zip(_PRODUCTS, layer.children(), strict=False):
                if isinstance(product, _Product) and product.rank:
                    yield f"layer.{n}/{name}", product


class MappedReader(ChangedReader):
    """The multilingual reader: some words are token vectors of another encoder, which are mapped; all layers get additions."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, first_changed=0)
        self.map = nn.Linear(_DIMENSION, _DIMENSION)

    def mapped(self, ids: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        """The vectors of words, of shape (n, tokens, 384): those of ids, or of mapped token vectors where an id is MAPPED."""
        return torch.where((ids == MAPPED)[..., None], self.map(vectors), self.words(ids))

    def start_from(self, file: Path) -> None:
        """See ChangedReader."""
        super().start_from(file)
        with np.load(file) as changes, torch.no_grad():
            self.map.weight.copy_(_tensor(changes["map"]))
            self.map.bias.copy_(_tensor(changes["map_bias"]))

    def changes(self) -> dict[str, Any]:
        """What `multilingual_reader.npz` holds."""
        mapping = {"map": self.map.weight, "map_bias": self.map.bias}
        return super().changes() | {name: number.detach().numpy().astype(np.float16) for name, number in mapping.items()}


def _tensor(numbers: npt.NDArray[np.float16]) -> torch.Tensor:
    return torch.tensor(numbers.astype(np.float32))


class _Product(nn.Module):
    """A matrix that stays, with an addition of low rank that is fitted, and a bias."""

    def __init__(self, weights: Vectors, bias: Vectors, rank: int) -> None:
        super().__init__()
        self.rank = rank
        self.weights = nn.Parameter(torch.tensor(weights.T.copy()), requires_grad=False)
        self.bias = nn.Parameter(torch.tensor(bias), requires_grad=False)
        self.inner = nn.Parameter(torch.randn(rank, weights.shape[0]) / math.sqrt(weights.shape[0]))
        self.outer = nn.Parameter(torch.zeros(weights.shape[1], rank))

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        product = functional.linear(vectors, self.weights, self.bias)
        if not self.rank:
            return product
        return product + _SCALE * functional.linear(functional.linear(vectors, self.inner), self.outer)


class _Norm(nn.Module):
    def __init__(self, weight: Vectors, bias: Vectors) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight), requires_grad=False)
        self.bias = nn.Parameter(torch.tensor(bias), requires_grad=False)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(vectors.float(), (_DIMENSION,), self.weight, self.bias, 1e-12)


class _Layer(nn.Module):
    """A layer of BERT. Its first children are its products, in the order of `_PRODUCTS`."""

    def __init__(self, graph: "_Graph", n: int, rank: int) -> None:
        super().__init__()
        products = [
            graph.product(
                f"/bert/encoder/layer.{n}/{name}/MatMul_quant",
                f"bert.encoder.layer.{n}.{name.replace('/', '.')}.bias",
                rank,
            )
            for name in _PRODUCTS
        ]
        self.query, self.key, self.value, self.attended, self.wider, self.narrower = products
        self.first_norm = graph.norm(f"bert.encoder.layer.{n}.attention.output.LayerNorm")
        self.last_norm = graph.norm(f"bert.encoder.layer.{n}.output.LayerNorm")

    def forward(self, vectors: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        query, key, value = (
            product(vectors).unflatten(-1, (_HEADS, -1)).transpose(1, 2) for product in (self.query, self.key, self.value)
        )
        # The library's own attention takes three times as long on its way back.
        weights = torch.softmax(query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + mask, -1, dtype=query.dtype)
        attended = self.attended((weights @ value).transpose(1, 2).flatten(-2))
        vectors = self.first_norm(vectors + attended)
        normed: torch.Tensor = self.last_norm(vectors + self.narrower(functional.gelu(self.wider(vectors))))
        return normed


class _Graph:
    """The constants of a dequantized model by their names."""

    def __init__(self, folder: Path) -> None:
        self._nodes = {node.get_friendly_name(): node for node in read_dequantized(folder / ONNX_FILE).get_ordered_ops()}

    def product(self, name: str, bias: str, rank: int) -> _Product:
        weights = self._nodes[name].input_value(1).get_node()
        return _Product(np.array(weights.get_data()), self._data(bias), rank)

    def norm(self, name: str) -> _Norm:
        return _Norm(self._data(f"{name}.weight"), self._data(f"{name}.bias"))

    def embedding(self, name: str) -> Vectors:
        """A table of vectors, whose 8-bit numbers are taken less their zero and times their scale."""
        node = self._nodes[f"bert.embeddings.{name}.weight_quantized"]
        numbers, following = node.get_data().astype(np.float32), node
        while following.get_type_name() != "Subtract":
            following = next(iter(following.output(0).get_target_inputs())).get_node()
        zero = following.input_value(1).get_node()
        while zero.get_type_name() != "Constant":
            zero = zero.input_value(0).get_node()
        scaled = next(iter(following.output(0).get_target_inputs())).get_node()
        scale = next(value.get_node() for value in scaled.input_values() if value.get_node().get_type_name() == "Constant")
        vectors: Vectors = (numbers - float(np.ravel(zero.get_data())[0])) * float(np.ravel(scale.get_data())[0])
        return vectors

    def _data(self, name: str) -> Vectors:
        return np.array(self._nodes[name].get_data(), np.float32)
