"""What a second version does otherwise than a first, on the same slides."""

import numpy as np
import pytest

from predictions.release_diff import ENOUGH_PATIENTS, pair_results, verdict
from predictions.report_figures import Terms
from tests.predictions.readings import MPP, SIDE, cells, reading

TERMS = (Terms(0.5, draws=200), Terms(0.5, draws=200))
LARGE, SMALL, TINY = (2, 2, 30, 6), (20, 20, 4, 4), (35, 35, 1, 1)


def compared(first, second, terms=TERMS):
    return pair_results(first, second, terms)


def test_lesions_gained_and_lost_are_named_with_place_and_size():
    outlines = (LARGE, SMALL)
    first = [reading("a", cells((3, 3, 2, 2, 0.9)), *outlines)]
    second = [reading("a", cells((21, 21, 1, 1, 0.7)), *outlines)]
    told, changes = compared(first, second)
    gained = next(one for one in changes if one["change"] == "gained")
    lost = next(one for one in changes if one["change"] == "lost")
    assert (gained["kind"], gained["size_class"], lost["size_class"]) == (
        "lesion",
        "micro",
        "macro",
    )
    np.testing.assert_allclose(gained["box_l0"], np.array([20, 20, 24, 24]) * SIDE, atol=40)
    assert gained["confidences"] == pytest.approx([0.0, 0.7])
    assert (told["lesions"]["gained"], told["lesions"]["lost"], told["lesions"]["n"]) == (1, 1, 2)
    assert told["lesions"]["by_size_class"]["macro"] == {"gained": 0, "lost": 1, "n": 1}


def test_each_version_is_taken_at_its_own_threshold():
    first = [reading("a", cells((21, 21, 1, 1, 0.4)), SMALL)]
    second = [reading("a", cells((21, 21, 1, 1, 0.4)), SMALL)]
    told, changes = compared(first, second, (Terms(0.5, draws=20), Terms(0.3, draws=20)))
    assert [one["change"] for one in changes] == ["gained"]
    assert told["lesions"]["gained"] == 1


def test_isolated_tumour_cells_are_told_but_not_counted():
    first = [reading("a", cells(), TINY, SMALL)]
    second = [reading("a", cells((35, 35, 1, 1, 0.9)), TINY, SMALL)]
    told, changes = compared(first, second)
    assert [(one["size_class"], one["is_counted"]) for one in changes] == [("itc", False)]
    assert (told["lesions"]["gained"], told["lesions"]["n"]) == (0, 1)
    assert told["lesions"]["by_size_class"]["itc"]["gained"] == 1


def test_lesions_of_a_truth_that_is_not_exhaustive_are_shown_apart():
    first = [reading("a", cells(), SMALL, is_exhaustive=False)]
    second = [
        reading("a", cells((21, 21, 1, 1, 0.9), (3, 30, 1, 1, 0.9)), SMALL, is_exhaustive=False)
    ]
    told, changes = compared(first, second)
    assert [one["kind"] for one in changes] == ["lesion"]  # the finding may be tumour
    assert not changes[0]["is_counted"]
    assert told["lesions"]["n"] == 0
    assert told["lesions"]["uncounted"] == {"gained": 1, "lost": 0}
    assert told["figures"]["lesion_sensitivity"]["value"] is None


def test_a_false_finding_is_the_same_within_the_reach_of_a_peak():
    near = [reading("a", cells((10, 10, 1, 1, 0.9))), reading("b", cells((10, 10, 1, 1, 0.9)))]
    other = [reading("a", cells((10, 12, 1, 1, 0.8))), reading("b", cells((10, 13, 1, 1, 0.8)))]
    told, changes = compared(near, other)
    assert [(one["name"], one["change"]) for one in changes] == [("b", "gained"), ("b", "lost")]
    assert [one["x"] for one in changes] == [13.5 * SIDE, 10.5 * SIDE]
    width = changes[0]["box_l0"][2] - changes[0]["box_l0"][0]
    assert width * MPP == pytest.approx(2 * 187)
    counts = {name: told["false_findings"][name] for name in ("gained", "lost", "first", "second")}
    assert counts == {"gained": 1, "lost": 1, "first": 2, "second": 2}


