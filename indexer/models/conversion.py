"""Converting a sentence-transformers model for OpenVINO, and comparing its vectors with those of torch.

It runs as a process of its own (`python -m askdex.indexer.models.conversion MODEL FOLDER`): the memory that it takes goes
with it, and so does whatever a converter may do to a process.
"""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from askdex.indexer.errors import ModelError
from askdex.indexer.models import cache
from askdex.indexer.models.cache import CachedModel, ModelManifest
from askdex.indexer.models.failures import first_line
from askdex.indexer.models.openvino import MODEL, TOKENIZER, OpenVinoEncoder, compiled, openvino
from askdex.indexer.models.torch_encoder import PLAIN_MODULES, SentenceTransformerEncoder, fast_tokenizer
from askdex.indexer.models.trial_texts import trial_texts

BFLOAT16, INT8, FLOAT32 = "OpenVINO bfloat16", "OpenVINO int8", "OpenVINO float32"
_BFLOAT16_CAPABILITY = "BF16"
_POOLINGS = ("mean", "cls")
_FAILURES = (RuntimeError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError)
"""What converters raise at what they cannot do."""

_LEAST_COSINE = 0.99
"""Between vectors of one text. The model that comes with Askdex has .9999 in bfloat16, .999 in 8 bits."""


class UnsuitableError(Exception):
    """The model is none that can be converted; the message says why, in one clause."""


def convert(name: str, folder: Path) -> ModelManifest:
    """Convert a model into a folder, or settle why not; the manifest is written there too. Raises ModelError, OSError."""
    encoder = SentenceTransformerEncoder(name)
    try:
        manifest = _converted(encoder, folder)
    except UnsuitableError as error:
        manifest = _manifest(encoder, f"it cannot be converted: {error}")
    except _FAILURES as error:
        manifest = _manifest(encoder, f"it could not be converted: {first_line(error)}")
    cache.write(folder, manifest)
    return manifest


def _converted(encoder: SentenceTransformerEncoder, folder: Path) -> ModelManifest:
    tokenizer = _suitable(encoder)
    tokenizer.save(str(folder / TOKENIZER))
    exact = _traced(encoder)
    if _BFLOAT16_CAPABILITY in openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        # Eight bits would be no faster there.
        return _made(encoder, exact, BFLOAT16, folder)
    # Some processors lack the instructions for eight bits, some models the shape, and some lose too much.
    with suppress(*_FAILURES):
        manifest = _made(encoder, _compressed(exact.clone()), INT8, folder)
        if manifest.is_usable:
            return manifest
    return _made(encoder, exact, FLOAT32, folder)


def _made(encoder: SentenceTransformerEncoder, model: Any, runtime: str, folder: Path) -> ModelManifest:  # noqa: ANN401
    """Compile an OpenVINO model into a folder, and compare what it gives with what torch does."""
    with TemporaryDirectory() as passing:
        # Saving rounds the weights to 16 bits, which halves the file and the memory.
        openvino().save_model(model, Path(passing) / "model.xml")
        (folder / MODEL).write_bytes(compiled(Path(passing) / "model.xml").export_model().getbuffer())
    return verified(encoder, folder, runtime)


def _suitable(encoder: SentenceTransformerEncoder) -> Any:  # noqa: ANN401  # the library's types are compiled
    """The tokenizer of a model that can be converted. Raises UnsuitableError."""
    modules = list(encoder.model)
    kinds = [type(module).__name__ for module in modules]
    if kinds not in PLAIN_MODULES:
        raise UnsuitableError(f"its modules are {', '.join(kinds)}, not Transformer, Pooling and perhaps Normalize")
    pooling: Any = modules[1]
    if pooling.pooling_mode not in _POOLINGS or not pooling.include_prompt or encoder.model.truncate_dim is not None:
        raise UnsuitableError(f"its pooling is {pooling.pooling_mode}, or leaves out prompts or dimensions")
    tokenizer = fast_tokenizer(encoder.model.tokenizer)
    if tokenizer is None or encoder.model.tokenizer.padding_side != "right" or not encoder.model.max_seq_length:
        raise UnsuitableError("its tokenizer is no fast one that pads on the right, up to a length limit")
    tokenizer.enable_truncation(int(encoder.model.max_seq_length))
    return tokenizer


def _padding(encoder: SentenceTransformerEncoder) -> int:
    return int(getattr(encoder.model.tokenizer, "pad_token_id", None) or 0)


