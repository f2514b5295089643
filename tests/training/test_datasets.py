"""Datasets from slides to manifests: what is drawn, scales, rules, splits."""

import re

import numpy as np
import pytest
from PIL import Image
from shapely import box

from slides.jobs import Cancelled
from slides.regions import Region, to_geojson
from tests.training.freezing import PX, asked, freeze, patches_of, tissue
from training import datasets, manifest, mined, tasks
from training.mined import Mined
from training.models import Dataset, Mining, ModelVersion
from training.rules import SamplingError


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
    dataset = asked(balance="none")
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
    with pytest.raises(datasets.NotTrainable, match="slide_0 has no truth revision 7"):
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
    [
        *({"mpp": 0}, {"patch_px": 8}, {"tissue_bar": 2}, {"validation_share": 0}),
        *({"per_slide_cap": 0}, {"stride": 0.1}, {"jitter_px": 17}, {"folds": 1}),
        *({"test_share": 1}, {"mpps": [0.5, 99]}, {"centre_px": 33, "labelling": "centre"}),
    ],
)
def test_settings_out_of_bounds_are_refused(ward, fields):
    with pytest.raises(datasets.NotTrainable, match=f"{next(iter(fields))} must be in"):
        asked(**{"mpp": fields.get("mpp", 0.5)} | fields)


def test_no_slide_at_all_is_refused(db):
    with pytest.raises(datasets.NotTrainable, match="no slide was chosen"):
        datasets.create_dataset(name="one", mpp=0.5)


def test_a_freeze_can_be_cancelled(ward):
    dataset = asked()

    def watch(done, total):
        raise Cancelled

    tasks.run_freezing(dataset, watch=watch)
    assert dataset.status == Dataset.Status.CANCELLED
    assert dataset.manifest == ""


def test_sampling_errors_carry_their_code():
    assert SamplingError("no", "no_tumour").code == "no_tumour"


# Scales, rules, splits -----------------------------------------------------


def test_several_scales_are_merged_each_on_its_own_grid(ward):
    dataset = freeze(mpp=None, mpps=[1.0, 0.5], balance="none")
    assert (dataset.mpp, dataset.mpps) == (0.5, [0.5, 1.0])
    frozen = manifest.read(dataset.manifest_path)
    assert (frozen.mpp, frozen.mpps) == (0.5, [0.5, 1.0])
    first = frozen.columns[frozen.columns["slide_id"] == ward[5].pk]
    coarse = first[first["mpp"] == 1.0]
    assert len(first) - len(coarse) == 30
    assert coarse[["row", "column", "x_l0", "y_l0"]].tolist()[4] == (1, 1, 64, 64)
    assert dataset.counts["mpps"] == {"0.5": 180, "1.0": 9 * 6}


