import pytest
from django.urls import reverse

from tests.training.test_runs import make_version
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
    **{"architecture": "baseline", "pooling": "avg", "start": "none", "epochs": "1"},
    **{"batch": "8", "learning_rate": "1e-4", "rho": "0.9", "augmentation": "none"},
    **{"target_recall": "0.9", "seed": "0"},
}


def test_a_filled_in_form_queues_a_run(as_admin, dataset):
    answer = as_admin.post(reverse("run-new"), RECIPE | {"dataset": dataset.pk})
    assert answer["Location"] == TrainingRun.objects.get().get_absolute_url()


def asked(as_admin, dataset, **given) -> TrainingRun:
    """The run that a form leaves in which only this was filled in."""
    answer = as_admin.post(reverse("run-new"), {"dataset": dataset.pk} | given)
    assert answer.status_code == 302, answer.context["form"].errors
    return TrainingRun.objects.latest("pk")


def test_what_is_left_empty_takes_the_value_of_the_protocol(as_admin, dataset):
    run = asked(as_admin, dataset, architecture="vgg16", epochs="", learning_rate="")
    assert (run.epochs, run.learning_rate, run.optimizer) == (10, 1e-4, "rmsprop")
    assert (run.weights, run.first_version, run.fold) == ("none", None, None)


def test_first_weights_come_from_a_file_only_where_the_form_says_so(as_admin, dataset):
    file = {"weights_file": "/srv/first.weights.h5", "weights_sha256": "0" * 64}
    run = asked(as_admin, dataset, architecture="vgg16", start="file", **file)
    assert (run.weights, run.weights_sha256) == ("/srv/first.weights.h5", "0" * 64)
    run = asked(as_admin, dataset, architecture="vgg16", start="imagenet", **file)
    assert (run.weights, run.weights_sha256) == ("imagenet", "")


def test_a_run_goes_on_from_a_version_as_what_that_is(as_admin, dataset):
    Dataset.objects.update(patch_px=32)
    version = make_version(dataset)
    given = {"architecture": "baseline", "start": "version", "first_version": version.pk}
    run = asked(as_admin, dataset, **given)
    assert (run.first_version, run.weights) == (version, "none")
    assert (run.architecture, run.pooling) == (version.architecture, version.pooling)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"start": "file"}, ["weights_file"]),
        ({"start": "version"}, ["first_version"]),
        ({"architecture": ""}, ["architecture"]),
        ({"label_smoothing": "0.9"}, ["label_smoothing"]),
        ({"fold": "0"}, ["__all__"]),
    ],
)
def test_what_does_not_go_together_comes_back_beside_its_field(as_admin, dataset, given, wrong):
    order = {"dataset": dataset.pk, "architecture": "vgg16"} | given
    form = as_admin.post(reverse("run-new"), order).context["form"]
    assert list(form.errors) == wrong
    assert not TrainingRun.objects.exists()


def test_a_group_with_something_wrong_in_it_comes_back_open(as_admin, dataset):
    order = {"dataset": dataset.pk, "architecture": "vgg16", "batch": "0"}
    groups = as_admin.post(reverse("run-new"), order).context["form"].groups()
    assert [group["is_open"] for group in groups] == [False, True, False]


def test_the_settings_of_a_run_can_be_taken_up_and_changed(as_admin, dataset):
    run = asked(as_admin, dataset, architecture="vgg16", start="imagenet", schedule="cosine")
    page = as_admin.get(reverse("run-new"), {"like": run.pk, "batch": 16})
    form = page.context["form"]
    assert form["schedule"].value() == "cosine"
    assert form["start"].value() == "imagenet"
    assert form["batch"].value() == "16"


def test_a_run_may_be_asked_for_while_its_dataset_is_being_frozen(as_admin, dataset):
    Dataset.objects.update(status="running", goal="freeze", manifest_sha256="")
    run = asked(as_admin, dataset, architecture="vgg16")
    page = as_admin.get(run.get_absolute_url()).content.decode()
    assert "is frozen" in page
    Dataset.objects.update(status="running", goal="preview")
    assert not as_admin.get(reverse("run-new")).context["has_datasets"]


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


