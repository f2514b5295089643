import numpy as np
import pytest
from PIL import Image
from shapely import box

from slides.jobs import Cancelled
from slides.regions import Region, to_geojson
from training import datasets, manifest, runs, tasks
from training.models import Dataset
from training.sampling import SamplingError

PX = 32


def freeze(slides=None, **fields):
    options = {"name": "one", "mpp": 0.5, "patch_px": PX, "slides": slides} | fields
    dataset = datasets.create_dataset(**options)
    assert tasks.run_freezing(dataset)
    return dataset


def patches_of(dataset):
    return manifest.read(dataset.manifest_path, sha256=dataset.manifest_sha256).columns


def test_a_frozen_dataset_counts_patches_per_side_slide_and_class(ward):
    dataset = freeze(balance="none")
    assert dataset.status == Dataset.Status.DONE
    # 12 tumour and 18 normal cells in each slide with tumour, 30 normal ones without
    assert dataset.counts["training"] == {"tumour": 24, "normal": 96, "slides": 4, "patients": 4}
    assert dataset.counts["validation"] == {"tumour": 12, "normal": 48, "slides": 2, "patients": 2}
    slides = {slide["name"]: slide for slide in dataset.counts["slides"]}
    assert (slides["slide_0"]["tumour"], slides["slide_0"]["normal"]) == (12, 18)
    assert len(patches_of(dataset)) == 180


def test_a_balanced_dataset_has_as_many_of_both_classes_and_remembers_the_rest(ward):
    counts = freeze().counts
    for side in ("training", "validation"):
        assert counts[side]["tumour"] == counts[side]["normal"] > 0
    assert sum(slide["candidates"]["normal"] for slide in counts["slides"]) == 144


def test_the_manifest_says_where_each_patch_lies_and_how_it_was_made(ward):
    dataset = freeze(balance="none")
    frozen = manifest.read(dataset.manifest_path)
    first = frozen.columns[frozen.columns["slide_id"] == ward[0].pk]
    assert first[["row", "column", "x_l0", "y_l0", "label"]][7].tolist() == (1, 1, 32, 32, 1)
    assert frozen.header["mpp"] == 0.5
    facts = frozen.slides[0]
    assert (facts["name"], facts["patient"], facts["truth_revision"]) == ("slide_0", "slide_0", 1)
    assert facts["sha256"] == ward[0].sha256
    assert facts["truth_checksum"] == ward[0].truth.checksum


def test_the_same_slides_and_seed_give_the_same_checksum_under_any_name(ward, admin):
    one, two = freeze(seed=3), freeze(name="two", created_by=admin, seed=3)
    assert one.manifest_sha256 == two.manifest_sha256
    assert freeze(seed=4).manifest_sha256 != one.manifest_sha256


def test_freezing_twice_does_the_work_once(ward):
    dataset = freeze()
    before = dataset.manifest_path.stat().st_mtime_ns
    assert not tasks.run_freezing(dataset)
    dataset.requeue()
    tasks.run_freezing(dataset)
    assert dataset.manifest_path.stat().st_mtime_ns == before


def test_only_development_slides_are_used_unless_others_are_named(ward):
    ward[5].subset = "test"
    ward[5].save()
    assert set(freeze().slides.all()) == set(ward[:5])
    assert set(freeze(ward).slides.all()) == set(ward)


def test_the_truth_is_pinned_when_the_dataset_is_asked_for(ward, annotate):
    dataset = datasets.create_dataset(name="one", mpp=0.5, patch_px=PX, balance="none")
    annotate(ward[0])  # somebody now says that it is free of tumour
    tasks.run_freezing(dataset)
    assert dataset.counts["slides"][0]["tumour"] == 12


def test_an_older_truth_is_used_if_it_is_named(ward, annotate):
    annotate(ward[0])
    latest = freeze(balance="none")
    older = freeze(balance="none", revisions={ward[0].pk: 1})
    assert latest.counts["slides"][0]["tumour"] == 0
    assert older.counts["slides"][0]["tumour"] == 12


def test_a_truth_that_does_not_exist_is_refused(ward):
    with pytest.raises(runs.NotTrainable, match="slide_0 has no truth revision 7"):
        datasets.create_dataset(name="one", mpp=0.5, revisions={ward[0].pk: 7})


def test_slides_without_truth_are_left_out_with_the_reason(ward, make_slide):
    make_slide("unread", mpp=0.5)
    excluded = freeze().counts["excluded"]
    assert [slide["name"] for slide in excluded] == ["unread"]
    assert "declare the slide free of tumour" in excluded[0]["reason"]


