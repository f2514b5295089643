import numpy as np
import pytest

from predictions.lesions import (
    ORGANISERS_MPP,
    LesionRules,
    UnknownPixelSize,
    by_size_class,
    map_lesions,
    peaks,
    size_class,
    truth_lesions,
)

SIDE = 200.0  # level-0 px of a cell, which at 0.5 um per px is 100 um


def lesions(rows, threshold=0.5, side_l0=SIDE, mpp=0.5, **rules):
    size_l0 = rules.pop("size_l0", None)
    probabilities = np.array(rows, np.float32)
    wanted = LesionRules(threshold, **rules)
    return map_lesions(probabilities, wanted, side_l0=side_l0, mpp=mpp, size_l0=size_l0)


# Of a map --------------------------------------------------------------------


def test_cells_at_or_above_the_threshold_make_lesions_most_confident_first():
    found = lesions([[0.5, 0.4, 0.9], [0, 0, 0.6]])
    assert [one.confidence for one in found.lesions] == pytest.approx([0.9, 0.5])
    assert [one.cells for one in found.lesions] == [2, 1]


def test_a_lesion_is_where_its_most_suspicious_cell_is():
    (one,) = lesions([[0.6, 0.9], [0.6, 0.6]]).lesions
    assert (one.x_l0, one.y_l0) == (300, 100)
    assert one.box_l0 == (0, 0, 400, 400)


def test_no_coordinate_lies_beyond_the_slides_edge():
    (one,) = lesions([[0, 0.9]], size_l0=(250, 60)).lesions
    assert (one.x_l0, one.y_l0) == (249, 59)


def test_cells_not_assessed_are_in_no_lesion_and_do_not_join_two():
    assert len(lesions([[0.9, np.nan, 0.9]]).lesions) == 2


def test_a_hole_belongs_to_the_lesion_unless_it_was_not_assessed():
    (one,) = lesions([[0.9] * 3, [0.9, 0.1, 0.9], [0.9] * 3]).lesions
    assert (one.cells, one.area_um2) == (9, 9 * 100**2)
    (one,) = lesions([[0.9] * 3, [0.9, np.nan, 0.9], [0.9] * 3]).lesions
    assert (one.cells, one.area_um2) == (8, 8 * 100**2)


def test_fine_cells_merge_across_75_um():
    row = [0.9, *[0.1] * 4, 0.9]  # cells of 12.5 um: 62.5 um from middle to middle
    (one,) = lesions([row], side_l0=25.0).lesions
    assert (one.cells, one.diameter_um) == (2, 6 * 12.5)
    assert len(lesions([row], side_l0=25.0, merge_um=20).lesions) == 2


def test_a_lesion_below_the_minimum_size_is_left_out_and_counted():
    found = lesions([[0.9, 0, 0.9, 0.9]], min_area_um2=1.5 * 100**2)
    assert ([one.cells for one in found.lesions], found.left_out) == ([2], 1)
    assert found.labels[0].tolist()[0] == 0


def test_without_a_minimum_no_lesion_disappears_however_small():
    assert len(lesions([[0.9, 0, 0.9, 0]]).lesions) == 2


def test_a_diameter_is_uncertain_by_a_cell():
    (one,) = lesions([[0.9] * 5]).lesions
    assert (one.diameter_um, one.uncertainty_um) == (500, 100)
    assert (one.size_class, one.measure_by_hand) == ("micro", False)


@pytest.mark.parametrize(
    ("cells", "by_hand"), [(1, True), (3, True), (4, False), (18, False), (19, True), (22, False)]
)
def test_within_a_cell_of_a_limit_a_lesion_is_to_be_measured_by_hand(cells, by_hand):
    (one,) = lesions([[0.9] * cells]).lesions
    assert one.measure_by_hand is by_hand


@pytest.mark.parametrize(
    ("um", "expected"),
    [(199, "itc"), (200, "itc"), (200.1, "micro"), (2000, "micro"), (2000.1, "macro")],
)
def test_limits_belong_to_the_smaller_class(um, expected):
    assert size_class(um) == expected


