import math

import numpy as np
import pytest
from shapely import Polygon, box

from predictions.evaluation import (
    CellTruth,
    Terms,
    agreement,
    assessed_tissue_cm2,
    figure,
    poisson_interval,
    scored_cells,
    slide_metrics,
    suspicions,
    truth_of_cells,
)
from slides.grid import Grid
from slides.regions import Region

NAN = np.nan


def cell_truth(share, ignored=None) -> CellTruth:
    share = np.array(share, np.float32)
    return CellTruth(share, np.zeros(share.shape, bool) if ignored is None else np.array(ignored))


# 2 x 5 cells: by hand TP 2, FP 1, FN 1, TN 3, one tumour cell not assessed, two free ones
MAP = np.array([[0.9, 0.8, 0.7, 0.1, NAN], [0.2, 0.3, 0.4, NAN, NAN]], np.float32)
TRUTH = cell_truth([[1.0, 0.5, 0.0, 0.25, 0.5], [0.0, 0.0, 0.0, 0.0, 0.0]])
TERMS = Terms(threshold=0.5, cell_area_mm2=0.02)


def test_cells_are_counted_by_call_and_truth():
    cells = agreement(MAP, TRUTH, TERMS)
    assert cells.counts.tolist() == [2, 1, 1, 3]
    assert (cells.not_assessed, cells.tumour_not_assessed, cells.ignored) == (3, 1, 0)


def test_figures_by_hand():
    figures = slide_metrics(MAP, TRUTH, TERMS)["figures"]
    values = {name: entry["value"] for name, entry in figures.items()}
    assert values["recall"] == pytest.approx(2 / 3)
    assert values["precision"] == pytest.approx(2 / 3)
    assert values["specificity"] == pytest.approx(3 / 4)
    assert values["dice"] == pytest.approx(4 / 6)
    assert values["iou"] == pytest.approx(2 / 4)
    # tumour 0.9, 0.8, 0.1 against 0.7, 0.2, 0.3, 0.4: 8 of 12 pairs in order
    assert values["roc_auc"] == pytest.approx(8 / 12)
    assert values["pr_auc"] == pytest.approx((1 + 1 + 3 / 7) / 3)


def test_every_figure_says_how_many_cells_it_is_made_of():
    figures = slide_metrics(MAP, TRUTH, TERMS)["figures"]
    sizes = {name: entry["n"] for name, entry in figures.items()}
    assert sizes["recall"] == 3
    assert sizes["precision"] == 3
    assert sizes["specificity"] == 4
    assert sizes["dice"] == sizes["iou"] == 4
    assert sizes["roc_auc"] == sizes["pr_auc"] == 7


def test_intervals_are_wilsons_and_dice_follows_iou():
    figures = slide_metrics(MAP, TRUTH, TERMS)["figures"]
    # Wilson for 2 of 4: (2 + z2/2) / (4 + z2) -+ z / (4 + z2) * sqrt(1 + z2 / 4)
    z2 = 1.959963984540054**2
    half = math.sqrt(z2) / (4 + z2) * math.sqrt(1 + z2 / 4)
    low, high = 0.5 - half, 0.5 + half
    assert figures["iou"]["low"] == pytest.approx(low)
    assert figures["iou"]["high"] == pytest.approx(high)
    assert figures["dice"]["low"] == pytest.approx(2 * low / (1 + low))
    assert figures["dice"]["high"] == pytest.approx(2 * high / (1 + high))


def test_a_cell_not_assessed_is_in_no_metric():
    background = np.full((2, 5), NAN, np.float32)
    wide_map = np.hstack([MAP, background])
    wide_truth = cell_truth(np.hstack([TRUTH.share, np.zeros((2, 5))]))
    narrow, wide = slide_metrics(MAP, TRUTH, TERMS), slide_metrics(wide_map, wide_truth, TERMS)
    assert wide["figures"] == narrow["figures"]
    assert wide["counts"]["not_assessed"] == narrow["counts"]["not_assessed"] + 10


