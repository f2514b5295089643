"""Networks and slides small enough that what the gate finds can be told by hand.

Tissue is (200, 180, 200). Strong tumour is (150, 60, 150), faint tumour (170, 110, 170). A network
calls what is purple: it looks at the lesser of red and blue, less green.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shapely import box

from slides.models import Slide
from training.models import ModelVersion

SIDE = 32
TISSUE, STRONG, FAINT = (200, 180, 200), (150, 60, 150), (170, 110, 170)
STRONG_CELL, FAINT_CELL = (0, 1), (2, 3)  # row, column
KEEN, DULL, BLIND = -4.0, -6.0, -20.0  # bias: calls both, the strong one only, nothing
GREEDY = 2.0  # calls glass too


def purple_network(bias: float):
    """sigmoid(20 * (min(red, blue) - green) + bias) of the mean colour, each in 0..1."""
    import keras
    from keras import layers

    patches = keras.Input((SIDE, SIDE, 3), name="rgb")
    mean = layers.Rescaling(1 / 255)(layers.GlobalAveragePooling2D()(patches))
    picks = [layers.Dense(1, use_bias=False) for _ in range(3)]
    red, green, blue = (pick(mean) for pick in picks)
    purple = layers.Subtract()([layers.Minimum()([red, blue]), green])
    answer = layers.Dense(1, activation="sigmoid", name="tumour")
    model = keras.Model(patches, answer(purple))
    for place, pick in enumerate(picks):
        pick.set_weights([np.eye(3, dtype=np.float32)[:, [place]]])
    answer.set_weights([np.array([[20.0]]), np.array([bias])])
    return model


@pytest.fixture(scope="session")
def purple_files(tmp_path_factory) -> dict[float, tuple[Path, str]]:
    from training import network

    folder = tmp_path_factory.mktemp("purple")
    files = {bias: folder / f"{bias}.keras" for bias in (KEEN, DULL, BLIND, GREEDY)}
    return {bias: (path, network.save(purple_network(bias), path)) for bias, path in files.items()}


@pytest.fixture
def purple_version(make_version, purple_files, settings) -> Callable[..., ModelVersion]:
    """purple_version("name", KEEN, training=[slides]): a version with a real network."""

    def make(name: str, bias: float = KEEN, **fields) -> ModelVersion:
        path, checksum = purple_files[bias]
        place = Path(settings.MEDIA_ROOT) / f"versions/{name}.keras"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
        return make_version(name, weights_sha256=checksum, **fields)

    return make


def _cell(row: int, column: int):
    return box(column * SIDE, row * SIDE, (column + 1) * SIDE, (row + 1) * SIDE)


@pytest.fixture
def painted_slide(make_slide, annotate) -> Callable[..., Slide]:
    """A slide of 5 x 3 cells, two of them tumour unless it is normal, with its truth."""

    def make(name: str, *, is_normal: bool = False, has_truth: bool = True, **fields) -> Slide:
        rgb = np.full((3 * SIDE, 5 * SIDE, 3), TISSUE, np.uint8)
        rgb[:, : 2 * SIDE, 1] += 4  # a map of one value only would look broken
        places = [] if is_normal else [(STRONG_CELL, STRONG), (FAINT_CELL, FAINT)]
        for (row, column), colour in places:
            rgb[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE] = colour
        slide = make_slide(name, rgb, **{"mpp": 0.5} | fields)
        if has_truth:
            annotate(slide, *(_cell(*cell) for cell, _ in places))
        return slide

    return make


@pytest.fixture
def hospital(painted_slide) -> dict[str, list[Slide]]:
    """Four test patients with tumour and one without; one development slide with tumour."""
    test = [painted_slide(f"test_{n}", subset="test") for n in range(4)]
    test.append(painted_slide("test_normal", subset="test", is_normal=True))
    return {"test": test, "development": [painted_slide("dev", subset="development")]}
