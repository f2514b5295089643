import numpy as np
import pytest

from training import operating
from training.operating import OperatingError, Terms

LABELS = np.array([0, 0, 0, 0, 1, 1])
SCORES = np.array([0.1, 0.2, 0.2, 0.6, 0.4, 0.8], np.float32)


def budget(per_mm2: float, *, mm2: float | None = 30.0) -> Terms:
    return Terms(rule="fp_budget", fp_budget=per_mm2, normal_mm2=mm2)


@pytest.mark.parametrize(
    ("per_mm2", "threshold"), [(0.0, 0.8), (0.05, 0.4), (0.1, 0.2), (1.0, 0.1)]
)
def test_the_lowest_score_within_the_budget_is_taken(per_mm2, threshold):
    assert operating.choose(LABELS, SCORES, budget(per_mm2)) == np.float32(threshold)


def test_a_tenth_per_mm2_on_thirty_allows_three_in_spite_of_floats():
    assert np.count_nonzero(SCORES[LABELS == 0] >= 0.2) == 3
    assert operating.choose(LABELS, SCORES, budget(0.1)) == np.float32(0.2)


def test_a_budget_without_an_area_is_refused():
    with pytest.raises(OperatingError, match="area of normal validation tissue is unknown"):
        operating.choose(LABELS, SCORES, budget(1.0, mm2=None))


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="choose one of recall, fp_budget"):
        operating.choose(LABELS, SCORES, Terms(rule="youden"))


def test_a_patch_of_level_one_covers_two_hundredths_of_a_mm2():
    assert operating.patch_mm2(299, 0.486) == pytest.approx(0.0211, 0.01)


def test_a_threshold_names_its_patches_and_patients():
    n = {"tumour_patches": 40, "tumour_patients": 1, "normal_patches": 60, "normal_patients": 3}
    metrics = {"n": n, "target_recall": 0.9, "fp_budget": 2.0, "normal_mm2": 1.254}
    assert operating.source(metrics, "abc") == (
        "highest threshold with recall of at least 0.9 on 40 tumour patches of 1 validation "
        "patient (dataset abc)"
    )
    on_budget = metrics | {"operating_rule": "fp_budget", "calibration": {"kind": "isotonic"}}
    assert operating.source(on_budget, "abc") == (
        "lowest threshold with at most 2 false positives per mm2 on 1.25 mm2 (60 normal patches) "
        "of 3 validation patients (dataset abc), on the scale of isotonic calibration"
    )
