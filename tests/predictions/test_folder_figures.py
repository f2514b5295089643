"""What scoring folders tells beside FROC: sizes, slide AUC, stages, and all of it in words."""

import io

import pytest
from django.core.management import CommandError, call_command

from predictions.challenge_files import write_slide_scores, write_stages
from predictions.lesions import truth_lesions
from tests.predictions.folder_rows import (
    blobs,
    folders,
    run,
)

__all__ = ["folders"]

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


# In words -------------------------------------------------------------------


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
