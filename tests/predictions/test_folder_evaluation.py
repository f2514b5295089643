"""Result files against truth files by command: all but one test, without any database."""

import io
import json

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command
from shapely import box

from predictions.challenge_files import write_lesions, write_slide_scores, write_stages
from predictions.lesions import LesionRules, map_lesions, truth_lesions
from predictions.truth_folder import evaluation_mask, read_reference
from slides.asap_xml import write_asap_xml
from slides.mask_tiff import write_mask
from slides.outlines import TruthError
from slides.regions import Region
from tests.predictions import froc_by_definition as definition

SIDE = 96 * 32  # level-0 px: 96 px at level 5


def save_mask(path, at_level_5, *, value=255, with_level_5=True):
    """A mask with, like the organisers', its own page of level 5."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = (at_level_5 * value).astype(np.uint8)
    full = np.kron(small, np.ones((32, 32), np.uint8))
    options = {"photometric": "minisblack", "compression": "zlib", "tile": (512, 512)}
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(full, **options)
        if with_level_5:
            tiff.write(small, photometric="minisblack", compression="zlib")


def blobs(seed, count):
    rng = np.random.default_rng(seed)
    mask = np.zeros((96, 96), bool)
    for _ in range(count):
        (row, column), size = rng.integers(4, 70, 2), rng.integers(1, 50)
        mask[row : row + size // 3 + 1, column : column + size] = True
    return mask


def detections(seed, count):
    """Anywhere, and of six the first three on tumour; few confidences, so that some are equal."""
    rng = np.random.default_rng(seed + 1000)
    places = rng.integers(0, SIDE, (count, 2))
    if count == 6:
        rows, columns = np.nonzero(blobs(seed, 4))
        chosen = rng.integers(0, len(rows), 3)
        places[:3] = np.column_stack([columns[chosen], rows[chosen]]) * 32 + 16
    return np.column_stack([rng.choice([0.1, 0.3, 0.5, 0.7, 0.9], count), places])


@pytest.fixture
def folders(tmp_path):
    """Four tumour slides with masks, three normal ones from the list; results of all."""
    truth, results = tmp_path / "truth", tmp_path / "results"
    truth.mkdir()
    rows = []
    for index in range(4):
        save_mask(truth / f"test_{index:03}_mask.tif", blobs(index, 4))
        rows.append(f"test_{index:03},Tumor,IDC,{'Macro' if index % 2 else 'Micro'}")
    rows += [f"test_{index:03},Normal,None,None" for index in range(4, 7)]
    (truth / "reference.csv").write_text("\n".join(rows))
    for index in range(7):
        write_lesions(results / f"test_{index:03}.csv", detections(index, 6 if index < 4 else 2))
    return results, truth


def run(folders, *words, out=None):
    out = out or io.StringIO()
    results, truth = folders
    call_command(
        "evaluate", "--predictions", str(results), "--truth", str(truth),
        "--format", "json", "--draws", "40", *words, stdout=out,
    )  # fmt: skip
    return json.loads(out.getvalue())


def by_definition(mpp=0.243, tumour=range(4), every=range(7)):
    scored = []
    for index in every:
        mask = blobs(index, 4) if index in tumour else np.zeros((96, 96), bool)
        labels, itc = definition.lesions_of(mask.tolist(), mpp * 32)
        found = detections(index, 6 if index < 4 else 2)
        scored.append((*definition.findings(found.tolist(), labels, itc, 32), itc))
    return scored


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


# Sizes and subgroups ---------------------------------------------------------


def test_sensitivity_by_size_class(folders):
    found = run(folders)["froc"]["by_size_class"]
    sizes = [
        lesion.size_class for index in range(4) for lesion in truth_lesions(blobs(index, 4)).lesions
    ]
    assert found["micro"]["n"]["lesions"] == sizes.count("micro") > 0
    assert found["macro"]["score"] is None


def test_slide_auc_and_subgroups_hold_all_normal_slides_against_one_kind(folders):
    from sklearn.metrics import roc_auc_score

    results, _ = folders
    values = [0.9, 0.2, 0.8, 0.7, 0.3, 0.1, 0.75]
    scores = {f"test_{index:03}": value for index, value in enumerate(values)}
    write_slide_scores(results / "slides.csv", scores)
    found = run(folders)["slide_auc"]
    assert found["value"] == pytest.approx(roc_auc_score([1] * 4 + [0] * 3, values))
    macro = found["subgroups"]["size: macro"]
    assert macro["value"] == pytest.approx(
        roc_auc_score([1, 1, 0, 0, 0], [values[i] for i in (1, 3, 4, 5, 6)])
    )
    assert macro["n"] == 5


def test_slide_scores_that_are_calls_are_told(folders):
    results, _ = folders
    write_slide_scores(results / "slides.csv", {f"test_{i:03}": float(i < 3) for i in range(7)})
    assert "calls, not scores" in run(folders)["slide_auc"]["caution"]


def test_a_missing_slide_score_is_as_wrong_as_can_be(folders):
    results, _ = folders
    scores = {f"test_{i:03}": 0.9 if i < 4 else 0.1 for i in range(7)}
    write_slide_scores(results / "slides.csv", scores)
    assert run(folders)["slide_auc"]["value"] == 1
    for missing in ("test_000", "test_006"):
        fewer = {name: score for name, score in scores.items() if name != missing}
        write_slide_scores(results / "slides.csv", fewer)
        found = run(folders)
        assert found["slide_auc"]["value"] < 1
        assert found["slide_auc"]["n"] == 7
        assert found["missing"]["slide_scores"] == [missing]


def test_what_a_slide_of_isolated_tumour_cells_is_has_to_be_decided(folders):
    """Users measured 0.80 where others had 0.96, for want of this."""
    results, truth = folders
    listed = (
        (truth / "reference.csv")
        .read_text()
        .replace("test_002,Tumor,IDC,Micro", "test_002,Tumor,IDC,ITC")
    )
    (truth / "reference.csv").write_text(listed)
    scores = {f"test_{i:03}": value for i, value in enumerate([0.9, 0.8, 0.2, 0.7, 0.3, 0.1, 0.4])}
    write_slide_scores(results / "slides.csv", scores)
    areas = {
        kind: run(folders, "--itc-slides", kind)["slide_auc"]
        for kind in ("negative", "positive", "left_out")
    }
    assert areas["negative"]["value"] == areas["left_out"]["value"] == 1
    assert areas["positive"]["value"] == pytest.approx((3 * 3 + 1) / 12)
    assert [one["n"] for one in areas.values()] == [7, 7, 6]


def test_curves_over_slides_have_bands(folders):
    results, _ = folders
    scores = dict.fromkeys((f"test_{i:03}" for i in range(7)), 0.5) | {"test_000": 0.9}
    write_slide_scores(results / "slides.csv", scores)
    found = run(folders)["slide_auc"]
    assert found["curves"]["roc_auc"]["value"] == pytest.approx(found["value"])
    assert found["curves"]["roc"]["points"] == [[0, 0, None], [0, 0.25, 0.9], [1, 1, 0.5]]
    assert len(found["curves"]["roc"]["band"]) == 101


# Stages ----------------------------------------------------------------------


def test_stages_are_scored_by_quadratic_kappa(tmp_path):
    from sklearn.metrics import cohen_kappa_score

    truth, results = tmp_path / "truth", tmp_path / "results"
    own = {"patient_0": "pN0", "patient_1": "pN1", "patient_2": "pN2", "patient_3": "pN1mi"}
    write_stages(truth / "stages.csv", own, {"patient_0_node_0": "negative"})
    write_stages(results / "stages.csv", own | {"patient_1": "pN0(i+)"})
    found = run((results, truth))
    expected = cohen_kappa_score([0, 3, 4, 2], [0, 1, 4, 2], weights="quadratic")
    assert found["stages"]["kappa"]["value"] == pytest.approx(expected)
    assert "froc" not in found


def test_a_missing_patient_counts_as_the_farthest_stage(tmp_path):
    truth, results = tmp_path / "truth", tmp_path / "results"
    own = {"patient_0": "pN0", "patient_1": "pN1", "patient_2": "pN2"}
    write_stages(truth / "stages.csv", own)
    write_stages(results / "stages.csv", {"patient_0": "pN0", "patient_1": "pN1"})
    fewer = run((results, truth))
    write_stages(results / "stages.csv", own | {"patient_2": "pN0"})
    assert run((results, truth))["stages"]["kappa"] == fewer["stages"]["kappa"]
    assert fewer["missing"]["stages"] == ["patient_2"]


def test_a_patient_without_truth_is_refused(tmp_path):
    write_stages(tmp_path / "truth" / "stages.csv", {"patient_0": "pN0"})
    write_stages(tmp_path / "results" / "stages.csv", {"patient_7": "pN0"})
    with pytest.raises(CommandError, match="patient patient_7 is unknown"):
        run((tmp_path / "results", tmp_path / "truth"))


def test_the_classes_of_nodes_say_which_slides_hold_tumour(tmp_path):
    """CAMELYON17's list alone; its patients are made up, so each slide is drawn by itself."""
    truth, results = tmp_path / "truth", tmp_path / "results"
    nodes = {"patient_0_node_0": "negative", "patient_0_node_1": "macro", "patient_0_node_2": "itc"}
    write_stages(truth / "stage_labels.csv", {"patient_0": "pN1"}, nodes)
    write_slide_scores(results / "slides.csv", dict(zip(nodes, [0.4, 0.9, 0.5], strict=True)))
    found = run((results, truth), "--itc-slides", "positive")
    assert found["slide_auc"]["tumour_slides"] == 2
    assert run((results, truth))["slide_auc"]["tumour_slides"] == 1
    assert set(found["slide_auc"]["subgroups"]) == {"size: itc", "size: macro"}


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


