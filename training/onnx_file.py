"""A network as an ONNX file. Keras is loaded here: import inside functions only."""

import logging
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np

INPUT = "rgb"
OPSET = 18
COMPARED = 8  # random patches


def write(model: keras.Model, path: Path) -> None:
    """Write the network whole or not at all: takes (n, side, side, 3) float32 RGB 0..255 as "rgb".

    What it gives is the network's own answer, before any calibration. Raises ValueError where the
    conversion fails.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    _with_plain_constants(model)
    shape = (None, *model.input_shape[1:])
    signature = [keras.InputSpec(shape=shape, dtype="float32", name=INPUT)]
    try:
        model.export(
            unfinished,
            format="onnx",
            verbose=False,
            input_signature=signature,
            opset_version=OPSET,
        )
        _refuse_broken(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _with_plain_constants(model: keras.Model) -> None:
    """Turn means and variances into arrays: as tensors they would become inputs of the graph."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization) and layer.input_mean is not None:
            layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)


def _refuse_broken(path: Path) -> None:
    import onnx  # noqa: PLC0415 -- slow import

    graph = onnx.load(path).graph
    # the converter leaves what it does not know under TensorFlow's own name (ConvNeXt's GELU)
    foreign = {node.op_type for node in graph.node if not _is_known(node)}
    if foreign:
        raise ValueError(
            f"this network cannot be taken to ONNX yet: ONNX has no {', '.join(sorted(foreign))}"
        )
    names = [each.name for each in graph.input]
    if names != [INPUT] or len(graph.output) != 1:
        raise ValueError(
            f"the network became a graph with the inputs {names[:5]}, expected {INPUT!r} alone; "
            "this kind of layer cannot be taken to ONNX yet"
        )


def _is_known(node: Any) -> bool:
    from onnx import defs  # noqa: PLC0415 -- slow import

    return defs.has(node.op_type, node.domain)


def largest_difference(model: keras.Model, path: Path, *, seed: int = 0) -> float | None:
    """The largest difference between both over random patches; None without ONNX Runtime here."""
    if find_spec("onnxruntime") is None:
        return None
    side = model.input_shape[1]
    patches = np.random.default_rng(seed).integers(0, 256, (COMPARED, side, side, 3))
    rgb = patches.astype(np.float32)
    given = answers(path, rgb)
    wanted = np.asarray(model.predict_on_batch(rgb)).reshape(given.shape)
    return float(np.abs(given - wanted).max())


def answers(path: Path, rgb: np.ndarray) -> Any:
    """What ONNX Runtime makes of patches (n, side, side, 3): (n, 1)."""
    import onnxruntime  # noqa: PLC0415 -- slow import

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {INPUT: rgb})[0]
