"""Versions and predictions without a network, and a network that fits on a page."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from predictions.models import Prediction
from slides.models import Slide
from tests.predictions.rows import made_prediction, made_small_slide, made_version
from training.models import ModelVersion


@pytest.fixture
def make_version(db, settings) -> Callable[..., ModelVersion]:
    """make_version("name", training=[slides], validation=[slides], **fields)."""
    return partial(made_version, Path(settings.MEDIA_ROOT))


@pytest.fixture
def small_slide(db, settings) -> Callable[..., Slide]:
    """small_slide("name", **fields): 5 x 3 cells for the versions above, each of one red."""
    return partial(made_small_slide, Path(settings.MEDIA_ROOT))


@pytest.fixture
def predicted(db) -> Callable[..., Prediction]:
    """predicted(slide, version, probabilities): a done prediction with the given map."""
    return made_prediction


# A real network small enough to know its answers ------------------------------


def mean_red_network(weight: float):
    """Mean red of a patch, 0..1, times a weight."""
    import keras

    patches = keras.Input((32, 32, 3))
    mean = keras.layers.GlobalAveragePooling2D()(patches)
    scaled = keras.layers.Rescaling(1 / 255)(mean)
    answer = keras.layers.Dense(1, use_bias=False)
    model = keras.Model(patches, answer(scaled))
    answer.set_weights([np.array([[weight], [0.0], [0.0]])])
    return model


@pytest.fixture(scope="session")
def network_files(tmp_path_factory) -> dict[float, tuple[Path, str]]:
    from training import network

    folder = tmp_path_factory.mktemp("networks")
    files = {weight: folder / f"{weight}.keras" for weight in (1.0, 0.0)}
    return {
        weight: (path, network.save(mean_red_network(weight), path))
        for weight, path in files.items()
    }


@pytest.fixture
def make_network_version(make_version, network_files, settings):
    def make(name: str = "one", *, weight: float = 1.0, **fields):
        path, checksum = network_files[weight]
        place = Path(settings.MEDIA_ROOT) / f"versions/{name}.keras"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
        return make_version(name, weights_sha256=checksum, **fields)

    return make