# Masks and outlines ----------------------------------------------------------


def test_a_page_of_level_5_is_taken_as_it_is(tmp_path):
    mask = blobs(3, 3)
    save_mask(tmp_path / "a_mask.tif", mask)
    with tifffile.TiffWriter(tmp_path / "b_mask.tif") as tiff:  # whose level 0 says otherwise
        tiff.write(np.zeros((SIDE, SIDE), np.uint8), photometric="minisblack", compression="zlib")
        tiff.write(mask.astype(np.uint8), photometric="minisblack")
    for name in ("a", "b"):
        np.testing.assert_array_equal(evaluation_mask(tmp_path / f"{name}_mask.tif"), mask)


def test_without_that_page_no_lesion_disappears_however_small(tmp_path):
    full = np.zeros((320, 640), np.uint8)
    full[33, 65] = 1
    tifffile.imwrite(tmp_path / "a_mask.tif", full, photometric="minisblack")
    found = evaluation_mask(tmp_path / "a_mask.tif")
    assert np.argwhere(found).tolist() == [[1, 2]]
    assert found.shape == (10, 20)


def test_a_slide_beside_its_mask_is_not_taken_for_one(folders):
    """CAMELYON's folders hold both; a mask that has its slide's bare name is taken if all have."""
    _, truth = folders
    before = run(folders)
    tifffile.imwrite(truth / "test_000.tif", np.full((64, 64, 3), 200, np.uint8))
    assert run(folders) == before
    (truth / "test_000.tif").unlink()
    for path in truth.glob("*_mask.tif"):
        path.rename(truth / path.name.replace("_mask", ""))
    assert run(folders) == before


