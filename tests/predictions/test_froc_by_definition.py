"""Production code against the definition written down a second time, over random slides."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from predictions.froc import RATES, froc_curve, froc_draws, slide_hits
from predictions.lesions import truth_lesions
from tests.predictions import froc_by_definition as definition

SCALE = 32
# Few confidences, so that ties are common; 0 and 1 among them.
confidences = st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.9, 1.0])


@st.composite
def slides(draw):
    """A mask of at most 14 x 14 px, um per px of level 0, and detections."""
    height, width = draw(st.integers(1, 14)), draw(st.integers(1, 14))
    mask = draw(arrays(bool, (height, width), elements=st.booleans(), fill=st.just(False)))
    places = st.tuples(
        confidences, st.integers(0, width * SCALE - 1), st.integers(0, height * SCALE - 1)
    )
    return mask, draw(st.lists(places, max_size=8))


cohorts = st.tuples(st.lists(slides(), min_size=1, max_size=5), st.floats(0.2, 3.0))


def by_definition(cohort, mpp):
    scored = []
    for mask, detections in cohort:
        labels, itc = definition.lesions_of(mask.tolist(), mpp * SCALE)
        scored.append((*definition.findings(detections, labels, itc, SCALE), itc))
    return scored


def by_us(cohort, mpp):
    scored = []
    for index, (mask, detections) in enumerate(cohort):
        truth = truth_lesions(mask, scale=SCALE, mpp=mpp)
        rows = np.array(detections, float).reshape(-1, 3)
        name = f"slide {index}"
        scored.append(slide_hits(name, rows, truth.labels, truth.itc_numbers, scale=SCALE))
    return scored


@settings(max_examples=150, deadline=None)
@given(cohorts)
def test_score_and_curve_agree_with_the_definition(drawn):
    cohort, mpp = drawn
    expected, found = by_definition(cohort, mpp), by_us(cohort, mpp)
    assert [sorted(one.false_positives) for one in found] == [sorted(one[0]) for one in expected]
    curve = froc_curve(found)
    if not sum(len(best) - len(itc) for _, best, itc in expected):
        assert curve is None
        return
    points = definition.curve(expected)
    assert np.allclose(
        sorted(zip(curve.rates, curve.sensitivity, strict=True)), sorted(points), atol=1e-12
    )
    score, at = definition.score(points)
    assert abs(curve.score - score) < 1e-9
    np.testing.assert_allclose(curve.at(RATES), at, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(cohorts, st.randoms(use_true_random=False))
def test_each_draw_is_the_score_of_the_slides_that_were_drawn(drawn, random):
    """A slide drawn twice counts as two, with its lesions and its false positives."""
    cohort, mpp = drawn
    found = by_us(cohort, mpp)
    weights = np.array([[random.randint(0, 3) for _ in found] for _ in range(4)])
    sensitivities = froc_draws(found, weights)
    for row, times in zip(sensitivities, weights, strict=True):
        again = [one for one, count in zip(found, times, strict=True) for _ in range(count)]
        curve = froc_curve(again) if again else None
        if curve is None:
            assert np.isnan(row).all()
        else:
            np.testing.assert_allclose(row, curve.at(RATES), atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(slides(), st.floats(0.2, 3.0))
def test_lesions_and_itc_agree_with_the_definition(slide, mpp):
    mask, _ = slide
    labels, itc = definition.lesions_of(mask.tolist(), mpp * SCALE)
    truth = truth_lesions(mask, scale=SCALE, mpp=mpp)
    own = {place: int(number) for place, number in np.ndenumerate(truth.labels) if number}
    assert partition(own) == partition(labels)
    assert len(truth.itc_numbers) == len(itc)


def partition(labels):
    return {
        frozenset(place for place, number in labels.items() if number == one)
        for one in set(labels.values())
    }