def test_negatives_of_a_truth_that_is_not_exhaustive_are_not_used(ward, annotate):
    annotate(ward[0], box(0, 0, 6 * PX, PX), is_exhaustive=False)
    slides = {slide["name"]: slide for slide in freeze(balance="none").counts["slides"]}
    assert (slides["slide_0"]["tumour"], slides["slide_0"]["normal"]) == (6, 0)


def test_cells_touched_by_an_ignored_outline_are_not_used(ward, annotate):
    ignored = to_geojson([Region("ignore", box(0, 0, 3 * PX, PX / 2))])
    annotate(ward[5], regions=ignored)
    slides = {slide["name"]: slide for slide in freeze(balance="none").counts["slides"]}
    assert slides["slide_5"]["normal"] == 27


def test_cells_under_the_tissue_bar_are_not_used(ward):
    tissue = np.ones((5, 6), np.uint8) * 255
    tissue[4] = 0
    Image.fromarray(tissue).save(ward[5].tissue_path)
    slides = {slide["name"]: slide for slide in freeze(balance="none").counts["slides"]}
    assert slides["slide_5"]["normal"] == 24


def test_synthetic_slides_make_a_synthetic_dataset(ward):
    ward[0].is_synthetic = True
    ward[0].save()
    assert freeze().is_synthetic


@pytest.mark.parametrize(
    ("change", "reason", "said"),
    [
        ({"mpp": None}, "unknown_mpp", "say how many um per px"),
        ({"mpp": 2.0}, "finer_than_slide", "a finer scan"),
    ],
)
def test_slides_of_unfit_resolution_stop_the_freeze(ward, change, reason, said):
    type(ward[1]).objects.filter(pk=ward[1].pk).update(**change)
    dataset = freeze()
    assert (dataset.status, dataset.reason) == (Dataset.Status.FAILED, reason)
    assert "slide_1" in dataset.error
    assert said in dataset.error


def test_slides_without_tumour_fail_with_a_reason(ward):
    dataset = freeze(ward[3:])
    assert (dataset.status, dataset.reason) == (Dataset.Status.FAILED, "no_tumour")


def test_one_patient_fails_with_a_reason(ward):
    type(ward[0]).objects.update(patient="ann")
    assert freeze().reason == "one_patient"


def test_slides_none_of_which_has_a_truth_fail_with_the_reasons(make_slide):
    make_slide("unread", mpp=0.5)
    dataset = freeze()
    assert dataset.reason == "no_truth"
    assert "unread: no truth" in dataset.error


@pytest.mark.parametrize(
    "fields",
    [{"mpp": 0}, {"patch_px": 8}, {"tissue_bar": 2}, {"validation_share": 0}, {"per_slide_cap": 0}],
)
def test_settings_out_of_bounds_are_refused(ward, fields):
    with pytest.raises(runs.NotTrainable, match=f"{next(iter(fields))} must be in"):
        datasets.create_dataset(**{"name": "one", "mpp": 0.5} | fields)


def test_no_slide_at_all_is_refused(db):
    with pytest.raises(runs.NotTrainable, match="no slide was chosen"):
        datasets.create_dataset(name="one", mpp=0.5)


def test_a_freeze_can_be_cancelled(ward):
    dataset = datasets.create_dataset(name="one", mpp=0.5, patch_px=PX)

    def watch(done, total):
        raise Cancelled

    tasks.run_freezing(dataset, watch=watch)
    assert dataset.status == Dataset.Status.CANCELLED
    assert dataset.manifest == ""


def test_sampling_errors_carry_their_code():
    assert SamplingError("no", "no_tumour").code == "no_tumour"


# Runs ----------------------------------------------------------------------


def test_a_run_is_asked_for_with_the_seeds_settings(ward):
    run = runs.create_run(dataset=freeze(), architecture="baseline")
    assert (run.learning_rate, run.rho, run.batch, run.epochs) == (1e-4, 0.95, 32, 10)
    assert (run.status, run.augmentation, run.target_recall) == ("queued", "dihedral", 0.9)


def test_a_dataset_that_is_not_frozen_cannot_be_trained_on(ward):
    dataset = datasets.create_dataset(name="one", mpp=0.5)
    with pytest.raises(runs.NotTrainable, match="not frozen"):
        runs.create_run(dataset=dataset, architecture="baseline")


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