def test_one_scale_in_a_list_is_one_scale(ward):
    assert asked(mpp=None, mpps=[0.5]).mpps == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mpp": None}, "say at how many um per px"),
        ({"mpp": 1.0, "mpps": [0.5, 1.0]}, "mpp is the finest of mpps"),
        ({"mpps": "0.5"}, "mpps is a list of numbers"),
        ({"labelling": "most"}, "labelling is one of any, centre, share"),
        ({"balance": "some"}, "balance is one of"),
        ({"labelling": "any", "tumour_bar": 0.2}, "counts where labelling is share"),
        ({"validation_share": 0.6, "test_share": 0.4}, "leave nothing to learn from"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(ward, fields, said):
    with pytest.raises(datasets.NotTrainable, match=re.escape(said)):
        asked(**fields)


def test_a_tumour_bar_means_that_a_share_decides(ward):
    assert asked(tumour_bar=0.2).labelling == "share"


def test_overlapping_and_shifted_patches_stay_within_the_slide(ward):
    found = patches_of(freeze(stride=0.5, jitter_px=8, balance="none"))
    one = found[found["slide_id"] == ward[5].pk]
    assert len(one) == 11 * 9
    assert one["x_l0"].min() >= 0 and one["x_l0"].max() <= 5 * PX
    assert len(set((one["x_l0"] % (PX // 2)).tolist())) > 4


def test_folds_hold_every_patient_once(ward):
    dataset = freeze(folds=3, balance="none")
    frozen = manifest.read(dataset.manifest_path)
    assert frozen.folds == 3
    folds_of = {}
    for patient, split in zip(frozen.patients(), frozen.columns["split"], strict=True):
        folds_of.setdefault(patient, set()).add(str(split))
    assert sorted(len(folds) for folds in folds_of.values()) == [1] * 6
    learn, validate = frozen.sides(1)
    assert len(learn) + len(validate) == 180
    assert dataset.counts["fold-1"] == {"tumour": 12, "normal": 48, "slides": 2, "patients": 2}


def test_a_test_set_is_kept_apart(ward):
    dataset = freeze(test_share=0.3, validation_share=0.3, balance="none")
    assert [dataset.counts[side]["patients"] for side in ("training", "validation", "test")] == [
        2, 2, 2,
    ]  # fmt: skip


def test_patients_stay_on_the_side_they_have_in_the_dataset_before(ward, make_slide, annotate):
    before = freeze(test_share=0.3, validation_share=0.3)
    more = make_slide("more", rgb=tissue(9, height=160, width=192), mpp=0.5)
    annotate(more)
    for seed in range(3):
        after = freeze(parent=before, test_share=0.3, validation_share=0.3, seed=seed)
        sides = {slide["name"]: slide["split"] for slide in after.counts["slides"]}
        for slide in before.counts["slides"]:
            assert sides[slide["name"]] == slide["split"]
    assert manifest.read(after.manifest_path).header["follows"] == before.manifest_sha256


def test_a_dataset_follows_frozen_ones_only(ward):
    dataset = freeze(parent=asked(name="before"))
    assert dataset.reason == "not_frozen"


def test_too_few_patients_for_the_folds_fail_with_what_to_do(ward):
    dataset = freeze(folds=5)
    assert dataset.reason == "no_validation_tumour"
    assert "ask for fewer parts" in dataset.error


def test_a_single_slide_fails_with_what_to_do(ward):
    dataset = freeze(ward[:1])
    assert dataset.reason == "one_slide"
    assert "choose slides of two patients at least" in dataset.error


def test_the_same_slides_and_seed_give_the_same_bytes(ward):
    rules = {"stride": 0.5, "jitter_px": 5, "balance": "class_slide", "per_slide_cap": 20}
    one, two = (freeze(name=name, **rules) for name in ("one", "two"))
    assert one.manifest_path.read_bytes() == two.manifest_path.read_bytes()
    assert one.counts["checksum"] == one.manifest_sha256


# People and networks -------------------------------------------------------


def test_outlined_normal_tissue_of_an_unfinished_truth_is_learnt_from(ward, annotate, pathologist):
    regions = [
        Region("tumour", box(0, 0, 6 * PX, PX)),
        Region("normal", box(0, 4 * PX, 6 * PX, 5 * PX)),
    ]
    annotate(
        ward[0],
        regions=to_geojson(regions),
        is_exhaustive=False,
        author=pathologist,
        source="drawn",
        tumour_area_px=6 * PX**2,
    )
    dataset = freeze(balance="none")
    found = patches_of(dataset)
    corrected = found[found["source"] == "corrected"]
    assert (
        corrected[["slide_id", "row", "label", "author"]].tolist()
        == [(ward[0].pk, 4, 0, "bob")] * 6
    )
    assert dataset.counts["sources"] == {"corrected": 6, "grid": 156}


@pytest.fixture
def mining(ward, settings):
    """Two false alarms: one on a slide without tumour, one where the truth says tumour."""
    version = ModelVersion.objects.create(
        name="v", architecture="baseline", mpp=0.5, patch_px=PX, threshold=0.5
    )
    patches = np.zeros(2, manifest.PATCH)
    patches["slide_id"] = [ward[5].pk, ward[0].pk]
    patches["x_l0"], patches["y_l0"], patches["mpp"] = [40, 0], [70, 0], 0.5
    patches["source"] = manifest.MINED
    row = Mining.objects.create(version=version, status="done", patches="minings/1.npz")
    row.patches_sha256 = mined.write(row.patches_path, Mined(patches, np.array([0.9, 0.8])))
    row.save()
    return row


def test_false_alarms_are_learnt_from_where_the_truth_still_says_normal(ward, mining):
    for seed in range(4):
        dataset = freeze(minings=[mining], balance="none", seed=seed)
        found = patches_of(dataset)
        alarms = found[found["source"] == "mined"][["slide_id", "x_l0", "split"]].tolist()
        side = next(s["split"] for s in dataset.counts["slides"] if s["name"] == "slide_5")
        assert alarms == ([(ward[5].pk, 40, "training")] if side == "training" else [])


def test_a_mining_that_has_not_ended_stops_the_freeze(ward, mining):
    Mining.objects.update(patches="")
    assert freeze(minings=[mining]).reason == "not_mined"
