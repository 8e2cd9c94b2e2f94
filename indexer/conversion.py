"""Converting a sentence-transformers model for OpenVINO, and comparing its vectors with those of torch.

It runs as a process of its own (`python -m indexer.conversion MODEL FOLDER`): the memory that it takes goes with it, and so
does whatever a converter may do to a process.
"""

import logging
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from indexer import calibration, model_cache
from indexer.errors import ModelError
from indexer.model_cache import Entry, Manifest
from indexer.openvino_encoder import MODEL, TOKENIZER, OpenVinoEncoder, compiled, openvino, padded
from indexer.torch_encoder import PLAIN_MODULES, SentenceTransformerEncoder, fast_tokenizer

BFLOAT16, INT8 = "OpenVINO bfloat16", "OpenVINO int8"
_BFLOAT16_CAPABILITY = "BF16"
_POOLINGS = ("mean", "cls")
_LEAST_COSINE = 0.98
"""Between vectors of one text. The model that comes with Askdex has .9999 in bfloat16, .997 in 8 bits."""


class UnsuitableError(Exception):
    """The model is none that can be converted; the message says why, in one clause."""


def convert(name: str, folder: Path) -> Manifest:
    """Convert a model into a folder, or settle why not; the manifest is written there too. Raises ModelError, OSError."""
    encoder = SentenceTransformerEncoder(name)
    try:
        manifest = _converted(encoder, folder)
    except UnsuitableError as error:
        manifest = _manifest(encoder, f"it cannot be converted: {error}")
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        manifest = _manifest(encoder, f"it could not be converted: {first_line}")
    model_cache.write(folder, manifest)
    return manifest


def _converted(encoder: SentenceTransformerEncoder, folder: Path) -> Manifest:
    tokenizer = _suitable(encoder)
    tokenizer.save(str(folder / TOKENIZER))
    library, model, runtime = openvino(), _traced(encoder), BFLOAT16
    # Eight bits are faster by a quarter, but lose some of the quality; where the processor multiplies bfloat16 that loses none.
    if _BFLOAT16_CAPABILITY not in library.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        texts = calibration.to_calibrate(encoder)
        model, runtime = _quantized(model, [tokenizer.encode(text) for text in texts], _padding(encoder)), INT8
    with TemporaryDirectory() as passing:
        # Saving rounds the weights to 16 bits, which halves the file and the memory.
        library.save_model(model, Path(passing) / "model.xml")
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


def _quantized(model: Any, encodings: Sequence[Any], padding: int) -> Any:  # noqa: ANN401  # OpenVINO models
    """The model with weights and activations of its matrix products in 8 bits, ranges learnt from encoded texts."""
    import nncf
    from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters

    nncf.set_log_level(logging.ERROR)
    return nncf.quantize(
        model,
        nncf.Dataset([padded([encoding], padding) for encoding in encodings]),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=nncf.IgnoredScope(names=_sensitive(model), validate=False),
        subset_size=len(encodings),
        # It takes four times as long as all else, and changes no measured figure.
        advanced_parameters=AdvancedQuantizationParameters(disable_bias_correction=True),
    )


def _sensitive(model: Any) -> list[str]:  # noqa: ANN401  # an OpenVINO model
    """The products whose results are added to what runs past them: those of attention and of the feed-forward network.

    Their inputs have the long tails that 8 bits serve worst; kept as they are, they halve the error of all.
    """
    products = (node for node in model.get_ordered_ops() if node.get_type_name() == "MatMul")
    return [node.get_friendly_name() for node in products if _is_added(node)]


def _is_added(product: Any) -> bool:  # noqa: ANN401  # a node of an OpenVINO model
    """Whether a product, with its bias if it has one, is one of two results that are added up."""
    first = _next(product)
    has_bias = "Constant" in [value.get_node().get_type_name() for value in first.input_values()]
    last = _next(first) if has_bias else first
    return {node.get_type_name() for node in (first, last)} == {"Add"}


def _next(node: Any) -> Any:  # noqa: ANN401  # nodes of an OpenVINO model
    return next(iter(node.output(0).get_target_inputs())).get_node()


def verified(encoder: SentenceTransformerEncoder, folder: Path, runtime: str) -> Manifest:
    """The manifest of a converted model: usable where its vectors are those of torch on texts that it has not seen."""
    trial = _manifest(encoder, "on trial")
    made = OpenVinoEncoder(encoder.name, Entry(folder, trial))
    texts = calibration.held_out(encoder)
    pairs = ((made.encode_documents, encoder.encode_documents), (made.encode_questions, encoder.encode_questions))
    least = min(float((ours(texts) * theirs(texts)).sum(axis=1).min()) for ours, theirs in pairs)
    if least < _LEAST_COSINE:
        return replace(trial, reason=f"converted, its vectors differ too much (least cosine {least:.4f})", cosine=least)
    reason = f"the fastest here that keeps the vectors (least cosine to those of torch {least:.4f})"
    return replace(trial, runtime=runtime, reason=reason, cosine=least, checksums=model_cache.checksums(folder))


def _manifest(encoder: SentenceTransformerEncoder, reason: str) -> Manifest:
    prompts = {name: encoder.model.prompts.get(name) or "" for name in ("query", "document")}
    shape = encoder.fingerprint, encoder.dimension, encoder.limit
    return Manifest(*shape, prompts, _padding(encoder), encoder.runtime.name, reason)


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
