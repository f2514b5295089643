"""The lesion FROC: each trap of the organisers' definition has a test of its own name."""

import time

import numpy as np
import pytest

from predictions.froc import (
    RATES,
    SlideHits,
    curve_points,
    froc_curve,
    froc_draws,
    froc_figures,
    narrowed,
    paired_difference,
    sensitivity_at,
    slide_hits,
)
from predictions.resampling import slide_weights

# Two lesions and an ITC one, on px of 32 level-0 px.
LABELS = np.array([[1, 1, 0, 2], [0, 0, 0, 2], [3, 0, 0, 0]])
NORMAL = np.zeros((3, 4), int)


def at(row, column, confidence, within=16):
    return [confidence, column * 32 + within, row * 32 + within]


def hits(*detections, labels=LABELS, itc=(3,), name="slide"):
    return slide_hits(name, np.array(detections, float).reshape(-1, 3), labels, itc, scale=32)


def plain(false, lesions, name="slide", itc=0, patient=None, **facts) -> SlideHits:
    lesions = np.array(lesions, float)
    numbers = np.arange(1, len(lesions) + 1)
    false = np.array(false, float)
    return SlideHits(name, patient or name, false, lesions, numbers, itc, **facts)


# Hits ------------------------------------------------------------------------


def test_a_lesion_keeps_its_highest_confidence_and_further_hits_count_for_nothing():
    found = hits(at(0, 0, 0.4), at(0, 1, 0.9), at(0, 1, 0.6))
    assert found.lesions.tolist() == [0.9, 0.0]
    assert found.false_positives.tolist() == []


def test_a_detection_on_an_itc_lesion_is_neither_right_nor_wrong():
    found = hits(at(2, 0, 0.99))
    assert (found.lesions.tolist(), found.false_positives.tolist(), found.itc) == ([0, 0], [], 1)


def test_every_detection_on_background_is_a_false_positive_also_twice_at_one_place():
    assert hits(at(1, 0, 0.3), at(1, 0, 0.3)).false_positives.tolist() == [0.3, 0.3]


def test_every_detection_on_a_normal_slide_is_a_false_positive():
    found = hits(at(0, 0, 0.3), at(2, 3, 0.8), labels=NORMAL, itc=())
    assert sorted(found.false_positives) == [0.3, 0.8]
    assert not found.is_tumour


def test_a_coordinate_is_cut_off_to_its_px_never_rounded():
    found = hits([0.9, 31.9, 0], [0.8, 64, 0])  # px 0 and px 2; rounded it would be px 1 and 2
    assert (found.lesions[0], found.false_positives.tolist()) == (0.9, [0.8])
    assert hits([0.9, 95, 0]).false_positives.tolist() == [0.9]  # 2.97 is px 2, not lesion 2
    assert hits([0.9, 96, 0]).lesions.tolist() == [0, 0.9]


def test_x_is_a_column_and_y_a_row():
    assert hits([0.9, 3 * 32, 1 * 32]).lesions.tolist() == [0, 0.9]


def test_the_rest_of_a_px_beyond_the_last_whole_one_belongs_to_the_last():
    """A level is rounded down: px 128 of a slide 130 px wide has no px of its own at level 5."""
    assert hits([0.9, 129, 0]).lesions.tolist() == [0, 0.9]


def test_far_outside_the_labels_there_is_no_lesion():
    assert hits([0.9, 500, 0]).false_positives.tolist() == [0.9]


def test_a_detection_that_is_no_number_or_below_0_is_refused_by_row():
    with pytest.raises(ValueError, match="slide: detection 2 is"):
        hits(at(0, 0, 0.5), at(0, 0, np.nan))
    with pytest.raises(ValueError, match="detection 1 is"):
        hits([0.5, -1, 3])


# The curve -------------------------------------------------------------------


def test_the_lowest_confidence_is_left_out_and_0_0_ends_the_curve():
    """All lesions are hit and none is ITC, so 0 is no confidence here and 0.2 the lowest."""
    curve = froc_curve([plain([0.2], [0.9, 0.5])])
    assert curve.rates.tolist() == [0, 0, 0]
    assert curve.sensitivity.tolist() == [0, 0.5, 1.0]


def test_a_missed_lesion_has_confidence_0_which_is_then_the_lowest():
    curve = froc_curve([plain([0.2], [0.9, 0.0])])
    assert curve.rates.tolist() == [0, 0, 1]
    assert curve.sensitivity.tolist() == [0, 0.5, 0.5]


