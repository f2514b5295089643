"""The same code, patches and first weights on TensorFlow and on JAX, in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.timeout(400)]

ROOT = Path(__file__).resolve().parents[2]
PX = 32
# Both backends round sums in their own order, and draw dropout from generators of their own:
# what the untouched network says may differ by the first alone, an epoch by both.
SAME_SCORES, SAME_LOSS, SAME_AUC = 1e-4, 0.05, 0.10

FIT = f"""
import json, sys
from pathlib import Path
import numpy as np
import keras
from training import fitting, network
from training.feeding import Share, scores

folder = Path(sys.argv[1])
rng = np.random.default_rng(0)
labels = np.arange(320) % 2 == 1
packed = rng.integers(0, 128, (320, {PX}, {PX}, 3), dtype=np.uint8)
packed[labels] += 40
training, validation = (Share(packed, labels, np.arange(*ends)) for ends in ((0, 256), (256, 320)))
first = folder / "first.weights.h5"
if not first.exists():
    keras.utils.set_random_seed(0)
    network.build("baseline", patch_px={PX}).save_weights(first)
untouched = network.build("baseline", weights=first, patch_px={PX})
recipe = fitting.Recipe(
    "baseline", weights=str(first), epochs=2, frozen_epochs=1, batch=16, learning_rate=1e-4,
    body_rate=0.5, schedule="cosine", optimizer="adam", loss="focal", precision=sys.argv[2],
)
backend = keras.backend.backend()
fitted = fitting.fit(recipe, training, validation, folder=folder / f"{{backend}}-{{sys.argv[2]}}")
print(json.dumps({{
    "backend": backend,
    "untouched": scores(untouched, validation, batch=16).tolist(),
    "history": fitted.history,
}}))
"""


def fitted(backend: str, folder: Path, precision: str = "float32") -> dict:
    done = subprocess.run(
        [sys.executable, "-c", FIT, str(folder), precision],
        env=os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        check=False,
        timeout=180,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[dict, dict]:
    pytest.importorskip("jax", reason="jax is absent: networks are tried on TensorFlow only")
    folder = tmp_path_factory.mktemp("backends")
    return fitted("tensorflow", folder), fitted("jax", folder)


def test_each_process_used_its_own_backend(both):
    assert [each["backend"] for each in both] == ["tensorflow", "jax"]


def test_the_untouched_network_says_the_same_on_both(both):
    one, other = (each["untouched"] for each in both)
    assert one == pytest.approx(other, abs=SAME_SCORES)


def test_both_learn_alike_from_the_first_epoch_on(both):
    for one, other in zip(*(each["history"] for each in both), strict=True):
        assert one["learning_rate"] == pytest.approx(other["learning_rate"], rel=1e-6)
        for name in ("loss", "val_loss"):
            assert one[name] == pytest.approx(other[name], abs=SAME_LOSS), name
        for name in ("auc", "val_auc"):
            assert one[name] == pytest.approx(other[name], abs=SAME_AUC), name


def test_both_learn_with_mixed_precision(both, tmp_path):
    for backend in ("tensorflow", "jax"):
        assert len(fitted(backend, tmp_path, "mixed")["history"]) == 2
