"""Every threshold of a version, by hand, and by a plain count of random slides."""

import numpy as np
import pytest

from predictions.operating_points import (
    Draws,
    ReviewTime,
    operating_table,
    thresholds_of,
)
from training.metrics import wilson

REVIEW = ReviewTime(seconds_per_slide=60, seconds_per_finding=6)


def slide(name: str, lesions=(), false=(), **fields):
    """lesions: (size class, confidence) of each."""
    known = [{"size_class": size, "confidence": sure} for size, sure in lesions]
    best = max([*false, *(sure for _, sure in lesions)], default=None)
    told = {"slide": sum(name.encode()), "name": name, "patient": name, "score": best}
    told |= {"has_tumour": bool(lesions), "is_exhaustive": True, "froc_reason": ""}
    return told | {"lesions": known, "false_positives": list(false)} | fields


WARD = [
    slide("a", [("macro", 0.875), ("micro", 0.375), ("micro", 0.0)], [0.625, 0.375]),
    slide("b", [("micro", 0.75), ("itc", 0.5)]),
    slide("n", [], [0.25]),
]


def row_at(entries, threshold):
    return operating_table(entries, np.array([threshold]), REVIEW, Draws(200))[0]


def test_each_threshold_tells_what_it_gives_and_costs():
    cuts = thresholds_of(WARD)
    assert cuts.tolist() == [0.875, 0.75, 0.625, 0.5, 0.375, 0.25]
    row = operating_table(WARD, cuts, REVIEW, Draws(200))[4]
    assert (row["threshold"], row["sensitivity"]["found"], row["sensitivity"]["n"]) == (0.375, 3, 4)
    assert row["sensitivity"]["value"] == 0.75
    assert (row["lost"], row["lost_by_size_class"]) == (1, {"itc": 0, "micro": 1, "macro": 0})
    assert row["false_per_slide"]["value"] == pytest.approx(2 / 3)
    assert (row["tumour_slides"]["found"], row["normal_slides"]["found"]) == (2, 0)
    assert row["findings"] == 6  # three lesions, isolated cells, two false
    assert row["minutes"] == pytest.approx((3 * 60 + 6 * 6) / 60)
    assert row["minutes_per_slide"] == pytest.approx(row["minutes"] / 3)


def test_intervals_are_wilsons_or_poissons_where_draws_are_all_alike():
    row = row_at(WARD, 0.9)
    assert (row["sensitivity"]["value"], row["sensitivity"]["interval"]) == (0.0, "wilson")
    assert (row["sensitivity"]["low"], row["sensitivity"]["high"]) == wilson(0, 2)
    assert row["false_per_slide"]["interval"] == "poisson"
    assert row["false_per_slide"]["high"] == pytest.approx(3.688879 / 3)


def test_where_one_patient_carries_a_figure_there_is_no_interval():
    row = row_at([WARD[0], WARD[2]], 0.5)
    assert (row["sensitivity"]["value"], row["sensitivity"]["low"]) == (pytest.approx(1 / 3), None)
    assert "too few patients" in row["sensitivity"]["interval_reason"]


def test_slides_out_of_lesion_figures_are_called_all_the_same():
    blind = slide("u", [("macro", 0.9)], [0.4], froc_reason="um per px is unknown", score=0.9)
    row = row_at([*WARD, blind], 0.5)
    assert (row["sensitivity"]["n"], row["false_per_slide"]["n"]) == (4, 3)
    assert (row["tumour_slides"]["found"], row["tumour_slides"]["n"]) == (3, 3)


def test_a_slide_is_called_in_single_precision_as_its_map_is_kept():
    sure = float(np.float32(0.7))
    assert sure < 0.7
    row = row_at([slide("a", [("micro", sure)]), slide("b", [("micro", 0.1)])], 0.7)
    assert (row["tumour_slides"]["found"], row["sensitivity"]["found"]) == (1, 0)


def test_without_lesions_slides_or_findings_a_figure_says_why():
    row = row_at([slide("n", [], [0.5])], 0.5)
    assert (row["sensitivity"]["value"], row["tumour_slides"]["reason"]) == (None, "no such slide")
    assert row["false_per_slide"]["value"] == 1
    assert thresholds_of([slide("n")]).tolist() == []
    unread = slide("x", froc_reason="um per px is unknown", score=None)
    assert row_at([unread], 0.5)["minutes"] is None


def test_the_table_agrees_with_a_plain_count_at_every_threshold():
    draw = np.random.default_rng(3)
    sizes = ("itc", "micro", "macro")
    entries = [
        slide(
            str(number),
            [(sizes[draw.integers(3)], draw.choice([0, 0.25, 0.5, 0.75])) for _ in range(4)],
            draw.random(7).round(1).tolist(),
        )
        for number in range(12)
    ]
    cuts = thresholds_of(entries)
    for row in operating_table(entries, cuts, REVIEW, Draws(20)):
        cut = row["threshold"]
        every = [one for each in entries for one in each["lesions"]]
        is_lost = [not (one["confidence"] > 0 and one["confidence"] >= cut) for one in every]
        lost = [one["size_class"] for one, is_one in zip(every, is_lost, strict=True) if is_one]
        assert row["lost_by_size_class"] == {size: lost.count(size) for size in sizes}
        assert row["lost"] == len([size for size in lost if size != "itc"])
        false = sum(one >= cut for each in entries for one in each["false_positives"])
        assert row["false_per_slide"]["found"] == false
        assert row["findings"] == len(every) - len(lost) + false


def test_long_tables_keep_lesions_both_ends_and_what_else_is_asked_for():
    many = [slide("a", [("micro", 0.512)], np.linspace(0.01, 0.99, 5000).tolist())]
    cuts = thresholds_of(many, also=[0.3333])
    assert len(cuts) <= 200
    assert (cuts[0], cuts[-1]) == (0.99, 0.01)
    assert {0.512, 0.3333} <= set(cuts.tolist())
    assert (np.diff(cuts) < 0).all()
    assert thresholds_of(many, floor=0.05).min() >= 0.05