def test_an_itc_lesion_has_confidence_0_too_although_it_does_not_count():
    curve = froc_curve([plain([0.2], [0.9, 0.5], itc=1)])
    assert curve.rates.tolist() == [0, 0, 0, 1]
    assert curve.sensitivity.tolist() == [0, 0.5, 1.0, 1.0]


def test_equal_confidences_enter_together():
    curve = froc_curve([plain([0.5, 0.5], [0.5, 0.0])])
    assert curve.rates.tolist() == [0, 2]
    assert curve.sensitivity.tolist() == [0, 0.5]


def test_the_rate_is_per_slide_normal_ones_included_not_per_tumour_slide():
    slides = [plain([0.6], [0.9, 0.0], "t"), plain([], [], "n1"), plain([0.7], [], "n2")]
    assert froc_curve(slides).rates.max() == pytest.approx(2 / 3)
    assert froc_curve(slides[:1]).rates.max() == 1


def test_itc_lesions_are_not_in_the_denominator_of_sensitivity():
    assert froc_curve([plain([], [0.9, 0.0], itc=5)]).sensitivity.max() == 0.5


def test_a_slide_without_result_stays_in_both_denominators():
    slides = [plain([0.5], [0.9], "t1"), plain([], [0.0], "t2", is_missing=True)]
    curve = froc_curve(slides)
    assert curve.sensitivity.max() == 0.5
    assert curve.rates.max() == 0.5
    assert froc_figures(slides, draws=5)["n"]["missing_slides"] == 1


def test_sensitivity_is_read_off_by_straight_lines_not_taken_from_the_last_point():
    """St Andrews' rebuild takes the point at or below a rate, which is another number."""
    curve = froc_curve([plain([0.5], [0.9, 0.4, 0.0, 0.0])])
    # points (0, 0), (0, 1/4), (1, 1/4), (1, 2/4)
    assert curve.at([0.5, 1.0]).tolist() == [0.25, 0.5]
    sloped = froc_curve([plain([0.5], [0.5, 0.0])])
    assert sloped.at([0.25, 0.5, 1.0]).tolist() == [0.125, 0.25, 0.5]


def test_beyond_its_end_the_curve_keeps_its_last_value():
    curve = froc_curve([plain([0.5], [0.9, 0.0])])
    assert curve.rates.max() == 1
    assert curve.at([2, 4, 8]).tolist() == [0.5, 0.5, 0.5]


def test_the_score_is_the_mean_at_the_six_rates():
    curve = froc_curve([plain([0.5], [0.5, 0.0])])
    assert curve.score == pytest.approx(np.mean([0.125, 0.25, 0.5, 0.5, 0.5, 0.5]))
    assert RATES == (0.25, 0.5, 1, 2, 4, 8)


def test_without_a_lesion_that_counts_there_is_no_curve_and_the_reason_is_told():
    assert froc_curve([plain([0.5], [], itc=1)]) is None
    figures = froc_figures([plain([0.5], [], itc=1)])
    assert (figures["score"], "no lesion counts" in figures["reason"]) == (None, True)


def test_without_any_detection_the_curve_is_one_point():
    curve = froc_curve([plain([], [0.0])])
    assert (curve.rates.tolist(), curve.sensitivity.tolist(), curve.score) == ([0], [0], 0)


def test_thresholds_say_from_which_confidence_on_a_point_counts():
    curve = froc_curve([plain([0.2], [0.9, 0.0])])
    assert curve.thresholds.tolist() == [np.inf, 0.9, 0.2]
    assert curve_points(curve)[0] == [0, 0, None]


def test_long_curves_are_thinned_with_both_ends_kept():
    curve = froc_curve([plain(np.linspace(0.1, 0.9, 2000), [0.95, 0.0])])
    points = curve_points(curve)
    assert len(points) == 400
    assert points[-1][:2] == [2000, 0.5]


# Figures ---------------------------------------------------------------------


def cohort(count=24, seed=0, quality=0.5, detections=6):
    """Half of the slides with tumour, two slides a patient."""
    rng = np.random.default_rng(seed)
    slides = []
    for index in range(count):
        lesions = np.zeros(0)
        if index % 2:
            found = rng.random(rng.integers(1, 6))
            lesions = np.where(rng.random(len(found)) < quality, found, 0)
        false = rng.random(rng.integers(0, detections)) ** 2
        slides.append(plain(false, lesions, f"s{index}", patient=f"p{index // 4}"))
    return slides


def test_the_interval_holds_the_score_and_widens_with_fewer_patients():
    many, few = (froc_figures(cohort(count), draws=300)["score"] for count in (240, 24))
    assert many["low"] < many["value"] < many["high"]
    assert few["high"] - few["low"] > many["high"] - many["low"]


