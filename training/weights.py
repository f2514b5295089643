"""First weights from files and from Keras' loader. Keras is loaded here: import inside functions.

Only formats that hold no code are opened, and nothing in a file is ever run.
"""

import hashlib
import json
import os
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import keras
import numpy as np

NONE, IMAGENET = "none", "imagenet"
KERAS_FILES = "https://storage.googleapis.com/tensorflow/keras-applications"
# By architecture, under KERAS_FILES; the last part is the name in Keras' own folder.
IMAGENET_FILES = {
    "vgg16": "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "inception_v3": "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "efficientnet_v2": "efficientnet_v2/efficientnetv2-b0_notop.h5",
    "convnext": "convnext/convnext_tiny_notop.h5",
    "mobilenet_v3": "mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
}
MAX_UNPACKED_BYTES = 4 * 10**9
HDF5_MAGIC, ZIP_MAGIC = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"


class NetworkError(ValueError):
    """A network that cannot be built, or a weights file that is not to be trusted."""

    def __init__(self, message: str, code: str = "bad_weights") -> None:
        super().__init__(message)
        self.code = code


def imagenet_of(architecture: str, weights: str | Path) -> str | None:
    """What Keras' own loader is asked for; the file is looked for first, to fail in words."""
    if weights != IMAGENET:
        return None
    if architecture not in IMAGENET_FILES:
        raise NetworkError(f"there are no ImageNet weights for {architecture}; choose none")
    if not (_fetched() / Path(IMAGENET_FILES[architecture]).name).exists():
        _refuse_unreachable(f"{KERAS_FILES}/{IMAGENET_FILES[architecture]}")
    return IMAGENET


def _fetched() -> Path:
    """Where Keras keeps what it fetched."""
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home) / "models"


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


def fill(model: keras.Model, body: str, path: Path, *, sha256: str = "") -> None:
    """Fill a network from a file of weights: its own, or a Keras application's for its body.

    body: name of the network's layer that is a Keras application, "" where there is none.
    sha256: the checksum the file must have, "" where none is known. Raises NetworkError.
    """
    refuse_unsafe_weights(path)
    refuse_other_checksum(path, sha256)
    is_body = path.suffix == ".h5" and not path.name.endswith(".weights.h5")
    if is_body and not body:
        raise NetworkError(f"{path.name} should be named .weights.h5 to fill {model.name}")
    if path.suffix == ".keras":
        _refuse_other_network(model, path)
    target = model.get_layer(body) if is_body else model
    kernels = [weight for weight in target.trainable_weights if len(weight.shape) > 1]
    for kernel in kernels:
        kernel.assign(np.full(kernel.shape, np.nan))  # so that what is not filled shows
    try:
        target.load_weights(path)
    except (ValueError, KeyError, OSError, TypeError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()[0]
        raise NetworkError(
            f"{path.name} does not fit {model.name}: {reason} Give weights of that network"
        ) from error
    if any(np.isnan(keras.ops.convert_to_numpy(kernel)).any() for kernel in kernels):
        raise NetworkError(f"{path.name} does not fit {model.name}: it fills only part of it")


def _refuse_other_network(model: keras.Model, path: Path) -> None:
    """Keras fills what happens to have the same shapes; the name inside tells the pooling too."""
    try:
        with zipfile.ZipFile(path) as archive:
            name = json.loads(archive.read("config.json"))["config"]["name"]
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise NetworkError(f"{path.name} is damaged, or is not a .keras file at all") from error
    if name != model.name:
        raise NetworkError(
            f"{path.name} does not fit {model.name}: it holds {str(name)[:60]!r}. Give weights of "
            "that network"
        )


# Files ---------------------------------------------------------------------


def refuse_unsafe_weights(path: Path) -> None:
    """Raise NetworkError unless the file is there and is in a format that holds no code."""
    expected = {".h5": HDF5_MAGIC, ".keras": ZIP_MAGIC}.get(path.suffix)
    if expected is None:
        raise NetworkError(
            f"{path.name}: weights are read from .weights.h5, .keras or _notop.h5 only, which "
            "hold no code; pickled files are not opened"
        )
    if not path.is_file():
        raise NetworkError(f"there is no weights file {path}", "weights_missing")
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


def refuse_other_checksum(path: Path, sha256: str) -> None:
    """Raise NetworkError if a checksum is known and the file has another."""
    if sha256 and (found := file_sha256(path)) != sha256.lower():
        raise NetworkError(
            f"{path.name} is not the file that was meant (checksum {found[:12]}, expected "
            f"{sha256[:12]}); it is not loaded",
            "weights_changed",
        )


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
