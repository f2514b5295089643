"""A report's figures: every one as brute force has it, with its n and an interval or a reason."""

import math

import numpy as np
import pytest
from shapely import box

from predictions import report_exports
from predictions.report_figures import unsure
from slides.regions import Region, region_checksum, to_geojson
from tests.predictions import report_by_hand as by_hand
from tests.predictions.report_rows import (
    COLUMNS,
    MPP,
    PATCH_PX,
    ROWS,
    SMALL,
    WIDE,
    cells,
    coarse_slide,
    coarse_version,
    figures_of,
    read,
    reported,
)

pytestmark = pytest.mark.django_db

__all__ = ["coarse_slide", "coarse_version", "read", "reported"]


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_brute_force(seed, read, coarse_version, reported):
    rng = np.random.default_rng(seed)
    version, slides = coarse_version(threshold=0.5), []
    for index in range(6):
        boxes = [WIDE, SMALL][: index % 3] if index < 4 else []
        grid = np.round(rng.random((ROWS, COLUMNS)) ** 3, 2).astype(np.float32)
        read(f"slide {index}", boxes, {version: grid}, patient=f"p{index // 2}")
        slides.append((grid.tolist(), boxes))

    told = figures_of(reported([version]), version)

    (score, at), findings = by_hand.lesion_figures(slides, PATCH_PX, MPP, stop=0.05)
    assert told["froc"]["score"]["value"] == pytest.approx(score, abs=1e-9)
    assert [one["value"] for one in told["froc"]["sensitivity"]] == pytest.approx(at, abs=1e-9)
    alarms = sum(one >= 0.5 for false, *_ in findings for one in false)
    assert told["lesions"]["false_per_slide"]["value"] == pytest.approx(alarms / 6)
    best = [value for _, own, itc in findings for number, value in own.items() if number not in itc]
    found = sum(value >= 0.5 for value in best)
    assert (told["lesions"]["sensitivity"]["found"], told["lesions"]["sensitivity"]["n"]) == (
        found,
        len(best),
    )
    tp, fp, fn, tn = by_hand.counts(slides, PATCH_PX, 0.5)
    assert told["pooled"]["recall"]["value"] == pytest.approx(tp / (tp + fn))
    assert told["pooled"]["specificity"]["value"] == pytest.approx(tn / (tn + fp))
    assert told["pooled"]["dice"]["value"] == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert told["slides_level"]["auc"]["value"] == pytest.approx(by_hand.auc(slides))


def test_every_figure_has_its_n_and_an_interval_or_a_reason(read, coarse_version, reported):
    version = coarse_version()
    read("tumour", [WIDE], {version: cells((0, 1, 0.9))})
    read("normal", [], {version: cells((2, 2, 0.6))})

    rows = list(report_exports.figure_rows(reported([version])))

    assert len(rows) > 40
    for row in rows:
        assert row["n"] is not None, row
        is_told = row["value"] is not None and row["low"] is not None
        is_share = row["section"] == "coverage"  # of everything there is: nothing was drawn
        assert is_told or row["reason"] or is_share, row
        if is_told:
            assert math.isfinite(row["value"]) and row["low"] <= row["high"], row


def test_what_was_always_found_is_not_certain(read, coarse_version, reported):
    version = coarse_version()
    for index in range(3):
        read(f"tumour {index}", [WIDE], {version: cells((0, 1, 0.9))})
    read("normal", [], {version: cells()})

    told = figures_of(reported([version]), version)["lesions"]

    found = told["sensitivity"]
    assert found["value"] == 1 and found["low"] == pytest.approx(0.4385, abs=1e-4)  # Wilson, 3 of 3
    none = told["false_per_slide"]
    assert none["value"] == 0 and none["high"] == pytest.approx(3.689 / 4, abs=1e-3)  # exact, 0


def test_an_interval_that_varies_stays_as_it_was_drawn():
    told = {"value": 1.0, "low": 0.8, "high": 1.0}

    assert unsure(told, 5) == told


def test_a_truth_not_exhaustive_is_in_no_lesion_figure_and_named(
    read, coarse_slide, coarse_version, annotate, predicted, reported
):
    version = coarse_version()
    read("whole", [WIDE], {version: cells((0, 1, 0.9))})
    read("normal", [], {version: cells()})
    part = coarse_slide("part")
    annotate(part, box(*WIDE), is_exhaustive=False)
    predicted(part, version, cells((3, 5, 0.95)))

    told = figures_of(reported([version]), version)

    assert told["froc"]["n"]["slides"] == 2
    assert [one["slide"] for one in told["froc"]["left_out"]] == ["part"]
    assert told["lesions"]["false_per_slide"]["n"] == 2
    assert told["slides_level"]["auc"]["n"] == 3  # that it holds tumour is certain
    assert told["not_exhaustive"] == ["part"]


