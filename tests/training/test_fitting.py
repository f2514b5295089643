import threading

import numpy as np
import pytest

pytestmark = pytest.mark.keras

PX = 32


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
    """fit(shares=..., folder=..., report=..., tell=..., **recipe), in a new folder if none is given."""

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
    assert lines == [1, 2]
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
