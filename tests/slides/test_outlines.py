"""Raw points into regions: repair, refusal, and whose word says what is tumour."""

import math

import pytest

from slides.outlines import LABEL_OF_NAME, Outline, Reading, TruthError, regions_from

SQUARE = [(0, 0), (10, 0), (10, 10), (0, 10)]


def read(*rings, group="Tumor", reading=Reading()):  # noqa: B008
    return regions_from([Outline(rings, group)], reading, file_name="a.xml")


@pytest.mark.parametrize(
    ("group", "label"),
    [
        ("_0", "tumour"),
        ("_1", "tumour"),
        ("_2", "normal"),
        ("Tumor", "tumour"),
        ("tumour", "tumour"),
        ("metastasis", "tumour"),
        ("Metastases", "tumour"),
        ("normal", "normal"),
        ("Exclusion", "normal"),
        ("Ignore*", "ignore"),
        ("artefact", "artefact"),
        ("artifact", "artefact"),
        ("Isolated tumor cells", None),
        ("", None),
    ],
)
def test_groups_of_the_protocols_are_known_and_others_are_not(group, label):
    assert Reading().label_of(group) == label


def test_every_known_name_is_in_lower_case_so_that_case_does_not_matter():
    assert all(name == name.casefold() for name in LABEL_OF_NAME)


def test_a_person_may_say_what_a_name_means():
    reading = Reading.from_words(["ITC=tumour", "_0=ignore", "normal"])
    assert [reading.label_of(name) for name in ("itc", "_0", "")] == ["tumour", "ignore", "normal"]


def test_a_label_that_does_not_exist_is_refused():
    with pytest.raises(TruthError, match="'stroma' is unknown; use one of tumour"):
        Reading.from_words(["ITC=stroma"])


def test_unknown_groups_are_listed_with_what_to_say():
    with pytest.raises(TruthError) as refusal:
        read(SQUARE, group="ITC")
    assert refusal.value.code == "unknown_label"
    assert "'ITC' (1)" in str(refusal.value)
    assert "'ITC=tumour'" in str(refusal.value)


def test_a_hole_is_part_of_its_outline():
    (region,), notes = read(SQUARE, [(2, 2), (4, 2), (4, 4), (2, 4)])
    assert region.polygon.area == 96
    assert notes == []


def test_a_figure_of_eight_is_repaired_into_both_loops():
    (region,), notes = read([(0, 0), (10, 10), (10, 0), (0, 10)])
    assert region.polygon.area == 50
    assert notes == ["1 self-crossing outlines were repaired; what they go round twice is inside."]


def test_what_a_pen_goes_round_twice_stays_tumour():
    overshoot = [(0, 0), (10, 0), (10, 10), (4, 10), (4, 2), (8, 2), (8, 6), (0, 6)]
    (region,), _ = read(overshoot)
    assert region.polygon.area == 84


def test_slivers_left_by_a_repair_are_dropped_and_counted():
    (region,), notes = read([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0), (-0.5, -0.5), (0, -0.5)])
    assert region.polygon.area == 100
    assert notes[1:] == ["1 slivers of less than 1 px² were dropped."]


def test_an_outline_of_two_points_is_dropped_if_others_are_left():
    outlines = [Outline([SQUARE], "_0"), Outline([[(1, 1), (2, 2)]], "_0")]
    regions, notes = regions_from(outlines, Reading(), file_name="a.xml")
    assert len(regions) == 1
    assert notes == ["1 outlines of fewer than 3 corners were dropped: they hold no area."]


@pytest.mark.parametrize("points", [[], [(1, 1)], [(1, 1), (5, 5)], [(1, 1), (5, 5), (1, 1)]])
def test_a_file_without_any_area_is_refused(points):
    with pytest.raises(TruthError, match=r"1 outlines without any area.*declare it normal"):
        read(points)


def test_a_file_without_outlines_is_refused():
    with pytest.raises(TruthError, match="holds no outlines") as refusal:
        regions_from([], Reading(), file_name="a.xml")
    assert refusal.value.code == "no_outlines"


@pytest.mark.parametrize("bad", [math.nan, math.inf, "nan", "1e999", 1e200])
def test_coordinates_that_are_not_finite_are_refused(bad):
    with pytest.raises(TruthError, match=r"outline 1 \(Tumor\) of a\.xml lies at") as refusal:
        read([(0, 0), (bad, 1), (1, 1)])
    assert refusal.value.code == "bad_coordinates"


@pytest.mark.parametrize("bad", [None, "left", [1, 2], {}, pytest.param(10**400, id="huge")])
def test_coordinates_that_are_no_numbers_are_refused(bad):
    with pytest.raises(TruthError, match="not a pair of numbers"):
        read([(0, 0), (bad, 1), (1, 1)])


def test_names_keep_no_character_that_files_and_databases_cannot_hold():
    outline = Outline([SQUARE], "Tumor", "a\0b\ud800\n" + "c" * 300)
    regions, _ = regions_from([outline], Reading(), file_name="a.json")
    assert regions[0].name == "ab?" + "c" * 197


def test_a_third_coordinate_is_left_out():
    (region,), _ = read([(0, 0, 5), (4, 0, 5), (4, 4, 5)])
    assert region.polygon.area == 8