def _traced(encoder: SentenceTransformerEncoder) -> Any:  # noqa: ANN401  # an OpenVINO model
    """The model from token ids and mask, int32 of shape (texts, tokens), to unit vectors, and to those that they are means of.

    To give the vectors of tokens too takes no more time that could be measured, and changes no bit of those of texts.
    """
    import torch

    modules, is_mean_pooled = encoder.model, encoder.is_mean_pooled

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.modules_in_turn = modules

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            for module in self.modules_in_turn:
                features = module(features)
            vectors = torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)
            return (vectors, features["token_embeddings"]) if is_mean_pooled else (vectors,)

    library = openvino()
    example = torch.ones(2, 8, dtype=torch.int32)
    shape = ([-1, -1], library.Type.i32)
    with torch.no_grad():
        return library.convert_model(Whole().train(mode=False), example_input=(example, example), input=[shape, shape])


def _compressed(model: Any) -> Any:  # noqa: ANN401  # OpenVINO models
    """The model with its weights in 8 bits; the library then quantizes what they are multiplied with, row by row."""
    import nncf

    logging.getLogger("nncf").setLevel(logging.ERROR)
    # The embeddings are no product, and would lose for nothing.
    ignored = nncf.IgnoredScope(names=sorted(set(_sensitive(model))), types=["Gather"], validate=False)
    return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_ASYM, ignored_scope=ignored)


def _sensitive(model: Any) -> Iterator[str]:  # noqa: ANN401  # an OpenVINO model
    """The products that 8 bits serve worst: the values of attention, and the second of each feed-forward network.

    Kept as they are, they halve the error of all for an eighth of the speed.
    """
    for node in model.get_ordered_ops():
        if node.get_type_name() == "ScaledDotProductAttention":
            yield from _product(node.input_value(2).get_node())
        elif node.get_type_name() == "MatMul" and _kind(node, 0) == "Softmax":
            yield from _product(node.input_value(1).get_node())
        elif node.get_type_name() == "MatMul" and _narrows(node):
            yield node.get_friendly_name()


def _product(node: Any) -> Iterator[str]:  # noqa: ANN401  # nodes of an OpenVINO model
    """The name of the product that a node reshapes or moves the result of, if it does."""
    while node.get_type_name() != "MatMul" and node.get_input_size():
        node = node.input_value(0).get_node()
    if node.get_type_name() == "MatMul":
        yield node.get_friendly_name()


def _kind(node: Any, number: int) -> str:  # noqa: ANN401  # a node of an OpenVINO model
    return str(node.input_value(number).get_node().get_type_name())


def _narrows(product: Any) -> bool:  # noqa: ANN401  # a node of an OpenVINO model
    """Whether a product with weights has fewer dimensions than what it is made from."""
    before, after = (value.get_partial_shape()[-1] for value in (product.input_value(0), product.output(0)))
    is_weighted = product.input_value(1).get_partial_shape().is_static
    return bool(is_weighted and before.is_static and after.is_static and before.get_length() > after.get_length())


def verified(encoder: SentenceTransformerEncoder, folder: Path, runtime: str) -> ModelManifest:
    """The manifest of a converted model: usable where its vectors are those of torch on texts that it has not seen."""
    trial = _manifest(encoder, "on trial")
    made = OpenVinoEncoder(encoder.name, CachedModel(folder, trial))
    texts = trial_texts(encoder)
    pairs = ((made.encode_documents, encoder.encode_documents), (made.encode_questions, encoder.encode_questions))
    least = min(float((ours(texts) * theirs(texts)).sum(axis=1).min()) for ours, theirs in pairs)
    if least < _LEAST_COSINE:
        return replace(trial, reason=f"converted, its vectors differ too much (least cosine {least:.4f})", cosine=least)
    reason = f"the fastest here that keeps the vectors (least cosine to those of torch {least:.4f})"
    return replace(trial, runtime=runtime, reason=reason, cosine=least, checksums=cache.checksums(folder))


def _manifest(encoder: SentenceTransformerEncoder, reason: str) -> ModelManifest:
    prompts = {name: encoder.model.prompts.get(name) or "" for name in ("query", "document")}
    shape = encoder.fingerprint, encoder.dimension, encoder.limit
    return ModelManifest(*shape, prompts, _padding(encoder), encoder.runtime.name, reason)


def main() -> None:
    """Convert the model that is named, into the folder that is named."""
    warnings.simplefilter("ignore")
    name, folder = sys.argv[1:]
    try:
        convert(name, Path(folder))
    except (ModelError, OSError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
