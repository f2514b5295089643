import numpy as np

from training.examples import examples


def shown(labels, scores, **options):
    given = np.array(labels, bool), np.array(scores), 100 + np.arange(len(labels))
    return examples(*given, **options)


def test_the_worst_mistakes_come_first_by_turns_of_class():
    found = shown([0, 0, 1, 1, 1], [0.7, 0.9, 0.4, 0.1, 0.8])
    assert [each["place"] for each in found] == [101, 103, 100, 102, 104]
    assert [each["is_right"] for each in found] == [False] * 4 + [True]
    assert found[0] == {"place": 101, "label": 0, "score": 0.9, "is_right": False}


def test_no_more_are_shown_than_asked_for():
    rng = np.random.default_rng(0)
    found = shown(rng.random(1000) < 0.5, rng.random(1000), wrong=5, right=3)
    assert [each["is_right"] for each in found] == [False] * 5 + [True] * 3


def test_where_one_class_has_few_the_other_fills_up():
    found = shown([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.9], right=4)
    assert [each["place"] for each in found] == [100, 103, 101, 102]


def test_a_validation_without_mistakes_shows_none():
    assert shown([0, 1], [0.2, 0.5]) and not any(
        each["is_right"] is False for each in shown([0, 1], [0.2, 0.5])
    )
