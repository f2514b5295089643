import io

import numpy as np
import pytest
from PIL import Image

from predictions.stitching import (
    called_from,
    called_values,
    map_to_png,
    map_values,
    stitch,
    truth_values,
    tumour_cells,
)


def test_patches_on_one_cell_are_averaged():
    cells = np.array([[0, 1], [0, 1]])
    stitched = stitch(np.array([0.2, 0.6]), cells, (1, 2))
    np.testing.assert_allclose(stitched, [[np.nan, 0.4]], rtol=1e-6)


def test_overlapping_patches_average_only_where_they_overlap():
    # stride half a patch: each patch covers two cells each way
    cells = np.array([[0, 0], [0, 1], [0, 2]])
    stitched = stitch(np.array([0.0, 0.3, 0.9]), cells, (2, 4), span=2)
    row = [0.0, 0.15, 0.6, 0.9]
    np.testing.assert_allclose(stitched, [row, row], rtol=1e-6)


def test_three_patches_on_a_cell_weigh_the_same_in_any_order():
    cells = np.zeros((3, 2), int)
    one_way = stitch(np.array([0.1, 0.2, 0.9]), cells, (1, 1))
    other_way = stitch(np.array([0.9, 0.1, 0.2]), cells, (1, 1))
    np.testing.assert_allclose(one_way, [[0.4]], rtol=1e-6)
    np.testing.assert_allclose(other_way, one_way, rtol=1e-6)


def test_what_reaches_beyond_the_map_is_cut_off():
    stitched = stitch(np.array([0.5]), np.array([[1, 1]]), (2, 2), span=2)
    np.testing.assert_array_equal(np.isnan(stitched), [[True, True], [True, False]])


def test_a_cell_nobody_read_is_not_zero():
    stitched = stitch(np.array([0.0]), np.array([[0, 0]]), (1, 2))
    assert stitched[0, 0] == 0.0
    assert np.isnan(stitched[0, 1])


def test_a_map_without_cells_is_all_unknown():
    assert np.isnan(stitch(np.empty(0), np.empty((0, 2), int), (2, 3))).all()


@pytest.mark.parametrize("cell", [[0, 2], [1, 0], [-1, 0]])
def test_a_cell_outside_the_map_is_refused(cell):
    with pytest.raises(ValueError, match="outside the map of 1 x 2 cells"):
        stitch(np.array([0.5]), np.array([cell]), (1, 2))


@pytest.mark.parametrize("probability", [np.nan, -0.1, 1.01, np.inf])
def test_what_is_no_probability_is_refused(probability):
    with pytest.raises(ValueError, match="NaN or outside"):
        stitch(np.array([probability]), np.array([[0, 0]]), (1, 1))


def test_as_many_probabilities_as_cells():
    with pytest.raises(ValueError, match="2 probabilities for 1 cells"):
        stitch(np.array([0.5, 0.5]), np.array([[0, 0]]), (1, 1))


def test_a_pixel_keeps_not_assessed_apart_from_zero_and_one_exact():
    values = map_values(np.array([[np.nan, 0.0, 0.5, 1.0]], np.float32))
    assert values.tolist() == [[0, 1, 128, 255]]


def test_every_pixel_value_gives_its_probability_back():
    probabilities = (np.arange(1, 256) - 1) / 254
    assert map_values(probabilities[None]).tolist() == [list(range(1, 256))]


def test_the_png_holds_one_grey_pixel_per_cell():
    picture = Image.open(io.BytesIO(map_to_png(np.array([[np.nan, 1.0, 0.0]], np.float32), 0.5)))
    assert (picture.mode, picture.size) == ("L", (3, 1))
    assert list(picture.tobytes()) == [0, 255, 1]


def test_any_tumour_at_all_is_seen_in_the_truth_picture():
    shares = np.array([0.0, 1 / 1024, 0.2, 0.5, 1.0], np.float32)
    assert truth_values(shares, np.zeros(5, bool), 0.0).tolist() == [0, 1, 51, 127, 254]


def test_ignored_is_a_value_of_its_own_in_the_truth_picture():
    ignored = np.array([True, False, True])
    assert truth_values(np.float32([0.0, 1.0, 1.0]), ignored, 0.0).tolist() == [255, 254, 255]


@pytest.mark.parametrize("bar", [0.0, 0.01, 0.3, 0.5, 0.75, 0.999])
def test_the_truth_picture_parts_shares_at_the_bar_as_the_figures_do(bar):
    shares = (np.arange(1025) / 1024).astype(np.float32)
    values = truth_values(shares, np.zeros(1025, bool), bar)
    is_tumour = values >= int(np.floor(254 * bar + 1e-6)) + 1
    assert is_tumour.tolist() == (shares > np.float32(bar)).tolist()


@pytest.mark.parametrize("threshold", [1e-4, 0.0019, 0.1, 0.4321, 0.5, 0.99999, 1.0])
def test_the_map_picture_calls_the_cells_of_the_mask_at_its_threshold(threshold):
    near = np.float32(threshold) + np.linspace(-0.003, 0.003, 301, dtype=np.float32)
    scores = np.append(np.clip(near, 0, 1), [np.nan, np.float32(threshold)])[None]
    values = called_values(scores, threshold)
    assert ((values >= called_from(threshold)) == tumour_cells(scores, threshold)).all()
    assert ((values == 0) == np.isnan(scores)).all()
    assert np.abs(values.astype(int) - map_values(scores)).max() <= 1


def test_a_cell_at_the_threshold_is_called_and_one_not_assessed_never():
    called = tumour_cells(np.array([[0.3, 0.299, np.nan]], np.float32), 0.3)
    assert called.tolist() == [[True, False, False]]
    assert not tumour_cells(np.array([[np.nan]], np.float32), 0.0).any()