def test_tumour_outside_the_assessed_region_is_listed_apart():
    covered = slide_metrics(MAP, TRUTH, TERMS)["coverage"]
    # shares 1 + 0.5 + 0.25 inside, 0.5 outside, 0.02 mm2 a cell
    assert covered["tumour_mm2"] == pytest.approx(2.25 * 0.02)
    assert covered["tumour_outside_mm2"] == pytest.approx(0.5 * 0.02)
    assert covered["tumour_share_assessed"]["value"] == pytest.approx(1.75 / 2.25)
    assert (covered["cells_assessed"], covered["cells"]) == (7, 10)


def test_areas_of_unknown_um_per_px_stay_unknown():
    covered = slide_metrics(MAP, TRUTH, Terms(threshold=0.5))["coverage"]
    assert covered["tumour_mm2"] is None
    assert covered["tumour_outside_mm2"] is None
    assert covered["tumour_share_assessed"]["value"] == pytest.approx(1.75 / 2.25)


def test_ignored_cells_are_in_no_metric_and_no_coverage():
    is_ignored = np.zeros((2, 5), bool)
    is_ignored[0, [2, 4]] = True  # the false positive, and the tumour not assessed
    metrics = slide_metrics(MAP, CellTruth(TRUTH.share, is_ignored), TERMS)
    assert metrics["counts"]["fp"] == 0
    assert metrics["counts"]["ignored"] == 2
    assert metrics["counts"]["tumour_not_assessed"] == 0
    assert metrics["figures"]["precision"]["value"] == 1.0
    assert metrics["coverage"]["tumour_outside_mm2"] == 0.0


def test_the_tumour_bar_decides_what_a_tumour_cell_is():
    above_any = agreement(MAP, TRUTH, Terms(threshold=0.5, tumour_bar=0.0))
    above_half = agreement(MAP, TRUTH, Terms(threshold=0.5, tumour_bar=0.5))
    assert above_any.counts.tolist() == [2, 1, 1, 3]
    assert above_half.counts.tolist() == [1, 2, 0, 4]


def test_a_normal_slide_has_reasons_where_figures_do_not_exist():
    figures = slide_metrics(MAP, cell_truth(np.zeros((2, 5))), TERMS)["figures"]
    assert figures["recall"]["reason"] == "no tumour cell was assessed"
    for name in ("precision", "dice", "iou"):
        assert figures[name]["value"] is None
        assert "no tumour" in figures[name]["reason"]
    for name in ("roc_auc", "pr_auc"):
        assert figures[name]["reason"] == "needs tumour and tumour-free cells"
    assert figures["specificity"]["value"] == pytest.approx(4 / 7)


def test_false_positives_of_a_normal_slide_are_per_cm2_of_assessed_tissue():
    tissue = np.full((2, 5), 0.5, np.float32)
    truth, terms = cell_truth(np.zeros((2, 5))), Terms(threshold=0.5, cell_area_mm2=10.0)
    assert assessed_tissue_cm2(MAP, truth, tissue, terms) == pytest.approx(0.35)
    false = slide_metrics(MAP, truth, terms, tissue_share=tissue)["figures"]["fp_per_cm2"]
    assert false["value"] == pytest.approx(3 / 0.35)
    assert false["n"] == 7


def test_false_positives_per_cm2_are_for_normal_slides_only():
    tissue = np.ones((2, 5), np.float32)
    false = slide_metrics(MAP, TRUTH, TERMS, tissue_share=tissue)["figures"]["fp_per_cm2"]
    assert false["value"] is None
    assert false["reason"] == "counted on slides without tumour only"


def test_the_interval_of_a_count_is_exact():
    assert poisson_interval(0) == pytest.approx((0.0, 3.6888794))
    assert poisson_interval(3) == pytest.approx((0.6186721, 8.7672731))


def test_negatives_of_a_truth_not_exhaustive_are_flagged_and_recall_is_not():
    terms = Terms(threshold=0.5, is_exhaustive=False)
    figures = slide_metrics(MAP, TRUTH, terms)["figures"]
    assert "caution" not in figures["recall"]
    assert "not exhaustive" in figures["precision"]["caution"]
    assert "not exhaustive" in figures["roc_auc"]["caution"]


