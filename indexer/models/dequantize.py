"""Reading an ONNX model that was dynamically quantized, with its 8-bit matrix products in floating point.

A dynamically quantized product rounds each activation to 8 bits, scaled by the range of all of them, and has to be computed
exactly so. With floating-point weights OpenVINO may use bfloat16 where the processor has it. There this is as fast as the
ONNX runtime with 8 bits, and the scores are ten times nearer to those in float32.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from askdex.indexer.models.openvino import openvino_library
from askdex.indexer.types import Vectors

Node = Any
"""A node of an OpenVINO model; the library has no types."""


def read_dequantized(file: Path, additions: Mapping[str, Vectors] | None = None) -> Any:  # noqa: ANN401  # an OpenVINO model
    """The model in an ONNX file, its 8-bit products in floating point. Raises RuntimeError where it cannot be read.

    `additions` are added to the weights of products, by the products' names, which they keep.
    """
    library = openvino_library()
    model = library.Core().read_model(file)
    for node in model.get_ordered_ops():
        if node.get_type_name() == "MatMul" and node.get_output_element_type(0) == library.Type.i32:
            _dequantize(node, (additions or {}).get(node.get_friendly_name()))
    model.validate_nodes_and_infer_types()
    return model


def _dequantize(product: Node, addition: Vectors | None) -> None:
    """Replace an integer product, and the scaling after it, by one floating-point product.

    From  MatMul(quantized x, weights - zero) -> Convert -> Multiply by (scale of x * scale of weights)
    to    MatMul(x, (weights - zero) * scale of weights).
    """
    opset = openvino_library().opset13
    scaled_product = _consumer(_consumer(product))
    scales = next(node for node in _inputs(scaled_product) if node.get_type_name() == "Multiply")
    scale = next(node for node in _inputs(scales) if node.get_type_name() == "Constant").get_data()
    weights, zero = (_constant(node).astype(np.float32) for node in _inputs(_input(product, 1)))
    weights = (weights - zero) * scale
    if addition is not None:
        weights += addition
    float_product = opset.matmul(_activation(product), opset.constant(weights), False, False)  # noqa: FBT003
    float_product.set_friendly_name(product.get_friendly_name())
    scaled_product.output(0).replace(float_product.output(0))


def _activation(product: Node) -> Any:  # noqa: ANN401  # an output of a node
    """The left side of a product before it was quantized: there it is multiplied by 255 and divided by its range."""
    node = _input(product)
    while node.get_type_name() != "Divide":
        node = _input(node)
    multiply = _input(node)
    return next(value for value in multiply.input_values() if value.get_node().get_type_name() != "Constant")


def _constant(node: Node) -> Any:  # noqa: ANN401  # an array of any type
    """The data of the constant that a chain of nodes begins with."""
    while node.get_type_name() != "Constant":
        node = _input(node)
    return node.get_data()


def _inputs(node: Node) -> list[Node]:
    return [value.get_node() for value in node.input_values()]


def _input(node: Node, n: int = 0) -> Node:
    return node.input_value(n).get_node()


def _consumer(node: Node) -> Node:
    """The first node that reads the output of a node."""
    return next(iter(node.output(0).get_target_inputs())).get_node()
