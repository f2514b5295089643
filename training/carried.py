"""Whether a file of another site holds the stated network. Keras is loaded here: import inside
functions only.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from training import keras_files, network
from training.keras_files import Kind, UnsafeFile

PATCHES = 8  # random ones
LARGEST_DIFFERENCE = 1e-4  # of the probabilities of one network filled in two ways


def refuse_other_network(
    path: Path,
    *,
    architecture: str,
    pooling: str,
    patch_px: int,
    sha256: str,
    step: Callable[[int], None] = lambda done: None,
) -> None:
    """Raise NetworkError or UnsafeFile unless the file is that network, and nothing else.

    It is looked at as data first; then the network is built here and filled from it; then it is
    loaded in Keras' safe mode, which is how it will be used, and must give the same answers.
    """
    empty = network.build(architecture, pooling=pooling, patch_px=patch_px)
    keras_files.refuse_foreign_kinds(path, kinds_of(empty))
    step(1)
    filled = network.build(architecture, pooling=pooling, patch_px=patch_px, weights=path)
    step(2)
    loaded = network.load(path, sha256=sha256)
    if loaded.input_shape != filled.input_shape or loaded.output_shape != filled.output_shape:
        raise UnsafeFile(
            f"{path.name} takes {loaded.input_shape} and gives {loaded.output_shape}; "
            f"{architecture} takes {filled.input_shape} and gives {filled.output_shape}"
        )
    rgb = np.random.default_rng(0).integers(0, 256, (PATCHES, patch_px, patch_px, 3))
    both = [np.asarray(each.predict_on_batch(rgb.astype(np.float32))) for each in (filled, loaded)]
    if not np.abs(both[0] - both[1]).max() <= LARGEST_DIFFERENCE:  # written so that NaN fails
        raise UnsafeFile(
            f"{path.name} is no {architecture} as this site builds it: it gives other answers than "
            "its own weights do there"
        )


def kinds_of(model: keras.Model) -> set[Kind]:
    """The kinds of objects that a network of ours is described by."""
    described = keras.saving.serialize_keras_object(model)
    return set(keras_files.kinds_in(described))