def test_patients_are_drawn_not_lesions_nor_slides():
    """Copies of the same slides under the same patients make no interval narrower."""
    slides = cohort()
    again = [plain(s.false_positives, s.lesions, f"{s.name}b", patient=s.patient) for s in slides]
    once = froc_figures(slides, draws=200)["score"]
    twice = froc_figures(slides + again, draws=200)["score"]
    assert twice["low"] == pytest.approx(once["low"], abs=0.02)
    assert twice["high"] == pytest.approx(once["high"], abs=0.02)


def test_every_draw_has_as_many_tumour_patients_as_there_are():
    patients, has_tumour = ["a", "b", "b", "c", "d"], [True, False, True, False, False]
    weights = slide_weights(patients, has_tumour, draws=50)
    assert (weights[:, 1] == weights[:, 2]).all()
    assert ((weights[:, 0] + weights[:, 1]) == 2).all()
    assert ((weights[:, 3] + weights[:, 4]) == 2).all()


def test_one_patient_with_lesions_gives_no_interval_and_the_reason():
    slides = [plain([0.4], [0.9]), plain([0.5], [], "n1"), plain([], [], "n2")]
    figures = froc_figures(slides, draws=20)
    assert figures["score"]["low"] is None
    assert "too few patients" in figures["score"]["interval_reason"]
    assert figures["band"] == []


def test_the_band_lies_around_the_curve():
    slides = cohort(80)
    figures, curve = froc_figures(slides, draws=300), froc_curve(slides)
    rates, low, high = np.array(figures["band"]).T
    inside = (low <= curve.at(rates)) & (curve.at(rates) <= high)
    assert inside.mean() > 0.95


def test_the_same_seed_gives_the_same_figures():
    assert froc_figures(cohort(), draws=50) == froc_figures(cohort(), draws=50)
    assert froc_figures(cohort(), draws=50) != froc_figures(cohort(), draws=50, seed=1)


def test_every_figure_has_its_n():
    figures = froc_figures(cohort(), draws=20)
    lesions = sum(len(one.lesions) for one in cohort())
    assert {one["n"] for one in (figures["score"], *figures["sensitivity"])} == {lesions}
    assert figures["n"]["slides"] == 24
    assert figures["n"]["patients"] == 6


def test_a_size_class_is_held_against_the_false_positives_of_all():
    slide = plain([0.7], [0.9, 0.4, 0.0])
    own = narrowed(slide, [2])
    assert (own.lesions.tolist(), own.numbers.tolist(), own.itc) == ([0.4], [2], 2)
    assert own.false_positives.tolist() == [0.7]
    curve = froc_curve([own])
    assert curve.at([0.5, 1]).tolist() == [0, 1]


def test_at_an_operating_point():
    slides = [plain([0.7, 0.2], [0.9, 0.4, 0.0]), plain([0.6], [], "n")]
    assert sensitivity_at(slides, 0.5) == (1, 3, 1.0)
    assert sensitivity_at(slides, 0.4) == (2, 3, 1.0)
    assert sensitivity_at(slides, 0.0)[0] == 2


def test_a_better_version_is_told_from_a_worse_one_and_equal_ones_are_not():
    worse, better = cohort(200, quality=0.4), cohort(200, quality=0.9)
    told = paired_difference(worse, better, draws=200)
    assert told["low"] > 0.1
    assert told["p"] < 0.02
    same = paired_difference(worse, worse, draws=50)
    assert (same["value"], same["low"], same["high"], same["p"]) == (0, 0, 0, 1)


def test_a_difference_on_one_patient_has_no_interval():
    told = paired_difference([plain([], [0.5])], [plain([0.2], [0.9])], draws=20)
    assert (told["low"], told["high"], told["p"]) == (None, None, None)
    assert told["interval_reason"].startswith("too few patients")


def test_without_slides_there_is_no_score():
    assert froc_figures([], draws=20)["score"] is None


def test_false_positives_keep_their_places():
    found = hits(at(0, 0, 0.9), at(0, 2, 0.4), at(2, 2, 0.6))
    np.testing.assert_array_equal(found.places, [[80, 16], [80, 80]])


def test_versions_over_other_slides_or_truths_are_not_compared():
    with pytest.raises(ValueError, match="not the same slide"):
        paired_difference([plain([], [0.5])], [plain([], [0.5, 0.2])])


def test_a_thousand_draws_of_400_slides_take_seconds():
    slides = cohort(400, detections=100)
    weights = slide_weights([one.patient for one in slides], [one.is_tumour for one in slides])
    began = time.process_time()
    froc_draws(slides, weights)
    assert time.process_time() - began < 10
