"""Figures of readers, held against counting by hand and scikit-learn."""

import numpy as np
import pytest

from predictions.review.kappas import Lot, kappa
from predictions.review.reader_figures import (
    CLASSES,
    LesionHits,
    Reading,
    crossed_figures,
    study_figures,
    verdict,
)

DRAWS = 200


def reading(slide: int, reference: str, unaided: str, aided: str, **fields) -> Reading:
    row = {"patient": f"p{slide}", "reader": "ann", "seconds_unaided": 60.0, "seconds_aided": 20.0}
    return Reading(slide=slide, reference=reference, unaided=unaided, aided=aided, **row | fields)


def some(seed: int = 0, count: int = 60) -> list[Reading]:
    """Readings of two readers over slides of patients with two slides each."""
    rng = np.random.default_rng(seed)
    rows = []
    for slide in range(count):
        reference = CLASSES[rng.integers(4)]
        for reader in ("ann", "ben"):
            said = [reference if rng.random() < p else CLASSES[rng.integers(4)] for p in (0.6, 0.8)]
            rows.append(reading(slide, reference, *said, patient=f"p{slide // 2}", reader=reader))
    return rows


def told(rows: list[Reading], seed: int = 0):
    return study_figures(rows, draws=DRAWS, seed=seed)


def test_sensitivity_and_specificity_are_those_of_the_confusion_matrix():
    from sklearn.metrics import confusion_matrix

    rows, figures = some(), told(some())["slides"]
    for phase in ("unaided", "aided"):
        truth = [one.reference != "negative" for one in rows]
        said = [getattr(one, phase) != "negative" for one in rows]
        tn, fp, fn, tp = confusion_matrix(truth, said).ravel()
        assert figures["sensitivity"][phase]["value"] == pytest.approx(tp / (tp + fn))
        assert figures["specificity"][phase]["value"] == pytest.approx(tn / (tn + fp))
        assert figures["specificity"][phase]["n"] == tn + fp


def test_sensitivity_by_class_counts_slides_of_that_class_only():
    rows = [reading(1, "micro", "negative", "itc"), reading(2, "macro", "macro", "macro")]
    figures = told(rows)["slides"]
    assert figures["sensitivity_micro"]["unaided"]["value"] == 0
    assert figures["sensitivity_micro"]["aided"]["value"] == 1  # found, whatever it was called
    assert figures["sensitivity_itc"]["aided"]["value"] is None


def test_differences_are_with_the_model_less_without_on_the_same_readings():
    rows = [
        reading(1, "micro", "negative", "micro"),
        reading(2, "micro", "micro", "micro"),
        reading(3, "macro", "", "macro"),  # never asked without the model
        reading(4, "micro", "micro", ""),  # not judged in the end
    ]
    figure = told(rows)["slides"]["sensitivity"]
    assert figure["difference"]["value"] == pytest.approx(0.5)
    assert (figure["difference"]["n"], figure["aided"]["n"]) == (2, 3)


def test_intervals_draw_patients_not_readings():
    rows = some()
    figure = told(rows, seed=4)["slides"]["sensitivity"]["difference"]
    low, high = by_drawing_patients(rows)
    assert figure["low"] == pytest.approx(low, abs=0.03)
    assert figure["high"] == pytest.approx(high, abs=0.03)
    assert (figure["n"], figure["patients"]) == (
        sum(one.reference != "negative" for one in rows),
        len({one.patient for one in rows if one.reference != "negative"}),
    )


def by_drawing_patients(rows: list[Reading]) -> tuple[float, float]:
    """Patients with and without tumour drawn apart, one draw after the other."""
    rng = np.random.default_rng(1)
    of = {name: [one for one in rows if one.patient == name] for name in {r.patient for r in rows}}
    strata = [
        [name for name, own in of.items() if any(one.reference != "negative" for one in own) == has]
        for has in (True, False)
    ]
    drawn = []
    for _ in range(2000):
        names = (
            [name for side in strata for name in rng.choice(side, len(side))]
            if all(strata)
            else list(rng.choice(strata[0], len(strata[0])))
        )
        own = [one for name in names for one in of[name] if one.reference != "negative"]
        found = [
            np.mean([getattr(one, phase) != "negative" for one in own])
            for phase in ("unaided", "aided")
        ]
        drawn.append(found[1] - found[0])
    return tuple(np.quantile(drawn, [0.025, 0.975]))


def test_under_six_patients_there_is_no_verdict_and_no_p():
    rows = [reading(slide, "micro", "negative", "micro") for slide in range(5)]
    difference = told(rows)["slides"]["sensitivity"]["difference"]
    assert (difference["value"], difference["verdict"], difference["p"]) == (1, "too_few", None)
    rows = [reading(slide, "micro", "negative", "micro") for slide in range(6)]
    assert told(rows)["slides"]["sensitivity"]["difference"]["verdict"] == "better"


def test_one_patient_has_no_interval():
    rows = [reading(slide, "micro", "micro", "micro", patient="p") for slide in range(9)]
    figure = told(rows)["slides"]["sensitivity"]["aided"]
    assert (figure["value"], figure["low"], figure["patients"]) == (1, None, 1)
    assert "too few" in figure["interval_reason"]