def test_nothing_called_leaves_precision_undefined_not_zero():
    figures = slide_metrics(MAP, TRUTH, Terms(threshold=0.95))["figures"]
    assert figures["precision"]["value"] is None
    assert figures["precision"]["reason"] == "no cell was called tumour"
    assert figures["recall"]["value"] == 0.0


def test_an_empty_map_gives_reasons_only():
    metrics = slide_metrics(np.full((2, 5), NAN, np.float32), TRUTH, TERMS)
    assert all(entry["value"] is None for entry in metrics["figures"].values())
    assert all(entry["reason"] for entry in metrics["figures"].values())


def test_a_figure_is_never_nan():
    assert figure(math.nan, n=3, reason="why") == {
        "value": None,
        "low": None,
        "high": None,
        "n": 3,
        "unit": "cells",
        "reason": "why",
    }


def test_map_and_truth_of_different_grids_are_refused():
    with pytest.raises(ValueError, match="different grids"):
        agreement(MAP[:, :4], TRUTH, TERMS)
    with pytest.raises(ValueError, match="different grids"):
        scored_cells(MAP[:, :4], TRUTH, TERMS)


# Truth from outlines --------------------------------------------------------

GRID = Grid.over(320, 192, slide_mpp=0.25, mpp=0.25, patch_px=64)  # 5 x 3 cells of 64 px


def tumour(polygon: Polygon, label: str = "tumour") -> Region:
    return Region(label, polygon)


def test_the_truth_of_a_cell_is_its_share_of_tumour():
    share = truth_of_cells([tumour(box(64, 0, 160, 96))], GRID).share
    np.testing.assert_array_equal(share, [[0, 1, 0.5, 0, 0], [0, 0.5, 0.25, 0, 0], [0, 0, 0, 0, 0]])


def test_holes_and_normal_regions_are_not_tumour():
    ring = Polygon(box(0, 0, 64, 64).exterior, [box(16, 16, 48, 48).exterior])
    assert truth_of_cells([tumour(ring)], GRID).share[0, 0] == 0.75
    cut = [tumour(box(0, 0, 64, 64)), tumour(box(16, 16, 48, 48), "normal")]
    assert truth_of_cells(cut, GRID).share[0, 0] == 0.75


def test_a_cell_that_an_ignore_region_touches_is_left_out():
    regions = [tumour(box(0, 0, 64, 64)), tumour(box(60, 10, 70, 20), "ignore")]
    truth = truth_of_cells(regions, GRID)
    assert np.argwhere(truth.is_ignored).tolist() == [[0, 0], [0, 1]]
    assert truth.share[0, 0] == 1.0


def test_no_outline_is_no_tumour():
    truth = truth_of_cells([], GRID)
    assert truth.share.shape == (3, 5)
    assert not truth.share.any()
    assert not truth.is_ignored.any()


def test_tumour_in_the_last_cells_is_not_lost():
    grid = Grid.over(301, 130, slide_mpp=0.25, mpp=0.25, patch_px=64)
    share = truth_of_cells([tumour(box(256, 128, 301, 130))], grid).share
    assert np.argwhere(share).tolist() == [[2, 4]]
    assert share[2, 4] == pytest.approx(45 * 2 / 64**2, rel=0.05)


# Maps that look like a broken model -----------------------------------------


def test_a_map_of_one_value_is_suspicious():
    ones = np.where(np.isnan(MAP), NAN, 1.0).astype(np.float32)
    assert suspicions(ones, 0.5) == ["Every cell is 1.000: check the model."]


def test_a_map_nearly_all_called_is_suspicious():
    crowded = np.linspace(0.6, 0.9, 400).reshape(20, 20).astype(np.float32)
    crowded[0, 0] = 0.1
    assert suspicions(crowded, 0.5) == ["399 of 400 cells are called tumour: check the model."]
    assert suspicions(crowded, 0.7) == []


def test_a_map_without_cells_says_so():
    assert suspicions(np.full((2, 2), NAN), 0.5) == [
        "No cell was assessed: no tissue reached the tissue bar."
    ]


def test_an_honest_map_and_a_single_cell_are_not_suspicious():
    assert suspicions(MAP, 0.5) == []
    assert suspicions(np.array([[0.9]]), 0.5) == []
