"""Result files against truth files by command: all but one test, without any database."""

import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from predictions.challenge_files import write_slide_scores
from tests.predictions import froc_by_definition as definition
from tests.predictions.folder_rows import (
    SIDE,
    blobs,
    by_definition,
    folders,
    run,
    save_mask,
)

__all__ = ["folders"]

# Agreement -------------------------------------------------------------------


def test_the_command_agrees_with_the_definition_to_1e_9(folders):
    froc = run(folders)["froc"]
    expected, at = definition.score(definition.curve(by_definition()))
    assert 0 < expected < 1
    assert abs(froc["score"]["value"] - expected) < 1e-9
    assert [one["value"] for one in froc["sensitivity"]] == pytest.approx(at, abs=1e-9)
    assert froc["n"]["slides"] == 7
    assert froc["n"]["itc_left_out"] == sum(len(one[2]) for one in by_definition())


def test_um_per_px_is_the_organisers_constant_or_said(folders):
    expected, _ = definition.score(definition.curve(by_definition(mpp=1.0)))
    found = run(folders, "--mpp", "1.0")
    assert abs(found["froc"]["score"]["value"] - expected) < 1e-9
    assert found["rules"]["mpp"] == 1.0
    assert run(folders)["rules"]["mpp"] == 0.243


def test_each_slides_own_um_per_px_is_listed_or_the_slide_refused(folders):
    _, truth = folders
    lines = ["image,class,mpp,width,height"]
    lines += [f"test_{i:03},{'Tumor' if i < 4 else 'Normal'},1.0,3072,3072" for i in range(7)]
    (truth / "reference.csv").write_text("\n".join(lines))
    expected, _ = definition.score(definition.curve(by_definition(mpp=1.0)))
    assert abs(run(folders, "--mpp", "own")["froc"]["score"]["value"] - expected) < 1e-9
    (truth / "reference.csv").write_text("\n".join(lines).replace(",1.0,", ",,"))
    with pytest.raises(CommandError, match="um per px of test_000 is unknown"):
        run(folders, "--mpp", "own")


# The organisers' traps -------------------------------------------------------


def test_a_tumour_slide_is_told_by_its_truth_not_by_its_name(folders):
    """The script looks for names that begin with Tumor; ours may be called anything."""
    results, truth = folders
    (truth / "reference.csv").unlink()
    for index in range(4, 7):
        save_mask(truth / f"test_{index:03}_mask.tif", np.zeros((96, 96), bool))
    (truth / "test_000_mask.tif").rename(truth / "Normal_000_Mask.tif")
    (truth / "test_004_mask.tif").rename(truth / "tumor_004_mask.tif")
    (results / "test_000.csv").rename(results / "normal_000.csv")
    (results / "test_004.csv").rename(results / "Tumor_004.csv")
    found = run(folders)
    expected, _ = definition.score(definition.curve(by_definition()))
    assert abs(found["froc"]["score"]["value"] - expected) < 1e-9
    assert {one["slide"]: one["is_tumour"] for one in found["per_slide"]} == {
        "Normal_000": True, "test_001": True, "test_002": True, "test_003": True,
        "tumor_004": False, "test_005": False, "test_006": False,
    }  # fmt: skip


def test_an_empty_mask_is_a_normal_slide_although_it_has_one(folders):
    """NCRF's copy of the script takes every slide with a mask for a tumour slide."""
    _, truth = folders
    save_mask(truth / "test_004_mask.tif", np.zeros((96, 96), bool))
    assert run(folders)["froc"]["n"]["tumour_slides"] == 4


def test_normal_slides_are_in_the_denominator(folders):
    results, truth = folders
    without = (truth / "reference.csv").read_text().split("\n")[:4]
    many = run(folders)["froc"]["score"]["value"]
    (truth / "reference.csv").write_text("\n".join(without))
    for index in range(4, 7):
        (results / f"test_{index:03}.csv").unlink()
    tumour_only = run(folders)["froc"]
    expected, _ = definition.score(definition.curve(by_definition(every=range(4))))
    assert abs(tumour_only["score"]["value"] - expected) < 1e-9
    assert many != tumour_only["score"]["value"]


def test_a_slide_without_csv_is_counted_as_missed_and_named(folders):
    results, _ = folders
    (results / "test_001.csv").unlink()
    (results / "test_005.csv").unlink()
    found = run(folders)
    expected = by_definition()
    for index in (1, 5):
        expected[index] = ([], dict.fromkeys(expected[index][1], 0.0), expected[index][2])
    score, _ = definition.score(definition.curve(expected))
    assert abs(found["froc"]["score"]["value"] - score) < 1e-9
    assert found["froc"]["n"]["slides"] == 7
    assert found["missing"]["detections"] == ["test_001", "test_005"]
    script, _ = definition.score(definition.curve([expected[i] for i in (0, 2, 3, 4, 6)]))
    assert abs(found["froc"]["score_of_given_files_only"] - script) < 1e-9


def test_the_tumour_value_is_found_in_the_mask_not_taken_for_granted(folders):
    """The script inverts from 255: it takes a mask of 0 and 1 for one without tumour."""
    _, truth = folders
    before = run(folders)
    for index in range(4):
        save_mask(truth / f"test_{index:03}_mask.tif", blobs(index, 4), value=1)
    assert run(folders) == before