def test_what_is_to_be_ignored_is_neither_right_nor_wrong(
    coarse_slide, coarse_version, annotate, predicted, reported
):
    version, slide = coarse_version(), coarse_slide("one")
    regions = [Region("tumour", box(*WIDE)), Region("ignore", box(64, 32, 96, 64))]
    annotate(slide, regions=to_geojson(regions), checksum=region_checksum(regions))
    predicted(slide, version, cells((0, 1, 0.9), (3, 5, 0.99)))

    told = figures_of(reported([version]), version)

    assert told["lesions"]["sensitivity"]["found"] == 1
    assert told["slides"][0]["false_findings"] == 0
    assert told["slides"][0]["score"] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("itc_slides", "tumour_slides", "n"),
    [("negative", 1, 3), ("positive", 2, 3), ("left_out", 1, 2)],
)
def test_what_isolated_tumour_cells_are_to_slides_is_asked(
    itc_slides, tumour_slides, n, read, coarse_version, reported
):
    version = coarse_version()
    read("micro", [WIDE], {version: cells((0, 1, 0.9))})
    read("itc", [SMALL], {version: cells((2, 4, 0.8))})
    read("normal", [], {version: cells()})

    told = figures_of(reported([version], itc_slides=itc_slides), version)

    auc = told["slides_level"]["auc"]
    assert (auc["tumour_slides"], auc["n"]) == (tumour_slides, n)
    assert auc["itc_slides"] == {"are": itc_slides, "n": 1}
    assert told["lesions"]["by_size_class"]["itc"]["n"] == 1
    assert told["froc"]["n"]["lesions"] == 1


def test_stages_of_patients_with_several_nodes(read, coarse_version, reported):
    version = coarse_version()
    called = cells((0, 0, 0.9), (0, 1, 0.9), (0, 2, 0.9))
    read("a1", [WIDE], {version: called}, patient="Ann")
    read("a2", [], {version: cells()}, patient="ann ")
    read("b1", [], {version: cells()}, patient="bob")
    read("b2", [], {version: called}, patient="bob")
    read("c1", [], {version: cells()}, patient="cem")

    told = figures_of(reported([version]), version)["patients"]

    assert told["stages"] == [
        {"patient": "ann", "nodes": 2, "truth": "pN1mi", "said": "pN1mi"},
        {"patient": "bob", "nodes": 2, "truth": "pN0", "said": "pN1mi"},
    ]
    assert told["kappa"]["n"] == 2 and told["kappa"]["value"] == 0


def test_subgroups_are_by_size_and_by_what_is_known_of_slides(read, coarse_version, reported):
    version = coarse_version()
    read("one", [WIDE], {version: cells((0, 1, 0.9))})
    read("two", [WIDE], {version: cells((0, 1, 0.2))})
    read("normal", [], {version: cells()})
    groups = {"one": {"centre": "A"}, "two": {"centre": "B"}, "normal": {"centre": "B"}}

    told = figures_of(reported([version], groups=groups), version)["subgroups"]

    found = {
        (one["dimension"], one["name"]): (
            one["n"]["slides"],
            one["figures"]["lesion_sensitivity"]["value"],
        )
        for one in told
    }
    assert found == {
        ("size_class", "micro"): (3, 0.5),  # against all normal slides
        ("centre", "A"): (1, 1.0),
        ("centre", "B"): (2, 0.0),
    }


def test_tumour_that_nobody_looked_at_is_told(
    coarse_slide, coarse_version, annotate, predicted, reported
):
    tissue = np.zeros((8, 12), bool)
    tissue[:, 6:] = True
    version, slide = coarse_version(), coarse_slide("half", tissue=tissue)
    annotate(slide, box(16, 16, 80, 48))
    grid = cells()
    grid[:, :3] = np.nan
    predicted(slide, version, grid)

    told = figures_of(reported([version]), version)["coverage"]

    assert told["tumour_share_assessed"]["value"] == pytest.approx(0.5)
    assert told["tumour_outside_mm2"] == pytest.approx(32 * 32 * MPP**2 / 1e6)
