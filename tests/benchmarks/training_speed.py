"""What a machine can train in a coffee break: patches/s of a training step, network by network.

    python -m tests.benchmarks.training_speed [--batch 16] [--seconds 20] [--only NAME ...] [--save]

Each network learns from noise that is already in memory, so that the network alone is timed: one
step to compile, then steps for so many seconds; the median step counts. "frozen" trains the head
alone, as in the first epochs of a transfer. The last column is 10 epochs of 2,000 patches at that
rate, with the prediction of 500 validation patches after each. The last line is JSON.
"""

import argparse
import gc
import json
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.machine import machine

PACKAGES = ("keras", "tensorflow-cpu", "numpy")
SAVED = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "training_speed.json"
EPOCHS, TRAINING, VALIDATION = 10, 2000, 500
FEWEST_STEPS = 3


@dataclass(frozen=True)
class Case:
    """One way to train. is_frozen: only the head learns."""

    architecture: str
    patch_px: int = 299
    is_frozen: bool = False

    @property
    def name(self) -> str:
        return f"{self.architecture} {self.patch_px} px{' frozen' if self.is_frozen else ''}"


CASES = (
    Case("baseline"),
    Case("mobilenet_v3"),
    Case("mobilenet_v3", is_frozen=True),
    Case("efficientnet_v2"),
    Case("efficientnet_v2", 149),
    Case("efficientnet_v2", is_frozen=True),
    Case("inception_v3"),
    Case("inception_v3", 149),
    Case("inception_v3", is_frozen=True),
    Case("convnext"),
    Case("vgg16"),
)


def model_of(case: Case):
    """The network as a run trains it: RMSprop, cross-entropy, weights at random."""
    import keras

    from training import network

    model = network.build(case.architecture, patch_px=case.patch_px)
    if case.is_frozen:
        for layer in model.layers:
            layer.trainable = not isinstance(layer, keras.Model)
    model.compile(optimizer=keras.optimizers.RMSprop(1e-4, rho=0.95), loss="binary_crossentropy")
    return model


def seconds_of(step, seconds: float) -> list[float]:
    """How long each call of step took; the first, which compiles, is left out."""
    step()
    times: list[float] = []
    while len(times) < FEWEST_STEPS or sum(times) < seconds:
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return times


def measure(case: Case, batch: int, seconds: float) -> dict:
    import keras

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    patches = rng.integers(0, 256, (batch, case.patch_px, case.patch_px, 3), dtype=np.uint8)
    labels = (np.arange(batch) % 2).astype(np.float32)[:, None]
    model = model_of(case)
    learning = seconds_of(lambda: model.train_on_batch(patches, labels), seconds)
    reading = seconds_of(lambda: model.predict_on_batch(patches), seconds / 4)
    row = asdict(case) | {
        "parameters": model.count_params(),
        "patches_per_second": round(batch / statistics.median(learning), 1),
        "spread": [round(batch / max(learning), 1), round(batch / min(learning), 1)],
        "steps": len(learning),
        "predicted_per_second": round(batch / statistics.median(reading), 1),
    }
    per_epoch = TRAINING / row["patches_per_second"] + VALIDATION / row["predicted_per_second"]
    row["minutes"] = round(EPOCHS * per_epoch / 60, 1)
    keras.utils.clear_session()
    gc.collect()
    return row


def show(row: dict) -> None:
    case = Case(row["architecture"], row["patch_px"], row["is_frozen"])
    print(
        f"{case.name:>28}  {row['parameters']:>11,}  {row['patches_per_second']:>7} patches/s  "
        f"{row['predicted_per_second']:>7} predicted/s  {row['minutes']:>6} min",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--only", nargs="+", default=[], help="architectures")
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args()
    rows = []
    for case in CASES:
        if not options.only or case.architecture in options.only:
            rows.append(measure(case, options.batch, options.seconds))
            show(rows[-1])
    answer = {
        "benchmark": "training_speed",
        "machine": machine(*PACKAGES),
        "batch": options.batch,
        "epochs": EPOCHS,
        "training_patches": TRAINING,
        "validation_patches": VALIDATION,
        "rows": rows,
    }
    if options.save:
        SAVED.write_text(json.dumps(answer, indent=1) + "\n")
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
