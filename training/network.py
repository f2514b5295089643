"""Build, save and load the networks. Keras is loaded here: import inside functions only.

Every network takes RGB patches as read from the slide (0..255) and scales them itself, so
training and prediction cannot scale differently. It gives one probability of tumour.
"""

import hashlib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import layers

NONE, IMAGENET = "none", "imagenet"
DROPOUT = 0.3
POOLINGS: dict[str, type[keras.Layer]] = {
    "avg": layers.GlobalAveragePooling2D,
    "max": layers.GlobalMaxPooling2D,
}
# Mean of ImageNet in the order VGG16's weights expect, which is blue, green, red.
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)
KERAS_FILES = "https://storage.googleapis.com/tensorflow/keras-applications"
IMAGENET_FILES = {
    "vgg16": "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "inception_v3": "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
}
MAX_UNPACKED_BYTES = 4 * 10**9
HDF5_MAGIC, ZIP_MAGIC = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"


class NetworkError(ValueError):
    """A network that cannot be built, or a weights file that is not to be trusted."""

    def __init__(self, message: str, code: str = "bad_weights") -> None:
        super().__init__(message)
        self.code = code


def build(
    architecture: str,
    *,
    pooling: str = "avg",
    weights: str | Path = NONE,
    patch_px: int = 299,
    dropout: float = DROPOUT,
) -> keras.Model:
    """A network that takes (n, patch_px, patch_px, 3) RGB 0..255 and gives (n, 1) in [0, 1].

    weights: "none" (random), "imagenet" (fetched by Keras), or a file: `.weights.h5` or
    `.keras` of this very network, or a Keras application's own `*_notop.h5`.
    Raises NetworkError if a name is unknown or the weights do not fit.
    """
    if architecture not in _BODIES or pooling not in POOLINGS:
        raise NetworkError(
            f"{architecture!r} with {pooling!r} pooling is unknown; choose one of "
            f"{', '.join(_BODIES)} with one of {', '.join(POOLINGS)}",
            "unknown_network",
        )
    patches = keras.Input((patch_px, patch_px, 3), name="rgb")
    features = _BODIES[architecture](patches, imagenet=_imagenet_of(architecture, weights))
    pooled = POOLINGS[pooling](name=f"global_{pooling}")(features)
    kept = layers.Dropout(dropout, name="dropout")(pooled)
    tumour = layers.Dense(1, activation="sigmoid", dtype="float32", name="tumour")(kept)
    model = keras.Model(patches, tumour, name=f"{architecture}_{pooling}")
    if weights not in (NONE, IMAGENET):
        _load_file(model, architecture, Path(weights))
    return model


def _baseline(patches: keras.KerasTensor, *, imagenet: str | None) -> keras.KerasTensor:
    """The seed's baseline: two convolutions, each with max pooling.

    The second sees 33 px, about one nucleus at 0.5 um per px; stride 2 first and few
    channels keep it to 90 million multiplications a patch, some minutes on two cores.
    Batch normalisation is ours: without it the network learnt stain rather than nuclei.
    """
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scaling")(patches)
    x = _convolution(x, 16, strides=2, name="1")
    return _convolution(x, 64, strides=1, name="2")


def _convolution(
    x: keras.KerasTensor, channels: int, *, strides: int, name: str
) -> keras.KerasTensor:
    x = layers.Conv2D(
        channels,
        5,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"conv_{name}",
    )(x)
    # Runs of some hundred steps: Keras' momentum of 0.99 would still remember the start.
    x = layers.BatchNormalization(momentum=0.9, name=f"normal_{name}")(x)
    x = layers.Activation("relu", name=f"relu_{name}")(x)
    return layers.MaxPooling2D(3, name=f"pool_{name}")(x)


def _vgg16(patches: keras.KerasTensor, *, imagenet: str | None) -> keras.KerasTensor:
    # ImageNet's VGG16 saw blue, green, red, less their means, and no other scaling.
    bgr = keras.ops.flip(patches, axis=-1)
    scaled = layers.Normalization(mean=IMAGENET_MEAN_BGR, variance=(1.0, 1.0, 1.0), name="scaling")(
        bgr
    )
    body = keras.applications.VGG16(include_top=False, weights=imagenet, name="vgg16")
    return body(scaled)


def _inception_v3(patches: keras.KerasTensor, *, imagenet: str | None) -> keras.KerasTensor:
    # ImageNet's InceptionV3 saw -1 to 1. The seed divided by 255, which its weights never saw.
    scaled = layers.Rescaling(1 / 127.5, offset=-1, name="scaling")(patches)
    body = keras.applications.InceptionV3(include_top=False, weights=imagenet, name="inception_v3")
    return body(scaled)


