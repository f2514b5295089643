"""The slides of a case, and what each viewer beside each other shows of them."""

import pytest
from django.urls import reverse
from shapely.geometry import box

from predictions.case import case_of, chosen_sides
from slides.models import Slide

MAP = [[0.1, 0.9, 0.2, 0.2, 0.2], [0.1, 0.6, 0.2, 0.2, 0.2], [0.1, 0.4, 0.2, 0.2, 0.2]]


@pytest.fixture
def two_slides(small_slide, make_version, predicted, annotate):
    """Two slides of one patient with their truths, the first with two readings, and its pks."""
    one, two = small_slide("one", patient="p"), small_slide("two", patient="p")
    small_slide("elsewhere", patient="q")
    small_slide("coming", patient="p", status=Slide.Status.RUNNING)
    for slide in (one, two):
        annotate(slide, box(0, 0, 64, 64))
    old, new = (predicted(one, make_version(name), MAP) for name in ("v1", "v2"))
    return one, two, old, new


def test_a_case_is_the_ready_slides_of_the_patient_this_one_first(two_slides, pathologist):
    one, two, old, new = two_slides
    assert [each.slide for each in case_of(two, pathologist)] == [two, one]
    own, other = case_of(one, pathologist)
    assert own.choices == [f"truth-{one.pk}", str(new.pk), str(old.pk), f"tissue-{one.pk}"]
    assert other.choices == [f"truth-{two.pk}", f"tissue-{two.pk}"]


def test_the_latest_truth_of_each_slide_counts(two_slides, annotate, pathologist):
    one, two, *_ = two_slides
    annotate(two, box(0, 0, 32, 32))
    assert [each.truth.revision for each in case_of(one, pathologist)] == [1, 2]


def test_up_to_four_viewers_show_what_the_address_asks_for(two_slides, pathologist):
    one, two, old, new = two_slides
    case = case_of(one, pathologist)
    asked = {"a": str(old.pk), "b": f"truth-{two.pk}", "c": "truth", "d": f"tissue-{one.pk}"}
    assert chosen_sides(asked, case) == [
        str(old.pk), f"truth-{two.pk}", f"truth-{one.pk}", f"tissue-{one.pk}",
    ]  # fmt: skip


def test_what_is_no_choice_of_the_case_falls_back(two_slides, pathologist):
    one, *_, new = two_slides
    usual = [f"truth-{one.pk}", str(new.pk)]
    assert chosen_sides({}, case_of(one, pathologist)) == usual
    assert (
        chosen_sides({"a": "-1", "b": "truth-999", "c": "x", "d": ""}, case_of(one, pathologist))
        == usual
    )


def test_a_slide_without_readings_stands_as_tissue_beside_its_truth(two_slides, pathologist):
    two = two_slides[1]
    assert chosen_sides({}, case_of(two, pathologist)) == [f"truth-{two.pk}", f"tissue-{two.pk}"]


def test_a_longer_case_asks_no_more_questions(
    as_pathologist, two_slides, small_slide, django_assert_max_num_queries
):
    for number in range(4):
        with django_assert_max_num_queries(12):
            as_pathologist.get(reverse("compare"), {"slide": two_slides[0].pk})
        small_slide(f"more {number}", patient="p")
