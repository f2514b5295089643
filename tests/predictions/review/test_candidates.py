"""Findings of a reading as rows: made once, of one map and threshold, with or without sizes."""

import uuid

import pytest

from predictions.lesions import LesionRules, map_lesions
from predictions.origin import NotPredicted
from predictions.review.candidates import candidates_of, compare
from predictions.review.found import highest_within
from predictions.review.models import Review, Verdict, WorkItem
from predictions.review.weighing import Said, disagreement, expected_value, uncertainty

TWO_SPOTS = [[0.1, 0.2, 0.6, 0.9, 0.1], [0.1] * 5, [0.8, 0.1, 0.1, 0.1, 0.1]]


@pytest.fixture
def reading(small_slide, make_version, predicted):
    """2 um per px: cells of 64 um, so that spots two cells apart stay two."""
    slide = small_slide(mpp=2.0)
    return predicted(slide, make_version(mpp=2.0), TWO_SPOTS)


def test_findings_are_the_lesions_of_the_map(reading):
    from predictions.kept_maps import load_map

    told = map_lesions(
        load_map(reading).probabilities, LesionRules(0.5), side_l0=32, mpp=2.0, size_l0=(160, 96)
    )
    found = candidates_of(reading)
    assert [one.confidence for one in found] == [one.confidence for one in told.lesions]
    assert [tuple(one.box_l0) for one in found] == [(64, 0, 128, 32), (0, 64, 32, 96)]
    assert [one.diameter_um for one in found] == [128.0, 64.0]
    assert [one.number for one in found] == [1, 2]
    assert found[0].uncertainty == pytest.approx(0.2)


def test_findings_are_made_once(reading, django_assert_num_queries):
    first = candidates_of(reading)
    with django_assert_num_queries(1):
        assert [one.pk for one in candidates_of(reading)] == [one.pk for one in first]


def test_a_reading_that_calls_nothing_has_none_and_opens_no_map(
    small_slide, make_version, predicted
):
    reading = predicted(small_slide(), make_version(), [[0.1] * 5] * 3)
    reading.map_path.unlink()
    assert candidates_of(reading) == []


def test_findings_of_a_lost_map_are_refused(reading):
    reading.map_path.unlink()
    with pytest.raises(NotPredicted, match="is gone"):
        candidates_of(reading)


def test_without_um_per_px_touching_cells_are_one_and_nothing_has_a_size(reading):
    reading.slide.mpp = None
    found = candidates_of(reading)
    assert [one.cells for one in found] == [2, 1]
    assert {(one.diameter_um, one.area_um2, one.size_class) for one in found} == {(None, None, "")}


def test_sizes_follow_a_corrected_um_per_px_until_a_finding_was_judged(reading, pathologist):
    assert candidates_of(reading)[0].diameter_um == 128.0
    reading.slide.mpp = 4.0
    found = candidates_of(reading)
    assert found[0].diameter_um == 256.0
    slide = reading.slide
    item = WorkItem.objects.create(slide=slide, arrived_at=slide.created_at)
    review = Review.objects.create(item=item, slide=slide, reader=pathologist)
    Verdict.objects.create(
        review=review,
        sequence=1,
        key=uuid.uuid4(),
        finding="c1",
        candidate=found[0],
        kind="accepted",
        by=pathologist,
    )
    reading.slide.mpp = 2.0
    assert candidates_of(reading)[0].diameter_um == 256.0


def test_a_finding_knows_what_another_version_says_of_its_place(reading, make_version, predicted):
    quiet = [[0.1, 0.2, 0.6, 0.9, 0.1], [0.1] * 5, [0.1] * 5]
    other = predicted(reading.slide, make_version("two", mpp=2.0), quiet)
    found = candidates_of(reading)
    compare(found, [other])
    apart = [one.disagreement for one in candidates_of(reading)]
    assert apart == [0.0, pytest.approx(0.7)]  # 0.8 against 0.1, both thresholds 0.5


def test_a_place_that_was_not_assessed_is_no_disagreement(reading):
    from predictions.kept_maps import load_map

    probabilities = load_map(reading).probabilities.copy()
    probabilities[0, 2:4] = float("nan")
    assert highest_within(probabilities, 32, (64, 0, 128, 32)) is None
    assert highest_within(probabilities, 32, (64, 0, 160, 32)) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("score", "threshold", "doubt"),
    [(0.5, 0.5, 1.0), (0.2, 0.2, 1.0), (0.1, 0.2, 0.5), (0.6, 0.2, 0.5), (0.0, 0.3, 0.0)],
)
def test_doubt_is_highest_at_the_threshold(score, threshold, doubt):
    assert uncertainty(Said(score, threshold)) == pytest.approx(doubt)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_threshold_at_the_end_of_the_scale_divides_by_nothing(threshold):
    assert 0 <= uncertainty(Said(1.0, threshold)) <= 1


def test_versions_are_compared_each_against_its_own_threshold():
    assert disagreement(Said(0.3, 0.3), [Said(0.7, 0.7)]) == 0.0
    assert disagreement(Said(1.0, 0.3), [Said(0.0, 0.7)]) == 1.0


def test_a_miss_costs_more_than_a_false_alarm_and_a_certain_call_is_worth_nothing():
    assert expected_value(Said(0.4, 0.5), 0.0) == pytest.approx(0.8)
    assert expected_value(Said(0.6, 0.5), 0.0) == pytest.approx(0.2)
    assert expected_value(Said(0.6, 0.5), 0.0, is_at_limit=True) == pytest.approx(0.4)
    assert expected_value(Said(0.0, 0.5), 0.0) == 0.0
    assert expected_value(Said(1.0, 0.5), 1.0) == pytest.approx(0.25)