def test_verdicts_look_at_which_way_is_better():
    surely = {"value": -0.2, "low": -0.3, "high": -0.1, "patients": 9}
    assert verdict(surely) == "worse"
    assert verdict(surely, lower_is_better=True) == "better"
    assert verdict(surely | {"high": 0.1}) == "unclear"
    assert verdict(surely | {"value": None}) == "unknown"


def test_seconds_are_means_of_readings():
    rows = [
        reading(1, "micro", "micro", "micro", seconds_unaided=100, seconds_aided=20),
        reading(2, "negative", "negative", "negative", seconds_unaided=50, seconds_aided=30),
        reading(3, "negative", "", "negative", seconds_unaided=None, seconds_aided=90),
    ]
    seconds = told(rows)["seconds"]
    assert seconds["unaided"]["value"] == 75
    assert seconds["aided"]["value"] == pytest.approx(140 / 3)
    assert (seconds["difference"]["value"], seconds["difference"]["n"]) == (-50, 2)
    assert seconds["difference"]["verdict"] == "no_race"
    assert seconds["all"]["value"] == pytest.approx((120 + 80 + 90) / 3)


def test_times_of_two_readings_apart_are_a_race():
    rows = [
        reading(slide, "micro", "micro", "micro", seconds_unaided=100 + slide, seconds_aided=60)
        for slide in range(8)
    ]
    difference = crossed_figures(rows, draws=DRAWS)["seconds"]["difference"]
    assert (difference["value"], difference["verdict"]) == (-43.5, "better")
    assert difference["p"] < 0.05


def test_lesions_are_counted_over_readings():
    hits = [LesionHits(3, 1, 3, 2, 0), LesionHits(1, 1, 1, 0, 0), LesionHits(0, 0, 0, 1, 1)]
    rows = [reading(place, "micro", "micro", "micro", hits=one) for place, one in enumerate(hits)]
    lesions = told(rows)["lesions"]
    assert lesions["sensitivity"]["unaided"]["value"] == pytest.approx(2 / 4)
    assert lesions["sensitivity"]["aided"]["value"] == 1
    assert lesions["false_per_slide"]["unaided"]["value"] == pytest.approx(3 / 3)
    assert lesions["false_per_slide"]["difference"]["value"] == pytest.approx(-2 / 3)


def test_a_change_of_mind_is_held_against_the_reference():
    rows = [
        reading(1, "micro", "negative", "micro"),
        reading(2, "negative", "negative", "itc"),
        reading(3, "macro", "micro", "macro"),  # another class, right before and after
        reading(4, "", "negative", "micro"),  # nobody knows
    ]
    minds = told(rows)["minds"]
    assert minds["table"][0] == [0, 1, 2, 0]
    assert (minds["n"], minds["changed"], minds["with_reference"]) == (4, 4, 3)
    assert (minds["wrong_to_right"], minds["right_to_wrong"]) == (1, 1)
    assert (minds["stayed_right"], minds["stayed_wrong"]) == (1, 0)
    assert minds["p"] == 1


def test_every_reader_has_the_same_figures_of_their_own():
    rows = some()
    own = told(rows)["by_reader"]["ben"]
    assert own["slides"] == told([one for one in rows if one.reader == "ben"])["slides"]
    assert "kappa" not in own


def test_a_study_of_nothing_has_figures_without_values():
    figures = told([])
    assert figures["slides"]["sensitivity"]["aided"]["value"] is None
    assert figures["slides"]["sensitivity"]["difference"]["verdict"] == "unknown"
    assert figures["minds"]["p"] is None


# Kappa ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_ordered", "weights"), [(False, None), (True, "quadratic")])
@pytest.mark.parametrize("seed", range(3))
def test_kappa_is_scikit_learns(is_ordered, weights, seed):
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(seed)
    first = [CLASSES[place] for place in rng.integers(0, 4, 80)]
    second = [one if rng.random() < 0.6 else CLASSES[rng.integers(4)] for one in first]
    lot = Lot([str(place) for place in range(80)], DRAWS)
    figure = kappa(first, second, CLASSES, lot, is_ordered=is_ordered)
    expected = cohen_kappa_score(first, second, labels=list(CLASSES), weights=weights)
    assert figure["value"] == pytest.approx(expected)
    assert figure["low"] < expected < figure["high"]


def test_kappa_of_readers_who_say_one_and_the_same_is_not_known():
    lot = Lot(["a", "b"], DRAWS)
    figure = kappa(["negative"] * 2, ["negative"] * 2, CLASSES, lot)
    assert (figure["value"], "chance explains" in figure["reason"]) == (None, True)


def test_kappas_are_of_the_slides_that_both_read():
    from sklearn.metrics import cohen_kappa_score

    rows = [*some(), reading(900, "micro", "micro", "micro", reader="ann")]
    kappas = told(rows)["kappa"]
    assert [(one["readers"], one["phase"], one["n"]) for one in kappas] == [
        (["ann", "ben"], "unaided", 60),
        (["ann", "ben"], "aided", 60),
    ]
    said = [[one.aided for one in some() if one.reader == name] for name in ("ann", "ben")]
    expected = cohen_kappa_score(*said, labels=list(CLASSES), weights="quadratic")
    assert kappas[1]["classes"]["value"] == pytest.approx(expected)
    assert kappas[1]["agree"] == sum(one == other for one, other in zip(*said, strict=True))
