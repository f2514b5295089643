"""A network learns what is there and nothing else: real fittings, some tens of seconds."""

import numpy as np
import pytest

from tests.benchmarks.colour_only import features_of, regression_scores
from training.metrics import roc_auc, slide_bootstrap, weighted_roc_auc

pytestmark = pytest.mark.keras

PX = 48
PER_PATIENT = 24
MPP = 0.5


def patches(patients: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Patches, labels and patients: tumour has coarse grain, the rest fine, of equal colours.

    Each patient has a stain of its own, and each patch a brightness: mean colour tells nothing.
    """
    rng = np.random.default_rng(seed)
    count = patients * PER_PATIENT
    labels = np.arange(count) % 2 == 0
    owner = np.repeat(np.arange(patients), PER_PATIENT)
    stains = rng.uniform([150, 90, 140], [210, 150, 200], (patients, 3))
    packed = np.empty((count, PX, PX, 3), np.uint8)
    for place, is_tumour in enumerate(labels):
        grain = _grain(rng, 6 if is_tumour else 2)
        shade = rng.normal(0, 12)
        packed[place] = np.clip(stains[owner[place]] + shade + 26 * grain[..., None], 0, 255)
    return packed, labels, np.array([f"p{seed}-{number}" for number in owner])


def _grain(rng: np.random.Generator, size: int) -> np.ndarray:
    """(PX, PX) lumps of so many px, mean 0 and spread 1."""
    lumps = rng.normal(0, 1, (-(-PX // size), -(-PX // size)))
    grain = np.kron(lumps, np.ones((size, size)))[:PX, :PX]
    return (grain - grain.mean()) / grain.std()


def said(training, validation, test, tmp_path, *, epochs: int) -> np.ndarray:
    """What a baseline fitted to training and chosen by validation says of test."""
    from training import feeding, fitting
    from training.recipe import Recipe

    shares = [
        feeding.Share(packed, labels, np.arange(len(labels)))
        for packed, labels, _patients in (training, validation, test)
    ]
    recipe = Recipe("baseline", pooling="avg", epochs=epochs, batch=16, learning_rate=3e-3)
    fitted = fitting.fit(recipe, *shares[:2], folder=tmp_path)
    return feeding.scores(fitted.model, shares[2], batch=32)


@pytest.fixture(scope="module")
def ward():
    return [patches(patients, seed=seed) for seed, patients in ((1, 12), (2, 6), (3, 10))]


def test_a_network_beats_colour_where_only_texture_tells(ward, tmp_path):
    training, validation, test = ward
    scores = said(training, validation, test, tmp_path, epochs=6)
    features = [np.array([features_of(patch, MPP)[:3] for patch in packed]) for packed, *_ in ward]
    colour = regression_scores((features[0], training[1]), features[2], is_bent=True)
    network = roc_auc(test[1], scores)
    assert network > 0.9
    assert abs(roc_auc(test[1], colour) - 0.5) < 0.12
    low, _high = slide_bootstrap(weighted_roc_auc, test[1], scores, test[2])
    assert low > roc_auc(test[1], colour) + 0.2


def test_shuffled_labels_teach_nothing(ward, tmp_path):
    """Neither the patches nor their order, patient or place give the label away."""
    rng = np.random.default_rng(4)
    shuffled = [(packed, rng.permutation(labels), who) for packed, labels, who in ward]
    test = shuffled[2]
    scores = said(*shuffled, tmp_path, epochs=4)
    low, high = slide_bootstrap(weighted_roc_auc, test[1], scores, test[2])
    assert low < 0.5 < high
    assert abs(roc_auc(test[1], scores) - 0.5) < 0.12
