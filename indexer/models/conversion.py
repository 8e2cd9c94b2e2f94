"""Converting a sentence-transformers model for OpenVINO, and checking its vectors against those of torch.

It runs as a process of its own (`python -m askdex.indexer.models.conversion MODEL FOLDER`), which gives back the memory that
it takes, and keeps whatever a converter does to its process away from the program. torch, nncf and OpenVINO are imported
where they are needed, because they take seconds to import.
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

from askdex.corpus import starter
from askdex.corpus.passages import Tokens, cut, embedded_text
from askdex.corpus.readers.registry import is_read, parse
from askdex.corpus.sources import Item
from askdex.corpus.sources.folder import FolderSource
from askdex.corpus.types import Document
from askdex.indexer.errors import ModelError
from askdex.indexer.models import cache
from askdex.indexer.models.cache import CachedModel, ModelManifest
from askdex.indexer.models.hub import first_line
from askdex.indexer.models.openvino import MODEL_FILE, TOKENIZER_FILE, OpenVinoEncoder, compile_model, openvino_library
from askdex.indexer.models.torch_encoder import PLAIN_MODULES, SentenceTransformerEncoder, fast_tokenizer

BFLOAT16, INT8, FLOAT32 = "OpenVINO bfloat16", "OpenVINO int8", "OpenVINO float32"
_POOLINGS = ("mean", "cls")
_CONVERTER_ERRORS = (RuntimeError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError)
"""What the converters raise where they cannot convert a model."""

_LEAST_COSINE = 0.99
"""Between the vectors of one text before and after the conversion. The default model has .9999 in bfloat16, .999 in 8 bits."""

_TRIAL_PASSAGES = 40
"""Passages that a converted model is tried on: enough for all lengths, embedded by torch in a few seconds."""

_FURTHER_TRIAL_TEXTS = (
    "",
    "Who issues the card?",
    "card",
    "Wie beantrage ich eine neue Versicherungskarte, wenn meine verloren ging?",
    "La pension de retraite est versée à partir de soixante ans, sur demande, par la caisse du lieu de résidence.",
    "¿Qué documentos necesito para dar de alta a un empleado nuevo?",
    "社会保障卡丢失后，应当到哪里补办？",
    "def total(rows): return sum(row.amount for row in rows if row.paid)",
    "| year | rate | ceiling |\n| 2023 | 8 % | 29,000 |\n| 2024 | 8.5 % | 31,500 |",
)


class UnsuitableError(Exception):
    """The model is of a kind that cannot be converted; the message says why, in one clause."""


def convert(name: str, folder: Path) -> ModelManifest:
    """Convert a model into a folder, with a manifest; the manifest says why where it cannot be converted.

    Raises ModelError, OSError.
    """
    encoder = SentenceTransformerEncoder(name)
    try:
        manifest = _convert(encoder, folder)
    except UnsuitableError as error:
        manifest = _manifest(encoder, f"it cannot be converted: {error}")
    except _CONVERTER_ERRORS as error:
        manifest = _manifest(encoder, f"it could not be converted: {first_line(error)}")
    cache.write_manifest(folder, manifest)
    return manifest


def has_bfloat16() -> bool:
    """Whether this processor multiplies matrices of bfloat16."""
    return "BF16" in openvino_library().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def check(
    encoder: SentenceTransformerEncoder, folder: Path, runtime: str, least_cosine: float = _LEAST_COSINE
) -> ModelManifest:
    """The manifest of a converted model; it is usable where its vectors are near enough to those of torch."""
    on_trial = _manifest(encoder, "on trial")
    converted = OpenVinoEncoder(encoder.name, CachedModel(folder, on_trial))
    texts = trial_texts(encoder)
    pairs = (
        (converted.encode_documents, encoder.encode_documents),
        (converted.encode_questions, encoder.encode_questions),
    )
    least = min(float((encode(texts) * encode_on_torch(texts)).sum(axis=1).min()) for encode, encode_on_torch in pairs)
    if least < least_cosine:
        return replace(on_trial, reason=f"converted, its vectors differ too much (least cosine {least:.4f})")
    reason = f"the fastest here that keeps the vectors (least cosine to those of torch {least:.4f})"
    return replace(on_trial, runtime=runtime, reason=reason, checksums=cache.checksums(folder))


def trace(encoder: SentenceTransformerEncoder) -> Any:  # noqa: ANN401  # an OpenVINO model
    """The model for OpenVINO. Inputs are token ids and attention mask, both int32 of shape (texts, tokens).

    Outputs are unit vectors of shape (texts, dimension) and, where the model takes their mean, the vectors of tokens. The
    second output takes no more time that could be measured, and does not change a bit of the first.
    """
    import torch

    modules, is_mean_pooled = encoder.model, encoder.is_mean_pooled

    class Traced(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pipeline = modules

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            for module in self.pipeline:
                features = module(features)
            vectors = torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)
            return (vectors, features["token_embeddings"]) if is_mean_pooled else (vectors,)

    library = openvino_library()
    example = torch.ones(2, 8, dtype=torch.int32)
    shape = ([-1, -1], library.Type.i32)
    with torch.no_grad():
        return library.convert_model(Traced().train(mode=False), example_input=(example, example), input=[shape, shape])


def compress(model: Any) -> Any:  # noqa: ANN401  # OpenVINO models
    """The model with its weights in 8 bits. When it runs, OpenVINO quantizes what they are multiplied with, row by row."""
    import nncf

    logging.getLogger("nncf").setLevel(logging.ERROR)
    # Embeddings (Gather) are looked up, not multiplied: 8 bits would cost accuracy and gain no time.
    ignored = nncf.IgnoredScope(names=sorted(set(sensitive_products(model))), types=["Gather"], validate=False)
    return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_ASYM, ignored_scope=ignored)


def sensitive_products(model: Any) -> Iterator[str]:  # noqa: ANN401  # an OpenVINO model
    """The names of the products that lose most in 8 bits: the values of attention, and the second of each feed-forward network.

    Left in floating point, they halve the error of the whole model, which takes an eighth more time.
    """
    for node in model.get_ordered_ops():
        if node.get_type_name() == "ScaledDotProductAttention":
            yield from _product_before(node.input_value(2).get_node())
        elif node.get_type_name() == "MatMul" and _input_type(node, 0) == "Softmax":
            yield from _product_before(node.input_value(1).get_node())
        elif node.get_type_name() == "MatMul" and _is_narrowing(node):
            yield node.get_friendly_name()


def trial_texts(tokens: Tokens) -> list[str]:
    """The texts that a converted model is tried on: of the starter collection, and a few in other languages.

    They are always the same, so that the result of a conversion does not depend on anybody's documents.
    """
    return [*_from_short_to_long(starter_texts(tokens), _TRIAL_PASSAGES), *_FURTHER_TRIAL_TEXTS]


def main() -> None:
    """Convert the model that the first argument names, into the folder that the second names."""
    warnings.simplefilter("ignore")
    name, folder = sys.argv[1:]
    try:
        convert(name, Path(folder))
    except (ModelError, OSError) as error:
        raise SystemExit(str(error)) from error


def _convert(encoder: SentenceTransformerEncoder, folder: Path) -> ModelManifest:
    """Convert a model to the fastest form that keeps its vectors. Raises UnsuitableError, and what converters raise."""
    tokenizer = _suitable_tokenizer(encoder)
    tokenizer.save(str(folder / TOKENIZER_FILE))
    exact = trace(encoder)
    if has_bfloat16():
        # 8 bits would be no faster on such a processor.
        return _compile_and_check(encoder, exact, BFLOAT16, folder)
    # Some processors have no instructions for 8 bits, some models cannot be compressed, and some lose too much.
    with suppress(*_CONVERTER_ERRORS):
        manifest = _compile_and_check(encoder, compress(exact.clone()), INT8, folder)
        if manifest.is_usable:
            return manifest
    return _compile_and_check(encoder, exact, FLOAT32, folder)


def _suitable_tokenizer(encoder: SentenceTransformerEncoder) -> Any:  # noqa: ANN401  # the library's types are compiled
    """The tokenizer of a model that can be converted. Raises UnsuitableError for any other."""
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


def _compile_and_check(encoder: SentenceTransformerEncoder, model: Any, runtime: str, folder: Path) -> ModelManifest:  # noqa: ANN401
    """Compile an OpenVINO model into a folder, and check its vectors."""
    with TemporaryDirectory() as temporary:
        # Saving rounds the weights to 16 bits, which halves the file and the memory.
        openvino_library().save_model(model, Path(temporary) / "model.xml")
        (folder / MODEL_FILE).write_bytes(compile_model(Path(temporary) / "model.xml").export_model().getbuffer())
    return check(encoder, folder, runtime)


def _manifest(encoder: SentenceTransformerEncoder, reason: str) -> ModelManifest:
    """The manifest of a model that runs on torch for this reason."""
    padding = int(getattr(encoder.model.tokenizer, "pad_token_id", None) or 0)
    return ModelManifest(
        encoder.fingerprint,
        encoder.dimension,
        encoder.limit,
        {name: encoder.model.prompts.get(name) or "" for name in ("query", "document")},
        padding,
        encoder.runtime.name,
        reason,
    )


def _product_before(node: Any) -> Iterator[str]:  # noqa: ANN401  # nodes of an OpenVINO model
    """The name of the product whose result reaches a node through reshapes and transpositions, if there is one."""
    while node.get_type_name() != "MatMul" and node.get_input_size():
        node = node.input_value(0).get_node()
    if node.get_type_name() == "MatMul":
        yield node.get_friendly_name()


def _input_type(node: Any, number: int) -> str:  # noqa: ANN401  # a node of an OpenVINO model
    return str(node.input_value(number).get_node().get_type_name())


def _is_narrowing(product: Any) -> bool:  # noqa: ANN401  # a node of an OpenVINO model
    """Whether a product with weights has fewer output than input dimensions."""
    before, after = (value.get_partial_shape()[-1] for value in (product.input_value(0), product.output(0)))
    has_weights = product.input_value(1).get_partial_shape().is_static
    return bool(has_weights and before.is_static and after.is_static and before.get_length() > after.get_length())


def _from_short_to_long(texts: list[str], number: int) -> list[str]:
    """Some of the texts: in equal steps of rank from the shortest to the longest."""
    ordered = sorted(texts, key=lambda text: (len(text), text))
    last = len(ordered) - 1
    return [ordered[last * n // (number - 1)] for n in range(number)]


def starter_texts(tokens: Tokens) -> list[str]:
    """The different texts of the starter collection as they are embedded."""
    return list(dict.fromkeys(text for document in _starter_documents() for text in _embedded_texts(document, tokens)))


def _embedded_texts(document: Document, tokens: Tokens) -> Iterator[str]:
    for passage in cut(document, tokens):
        yield embedded_text(document, passage, tokens)
        if passage.question is not None:
            yield passage.question


def _starter_documents() -> Iterator[Document]:
    source = FolderSource(starter.FOLDER, starter.FOLDER, is_read)
    for item in source.items():
        if isinstance(item, Item):
            yield from (document for document in parse(item, source.read(item)) if isinstance(document, Document))


if __name__ == "__main__":
    main()
