"""Two folders of results held against each other by command, without any database."""

import io
import json
import shutil

import pytest
from django.core.management import CommandError, call_command

from predictions.challenge_files import write_slide_scores
from predictions.ranking import mcnemar_p
from tests.predictions.folder_rows import folders

__all__ = ["folders"]

SCORES = {f"test_{index:03}": value for index, value in enumerate(
    [0.9, 0.6, 0.4, 0.8, 0.1, 0.55, 0.2]
)}  # fmt: skip


def compared(folders, other, *words, as_json=True):
    results, truth = folders
    out = io.StringIO()
    call_command(
        "evaluate", "--predictions", str(results), str(other), "--truth", str(truth),
        "--draws", "60", "--format", "json" if as_json else "text", *words, stdout=out,
    )  # fmt: skip
    return json.loads(out.getvalue()) if as_json else out.getvalue()


@pytest.fixture
def other(folders, tmp_path):
    """The same results once more, in another folder."""
    folder = tmp_path / "other"
    shutil.copytree(folders[0], folder)
    return folder


def found_at(told: dict, cut: float) -> list[tuple[str, bool]]:
    """Slide and whether it is found, of each lesion that counts, as the first folder has it."""
    return [
        (slide["slide"], lesion["confidence"] >= cut > 0)
        for slide in told["a"]["per_slide"]
        for lesion in slide["lesions"]
        if lesion["size_class"] != "itc"
    ]


def test_a_folder_does_not_differ_from_itself(folders, other):
    told = compared(folders, other)
    pair = told["pair"]
    assert told["a"] == told["b"]
    assert pair["words"][0].startswith("other finds and misses the same as results, of ")
    assert (pair["lesions"]["gained"], pair["lesions"]["changes"]) == (0, [])
    assert pair["figures"]["froc"]["value"] == 0
    assert pair["mcnemar"]["lesions"]["p"] == 1
    assert pair["figures"]["slide_auc"]["reason"] == "not both folders have such files"


def test_lesions_of_a_slide_without_a_file_are_lost_by_name(folders, other):
    (other / "test_001.csv").unlink()
    told = compared(folders, other)
    pair = told["pair"]
    found = [one for one in found_at(told, 0.5) if one == ("test_001", True)]
    assert found
    lost = [(one["slide"], one["change"]) for one in pair["lesions"]["changes"]]
    assert lost == [("test_001", "lost")] * len(found)
    test = pair["mcnemar"]["lesions"]
    assert (test["only_first_right"], test["only_second_right"]) == (len(found), 0)
    assert test["p"] == mcnemar_p(len(found), 0)
    share = pair["figures"]["lesion_sensitivity"]
    assert share["value"] == pytest.approx(-len(found) / len(found_at(told, 0.5)))


def test_each_folder_has_a_threshold_of_its_own(folders, other):
    told = compared(folders, other, "--threshold", "0.5", "0.8")
    pair = told["pair"]
    kept, all_found = (sum(one for _, one in found_at(told, cut)) for cut in (0.8, 0.5))
    lost = all_found - kept
    assert lost > 0
    assert (pair["lesions"]["lost"], pair["lesions"]["gained"]) == (lost, 0)
    assert pair["figures"]["false_per_slide"]["value"] < 0


def test_slides_are_compared_by_delong_and_mcnemar(folders, other):
    results, _ = folders
    write_slide_scores(results / "slides.csv", SCORES)
    better = SCORES | {"test_002": 0.7, "test_005": 0.3}
    write_slide_scores(other / "slides.csv", better)
    told = compared(folders, other)
    area = told["pair"]["figures"]["slide_auc"]
    # 11 of 12 pairs rank rightly, then all of them
    assert (area["first"], area["second"]) == (pytest.approx(11 / 12), 1.0)
    assert told["pair"]["mcnemar"]["slides"]["only_second_right"] == 2
    assert told["pair"]["mcnemar"]["slides"]["p"] == 0.5
    assert told["pair"]["mcnemar"]["tumour_slides"]["only_second_right"] == 1
    assert told["pair"]["mcnemar"]["normal_slides"]["n"] == 3
    text = compared(folders, other, as_json=False)
    assert text.index("ROC-AUC of slides: difference +0.083") < text.index("FROC score")
    assert (
        "Slides called rightly: right in results alone 0, in other alone 2 of 7, "
        "McNemar p = 0.5: no clear difference." in text
    )


def test_what_makes_no_pair_is_refused(folders, other):
    results, truth = folders
    three = [str(results), str(other), str(other)]
    with pytest.raises(CommandError, match="takes one folder or two"):
        call_command("evaluate", "--predictions", *three, "--truth", str(truth))
    with pytest.raises(CommandError, match=r"thresholds are in 0..1, got 1.5 and 1.5"):
        compared(folders, other, "--threshold", "1.5")
    (other / "test_009.csv").write_text("0.5,1,1\n")
    with pytest.raises(CommandError, match="test_009.csv: the slide is unknown"):
        compared(folders, other)
