"""Datasets of one patient or one piece of tissue on two sides: they are not frozen."""

import pytest
from shapely import box

from slides.jobs import Reason
from slides.models import Slide
from tests.training.freezing import freeze, preview, tissue
from training import datasets, tasks


@pytest.fixture
def textured(make_slide, annotate) -> list[Slide]:
    """Four slides of 1.4 x 1.2 mm, two with tumour, each of its own tissue."""
    slides = []
    for number in range(4):
        slide = make_slide(f"slide_{number}", rgb=tissue(number), mpp=2.0)
        annotate(slide, *[box(0, 0, 300, 300)] if number < 2 else [])
        slides.append(slide)
    return slides


LARGE = {"mpp": 2.0, "patch_px": 64, "validation_share": 0.5, "balance": "none"}


def test_slides_of_different_tissue_do_not_leak(textured):
    dataset = freeze(**LARGE)
    assert (dataset.status, dataset.leaks) == ("done", [])


def test_a_copy_under_another_patient_stops_the_freeze_and_shows_the_pair(
    textured, make_slide, annotate
):
    copy = make_slide("copy", rgb=tissue(3)[20:, 30:], mpp=2.0)
    annotate(copy)
    for seed in range(20):
        dataset = freeze(**LARGE, seed=seed)
        sides = {slide["name"]: slide["split"] for slide in dataset.counts["slides"]}
        if sides["slide_3"] != sides["copy"]:
            break
    assert (dataset.status, dataset.reason) == ("failed", "leak")
    assert "show the same tissue" in dataset.error
    assert "leave one out" in dataset.error
    assert not dataset.is_frozen
    [leak] = dataset.leaks
    assert {slide["name"] for slide in leak["slides"]} == {"slide_3", "copy"}
    assert leak["matches"] >= 5
    (x, y), (copied_x, copied_y) = leak["places_um"]
    assert (x - copied_x, y - copied_y) == pytest.approx((60, 40), abs=20)


def test_one_patient_under_two_spellings_stops_the_freeze_until_it_is_mended(textured):
    for number, patient in enumerate(["p-01", "b", "P 1", "d"]):
        Slide.objects.filter(name=f"slide_{number}").update(patient=patient)
    for seed in range(20):
        dataset = preview(**LARGE, seed=seed)
        if dataset.leaks:
            break
    [leak] = dataset.leaks
    assert (leak["kind"], leak["places_um"]) == ("same_patient", [])
    assert "spelt “p-01” and “P 1”" in leak["words"]
    with pytest.raises(Reason, match="one patient"):
        datasets.ask_to_freeze(dataset)
    Slide.objects.filter(name="slide_2").update(patient="p-01")
    tasks.run_freezing(datasets.ask_for_preview(dataset))
    assert dataset.leaks == []
    tasks.run_freezing(datasets.ask_to_freeze(dataset))
    assert dataset.is_frozen


def test_landmarks_are_found_once_and_kept(textured, settings):
    freeze(**LARGE)
    kept = sorted((settings.CACHE_ROOT / "landmarks").iterdir())
    before = [path.stat().st_mtime_ns for path in kept]
    freeze(**LARGE, seed=1)
    assert len(kept) == 4
    assert [path.stat().st_mtime_ns for path in kept] == before
