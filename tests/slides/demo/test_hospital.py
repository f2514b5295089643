"""Which slides the hospital has, and whose they are."""

from collections import Counter

import pytest

from slides.demo.hospital import hospital


def test_the_default_hospital_has_sixteen_slides_in_camelyons_names():
    names = [order.name for order in hospital()]

    assert names[:4] == ["tumor_001", "normal_001", "tumor_002", "normal_002"]
    assert names[10:] == [f"test_{number:03d}" for number in range(1, 7)]


def test_half_of_each_subset_has_tumour():
    kinds = Counter((order.subset, bool(order.lesions)) for order in hospital())

    assert kinds == {
        ("development", True): 5,
        ("development", False): 5,
        ("test", True): 3,
        ("test", False): 3,
    }


def test_some_patients_have_two_slides_and_none_is_in_both_subsets():
    orders = hospital()
    patients = Counter(order.patient for order in orders)
    subsets = {(order.patient, order.subset) for order in orders}

    assert sorted(patients.values()) == [1] * 10 + [2] * 3
    assert len(subsets) == len(patients)


@pytest.mark.parametrize("subset", ["development", "test"])
def test_each_subset_asks_for_every_size_of_metastasis(subset):
    asked = {size for order in hospital() if order.subset == subset for size in order.lesions}

    assert asked == {"macro", "micro", "itc"}


def test_sides_are_at_least_what_was_asked_and_all_differ():
    sides = [(order.width, order.height) for order in hospital(side=12_000)]

    assert min(min(side) for side in sides) >= 12_000
    assert len(set(sides)) == 16


def test_each_purpose_draws_from_a_stream_of_its_own():
    order = hospital()[0]

    assert order.random("plan").uniform() == order.random("plan").uniform()
    assert order.random("plan").uniform() != order.random("stain").uniform()


def test_a_hospital_of_one_slide_is_refused():
    with pytest.raises(ValueError, match="slides=1"):
        hospital(slides=1)


def test_a_slide_too_small_for_a_node_is_refused():
    with pytest.raises(ValueError, match="side=500"):
        hospital(side=500)