STEPS = [{"step": 1, "epoch": 0.5, "loss": 0.7, "auc": 0.5, "recall": 0.4, "precision": 0.3}]


def example(slide, **fields) -> dict:
    told = {"place": 7, "label": 1, "score": 0.03, "is_right": False, "slide": slide.pk}
    return told | {"x_l0": 40, "y_l0": 20, "mpp": 0.5} | fields


def test_the_run_page_shows_steps_examples_and_every_setting(as_pathologist, dataset, make_slide):
    slide = make_slide("one", mpp=0.25)
    dataset.patch_px = 32
    dataset.save()
    run = TrainingRun.objects.create(
        dataset=dataset,
        architecture="vgg16",
        history=[HISTORY[0] | {"learning_rate": 1e-5, "patches_per_second": 20.4}],
        steps=[point | {"learning_rate": 1e-5} for point in STEPS],
        examples=[example(slide)],
        optimizer="adam",
        label_smoothing=0.05,
        frozen_epochs=2,
        patience=3,
        schedule="cosine",
    )
    page = as_pathologist.get(run.get_absolute_url()).content.decode()
    assert 'data-table="steps"' in page
    assert reverse("run-patch", args=[run.pk, 7]) in page
    # Level-0 px: 32 px of 0.5 um are 64 of 0.25, so the middle lies 32 further.
    assert f"{slide.get_absolute_url()}#x=72&amp;y=52&amp;w=256" in page
    for words in ("Adam", "falling as a cosine", "label smoothing 0.05", "ends after 3", "1e-05"):
        assert words in page


def test_a_patch_is_read_as_the_network_reads_it(as_pathologist, dataset, make_slide):
    from io import BytesIO

    import numpy as np
    from PIL import Image

    rgb = np.full((200, 200, 3), 255, np.uint8)
    rgb[20:84, 40:104] = (200, 20, 120)
    slide = make_slide("one", rgb=rgb, mpp=0.25)
    dataset.patch_px = 32
    dataset.save()
    run = TrainingRun.objects.create(
        dataset=dataset, architecture="vgg16", examples=[example(slide)]
    )
    answer = as_pathologist.get(reverse("run-patch", args=[run.pk, 7]))
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.size == (32, 32)
        middle = np.asarray(picture.convert("RGB"))[16, 16]
    np.testing.assert_allclose(middle, (200, 20, 120), atol=12)


def test_no_patch_is_shown_that_is_not_among_the_examples(as_pathologist, dataset, make_slide):
    run = TrainingRun.objects.create(
        dataset=dataset, architecture="vgg16", examples=[example(make_slide("one"))]
    )
    assert as_pathologist.get(reverse("run-patch", args=[run.pk, 8])).status_code == 404


def test_a_patch_of_a_slide_whose_file_is_gone_is_not_found(as_pathologist, dataset, make_slide):
    slide = make_slide("one")
    run = TrainingRun.objects.create(
        dataset=dataset, architecture="vgg16", examples=[example(slide)]
    )
    slide.path.unlink()
    assert as_pathologist.get(reverse("run-patch", args=[run.pk, 7])).status_code == 404


def test_a_run_that_ran_out_of_memory_offers_a_smaller_batch(as_admin, dataset):
    run = TrainingRun.objects.create(
        dataset=dataset, architecture="vgg16", status="failed", reason="out_of_memory", batch=64
    )
    page = as_admin.get(run.get_absolute_url()).content.decode()
    assert f"?like={run.pk}&amp;batch=32" in page


def test_a_failed_run_whose_state_was_kept_offers_to_go_on(as_admin, dataset):
    from training import runs

    run = TrainingRun.objects.create(
        dataset=dataset, architecture="vgg16", status="failed", history=HISTORY
    )
    assert "Try again" in as_admin.get(run.get_absolute_url()).content.decode()
    runs.state_folder(run).mkdir(parents=True)
    assert "Go on after epoch 2" in as_admin.get(run.get_absolute_url()).content.decode()
