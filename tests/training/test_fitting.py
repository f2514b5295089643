import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.keras

PX = 32
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def fitting():
    from training import fitting

    return fitting


@pytest.fixture(scope="module")
def shares():
    """48 patches to learn from and 16 to validate on: tumour is the paler half."""
    from training.feeding import Share

    rng = np.random.default_rng(0)
    labels = np.arange(64) % 2 == 1
    packed = rng.integers(0, 128, (64, PX, PX, 3), dtype=np.uint8)
    packed[labels] += 64
    return Share(packed, labels, np.arange(48)), Share(packed, labels, np.arange(48, 64))


@pytest.fixture
def fit(fitting, shares, tmp_path_factory):
    """fit(shares=..., folder=..., report=..., tell=..., **recipe): in a new folder of its own."""

    def fit(*, shares=shares, folder=None, **options):
        recipe = {"architecture": "baseline", "batch": 16, "epochs": 2, "learning_rate": 1e-3}
        folder = folder or tmp_path_factory.mktemp("state")
        named = {name: options.pop(name) for name in ("report", "tell") if name in options}
        return fitting.fit(fitting.Recipe(**recipe | options), *shares, folder=folder, **named)

    return fit


class Stop(Exception):
    pass


def test_each_epoch_leaves_one_exact_line_of_history(fit, shares):
    from training.metrics import roc_auc

    lines = []
    fitted = fit(tell=lambda news: lines.append(len(news["history"])))
    assert lines == [0, 1, 2]
    assert [line["epoch"] for line in fitted.history] == [1, 2]
    assert set(fitted.history[0]) >= {"loss", "auc", "recall", "val_loss", "val_auc", "val_recall"}
    best = fitted.history[fitted.best_epoch - 1]
    assert best["val_auc"] == roc_auc(shares[1].own_labels, fitted.validation_scores)
    assert fitted.stopped_by is None


def test_the_network_learns_what_is_plain(fit):
    assert fit(epochs=8).history[-1]["val_auc"] > 0.95


def test_the_network_returned_is_that_of_the_highest_validation_auc(fit, shares):
    from training.feeding import scores

    fitted = fit(epochs=4, learning_rate=0.01)
    aucs = [line["val_auc"] for line in fitted.history]
    assert fitted.best_epoch == 1 + int(np.argmax(aucs))
    np.testing.assert_array_equal(
        scores(fitted.model, shares[1], batch=16), fitted.validation_scores
    )


def test_an_epoch_that_got_worse_is_not_kept(fitting):
    history = [{"epoch": 1, "val_auc": 0.8}, {"epoch": 2, "val_auc": 0.9}]
    assert fitting.best_of([*history, {"epoch": 3, "val_auc": 0.588}]) == 2


def test_where_validation_only_falls_an_early_network_is_kept(fit, shares):
    """Validation labels are the wrong way round: the more is learnt, the lower the AUC."""
    from training.feeding import Share, scores

    training, validation = shares
    inverted = Share(validation.packed, ~validation.labels, validation.indices)
    fitted = fit(shares=(training, inverted), epochs=6, learning_rate=3e-5)
    aucs = [line["val_auc"] for line in fitted.history]
    assert fitted.best_epoch == 1 + int(np.argmax(aucs)) < 6
    assert aucs[-1] <= aucs[0]
    np.testing.assert_array_equal(
        scores(fitted.model, inverted, batch=16), fitted.validation_scores
    )


def test_the_same_seed_gives_the_same_network(fit):
    one, two = fit(seed=5), fit(seed=5)
    np.testing.assert_array_equal(one.validation_scores, two.validation_scores)
    assert fit(seed=6).validation_scores.tolist() != one.validation_scores.tolist()


def test_progress_counts_every_patch_of_every_epoch(fit):
    reported = []
    fit(report=lambda done, total: reported.append((done, total)))
    assert reported[0] == (16, 128)
    assert reported[-1] == (128, 128)
    assert reported == sorted(reported)


def test_a_cancelled_fitting_returns_the_best_so_far(fit):
    def report(done, total):
        if done > 64:
            raise Stop

    fitted = fit(epochs=50, report=report)
    assert isinstance(fitted.stopped_by, Stop)
    assert [line["epoch"] for line in fitted.history] == [1]
    assert len(fitted.validation_scores) == 16


def test_a_fitting_cancelled_before_its_first_epoch_leaves_nothing(fit):
    def report(done, total):
        raise Stop

    with pytest.raises(Stop):
        fit(report=report)


def test_a_cancelled_fitting_leaves_no_thread_behind(fit):
    def report(done, total):
        raise Stop

    with pytest.raises(Stop):
        fit(report=report)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("Worker_")]


