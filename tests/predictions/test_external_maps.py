"""Probability maps of other makers, from their own files."""

import json

import numpy as np
import pytest
import tifffile

from predictions.challenge_files import RefusedFiles
from predictions.external_maps import MapTerms, read_external_map

SIZE = (400, 300)


def csv_file(path, *rows, names="minx,miny,width,height,prob_Other,prob_Tumor"):
    path.write_text("\n".join([names, *rows]))
    return path


def refused(path, **terms):
    with pytest.raises(RefusedFiles) as told:
        read_external_map(path, MapTerms(SIZE, **terms))
    return [(one.row, one.reason) for one in told.value.refusals]


# Patches -----------------------------------------------------------------------


def test_wsinfers_patches_become_cells(tmp_path):
    path = csv_file(tmp_path / "a.csv", "0,0,100,100,0.1,0.9", "200,100,100,100,0.7,0.3")
    found = read_external_map(path, MapTerms(SIZE))
    expected = np.full((3, 4), np.nan)
    expected[0, 0], expected[1, 2] = 0.9, 0.3
    np.testing.assert_allclose(found.probabilities, expected)
    assert found.side_l0 == 100


def test_positions_rounded_to_whole_px_are_cells_all_the_same(tmp_path):
    """A patch of 33.4 px is written as 33 or 34, at places rounded likewise."""
    rows = [f"{round(i * 33.4)},0,{33.4},{33.4},0,{i / 20}" for i in range(11)]
    found = read_external_map(csv_file(tmp_path / "a.csv", *rows), MapTerms(SIZE))
    assert found.probabilities[0, :11].tolist() == pytest.approx([i / 20 for i in range(11)])


def test_patches_beside_the_grid_lie_on_finer_cells(tmp_path):
    path = csv_file(tmp_path / "a.csv", "50,50,100,100,0,0.8")
    found = read_external_map(path, MapTerms(SIZE))
    assert found.side_l0 == 25
    expected = np.full((12, 16), np.nan)
    expected[2:6, 2:6] = 0.8
    np.testing.assert_allclose(found.probabilities, expected)


def test_where_patches_overlap_their_mean_is_taken(tmp_path):
    path = csv_file(tmp_path / "a.csv", "0,0,100,100,0,0.2", "50,0,100,100,0,0.6")
    row = read_external_map(path, MapTerms(SIZE)).probabilities[0]
    assert row[:7].tolist() == pytest.approx([0.2, 0.2, 0.4, 0.4, 0.6, 0.6, np.nan], nan_ok=True)


def test_a_patch_over_the_far_edge_is_cut_off(tmp_path):
    found = read_external_map(csv_file(tmp_path / "a.csv", "350,250,100,100,0,0.5"), MapTerms(SIZE))
    assert found.probabilities.shape == (12, 16)
    assert np.count_nonzero(~np.isnan(found.probabilities)) == 4


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0,0,100,100,0,nan", "the probability is nan; expected 0 to 1"),
        ("0,0,100,100,0,1.2", "the probability is 1.2; expected 0 to 1"),
        ("0,0,100,90,0,0.5", "a patch of 100 x 90 px; expected squares"),
        ("400,0,100,100,0,0.5", "(400, 0) lies outside the slide (400 x 300 px); give level-0 px"),
        ("-1,0,100,100,0,0.5", "(-1, 0) lies outside the slide (400 x 300 px); give level-0 px"),
        ("0,0,100,100,0,", "['0', '0', '100', '100', ''] are not five numbers"),
        ("0,0,inf,inf,0,0.5", "a patch of inf x inf px; expected squares"),
    ],
)
def test_a_bad_row_is_refused_with_its_number(tmp_path, row, reason):
    path = csv_file(tmp_path / "a.csv", "0,0,100,100,0.5,0.5", row)
    assert refused(path) == [(3, reason)]


def test_patches_of_several_sizes_are_refused(tmp_path):
    path = csv_file(tmp_path / "a.csv", "0,0,100,100,0,0.5", "0,0,50,50,0,0.5")
    assert "several sizes" in refused(path)[0][1]


def test_which_column_is_tumours_is_known_or_said(tmp_path):
    names = "minx,miny,width,height,prob_a,prob_b"
    path = csv_file(tmp_path / "a.csv", "0,0,100,100,0.1,0.9", names=names)
    assert refused(path) == [(0, "has prob_a, prob_b; say which is that of tumour")]
    assert refused(path, column="prob_c") == [(0, "has no 'prob_c'; it has prob_a, prob_b")]
    found = read_external_map(path, MapTerms(SIZE, column="prob_b"))
    assert found.probabilities[0, 0] == np.float32(0.9)


