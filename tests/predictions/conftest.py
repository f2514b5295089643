"""Versions and predictions without a network, and a network that fits on a page."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from predictions import services
from predictions.map_files import StoredMap
from predictions.models import Prediction
from predictions.origin import grid_of, provenance, tissue_share
from slides.models import Slide
from training import manifest
from training.models import Dataset, ModelVersion, TrainingRun

PATCH_PX = 32


@pytest.fixture
def make_version(db, settings) -> Callable[..., ModelVersion]:
    """make_version("name", training=[slides], validation=[slides], **fields)."""

    def make(
        name: str = "one",
        *,
        training: Iterable[Slide] = (),
        validation: Iterable[Slide] = (),
        **fields,
    ) -> ModelVersion:
        media = Path(settings.MEDIA_ROOT)
        sides = {"training": list(training), "validation": list(validation)}
        checksum = manifest.write(media / f"datasets/{name}.csv", *_patches(sides))
        dataset = Dataset.objects.create(
            name=name,
            mpp=0.5,
            patch_px=PATCH_PX,
            manifest=f"datasets/{name}.csv",
            manifest_sha256=checksum,
            status=Dataset.Status.DONE,
        )
        run = TrainingRun.objects.create(
            dataset=dataset, architecture="baseline", status=TrainingRun.Status.DONE
        )
        row = {
            "architecture": "baseline",
            "mpp": 0.5,
            "patch_px": PATCH_PX,
            "threshold": 0.5,
            "threshold_source": "recall 0.90 on validation slides",
            "weights": f"versions/{name}.keras",
            "weights_sha256": name.encode().hex().ljust(64, "0")[:64],
        }
        return ModelVersion.objects.create(name=name, run=run, **row | fields)

    return make


def _patches(sides: dict[str, list[Slide]]) -> tuple[dict, np.ndarray]:
    rows = [
        (slide.pk, 0, 0, 0, 0, 0.0, 1.0, 0, split)
        for split, slides in sides.items()
        for slide in slides
    ]
    slides = [
        {"id": slide.pk, "patient": slide.patient, "sha256": slide.sha256}
        for members in sides.values()
        for slide in members
    ]
    header = {"mpp": 0.5, "patch_px": PATCH_PX, "slides": slides}
    return header, np.array(rows, dtype=manifest.PATCH)


@pytest.fixture
def small_slide(make_slide) -> Callable[..., Slide]:
    """A slide of 5 x 3 cells for the versions above, each of one red: 10, 20, ... 150."""
    reds = np.arange(1, 16, dtype=np.uint8).reshape(3, 5) * 10
    rgb = np.zeros((3 * PATCH_PX, 5 * PATCH_PX, 3), np.uint8)
    rgb[..., 0] = reds.repeat(PATCH_PX, axis=0).repeat(PATCH_PX, axis=1)

    def make(name: str = "slide", **fields) -> Slide:
        return make_slide(name, rgb, **{"mpp": 0.5} | fields)

    return make


@pytest.fixture
def predicted() -> Callable[..., Prediction]:
    """predicted(slide, version, probabilities): a done prediction with the given map."""

    def make(slide: Slide, version: ModelVersion, probabilities) -> Prediction:
        prediction = services.request_prediction(slide=slide, version=version)
        assert prediction.claim()
        with prediction.recorded():
            grid = grid_of(slide, version)
            stored = StoredMap(
                np.array(probabilities, np.float32),
                tissue_share(slide, grid),
                grid,
                provenance(prediction),
            )
            services.store_map(prediction, stored, [])
        assert prediction.status == Prediction.Status.DONE, prediction.error
        return prediction

    return make


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