def test_outlines_are_scored_like_the_mask_made_from_them(tmp_path):
    regions = [
        Region("tumour", box(320, 640, 1280, 960)),
        Region("normal", box(600, 700, 700, 800)),
    ]
    write_mask(tmp_path / "a_mask.tif", regions, width=3200, height=1600, mpp=0.25)
    write_asap_xml(tmp_path / "b.xml", regions)
    mask = evaluation_mask(tmp_path / "a_mask.tif")
    outlines = evaluation_mask(tmp_path / "b.xml", size_l0=(3200, 1600))
    assert np.count_nonzero(mask ^ outlines) <= 20
    with pytest.raises(ValueError, match="do not say how large the slide is"):
        evaluation_mask(tmp_path / "b.xml")


def test_lesions_of_a_map_come_through_their_files_to_a_full_score(tmp_path):
    """From a map that is right, by way of the challenge's file, to sensitivity 1 at every rate."""
    mask = np.zeros((96, 96), bool)
    mask[10:60, 10:60] = mask[75:85, 20:80] = True
    save_mask(tmp_path / "truth" / "a_mask.tif", mask)
    save_mask(tmp_path / "truth" / "b_mask.tif", mask & False)
    for name, own in (("a", mask), ("b", mask & False)):
        probabilities = np.where(own, 0.9, 0.1).astype(np.float32)
        found = map_lesions(
            probabilities, LesionRules(0.5), side_l0=32, mpp=0.243, size_l0=(SIDE, SIDE)
        )
        write_lesions(tmp_path / "results" / f"{name}.csv", found.detections())
    # of the lowest confidence there is no point, so one false alarm has to lie below
    with (tmp_path / "results" / "b.csv").open("a") as file:
        file.write("0.2,5,5\n")
    froc = run((tmp_path / "results", tmp_path / "truth"))["froc"]
    assert (froc["n"]["lesions"], froc["score"]["value"]) == (2, 1)