def test_another_table_is_refused(tmp_path):
    path = csv_file(tmp_path / "a.csv", "1,2", names="x,y")
    assert "has no column minx, miny, width, height" in refused(path)[0][1]
    assert "has no column" in refused(csv_file(tmp_path / "b.csv", names=""))[0][1]


@pytest.mark.parametrize("is_list", [False, True])
def test_geojson_of_patches(tmp_path, is_list):
    values = [{"name": "prob_Tumor", "value": 0.7}] if is_list else {"prob_Tumor": 0.7}
    ring = [[100, 0], [200, 0], [200, 100], [100, 100], [100, 0]]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"measurements": values},
    }
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    found = read_external_map(path, MapTerms(SIZE))
    assert found.probabilities[0, 1] == np.float32(0.7)
    assert np.count_nonzero(~np.isnan(found.probabilities)) == 1


@pytest.mark.parametrize("text", ["", "{}", '{"features": []}', '{"features": [{"a": 1}]}', "[1]"])
def test_geojson_of_something_else_is_refused(tmp_path, text):
    path = tmp_path / "a.geojson"
    path.write_text(text)
    ((row, reason),) = refused(path)
    assert row == 0
    assert "GeoJSON" in reason or "no patch" in reason


# Arrays ------------------------------------------------------------------------


@pytest.fixture
def npy(tmp_path):
    def save(values):
        np.save(tmp_path / "a.npy", values)
        return tmp_path / "a.npy"

    return save


def test_an_array_of_all_cells(npy):
    values = np.linspace(0, 1, 12).reshape(3, 4)
    values[0, 0] = np.nan
    found = read_external_map(npy(values), MapTerms(SIZE, side_l0=100))
    np.testing.assert_allclose(found.probabilities, values.astype(np.float32))


def test_a_part_cell_that_was_left_out_is_not_assessed(npy):
    """The seed's maps have height // 299 rows: tumour at the edge was never looked at."""
    found = read_external_map(npy(np.ones((2, 3))), MapTerms(SIZE, side_l0=120))
    assert found.probabilities.shape == (3, 4)
    assert np.isnan(found.probabilities[2]).all()
    assert np.isnan(found.probabilities[:, 3]).all()


def test_the_side_is_found_where_one_whole_number_makes_the_shape(npy):
    found = read_external_map(npy(np.zeros((75, 100))), MapTerms(SIZE))
    assert found.side_l0 == 4


def test_where_several_sides_do_it_has_to_be_said(npy):
    ((_, reason),) = refused(npy(np.zeros((2, 3))))
    assert "which cells of" in reason
    assert "say how many level-0 px a cell has" in reason


def test_an_array_of_another_slide_or_turned_is_refused(npy):
    path = npy(np.zeros((100, 75)))
    assert "transposed" in refused(path)[0][1]
    assert read_external_map(path, MapTerms(SIZE, is_transposed=True)).side_l0 == 4
    assert "does not make" in refused(npy(np.zeros((30, 31))), side_l0=10)[0][1]


@pytest.mark.parametrize("value", [1.5, -0.1, np.inf])
def test_a_cell_outside_0_to_1_is_refused_with_its_place(npy, value):
    values = np.zeros((75, 100))
    values[3, 6] = value
    ((row, reason),) = refused(npy(values))
    assert row == 4
    assert "in column 7; expected 0 to 1" in reason


@pytest.mark.parametrize(
    "values", [np.zeros((75, 100), np.uint8), np.zeros((75, 100, 3)), np.zeros((0, 4))]
)
def test_an_array_of_something_else_is_refused(npy, values):
    assert "expected (rows, columns) of fractions" in refused(npy(values))[0][1]


def test_an_array_of_objects_is_never_unpickled(npy):
    assert "read safely" in refused(npy(np.array([object()])))[0][1]


def test_a_tiff_of_numbers(tmp_path):
    values = np.random.default_rng(0).random((75, 100)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    found = read_external_map(tmp_path / "a.tif", MapTerms(SIZE))
    np.testing.assert_array_equal(found.probabilities, values)
    (tmp_path / "a.tif").write_bytes(b"II*\0nothing")
    assert "no TIFF" in refused(tmp_path / "a.tif")[0][1]


def test_other_files_are_refused(tmp_path):
    assert "is none of" in refused(tmp_path / "a.h5")[0][1]


@pytest.mark.shared
def test_a_real_file_of_wsinfer(shared):
    path = shared / "interop" / "breast-tumor-inception_v4.tcga-brca__purple.csv"
    found = read_external_map(path, MapTerms((4200, 4200)))
    assert (found.probabilities.shape, found.side_l0) == ((12, 12), 350)
    assert not np.isnan(found.probabilities).any()
    assert found.probabilities[0, 0] == np.float32(0.0435887686908245)
