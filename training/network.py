"""Build, save and load the networks. Keras is loaded here: import inside functions only.

Every network takes RGB patches as read from the slide (0..255) and scales them itself, so
training and prediction cannot scale differently. It gives one probability of tumour.
"""

from collections.abc import Callable
from pathlib import Path

import keras
from keras import layers

from training.weights import IMAGENET, NONE, NetworkError, file_sha256, fill, imagenet_of

DROPOUT = 0.3
MOMENTUM = 0.9  # of batch normalisation, at most
HEAD = "tumour"  # the last layer; all below it is the body
POOLINGS: dict[str, type[keras.Layer]] = {
    "avg": layers.GlobalAveragePooling2D,
    "max": layers.GlobalMaxPooling2D,
}
# Mean of ImageNet in the order VGG16's weights expect, which is blue, green, red.
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)
# Mean and standard deviation of ImageNet's red, green, blue, as shares of 255.
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def build(
    architecture: str,
    *,
    pooling: str = "avg",
    weights: str | Path = NONE,
    weights_sha256: str = "",
    patch_px: int = 299,
    dropout: float = DROPOUT,
) -> keras.Model:
    """A network that takes (n, patch_px, patch_px, 3) RGB 0..255 and gives (n, 1) in [0, 1].

    weights: "none" (random), "imagenet" (fetched by Keras), or a file: `.weights.h5` or
    `.keras` of this very network, or a Keras application's own `*_notop.h5`; weights_sha256
    is the checksum that file must have, "" where none is known.
    Raises NetworkError if a name is unknown or the weights do not fit.
    """
    if architecture not in _BODIES or pooling not in POOLINGS:
        raise NetworkError(
            f"{architecture!r} with {pooling!r} pooling is unknown; choose one of "
            f"{', '.join(_BODIES)} with one of {', '.join(POOLINGS)}",
            "unknown_network",
        )
    patches = keras.Input((patch_px, patch_px, 3), name="rgb")
    features = _BODIES[architecture](patches, imagenet=imagenet_of(architecture, weights))
    pooled = POOLINGS[pooling](name=f"global_{pooling}")(features)
    kept = layers.Dropout(dropout, name="dropout")(pooled)
    tumour = layers.Dense(1, activation="sigmoid", dtype="float32", name=HEAD)(kept)
    model = keras.Model(patches, tumour, name=f"{architecture}_{pooling}")
    _quicken(model, body_name(architecture))
    if weights not in (NONE, IMAGENET):
        fill(model, body_name(architecture), Path(weights), sha256=weights_sha256)
    return model


def _baseline(patches: keras.KerasTensor, *, imagenet: str | None) -> keras.KerasTensor:
    """The seed's baseline: two convolutions, each with max pooling.

    The second sees 33 px, about one nucleus at 0.5 um per px; stride 2 first and few
    channels keep it to 90 million multiplications a patch, some minutes on two cores.
    Batch normalisation is ours: without it the network learnt stain rather than nuclei.
    """
    x = _minus_one_to_one(patches)
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
    x = layers.BatchNormalization(momentum=MOMENTUM, name=f"normal_{name}")(x)
    x = layers.Activation("relu", name=f"relu_{name}")(x)
    return layers.MaxPooling2D(3, name=f"pool_{name}")(x)


# Scaling: of Keras' applications some scale inside and some do not, and one tells by its own
# name. Here all leave it to a layer called "scaling", which keeps float32 at any precision.


def _minus_one_to_one(patches: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Rescaling(1 / 127.5, offset=-1, dtype="float32", name="scaling")(patches)


def _normalised(
    patches: keras.KerasTensor, mean: tuple[float, ...], deviation: tuple[float, ...]
) -> keras.KerasTensor:
    variance = [each**2 for each in deviation]
    return layers.Normalization(
        mean=list(mean), variance=variance, dtype="float32", name="scaling"
    )(patches)


def _like_imagenet(patches: keras.KerasTensor) -> keras.KerasTensor:
    """Less ImageNet's mean, over its standard deviation, by colour."""
    return _normalised(
        patches, *(tuple(255 * each for each in x) for x in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    )


def _vgg16(patches: keras.KerasTensor, *, imagenet: str | None) -> keras.KerasTensor:
    # ImageNet's VGG16 saw blue, green, red, less their means, and no other scaling.
    scaled = _normalised(keras.ops.flip(patches, axis=-1), IMAGENET_MEAN_BGR, (1.0, 1.0, 1.0))
    body = keras.applications.VGG16(include_top=False, weights=imagenet, name="vgg16")
    return body(scaled)


def _inception_v3(patches: keras.KerasTensor, *, imagenet: str | None) -> keras.KerasTensor:
    # ImageNet's InceptionV3 saw -1 to 1. The seed divided by 255, which its weights never saw.
    body = keras.applications.InceptionV3(include_top=False, weights=imagenet, name="inception_v3")
    return body(_minus_one_to_one(patches))


def _efficientnet_v2(patches: keras.KerasTensor, *, imagenet: str | None) -> keras.KerasTensor:
    body = keras.applications.EfficientNetV2B0(
        include_top=False, weights=imagenet, include_preprocessing=False
    )
    return body(_like_imagenet(patches))


def _convnext(patches: keras.KerasTensor, *, imagenet: str | None) -> keras.KerasTensor:
    body = keras.applications.ConvNeXtTiny(
        include_top=False, weights=imagenet, include_preprocessing=False
    )
    return body(_like_imagenet(patches))


def _mobilenet_v3(patches: keras.KerasTensor, *, imagenet: str | None) -> keras.KerasTensor:
    body = keras.applications.MobileNetV3Small(
        include_top=False,
        weights=imagenet,
        include_preprocessing=False,
        # Without it Keras builds for patches of 224 px and says so at each building.
        input_shape=patches.shape[1:],
    )
    return body(_minus_one_to_one(patches))


_BODIES: dict[str, Callable[..., keras.KerasTensor]] = {
    "baseline": _baseline,
    "vgg16": _vgg16,
    "inception_v3": _inception_v3,
    "efficientnet_v2": _efficientnet_v2,
    "convnext": _convnext,
    "mobilenet_v3": _mobilenet_v3,
}
# The layer that is a Keras application; the names of Keras find ImageNet's files.
_BODY_NAMES = {
    "vgg16": "vgg16",
    "inception_v3": "inception_v3",
    "efficientnet_v2": "efficientnetv2-b0",
    "convnext": "convnext_tiny",
    "mobilenet_v3": "MobileNetV3Small",
}


def body_name(architecture: str) -> str:
    """The layer of a network that is a Keras application, "" where there is none."""
    return _BODY_NAMES.get(architecture, "")


def _quicken(model: keras.Model, body: str) -> None:
    """Let batch normalisation follow within some ten steps.

    Keras' applications remember up to a thousand (MobileNetV3): after a run of some hundred
    steps they would still validate by the statistics of the start.
    """
    for layer in model.get_layer(body).layers if body else ():
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = min(layer.momentum, MOMENTUM)


def freeze_body(model: keras.Model, *, is_frozen: bool) -> None:
    """Let only the head learn, or all. A frozen batch normalisation keeps its statistics."""
    for layer in model.layers:
        if layer.name != HEAD:
            layer.trainable = not is_frozen


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