_BODIES: dict[str, Callable[..., keras.KerasTensor]] = {
    "baseline": _baseline,
    "vgg16": _vgg16,
    "inception_v3": _inception_v3,
}


# Weights -------------------------------------------------------------------


def _imagenet_of(architecture: str, weights: str | Path) -> str | None:
    """What Keras' own loader is asked for; the file is looked for first, to fail in words."""
    if weights != IMAGENET:
        return None
    if architecture not in IMAGENET_FILES:
        raise NetworkError(f"there are no ImageNet weights for {architecture}; choose none")
    name = Path(IMAGENET_FILES[architecture]).name
    cached = Path(keras.config.keras_home()) / "models" / name
    if not cached.exists():
        _refuse_unreachable(f"{KERAS_FILES}/{IMAGENET_FILES[architecture]}")
    return IMAGENET


def _refuse_unreachable(url: str) -> None:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=20):
            return
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise NetworkError(
            f"ImageNet weights cannot be fetched from {url} ({error}); put that file on this "
            "machine and give its path instead",
            "no_network",
        ) from error


def _load_file(model: keras.Model, architecture: str, path: Path) -> None:
    """Fill the network from a file of weights; nothing in the file is ever run."""
    refuse_unsafe_weights(path)
    is_body = path.suffix == ".h5" and not path.name.endswith(".weights.h5")
    if is_body and architecture not in IMAGENET_FILES:
        raise NetworkError(f"{path.name} should be named .weights.h5 to fill {architecture}")
    target = model.get_layer(architecture) if is_body else model
    drawn = [weight.copy() for weight in _kernels(target)]
    try:
        target.load_weights(path)
    except (ValueError, KeyError, OSError, TypeError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()[0]
        raise NetworkError(
            f"{path.name} does not fit {model.name}: {reason} Give weights of that network"
        ) from error
    if any(map(np.array_equal, drawn, _kernels(target))):
        raise NetworkError(f"{path.name} does not fit {model.name}: it fills only part of it")


def _kernels(model: keras.Model) -> list[np.ndarray]:
    """The weights that begin as random numbers, so that those left as drawn can be told."""
    return [
        keras.ops.convert_to_numpy(weight)
        for weight in model.trainable_weights
        if len(weight.shape) > 1
    ]


def refuse_unsafe_weights(path: Path) -> None:
    """Raise NetworkError unless the file is there and is in a format that holds no code."""
    expected = {".h5": HDF5_MAGIC, ".keras": ZIP_MAGIC}.get(path.suffix)
    if expected is None:
        raise NetworkError(
            f"{path.name}: weights are read from .weights.h5, .keras or _notop.h5 only, which "
            "hold no code; pickled files are not opened"
        )
    if not path.is_file():
        raise NetworkError(f"there is no weights file {path}")
    with path.open("rb") as file:
        if file.read(len(expected)) != expected:
            raise NetworkError(f"{path.name} is damaged, or is not a {path.suffix} file at all")
    if path.suffix == ".keras":
        _refuse_bomb(path)


def _refuse_bomb(path: Path) -> None:
    """A small archive may unpack to more than the machine has."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise NetworkError(f"{path.name} is damaged, or is not a .keras file at all") from error
    if unpacked > MAX_UNPACKED_BYTES:
        raise NetworkError(
            f"{path.name} unpacks to {unpacked / 1e9:.0f} GB; no network here has more than "
            f"{MAX_UNPACKED_BYTES / 1e9:.0f} GB"
        )


# Files ---------------------------------------------------------------------


def save(model: keras.Model, path: Path) -> str:
    """Write the network whole or not at all, as `.keras`; the file's SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"unfinished-{path.name}")
    try:
        model.save(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return file_sha256(path)


def load(path: Path, *, sha256: str) -> keras.Model:
    """The network of a `.keras` file, only if the file has the checksum that is expected.

    Loaded in Keras' safe mode, which runs no code of the file's. Raises NetworkError.
    """
    if path.suffix != ".keras":
        raise NetworkError(f"{path.name} is not a .keras file, the only kind loaded safely")
    if not path.is_file():
        raise NetworkError(f"the weights file {path.name} is gone", "weights_missing")
    found = file_sha256(path)
    if found != sha256:
        raise NetworkError(
            f"{path.name} was changed since it was published (checksum {found[:12]}, expected "
            f"{sha256[:12]}); it is not loaded",
            "weights_changed",
        )
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
