"""Widths of printed columns, exactly."""

import pytest

from slides.column_widths import shared_out


def test_columns_that_fit_are_as_wide_as_they_want_to_be():
    assert shared_out(100, [10, 10], [30, 20], [0, 0]) == [30, 20]


def test_what_is_left_goes_to_those_that_want_more_than_their_words():
    assert shared_out(100, [20, 20], [60, 140], [0, 0]) == pytest.approx([35, 65])


def test_weights_share_the_width_but_no_word_is_broken_for_them():
    assert shared_out(100, [10, 10], [10, 10], [3, 1]) == pytest.approx([75, 25])
    assert shared_out(100, [10, 40, 10], [10, 40, 10], [2, 1, 1]) == pytest.approx([40, 40, 20])


def test_where_even_words_do_not_fit_all_give_way_alike():
    assert shared_out(100, [150, 50], [150, 50], [0, 1]) == pytest.approx([75, 25])


@pytest.mark.parametrize("weights", [[0, 0, 0], [1, 2, 3], [5, 0, 1]])
@pytest.mark.parametrize("least", [[1, 1, 1], [30, 30, 30], [90, 1, 1], [90, 90, 90]])
def test_columns_that_do_not_fit_fill_the_page(least, weights):
    widths = shared_out(100, least, [200, 200, 200], weights)
    assert sum(widths) == pytest.approx(100)
    assert all(width >= 0 for width in widths)