def test_049_is_left_out_and_114_of_froc_only(folders):
    results, truth = folders
    for old, new in (("test_000", "test_049"), ("test_001", "test_114")):
        (truth / f"{old}_mask.tif").rename(truth / f"{new}_mask.tif")
        (results / f"{old}.csv").rename(results / f"{new}.csv")
        listed = (truth / "reference.csv").read_text().replace(old, new)
        (truth / "reference.csv").write_text(listed)
    names = ["test_049", "test_114", *(f"test_{index:03}" for index in range(2, 7))]
    write_slide_scores(results / "slides.csv", dict.fromkeys(names, 0.5))
    found = run(folders, "--camelyon16")
    assert found["froc"]["n"]["slides"] == 5
    assert found["slide_auc"]["n"] == 6
    assert {(one["slide"], one["of"]) for one in found["left_out"]} == {
        ("test_049", "all"), ("test_114", "froc"),
    }  # fmt: skip
    expected, _ = definition.score(definition.curve(by_definition(every=range(2, 7))))
    assert abs(found["froc"]["score"]["value"] - expected) < 1e-9
    same = run(folders, "--exclude", "test_049", "--not-exhaustive", "Test_114.tif")
    assert same["froc"] == found["froc"]


def test_an_exception_that_is_no_slide_is_a_slip(folders):
    with pytest.raises(CommandError, match="no slide of the truth is called test_49"):
        run(folders, "--exclude", "test_49")


def test_a_listed_slide_that_is_not_exhaustive_is_left_out_of_froc(folders):
    _, truth = folders
    lines = ["image,class,exhaustive"]
    lines += [
        f"test_{i:03},{'Tumor' if i < 4 else 'Normal'},{'no' if i == 2 else ''}" for i in range(7)
    ]
    (truth / "reference.csv").write_text("\n".join(lines))
    found = run(folders)
    assert found["froc"]["n"]["slides"] == 6
    assert "not exhaustively outlined" in found["left_out"][0]["reason"]


def test_a_tumour_slide_without_outlines_is_left_out_of_froc_not_called_normal(folders):
    _, truth = folders
    (truth / "test_002_mask.tif").unlink()
    found = run(folders)
    assert found["left_out"] == [
        {"slide": "test_002", "of": "froc", "reason": "listed as tumour, but nothing is outlined"}
    ]


def test_a_normal_slide_with_outlined_tumour_is_refused(folders):
    _, truth = folders
    save_mask(truth / "test_005_mask.tif", blobs(5, 2))
    with pytest.raises(CommandError, match=r"test_005 is listed as normal, and test_005_mask.tif"):
        run(folders)


# Bad input -------------------------------------------------------------------


def test_all_that_is_wrong_in_all_files_is_told_at_once_and_nothing_scored(folders):
    results, _ = folders
    (results / "test_000.csv").write_text("0.5,10,10\nnan,10,10\n")
    (results / "test_001.csv").write_text(f"0.5,{SIDE},10\n")
    (results / "test_900.csv").write_text("0.5,1,1\n")
    (results / "slides.csv").write_text("test_000,0.5\ntest_901,0.5\n")
    out = io.StringIO()
    with pytest.raises(CommandError, match="nothing was scored"):
        run(folders, out=out)
    refused = json.loads(out.getvalue())["refused"]
    assert [(one["file"], one["row"]) for one in refused] == [
        ("test_000.csv", 2), ("test_001.csv", 1), ("test_900.csv", 0), ("slides.csv", 2),
    ]  # fmt: skip
    assert "outside the slide (3072 x 3072 px)" in refused[1]["reason"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("test_001,Maybe", "class is 'Maybe'; expected Tumor or Normal"),
        ("test_001,Tumor,IDC,Huge", "size is 'Huge'"),
        ("test_000,Normal", "test_000 is listed twice"),
    ],
)
def test_a_list_with_a_wrong_row_is_refused_by_row(folders, row, reason):
    _, truth = folders
    (truth / "reference.csv").write_text(f"test_000,Tumor,IDC,Macro\n{row}\n")
    with pytest.raises(CommandError, match=f"reference.csv: row 2: {reason}"):
        run(folders)


def test_unknown_columns_of_a_list_are_refused(folders):
    _, truth = folders
    (truth / "reference.csv").write_text("image,class,colour\ntest_000,Tumor,red\n")
    with pytest.raises(CommandError, match="columns colour are unknown"):
        run(folders)


def test_folders_that_are_none_or_hold_nothing_are_refused(tmp_path, folders):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CommandError, match="holds no results"):
        run((empty, folders[1]))
    with pytest.raises(CommandError, match="holds no truth"):
        run((folders[0], empty))
    with pytest.raises(CommandError, match="is no folder"):
        run((folders[0], tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="give both"):
        call_command("evaluate", "--truth", str(empty))


@pytest.mark.django_db
def test_without_folders_a_version_is_wanted():
    with pytest.raises(CommandError, match="give --version VERSION, or --predictions DIR"):
        call_command("evaluate")


def test_um_per_px_has_to_be_a_number(folders):
    with pytest.raises(CommandError, match="--mpp is 'fine'; expected um per px above 0"):
        run(folders, "--mpp", "fine")


def test_two_files_of_one_slide_are_refused(folders):
    results, _ = folders
    (results / "Test_003.tif.csv").write_text("")
    (results / "TEST_000.csv").write_text("")
    with pytest.raises(CommandError, match=r"test_000.csv: is a second file of its slide"):
        run(folders)


def test_without_draws_there_are_figures_and_no_intervals(folders):
    results, _ = folders
    write_slide_scores(results / "slides.csv", {f"test_{i:03}": i / 7 for i in range(7)})
    found = run(folders, "--draws", "0")
    assert found["froc"]["score"]["value"] == run(folders)["froc"]["score"]["value"]
    assert found["froc"]["score"]["low"] is None
    with pytest.raises(CommandError, match="draws are 0"):
        run(folders, "--draws", "-1")