def test_a_loss_that_is_not_a_number_fails_with_what_to_try(fit, fitting):
    with pytest.raises(fitting.FittingError, match="learning rate below") as failed:
        fit(learning_rate=1e30, epochs=20)
    assert failed.value.code == "loss_not_a_number"


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: 4 GB")])
def test_out_of_memory_names_a_batch_to_try(fitting, error):
    with (
        pytest.raises(fitting.FittingError, match="64 patches per batch; try 32") as failed,
        fitting.OutOfMemoryExplained(64),
    ):
        raise error
    assert failed.value.code == "out_of_memory"


MUCH = """
import resource, tempfile
from pathlib import Path
import numpy as np
from training import fitting
from training.feeding import Share

labels = np.arange(420) % 2 == 1
packed = np.zeros((420, 256, 256, 3), np.uint8)
ends = (0, 8), (0, 400), (400, 420)
few, many, held = (Share(packed, labels, np.arange(*each)) for each in ends)

def fit(training, batch):
    recipe = fitting.Recipe("baseline", epochs=1, batch=batch, augmentation="none")
    fitting.fit(recipe, training, held, folder=Path(tempfile.mkdtemp()))

fit(few, 4)  # all that is loaded once is loaded
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 700_000_000,) * 2)
try:
    fit(many, 400)
except fitting.FittingError as refusal:
    print(refusal.code, refusal)
"""


@pytest.mark.flaky(reruns=2)
def test_a_batch_that_memory_does_not_hold_names_a_smaller_one(tmp_path):
    """Really: in a process that may take 0.7 GB more, less than the first layer wants.

    Now and then the first to want too much is a part of TensorFlow that aborts instead.
    """
    done = subprocess.run(
        [sys.executable, "-c", MUCH],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        cwd=ROOT,
        check=False,
        timeout=170,
        capture_output=True,
        text=True,
    )
    assert "out_of_memory memory ran out with 400 patches per batch; try 200" in done.stdout


def test_other_errors_pass_as_they_are(fitting):
    with pytest.raises(KeyError), fitting.OutOfMemoryExplained(64):
        raise KeyError("other")


def test_class_weights_make_both_classes_count_alike(fitting):
    weights = fitting.balanced_weights(np.array([True] + [False] * 3))
    assert weights == {0: 4 / 6, 1: 2.0}


@pytest.mark.parametrize("side", [0, 1])
def test_a_side_of_one_class_is_refused(fit, fitting, shares, side):
    from training.feeding import Share

    given = list(shares)
    members = given[side].indices
    given[side] = Share(shares[0].packed, shares[0].labels, members[::2])
    with pytest.raises(fitting.FittingError, match="both") as refused:
        fit(shares=given)
    assert refused.value.code == "empty_class"


def lines_of(fitted):
    """A history without what a clock says."""
    clocked = {"seconds", "patches_per_second", "wait_share"}
    return [{name: line[name] for name in line if name not in clocked} for line in fitted.history]


class Died(BaseException):
    """As a kill: nothing of the code under test may take notice of it."""


def broken_off(fit, folder, *, after, **recipe):
    """A fitting whose process is gone some patches after so many whole epochs."""

    def report(done, total):
        if done > after * 64 + 20:
            raise Died

    fit(folder=folder, report=report, **recipe)


PLAIN: dict = {}
BALANCED = {
    "optimizer": "adam",
    "schedule": "plateau",
    "class_balance": "sampling",
    "loss": "focal",
}
TWO_STRETCHES = {
    **{"frozen_epochs": 2, "schedule": "cosine", "body_rate": 0.1, "augmentation": "full"},
    **{"label_smoothing": 0.1},
}


@pytest.mark.parametrize(
    ("recipe", "after"),
    [(PLAIN, 3), (BALANCED, 2), (TWO_STRETCHES, 1), (TWO_STRETCHES, 2), (TWO_STRETCHES, 3)],
)
def test_a_fitting_taken_up_again_ends_as_if_it_had_never_stopped(fit, tmp_path, recipe, after):
    whole = fit(epochs=5, **recipe)
    broken_off(fit, tmp_path, after=after, epochs=5, **recipe)
    told = []
    again = fit(folder=tmp_path, epochs=5, tell=told.append, **recipe)
    assert len(told[0]["history"]) == after
    assert lines_of(again) == lines_of(whole)
    assert again.best_epoch == whole.best_epoch
    np.testing.assert_array_equal(again.validation_scores, whole.validation_scores)


def test_another_recipe_begins_anew(fit, tmp_path):
    fit(folder=tmp_path, epochs=2)
    assert lines_of(fit(folder=tmp_path, epochs=2, seed=3)) == lines_of(fit(epochs=2, seed=3))


