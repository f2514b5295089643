import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from shapely import box

from predictions.models import Prediction
from slides.models import Slide
from slides.pyramid import Pyramid

MAP = np.full((3, 5), 0.1)
MAP[:, 0] = 0.9
TUMOUR = box(0, 0, 32, 96)


def run(*words: str):
    out = io.StringIO()
    call_command(*words, "--format", "json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def hospital(small_slide, make_version, predicted, annotate):
    """A version that has read two tumour and two normal test slides."""
    version = make_version("v1")
    for name, polygons in {"t1": [TUMOUR], "t2": [TUMOUR], "n1": [], "n2": []}.items():
        slide = small_slide(name, subset="test")
        annotate(slide, *polygons)
        predicted(slide, version, MAP if polygons else MAP * 0.1)
    return version


def test_predict_tells_what_was_read_before_and_reads_nothing_again(hospital):
    results = run("predict", "--version", "v1", "--subset", "test")
    assert [result["slide"] for result in results] == ["n1", "n2", "t1", "t2"]
    assert {result["status"] for result in results} == {"done"}
    assert results[2]["cells_tumour"] == 3
    assert results[2]["exposure"] == "unseen"
    origin = ("weights_sha256", "mpp", "slide_mpp", "patch_px", "columns", "rows", "side_l0")
    assert [results[2][name] for name in origin] == [
        hospital.weights_sha256, 0.5, 0.5, 32, 5, 3, 32.0,
    ]  # fmt: skip
    assert results[2]["threshold_source"] == hospital.threshold_source
    assert Prediction.objects.filter(attempt=1).count() == 4


def test_predict_refuses_one_slide_and_goes_on_with_the_others(hospital, small_slide):
    small_slide("unknown", mpp=None)
    out = io.StringIO()
    words = ["predict", "--version", "v1", "--slides", "unknown", "t1", "--format", "json"]
    with pytest.raises(CommandError, match=r"1 of 2 slides were not predicted: \['unknown'\]"):
        call_command(*words, stdout=out)
    refused, done = json.loads(out.getvalue())
    assert (refused["status"], refused["reason"]) == ("refused", "unknown_mpp")
    assert done["status"] == "done"


def test_predict_wants_slides_or_a_subset(hospital):
    with pytest.raises(CommandError, match="Say which slides"):
        run("predict", "--version", "v1")


def test_an_unknown_version_or_slide_is_told_with_what_there_is(hospital):
    with pytest.raises(CommandError, match=r"no model version 'v9'. There are: v1"):
        run("predict", "--version", "v9", "--subset", "test")
    with pytest.raises(CommandError, match="no slide 'x'"):
        run("predict", "--version", "v1", "--slides", "x")


def test_evaluate_gives_the_cohort_and_each_slide(hospital):
    result = run("evaluate", "--version", "v1")
    assert result["metrics"]["n"]["slides"] == 4
    assert result["metrics"]["pooled"]["recall"]["value"] == 1.0
    assert result["metrics"]["pooled"]["roc_auc"]["value"] == 1.0
    assert [one["slide"] for one in result["slides"]] == ["n1", "n2", "t1", "t2"]
    assert run("evaluate", "--version", "v1")["cohort"] == result["cohort"]


def test_evaluate_in_words_gives_each_figure_its_interval_and_n(hospital):
    out = io.StringIO()
    call_command("evaluate", "--version", "v1", stdout=out)
    text = out.getvalue()
    assert "v1 on test: 4 slides (2 with tumour), 4 patients, 60 cells (6 tumour)" in text
    assert "pooled recall          1.000 (95 % 1.000 to 1.000), n = 6 cells" in text
    assert "undefined: no tumour cell was assessed" in text
    assert "32 px at 0.5 um/px, tissue bar 0.3, tumour bar 0" in text
    assert f"threshold: {hospital.threshold_source}" in text


def test_evaluate_measures_the_readings_of_the_tissue_bar_asked_for(hospital):
    with pytest.raises(CommandError, match=r"at a tissue bar of 0.8; run predict first"):
        run("evaluate", "--version", "v1", "--tissue-bar", "0.8")


def test_evaluate_says_what_flatters_or_is_missing(hospital):
    Slide.objects.get(name="t1").annotations.update(is_exhaustive=False)
    hospital.run.dataset.manifest_path.unlink()
    out = io.StringIO()
    call_command("evaluate", "--version", "v1", stdout=out)
    assert "4 of these slides are of patients seen in training" in out.getvalue()
    assert "truth not exhaustive, only its tumour counts: t1" in out.getvalue()


def test_evaluate_without_predictions_says_what_to_do(make_version):
    make_version("v1")
    with pytest.raises(CommandError, match="run predict first"):
        run("evaluate", "--version", "v1")


def test_export_mask_writes_a_slide_of_the_same_size(hospital, tmp_path):
    prediction = Prediction.objects.get(slide__name="t1")
    out = tmp_path / "t1.tif"
    facts = run("export_mask", str(prediction.pk), str(out))
    assert facts["values"]["255"] == "called tumour"
    with Pyramid.open(out) as mask:
        assert (mask.width, mask.height) == (160, 96)
        assert (mask.read_level(0, 0, 0, 32, 96)[..., 0] == 255).all()
    with pytest.raises(CommandError, match="exists"):
        run("export_mask", str(prediction.pk), str(out))


def test_export_mask_of_a_prediction_without_map_is_refused(hospital, tmp_path):
    Prediction.objects.update(map="")
    prediction = Prediction.objects.first()
    with pytest.raises(CommandError, match="has no map yet"):
        run("export_mask", str(prediction.pk), str(tmp_path / "a.tif"))
