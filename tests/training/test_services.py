import pytest

from tests.training.freezing import freeze, preview
from training import runs


def test_a_run_is_asked_for_with_the_seeds_settings(ward):
    run = runs.create_run(dataset=freeze(), architecture="baseline")
    assert (run.learning_rate, run.rho, run.batch, run.epochs) == (1e-4, 0.95, 32, 10)
    assert (run.status, run.augmentation, run.target_recall) == ("queued", "dihedral", 0.9)


def test_a_dataset_that_is_not_frozen_cannot_be_trained_on(ward):
    with pytest.raises(runs.NotTrainable, match="freeze"):
        runs.create_run(dataset=preview(), architecture="baseline")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"architecture": "resnet"}, "choose one of baseline, "),
        ({"pooling": "sum"}, "choose one of avg, max"),
        ({"epochs": 0}, "epochs must be in"),
        ({"learning_rate": 0}, "learning_rate must be in"),
        ({"target_recall": 1.5}, "target_recall must be in"),
        ({"weights": "imagenet"}, "no ImageNet weights for the baseline"),
        ({"weights": "model.pkl"}, "full path of a .h5 or .keras file"),
        ({"architecture": "inception_v3"}, "patches of 75 px or more"),
    ],
)
def test_runs_that_make_no_sense_are_refused(ward, fields, said):
    with pytest.raises(runs.NotTrainable, match=said):
        runs.create_run(**{"dataset": freeze(), "architecture": "baseline"} | fields)
