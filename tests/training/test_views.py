import pytest
from django.urls import reverse

from training.models import Dataset, TrainingRun

HISTORY = [
    {"epoch": 1, "loss": 0.7, "auc": 0.6, "recall": 0.5, "val_loss": 0.7, "val_auc": 0.81}
    | {"val_recall": 0.5, "seconds": 12.0},
    {"epoch": 2, "loss": 0.5, "auc": 0.8, "recall": 0.7, "val_loss": 0.6, "val_auc": 0.79}
    | {"val_recall": 0.6, "seconds": 12.0},
]


@pytest.fixture
def dataset(db):
    done = {"status": Dataset.Status.DONE, "manifest_sha256": "f" * 64}
    return Dataset.objects.create(name="patches", mpp=0.5, **done)


RECIPE = {
    **{"architecture": "baseline", "pooling": "avg", "weights": "none", "epochs": "1"},
    **{"batch": "8", "learning_rate": "1e-4", "rho": "0.9", "augmentation": "none"},
    **{"target_recall": "0.9", "seed": "0"},
}


def test_a_filled_in_form_queues_a_run(as_admin, dataset):
    answer = as_admin.post(reverse("run-new"), RECIPE | {"dataset": dataset.pk})
    assert answer["Location"] == TrainingRun.objects.get().get_absolute_url()


@pytest.mark.parametrize("seed", ["2147483648", "9" * 25, "9" * 5000, "-1"])
def test_a_seed_that_no_database_holds_is_refused_in_words(as_admin, dataset, seed):
    form = as_admin.post(reverse("run-new"), RECIPE | {"dataset": dataset.pk, "seed": seed})
    assert list(form.context["form"].errors) == ["seed"]


def test_the_run_page_marks_the_epoch_of_highest_validation_auc(as_pathologist, dataset):
    run = TrainingRun.objects.create(dataset=dataset, architecture="vgg16", history=HISTORY)
    response = as_pathologist.get(run.get_absolute_url())
    assert response.context["best"]["epoch"] == 1
    assert 'data-best="1"' in response.content.decode()


def test_a_page_polls_only_while_its_job_is_active(as_pathologist, dataset):
    run = TrainingRun.objects.create(dataset=dataset, architecture="vgg16")
    address = run.get_absolute_url()
    assert b"hx-get" in as_pathologist.get(address).content
    TrainingRun.objects.update(status=TrainingRun.Status.DONE)
    assert b"hx-get" not in as_pathologist.get(address).content


def test_a_nonsense_recipe_comes_back_with_words_beside_the_field(as_admin, dataset):
    order = {"dataset": dataset.pk, "architecture": "vgg16", "epochs": "-1"}
    form = as_admin.post(reverse("run-new"), order).context["form"]
    assert "epochs" in form.errors
    assert not TrainingRun.objects.exists()
