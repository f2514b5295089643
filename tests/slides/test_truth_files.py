"""Truth files of every format: told apart by content, refused in plain words, same pixels back."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from slides.mask_tiff import write_mask
from slides.ncrf_json import ncrf_text
from slides.outlines import Reading, TruthError
from slides.regions import Mark, Region, from_geojson, rasterise, to_geojson, tumour_area_px
from slides.truth_files import read_truth, write_asap_xml, write_geojson

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]


@pytest.fixture
def read(tmp_path):
    def _read(content, reading=None):
        path = tmp_path / "truth.file"
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_truth(path, reading)

    return _read


def feature(classification=None, geometry=None, **properties):
    if classification is not None:
        properties["classification"] = classification
    geometry = geometry or {"type": "Polygon", "coordinates": [SQUARE]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


@pytest.mark.parametrize(
    "classification", [{"name": "Tumor"}, {"names": ["Metastasis"]}, "tumour", {"name": "TUMOR"}]
)
def test_classes_as_the_versions_of_qupath_write_them(read, classification):
    truth = read({"type": "FeatureCollection", "features": [feature(classification)]})
    assert (truth.kind, tumour_area_px(truth.regions)) == ("geojson", 100)


def test_a_collection_a_list_and_a_single_feature_are_the_same(read):
    one = feature({"name": "Tumor"})
    for content in ({"type": "FeatureCollection", "features": [one]}, [one], one):
        assert tumour_area_px(read(content).regions) == 100


def test_a_bare_geometry_needs_a_label(read):
    geometry = {"type": "MultiPolygon", "coordinates": [[SQUARE]]}
    with pytest.raises(TruthError, match="1 outlines without a group or class"):
        read(geometry)
    truth = read(geometry, Reading(unlabelled="tumour"))
    assert tumour_area_px(truth.regions) == 100


def test_geojson_holes_are_holes(read):
    hole = [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]
    geometry = {"type": "Polygon", "coordinates": [SQUARE, hole]}
    assert tumour_area_px(read(feature("Tumor", geometry)).regions) == 96


def test_the_name_stands_in_for_a_missing_class(read):
    assert read(feature(name="Tumor")).regions[0].label == "tumour"
    with pytest.raises(TruthError, match=r"'UT' \(1\)"):
        read(feature(name="UT"))


def test_points_of_a_known_class_are_marks(read):
    point = feature("Tumor", {"type": "Point", "coordinates": [1, 2]}, name="look")
    points = feature("Normal", {"type": "MultiPoint", "coordinates": [[3, 4], [5, 6]]})
    truth = read([feature("Tumor"), point, points])
    assert truth.marks == (
        *(Mark("tumour", 1, 2, "look"), Mark("normal", 3, 4), Mark("normal", 5, 6)),
    )
    assert truth.notes == ()


def test_lines_and_points_nobody_knows_are_left_out_and_noted(read):
    line = feature("Tumor", {"type": "LineString", "coordinates": [[1, 2], [3, 4]]})
    point = feature("UT", {"type": "Point", "coordinates": [1, 2]})
    truth = read([feature("Tumor"), line, point])
    assert truth.marks == ()
    assert truth.notes == (
        "2 features without area (lines, points without a known class) were left out.",
    )


@pytest.mark.parametrize("write", [write_asap_xml, write_geojson])
def test_marks_come_back_from_the_files_that_are_written(tmp_path, write):
    marks = (Mark("tumour", 12.5, 30, "here"), Mark("ignore", 1, 2, "there"))
    write(tmp_path / "out", [Region("tumour", box(0, 0, 9, 9))], marks)
    truth = read_truth(tmp_path / "out")
    assert (truth.marks, tumour_area_px(truth.regions)) == (marks, 81)


def test_ncrf_written_here_holds_the_same_tumour(tmp_path):
    tumour = box(0, 0, 90, 90) - box(10, 10, 60, 60) | box(20, 20, 30, 30)
    regions = [Region("tumour", tumour), Region("normal", box(70, 70, 80, 80))]
    path = tmp_path / "out.json"
    path.write_text(ncrf_text(regions))
    assert json.loads(path.read_text()).keys() == {"positive", "negative"}
    truth = read_truth(path)
    assert truth.kind == "ncrf_json"
    assert tumour_area_px(truth.regions) == tumour_area_px(regions) == 8100 - 2500


def test_ncrf_positive_is_tumour_and_negative_is_cut_out(read):
    content = {
        "positive": [{"name": "_0", "vertices": SQUARE}],
        "negative": [{"name": "_1", "vertices": [[2, 2], [4, 2], [4, 4], [2, 4]]}],
    }
    truth = read(content)
    assert (truth.kind, tumour_area_px(truth.regions)) == ("ncrf_json", 96)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "empty_file", "is empty"),
        (b"\x89PNG\r\n", "not_truth", "is no truth file: it begins with"),
        (b"hello", "not_truth", "Expected a mask TIFF, ASAP XML"),
        (b'{"type": "FeatureCollection", "feat', "unreadable", "cut short"),
        (b"{}", "not_truth", "neither GeoJSON nor NCRF's"),
        (b'{"type": "Topology"}', "not_truth", "its type is 'Topology'"),
        (b"[1, 2]", "not_truth", "feature 1 of truth.file is not a GeoJSON feature"),
        (b"[]", "no_outlines", "holds no outlines"),
        (b'{"positive": [], "negative": []}', "no_outlines", "declare it normal"),
        (b'{"positive": {}}', "not_truth", "is no list of polygons"),
        (b'{"positive": [{"name": "a"}]}', "not_truth", "no list of vertices"),
        (b'{"positive": [{"vertices": [[NaN, 1]]}]}', "bad_coordinates", "has NaN where"),
        (b"II*\0", "unreadable", "damaged or cut-short TIFF"),
        (b"[" * 100_000, "unreadable", "not whole JSON"),
        (b'{"a": "\xff"}', "unreadable", "not whole JSON"),
    ],
)
def test_files_that_are_no_truth_are_refused_with_the_reason(read, content, code, words):
    with pytest.raises(TruthError) as refusal:
        read(content)
    assert refusal.value.code == code
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Circle"},
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": [[[1]]]},
        {"type": "MultiPolygon", "coordinates": [[1]]},
        {"type": "GeometryCollection", "geometries": [None]},
    ],
)
def test_malformed_geometries_are_refused(read, geometry):
    with pytest.raises(TruthError):
        read({"type": "Feature", "geometry": geometry, "properties": {"name": "Tumor"}})


def test_a_huge_file_of_outlines_is_refused(read, monkeypatch):
    monkeypatch.setattr("slides.truth_files.MAX_FILE_BYTES", 10)
    with pytest.raises(TruthError, match="Simplify the outlines, or give a mask") as refusal:
        read([feature("Tumor")])
    assert refusal.value.code == "too_large"


def test_a_byte_order_mark_does_no_harm(read):
    text = json.dumps(feature("Tumor"))
    assert len(read(b"\xef\xbb\xbf" + text.encode()).regions) == 1


def test_exported_geojson_says_what_it_is(tmp_path):
    path = tmp_path / "a.geojson"
    square = Region("tumour", box(0, 0, 5, 5))
    write_geojson(path, [square], is_synthetic=True, slide_name="tumor_001")
    content = json.loads(path.read_text())
    assert content["sentinode"]["slide"] == "tumor_001"
    assert content["features"][0]["properties"]["synthetic"] is True


def test_exported_absence_of_tumour_comes_back_as_such(tmp_path):
    path = tmp_path / "a.geojson"
    write_geojson(path, [])
    assert read_truth(path).regions == ()


def _by_xml(path, regions, shape):
    write_asap_xml(path, regions)


def _by_geojson(path, regions, shape):
    write_geojson(path, regions)


def _by_mask(path, regions, shape):
    write_mask(path, regions, width=shape[1], height=shape[0], mpp=0.25)


@st.composite
def masks(draw):
    """Odd sizes, dense enough for holes, islands in holes and pixels that meet at corners."""
    rows, columns = draw(st.integers(1, 13)), draw(st.integers(1, 13))
    bits = draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
    return np.array(bits).reshape(rows, columns)


@pytest.mark.parametrize("write", [_by_xml, _by_geojson, _by_mask])
@settings(max_examples=60, deadline=None)
@given(mask=masks())
def test_import_of_an_export_gives_the_same_pixels(tmp_path_factory, write, mask):
    path = tmp_path_factory.mktemp("truth") / "truth"
    regions = [Region("tumour", box(x, y, x + 1, y + 1)) for y, x in np.argwhere(mask).tolist()]
    write(path, regions, mask.shape)
    first = read_truth(path).regions
    write(path, first, mask.shape)
    second = from_geojson(json.loads(json.dumps(to_geojson(read_truth(path).regions))))
    for back in (first, second):
        pixels = rasterise(back, width=mask.shape[1], height=mask.shape[0], scale=1)
        np.testing.assert_array_equal(pixels, mask)
        assert tumour_area_px(back) == mask.sum()
        assert all(region.polygon.is_valid for region in back)


@pytest.mark.shared
def test_camelyons_xml_and_ncrfs_json_give_the_same_area(shared):
    """NCRF rounded the corners of tumor_009 to whole px, which moves the area by 1e-6."""
    xml = read_truth(shared / "annotations" / "tumor_009.xml")
    ncrf = read_truth(shared / "annotations" / "Tumor_009.json")
    assert len(xml.regions) == len(ncrf.regions) == 6
    assert tumour_area_px(xml.regions) == pytest.approx(850_599_383.2, abs=0.1)
    assert tumour_area_px(ncrf.regions) == pytest.approx(tumour_area_px(xml.regions), rel=2e-6)


@pytest.mark.shared
def test_real_exports_of_qupath_and_histomicstk_are_read(shared):
    reading = Reading.from_words(["UT=ignore", "I=tumour", "tumour"])
    qupath = read_truth(shared / "interop" / "dlup_qupath05.geojson", reading)
    assert [region.label for region in qupath.regions] == ["ignore", "tumour", "tumour"]
    nuclei = read_truth(shared / "interop" / "largeimage_sample.geojson", reading)
    assert len(nuclei.regions) == 10


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["slides", "broken", "tiles", "interop"])
def test_no_real_file_that_is_no_truth_is_taken_for_it(shared, folder):
    for path in (shared / folder).iterdir():
        with pytest.raises(TruthError):
            read_truth(path)