def test_what_is_quieter_about_a_false_finding_is_told_beside_it():
    first = [reading("a", cells((10, 10, 1, 1, 0.9)))]
    second = [reading("a", cells((10, 11, 1, 1, 0.3)))]
    _, changes = compared(first, second)
    assert changes[0]["confidences"] == pytest.approx([0.9, 0.3])
    assert changes[0]["size_class"] == "itc"


def cohort(found, *, false=0, dice=0.5):
    """Eight patients with a lesion of 16 cells, `found` of them found, and eight without."""
    slides = []
    for i in range(8):
        spots = [(21, 21, 1, 1, 0.9 - i / 100)] if i < found else []
        slides.append(reading(f"t{i}", cells(*spots), SMALL, figures={"dice": dice + i / 50}))
        spots = [(5, 5, 1, 1, 0.85)] if i < false else [(5, 5, 1, 1, 0.1 + i / 100)]
        slides.append(reading(f"n{i}", cells(*spots)))
    return slides


def test_a_version_that_finds_more_is_better_beyond_its_interval():
    told, _ = compared(cohort(2), cohort(8, dice=0.7))
    figures = told["figures"]
    for name in ("slide_auc", "froc", "lesion_sensitivity"):
        assert figures[name]["verdict"] == "better", name
        assert figures[name]["low"] > 0
    assert figures["lesion_sensitivity"]["value"] == pytest.approx(0.75)
    assert (figures["lesion_sensitivity"]["n"], figures["lesion_sensitivity"]["patients"]) == (8, 8)
    assert told["mcnemar"]["lesions"] == {
        "only_first_right": 0,
        "only_second_right": 6,
        "p": pytest.approx(2 / 2**6),
        "n": 8,
        "unit": "lesions",
    }
    assert told["mcnemar"]["tumour_slides"]["only_second_right"] == 6
    assert told["mcnemar"]["normal_slides"]["p"] == 1


def test_more_false_findings_are_worse():
    told, changes = compared(cohort(8, false=1), cohort(8, false=8))
    assert told["figures"]["false_per_slide"]["verdict"] == "worse"
    assert told["false_findings"]["gained"] == 7 == len(changes)


def test_a_steady_difference_has_no_interval_that_claims_certainty():
    told, _ = compared(cohort(8), cohort(8, dice=0.75))
    dice = told["figures"]["dice"]
    assert dice["value"] == pytest.approx(0.25)
    same, _ = compared(cohort(8), cohort(8))
    assert same["figures"]["dice"]["interval_reason"].startswith("they differ nowhere")
    assert same["figures"]["dice"]["verdict"] == "unknown"


def test_few_patients_give_no_verdict():
    few = 2 * (ENOUGH_PATIENTS - 1)
    told, _ = compared(cohort(0)[:few], cohort(8)[:few])
    figure = told["figures"]["lesion_sensitivity"]
    assert (figure["value"], figure["patients"]) == (1.0, ENOUGH_PATIENTS - 1)
    assert verdict("dice", {"value": 0.3, "low": 0.1, "high": 0.5, "patients": 5}) == "too_few"
    one, _ = compared(cohort(0)[:2], cohort(8)[:2])
    assert one["figures"]["froc"]["interval_reason"].startswith("too few patients")
    assert one["figures"]["slide_auc"]["interval_reason"].startswith("too few patients")


def test_without_um_per_px_slides_are_compared_and_lesions_are_not():
    told, changes = compared(
        [reading("a", cells(), SMALL, mpp=None)],
        [reading("a", cells((21, 21, 1, 1, 0.9)), SMALL, mpp=None)],
    )
    assert changes == []
    assert told["lesions"]["reason"].startswith("um per px is unknown")
    assert told["mcnemar"]["tumour_slides"]["only_second_right"] == 1


def test_other_slides_or_truths_are_refused():
    with pytest.raises(ValueError, match="not the same slide"):
        compared([reading("a", cells())], [reading("b", cells())])
    with pytest.raises(ValueError, match="not the same slide"):
        compared([reading("a", cells())], [reading("a", cells(), SMALL)])
