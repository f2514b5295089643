import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.challenge_files import (
    RefusedFiles,
    read_lesions,
    read_slide_scores,
    read_stages,
    slide_key,
    write_lesions,
    write_slide_scores,
    write_stages,
)
from predictions.staging import NODE_CLASSES, STAGES

SIZE = (1000, 500)


@pytest.fixture
def csv(tmp_path):
    def write(text: str, name: str = "test_001.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def refused(read, *arguments, **options) -> list[tuple[int, str]]:
    with pytest.raises(RefusedFiles) as told:
        read(*arguments, **options)
    return [(one.row, one.reason) for one in told.value.refusals]


# Lesions ---------------------------------------------------------------------


def test_rows_are_confidence_x_y(csv):
    found = read_lesions(csv("0.9,10,20\n0.25,999,499\n"), size_l0=SIZE)
    assert found.tolist() == [[0.9, 10, 20], [0.25, 999, 499]]


def test_an_empty_file_says_that_nothing_was_found(csv):
    assert read_lesions(csv(""), size_l0=SIZE).shape == (0, 3)


@pytest.mark.parametrize(
    "text",
    ["﻿0.9,10,20\n", "0.9, 10, 20\r\n\r\n", "confidence,X,Y\n0.9,10,20", "9e-1,10.0,2e1"],
)
def test_what_is_meant_plainly_is_taken(csv, text):
    assert read_lesions(csv(text), size_l0=SIZE).tolist() == [[0.9, 10, 20]]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nan,10,20", "the probability is nan; expected a finite number"),
        ("0.9,inf,20", "X is inf; expected a finite number"),
        ("1.5,10,20", "the probability is 1.5; expected 0 to 1"),
        ("-0.1,10,20", "the probability is -0.1; expected 0 to 1"),
        ("0.9,1000,20", r"(1000, 20) lies outside the slide (1000 x 500 px); give level-0 px"),
        ("0.9,10,500", r"(10, 500) lies outside the slide (1000 x 500 px); give level-0 px"),
        ("0.9,-1,20", r"(-1, 20) lies outside the slide (1000 x 500 px); give level-0 px"),
        ("0.9,10", "2 columns; expected 3, parted by commas: confidence, X, Y"),
        ("0.9;10;20", "1 columns; expected 3, parted by commas: confidence, X, Y"),
        ("high,10,20", "the probability is 'high'; expected a number"),
        ("0.9,1_0,20", "X is '1_0'; expected a number"),
        (",10,20", "the probability is ''; expected a number"),
    ],
)
def test_a_bad_row_is_refused_with_its_number_and_reason(csv, row, reason):
    path = csv(f"0.9,10,20\n{row}\n0.8,1,1\n")
    assert refused(read_lesions, path, size_l0=SIZE) == [(2, reason)]


def test_all_bad_rows_are_told_at_once(csv):
    path = csv("nan,1,1\n0.5,1,1\n0.5,1,-7\n")
    assert [row for row, _ in refused(read_lesions, path, size_l0=SIZE)] == [1, 3]


def test_of_thousands_of_bad_rows_the_message_shows_some_and_counts_the_rest(csv):
    path = csv("2,1,1\n" * 3000)
    with pytest.raises(RefusedFiles, match="and 2980 more"):
        read_lesions(path)


def test_where_the_size_is_unknown_only_the_near_edges_are_checked(csv):
    assert len(read_lesions(csv("0.5,99999999,3\n"))) == 1
    assert "0 or above" in refused(read_lesions, csv("0.5,-1,3\n"))[0][1]


@pytest.mark.parametrize("content", [b"\xff\xfe0\x00.\x00", b"0.9,1,1\n\x80\n", b'0.9,"1,2\n'])
def test_what_is_no_csv_is_refused_as_a_whole(csv, tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    ((row, reason),) = refused(read_lesions, path)
    assert row == 0
    assert "no CSV" in reason


detections = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 999), st.integers(0, 499)), max_size=30
)