@pytest.mark.shared
def test_camelyons_own_outlines_have_the_same_lesions_as_xml_and_as_json(shared):
    size = (97_792, 221_184)
    found = [
        truth_lesions(evaluation_mask(shared / "annotations" / name, size_l0=size)).lesions
        for name in ("tumor_009.xml", "Tumor_009.json")
    ]
    assert [one.size_class for one in found[0]] == ["micro", "micro", "macro", "macro"]
    for xml, ncrf in zip(*found, strict=True):
        assert xml.diameter_um == pytest.approx(ncrf.diameter_um, abs=8)
        assert xml.size_class == ncrf.size_class


def test_a_mask_of_another_size_than_listed_is_refused(tmp_path):
    save_mask(tmp_path / "a_mask.tif", blobs(0, 2), with_level_5=False)
    with pytest.raises(
        TruthError, match="a_mask.tif has 3072 x 3072 px; the slide has 4000 x 3072"
    ):
        evaluation_mask(tmp_path / "a_mask.tif", size_l0=(4000, 3072))


def test_a_list_may_have_a_header_with_more(tmp_path):
    path = tmp_path / "reference.csv"
    path.write_text("image,class,patient,centre,width,height\nA.tif,tumour,p1,2,640,320\n")
    (slide,) = read_reference(path).values()
    assert (slide.name, slide.is_tumour, slide.patient, slide.size_l0) == (
        "A",
        True,
        "p1",
        (640, 320),
    )
    assert slide.groups == {"centre": "2"}


def test_the_text_says_the_same(folders):
    out = io.StringIO()
    results, truth = folders
    (results / "test_001.csv").unlink()
    write_slide_scores(results / "slides.csv", {f"test_{i:03}": i / 7 for i in range(7)})
    call_command(
        "evaluate",
        "--predictions",
        str(results),
        "--truth",
        str(truth),
        "--draws",
        "20",
        stdout=out,
    )
    text = out.getvalue()
    assert "7 slides (4 with tumour)" in text
    assert "sensitivity at 0.25 false positives a slide" in text
    assert "missing, counted as wrong (detections): test_001" in text
    assert "slide AUC" in text