def test_a_finished_fitting_taken_up_again_has_nothing_to_do(fit, tmp_path):
    whole = fit(folder=tmp_path)
    again = fit(folder=tmp_path, report=lambda done, total: pytest.fail("it fits again"))
    np.testing.assert_array_equal(again.validation_scores, whole.validation_scores)


def test_a_full_disk_fails_the_fitting_in_words(fit, tmp_path):
    from tests.training.test_states import largest_file

    with largest_file(20_000), pytest.raises(ValueError, match="epoch 1 cannot be kept") as failed:
        fit(folder=tmp_path)
    assert failed.value.code == "disk_full"
    assert not list(tmp_path.iterdir())


def weights_of(model, name):
    return [np.array(each) for each in model.get_layer(name).get_weights()]


def test_while_the_head_learns_alone_the_body_stays_as_it_is(fit, tmp_path):
    """Also the statistics of batch normalisation."""
    from training import network

    first = tmp_path / "first.weights.h5"
    network.build("baseline", patch_px=PX).save_weights(first)
    before = network.build("baseline", patch_px=PX, weights=first)
    fitted = fit(weights=str(first), frozen_epochs=2, epochs=2)
    for layer in ("conv_1", "normal_1", "conv_2", "normal_2"):
        for one, other in zip(
            weights_of(before, layer), weights_of(fitted.model, layer), strict=True
        ):
            np.testing.assert_array_equal(one, other)
    assert not np.array_equal(
        weights_of(before, "tumour")[0], weights_of(fitted.model, "tumour")[0]
    )


def test_below_the_head_a_smaller_rate_moves_less(fit, tmp_path):
    from training import network

    first = tmp_path / "first.weights.h5"
    network.build("baseline", patch_px=PX).save_weights(first)
    before = weights_of(network.build("baseline", patch_px=PX, weights=first), "conv_2")[0]

    def moved(rate):
        fitted = fit(weights=str(first), body_rate=rate, epochs=1, learning_rate=1e-4)
        return np.abs(weights_of(fitted.model, "conv_2")[0] - before).mean()

    assert moved(0.01) < moved(1.0) / 20


def test_the_history_names_the_rate_of_each_epoch(fit):
    rates = [line["learning_rate"] for line in fit(schedule="cosine", epochs=3).history]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 1e-3


def test_a_fitting_without_progress_ends_early_and_keeps_the_best(fit, shares):
    """Validation labels are the wrong way round: it soon gets worse."""
    from training.feeding import Share

    training, validation = shares
    inverted = Share(validation.packed, ~validation.labels, validation.indices)
    fitted = fit(shares=(training, inverted), epochs=30, patience=2, learning_rate=3e-5)
    assert len(fitted.history) == fitted.best_epoch + 2 < 30
    assert fitted.stopped_by is None


@pytest.mark.parametrize("recipe", [{"loss": "focal"}, {"label_smoothing": 0.2}])
def test_validation_loss_is_the_loss_that_is_trained_on(fit, shares, recipe):
    import keras

    kind = (
        keras.losses.BinaryFocalCrossentropy(gamma=2.0)
        if "loss" in recipe
        else keras.losses.BinaryCrossentropy(label_smoothing=0.2)
    )
    fitted = fit(epochs=1, **recipe)
    labels = shares[1].own_labels.astype(np.float32)[:, None]
    expected = float(kind(labels, fitted.validation_scores[:, None]))
    assert fitted.history[0]["val_loss"] == pytest.approx(expected, rel=1e-5)


def test_steps_and_examples_are_told_beside_the_history(fit, shares):
    told = []
    fit(tell=told.append)
    assert [point["step"] for point in told[-1]["steps"]] == [1, 2, 3, 4, 5, 6]
    assert {each["place"] for each in told[-1]["examples"]} <= set(range(48, 64))
    assert set(told[-1]["history"][0]) >= {"precision", "learning_rate", "wait_share"}


def test_mixed_precision_leaves_a_network_of_float32_and_the_policy_as_it_was(fit, shares):
    import keras

    from training.feeding import scores

    fitted = fit(precision="mixed", epochs=6)
    assert fitted.history[-1]["val_auc"] > 0.9
    assert {layer.compute_dtype for layer in fitted.model.layers} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"
    np.testing.assert_array_equal(
        scores(fitted.model, shares[1], batch=16), fitted.validation_scores
    )


def test_a_failing_reader_of_the_news_fails_the_fitting(fit):
    def tell(news):
        if news["history"]:
            raise OSError("the database is gone")

    with pytest.raises(OSError, match="database is gone"):
        fit(tell=tell)
