"""Reading an ONNX model with dynamically quantized products as one that the processor may compute as it likes.

Such a product rounds each activation to 8 bits by the largest of all of them, and has to be computed just so. With the
weights turned back into floating point, OpenVINO computes in bfloat16 where the processor does; on one that does that is
as fast as the ONNX runtime with 8 bits, and the scores are a tenth as far from those in float32.
"""

from pathlib import Path
from typing import Any

import numpy as np

from askdex.indexer.models.openvino import openvino

Node = Any
"""A node of an OpenVINO model; the library has no types for it."""


def read(file: Path) -> Any:  # noqa: ANN401  # an OpenVINO model
    """The model in an ONNX file, its 8-bit products in floating point. Raises RuntimeError where it cannot be read."""
    library = openvino()
    model = library.Core().read_model(file)
    for node in model.get_ordered_ops():
        if node.get_type_name() == "MatMul" and node.get_output_element_type(0) == library.Type.i32:
            _replace(node)
    model.validate_nodes_and_infer_types()
    return model


def _replace(product: Node) -> None:
    """Put a product of floating-point numbers in the place of one of integers and of the scaling after it."""
    from openvino import opset13

    scaled = _next(_next(product))
    scales = next(node for node in _sources(scaled) if node.get_type_name() == "Multiply")
    scale = next(node for node in _sources(scales) if node.get_type_name() == "Constant").get_data()
    weights, zero = (_constant(node).astype(np.float32) for node in _sources(_source(product, 1)))
    plain = opset13.matmul(_quantized(product), opset13.constant((weights - zero) * scale), False, False)  # noqa: FBT003
    scaled.output(0).replace(plain.output(0))


def _quantized(product: Node) -> Any:  # noqa: ANN401  # an output of a node
    """What was rounded to be the left side of a product: it was multiplied by 255 and divided by its range."""
    node = _source(product)
    while node.get_type_name() != "Divide":
        node = _source(node)
    multiplied = _source(node)
    return next(value for value in multiplied.input_values() if value.get_node().get_type_name() != "Constant")


def _constant(node: Node) -> Any:  # noqa: ANN401  # an array of any type
    while node.get_type_name() != "Constant":
        node = _source(node)
    return node.get_data()


def _sources(node: Node) -> list[Node]:
    return [value.get_node() for value in node.input_values()]


def _source(node: Node, n: int = 0) -> Node:
    return node.input_value(n).get_node()


def _next(node: Node) -> Node:
    return next(iter(node.output(0).get_target_inputs())).get_node()