@pytest.mark.parametrize("mpp", [None, 0, float("nan")])
def test_there_are_no_lesions_of_unknown_pixel_size(mpp):
    with pytest.raises(UnknownPixelSize, match="unknown"):
        lesions([[0.9]], mpp=mpp)
    with pytest.raises(UnknownPixelSize, match="unknown"):
        truth_lesions(np.ones((2, 2), bool), mpp=mpp)


def test_detections_are_rows_of_confidence_x_y():
    assert lesions([[0.9, 0.1, 0.6]]).detections() == pytest.approx(
        np.array([[0.9, 100, 100], [0.6, 500, 100]])
    )
    assert lesions([[0.1]]).detections().shape == (0, 3)


def test_an_empty_map_and_one_of_nothing_assessed_have_no_lesion():
    assert lesions([[0.0, 0.1]]).lesions == ()
    assert lesions([[np.nan, np.nan]]).lesions == ()


def test_peaks_take_the_highest_clear_a_square_and_go_on():
    row = np.array([[0.9, 0.8, 0.1, 0.7, np.nan, 0.6]], np.float32)
    found = peaks(row, side_l0=10, radius_l0=19, stop=0.5)
    assert found == pytest.approx(np.array([[0.9, 5, 5], [0.7, 35, 5], [0.6, 55, 5]]))
    assert peaks(row, side_l0=10, radius_l0=0, stop=0.95).shape == (0, 3)


# Of a truth ------------------------------------------------------------------


def row_of(length):
    mask = np.zeros((40, 600), bool)
    mask[20, 10 : 10 + length] = True
    return mask


def test_itc_are_told_by_the_major_axis_of_the_grown_lesion_under_35_37_px():
    """At 0.243 um per px and level 5, as the organisers measure."""
    found = [truth_lesions(row_of(length)).lesions[0] for length in range(8, 40)]
    axes = np.array([one.major_axis_um for one in found])
    assert [one.is_itc for one in found] == (axes / (ORGANISERS_MPP * 32) < 35.365).tolist()
    assert any(one.is_itc for one in found)
    assert not all(one.is_itc for one in found)


def test_a_lesion_of_exactly_275_um_is_not_isolated_cells():
    """5 x 12 px, grown, have a major axis of exactly 18 px."""
    mask = np.zeros((30, 40), bool)
    mask[10:15, 10:22] = True
    (one,) = truth_lesions(mask, scale=1, mpp=275 / 18).lesions
    assert (one.major_axis_um, one.is_itc) == (pytest.approx(275), False)
    assert truth_lesions(mask, scale=1, mpp=275 / 18.001).lesions[0].is_itc


def test_a_lesion_is_grown_to_be_found_and_measured_by_its_own_outline():
    (one,) = truth_lesions(row_of(30)).lesions
    px = ORGANISERS_MPP * 32
    assert one.diameter_um == pytest.approx(30 * px)
    assert one.area_um2 == pytest.approx(30 * px**2)
    assert one.box_l0 == (10 * 32, 20 * 32, 40 * 32, 21 * 32)


def test_a_lesion_is_shown_where_there_is_tumour():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10] = mask[10, 10:50] = mask[49, 10:50] = True  # its middle is empty
    (one,) = truth_lesions(mask).lesions
    assert mask[int(one.y_l0 // 32), int(one.x_l0 // 32)]


def test_size_classes_of_a_truth():
    mask = np.zeros((200, 600), bool)
    mask[10, 10:15] = True  # 39 um
    mask[60, 10:110] = True  # 0.8 mm
    mask[120, 10:400] = True  # 3 mm
    found = truth_lesions(mask)
    assert [one.size_class for one in found.lesions] == ["itc", "micro", "macro"]
    assert by_size_class(found.lesions) == {"itc": 1, "micro": 1, "macro": 1}
    assert found.itc_numbers == [1]


def test_numbers_are_those_of_the_labels():
    mask = np.zeros((50, 50), bool)
    mask[5, 5] = mask[40, 40] = True
    found = truth_lesions(mask)
    for one in found.lesions:
        assert found.labels[int(one.y_l0 // 32), int(one.x_l0 // 32)] == one.number
