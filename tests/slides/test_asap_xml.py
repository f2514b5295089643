"""ASAP XML: the groups of CAMELYON16 and 17, types, broken files, and the way out."""

from pathlib import Path

import pytest
from shapely import Polygon, box

from slides.asap_xml import read_asap_xml, write_asap_xml
from slides.outlines import Reading, TruthError
from slides.regions import Region, rasterise, tumour_area_px

SQUARE = ((10, 10), (30, 10), (30, 30), (10, 30))
INNER = ((15, 15), (20, 15), (20, 20), (15, 20))


def annotation(group: str, points=SQUARE, *, kind="Polygon", name="a") -> str:
    corners = "".join(
        f'<Coordinate Order="{order}" X="{x}" Y="{y}"/>' for order, (x, y) in enumerate(points)
    )
    return (
        f'<Annotation Name="{name}" Type="{kind}" PartOfGroup="{group}" Color="#F4FA58">'
        f"<Coordinates>{corners}</Coordinates></Annotation>"
    )


@pytest.fixture
def read(tmp_path):
    def _read(*annotations: str, reading=None):
        path = tmp_path / "tumor_001.xml"
        path.write_text(
            '<?xml version="1.0"?><ASAP_Annotations><Annotations>'
            + "".join(annotations)
            + "</Annotations><AnnotationGroups/></ASAP_Annotations>"
        )
        return read_asap_xml(path, reading or Reading())

    return _read


@pytest.mark.parametrize("group", ["_0", "_1", "Tumor", "metastasis", "metastases"])
def test_groups_of_tumour(read, group):
    assert tumour_area_px(read(annotation(group)).regions) == 400


@pytest.mark.parametrize("group", ["_2", "normal", "Exclusion", "None"])
def test_groups_that_are_cut_out(read, group):
    truth = read(annotation("_0"), annotation(group, INNER))
    assert tumour_area_px(truth.regions) == 375


def test_the_group_says_what_an_outline_is_not_its_name(read):
    assert tumour_area_px(read(annotation("metastasis", name="_2")).regions) == 400


def test_outlines_without_group_beside_tumour_are_normal_and_noted(read):
    truth = read(annotation("_0"), annotation("None", INNER))
    assert truth.notes == ("1 outlines without a group were taken as normal tissue.",)


def test_a_file_of_outlines_without_group_is_asked_about(read):
    with pytest.raises(TruthError, match="1 outlines without a group or class") as refusal:
        read(annotation("None"))
    assert refusal.value.code == "unknown_label"
    truth = read(annotation("None"), reading=Reading(unlabelled="tumour"))
    assert tumour_area_px(truth.regions) == 400


def test_an_unknown_group_is_never_taken_as_tumour(read):
    with pytest.raises(TruthError, match=r"'itc' \(1\)"):
        read(annotation("_0"), annotation("itc"))


def test_splines_and_rectangles_are_areas(read):
    assert tumour_area_px(read(annotation("_0", kind="Spline")).regions) == 400
    assert tumour_area_px(read(annotation("_0", kind="Rectangle")).regions) == 400
    corners = ((10, 10), (30, 40))
    assert tumour_area_px(read(annotation("_0", corners, kind="Rectangle")).regions) == 600


def test_dots_are_marks_and_measurements_are_left_out_and_noted(read):
    dot, line = annotation("_0", ((1, 2),), kind="Dot"), annotation("_0", kind="Measurement")
    truth = read(annotation("_0"), dot, annotation("odd", ((1, 1),), kind="PointSet"), line)
    assert [(mark.label, mark.x, mark.y) for mark in truth.marks] == [("tumour", 1, 2)]
    assert truth.notes == ("2 points without a known label, or measurements, were left out.",)


def test_an_unknown_type_is_refused(read):
    with pytest.raises(TruthError, match="type 'Ellipse'; expected one of dot, measurement"):
        read(annotation("_0", kind="Ellipse"))