@settings(max_examples=50, deadline=None)
@given(detections)
def test_what_is_written_is_read_again_to_the_last_digit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("out") / "a.csv"
    given_rows = np.array(rows, float).reshape(-1, 3)
    write_lesions(path, given_rows)
    np.testing.assert_array_equal(read_lesions(path, size_l0=SIZE), given_rows)


def test_coordinates_are_written_as_the_whole_px_they_lie_in(tmp_path):
    """The organisers' script reads int() of the column, which refuses 12.5."""
    write_lesions(tmp_path / "a.csv", np.array([[0.5, 12.9, 7.5]]))
    assert (tmp_path / "a.csv").read_text() == "0.5,12,7\n"


# Slides ----------------------------------------------------------------------


def test_slides_are_found_whatever_the_spelling_of_their_names(csv):
    path = csv("image,probability\nTest_001.tif,0.25\nfolder/test_002,1\n", "slides.csv")
    found = read_slide_scores(path, ["test_001", "test_002", "test_003"])
    assert found == {"test_001": 0.25, "test_002": 1}


def test_unknown_slides_and_slides_named_twice_are_refused(csv):
    path = csv("test_001,0.2\ntest_009,0.2\nTEST_001.tif,0.3\n", "slides.csv")
    assert refused(read_slide_scores, path, ["test_001"]) == [
        (2, "slide 'test_009' is unknown; it has no truth here"),
        (3, "test_001 is given twice; keep one row of it"),
    ]


@pytest.mark.parametrize("score", ["nan", "1.01", "", "yes"])
def test_a_slide_score_is_a_probability(csv, score):
    ((row, _),) = refused(read_slide_scores, csv(f"a,{score}\n"), ["a"])
    assert row == 1


@given(st.dictionaries(st.sampled_from(["a", "b.1", "c d", 'e"f', "g,h"]), st.floats(0, 1)))
def test_slide_scores_come_round(tmp_path_factory, scores):
    path = tmp_path_factory.mktemp("out") / "slides.csv"
    write_slide_scores(path, scores)
    assert read_slide_scores(path, scores) == scores


@pytest.mark.parametrize(
    "name",
    ["tumor_001", "Tumor_001.tif", "TUMOR_001.CSV", r"x\tumor_001.svs", "a/tumor_001.tif.csv"],
)
def test_the_key_of_a_name(name):
    assert slide_key(name) == "tumor_001"


def test_a_dot_in_a_name_is_no_ending():
    assert slide_key("T12.3") == "t12.3"


# Stages ----------------------------------------------------------------------


def test_only_rows_that_end_in_zip_are_patients(csv):
    path = csv("patient,stage\npatient_004.zip,pN1MI\npatient_004_node_0.tif,micro\n", "s.csv")
    assert read_stages(path) == ({"patient_004": "pN1mi"}, {"patient_004_node_0": "micro"})


def test_a_patient_has_a_stage_and_a_slide_a_class_and_not_the_other_way_round(csv):
    path = csv("patient_004.zip,micro\npatient_004_node_0.tif,pN1\np.zip,pN3\n", "s.csv")
    found = refused(read_stages, path)
    assert [row for row, _ in found] == [1, 2, 3]
    assert found[0][1] == "'micro' is no patient's stage; expected pN0, pN0(i+), pN1mi, pN1, pN2"


@given(
    st.dictionaries(st.sampled_from(["p1", "p2", "p3"]), st.sampled_from(STAGES)),
    st.dictionaries(st.sampled_from(["p1_node_0", "p2_node_1"]), st.sampled_from(NODE_CLASSES)),
)
def test_stages_come_round(tmp_path_factory, patients, nodes):
    path = tmp_path_factory.mktemp("out") / "stages.csv"
    write_stages(path, patients, nodes)
    assert read_stages(path) == (patients, nodes)