def test_corners_are_taken_in_their_order(read):
    mixed = annotation("_0").replace('Order="1"', 'Order="x"').replace('Order="2"', 'Order="1"')
    crossed = mixed.replace('Order="x"', 'Order="2"')
    assert tumour_area_px(read(crossed).regions) == 200


def test_billion_laughs_are_refused(tmp_path):
    path = tmp_path / "bomb.xml"
    lines = [f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10)]
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{"".join(lines)}]>'
        "<ASAP_Annotations>&l9;</ASAP_Annotations>"
    )
    with pytest.raises(TruthError, match="declares a document type"):
        read_asap_xml(path, Reading())


@pytest.mark.parametrize("end", [60, 200, -20])
def test_a_file_cut_short_is_refused(tmp_path, end):
    path = tmp_path / "a.xml"
    write_asap_xml(path, [Region("tumour", box(0, 0, 9, 9))])
    path.write_text(path.read_text()[:end])
    with pytest.raises(TruthError, match="cut short") as refusal:
        read_asap_xml(path, Reading())
    assert refusal.value.code == "unreadable"


@pytest.mark.parametrize("encoding", ["nonsense", "utf-7", "shift_jis"])
def test_an_encoding_that_cannot_be_read_is_refused(tmp_path, encoding):
    path = tmp_path / "a.xml"
    path.write_text(f'<?xml version="1.0" encoding="{encoding}"?><ASAP_Annotations/>')
    with pytest.raises(TruthError) as refusal:
        read_asap_xml(path, Reading())
    assert refusal.value.code in {"unreadable", "no_outlines"}


def test_xml_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text("<Annotations MicronsPerPixel='0.25'/>")
    with pytest.raises(TruthError, match=r"its root is <Annotations>"):
        read_asap_xml(path, Reading())


@pytest.fixture
def back_and_forth(tmp_path):
    def write_and_read(regions):
        path = tmp_path / "a.xml"
        write_asap_xml(path, regions)
        return read_asap_xml(path, Reading()).regions

    return write_and_read


def pixels(regions):
    return rasterise(regions, width=60, height=60, scale=1).tolist()


def test_holes_go_out_as_group_2_and_come_back(tmp_path, back_and_forth):
    ring = Region("tumour", Polygon(SQUARE, [INNER]), "lesion 1")
    assert pixels(back_and_forth([ring])) == pixels([ring])
    text = (tmp_path / "a.xml").read_text()
    assert text.count('PartOfGroup="_0"') == text.count('PartOfGroup="_2"') == 1
    assert 'Name="lesion 1"' in text


def test_a_lesion_in_the_hole_of_another_survives(back_and_forth):
    ring = Region("tumour", box(5, 5, 50, 50) - box(10, 10, 40, 40))
    island = Region("tumour", box(20, 20, 30, 30))
    regions = [ring, island]
    assert pixels(back_and_forth(regions)) == pixels(regions)


def test_normal_artefact_and_ignore_come_back_with_their_labels(back_and_forth):
    labels = ("tumour", "normal", "artefact", "ignore")
    regions = [Region(label, box(10 * i, 0, 10 * i + 5, 5)) for i, label in enumerate(labels)]
    back = back_and_forth(regions)
    assert {(one.label, one.polygon.bounds) for one in back} == {
        (one.label, one.polygon.bounds) for one in regions
    }


def test_fractions_of_a_pixel_come_back_exactly(back_and_forth):
    third = Region("tumour", Polygon([(0, 0), (10 / 3, 0.1), (7.7, 9.123456789)]))
    assert back_and_forth([third])[0].polygon == third.polygon


def test_no_tumour_goes_out_and_comes_back_as_no_tumour(back_and_forth):
    assert back_and_forth([]) == ()


def test_synthetic_truth_says_so(tmp_path):
    path: Path = tmp_path / "a.xml"
    write_asap_xml(path, [Region("tumour", box(0, 0, 5, 5))], is_synthetic=True)
    assert "<!-- synthetic:" in path.read_text()
    assert len(read_asap_xml(path, Reading()).regions) == 1
