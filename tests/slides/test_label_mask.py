"""Label masks: one value a label, at a chosen um per px."""

import json
from io import BytesIO

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command
from django.urls import reverse
from shapely import box

from slides.annotations import Origin, save_annotation
from slides.mask_tiff import write_label_mask
from slides.regions import Region, rasterise
from slides.truth_files import read_truth

REGIONS = [
    Region("tumour", box(100, 100, 500, 500)),
    Region("normal", box(200, 200, 300, 300)),
    Region("artefact", box(400, 400, 600, 600)),
    Region("ignore", box(500, 500, 700, 600)),
]


@pytest.fixture
def slide(make_slide):
    return make_slide("tumor_001", mpp=0.25, is_synthetic=True)


@pytest.fixture
def truth(slide):
    return save_annotation(slide=slide, regions=REGIONS, author=None, origin=Origin("drawn"))


def write(path, **options):
    write_label_mask(path, REGIONS, **{"size": (900, 700), "mpp": 0.25} | options)
    return tifffile.imread(path, key=0)


def test_each_label_has_its_value_and_the_later_lies_over_the_earlier(tmp_path):
    pixels = write(tmp_path / "a.tif", mask_mpp=0.25)
    assert pixels.shape == (700, 900)
    places = [(150, 150), (250, 250), (450, 450), (550, 550), (650, 550), (0, 0)]
    assert [int(pixels[y, x]) for x, y in places] == [1, 2, 4, 3, 3, 0]
    inside = rasterise(REGIONS[:2], width=900, height=700, scale=1)
    inside[400:600, 400:700] = False
    np.testing.assert_array_equal(pixels == 1, inside)


@pytest.mark.parametrize(("mpp", "shape"), [(0.5, (350, 450)), (2, (88, 113)), (0.31, (565, 726))])
def test_it_covers_the_slide_at_the_um_per_px_asked_for(tmp_path, mpp, shape):
    pixels = write(tmp_path / "a.tif", mask_mpp=mpp)
    assert pixels.shape == shape
    middle = round(350 * 0.25 / mpp)
    assert (pixels[middle, middle], pixels[0, 0]) == (1, 0)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        page = tiff.pages[0]
        assert page.dtype == np.uint8 and page.is_tiled and tiff.is_bigtiff
        assert page.tags["XResolution"].value[0] / page.tags["XResolution"].value[1] == (
            pytest.approx(1e4 / mpp)
        )


def test_the_legend_and_the_synthetic_mark_are_in_the_file(tmp_path):
    write(tmp_path / "a.tif", mask_mpp=1, is_synthetic=True)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        facts = json.loads(tiff.pages[0].description)["sentinode"]
    assert facts["labels"] == {"tumour": 1, "normal": 2, "ignore": 3, "artefact": 4}
    assert (facts["scale_l0"], facts["um_per_px"], facts["synthetic"]) == (4, 1, True)


def test_a_large_one_is_a_pyramid(tmp_path):
    write(tmp_path / "a.tif", mask_mpp=0.25, size=(5000, 3000))
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        shapes = [page.shape for page in tiff.pages]
    assert shapes == [(3000, 5000), (1500, 2500), (750, 1250), (375, 625)]


def test_read_back_it_gives_every_label_and_its_scale(tmp_path):
    write(tmp_path / "a.tif", mask_mpp=0.5)
    found = read_truth(tmp_path / "a.tif")
    assert {region.label for region in found.regions} == {"tumour", "normal", "artefact", "ignore"}
    assert found.scale_l0 == 2


def test_finer_than_the_slide_is_refused(tmp_path):
    with pytest.raises(ValueError, match="finer than the slide"):
        write(tmp_path / "a.tif", mask_mpp=0.1)


def test_the_panel_hands_it_out_under_a_telling_name(as_pathologist, truth):
    address = reverse("truth-label-mask", args=[truth.slide_id, 1])
    assert as_pathologist.get(address, {"mpp": "2", "prepare": "1"}).status_code == 204
    answer = as_pathologist.get(address, {"mpp": "2"})
    assert 'filename="synthetic_tumor_001_truth_1_2um_labels.tif"' in answer["Content-Disposition"]
    pixels = tifffile.imread(BytesIO(b"".join(answer.streaming_content)), key=0)
    assert pixels.shape == (88, 113)


@pytest.mark.parametrize(
    ("mpp", "code"),
    [("0.1", "bad_mpp"), ("1e9", "bad_mpp"), ("nan", "bad_input"), ("-1", "bad_mpp")],
)
def test_um_per_px_that_cannot_be_are_refused(as_pathologist, truth, mpp, code):
    place = f"/api/slides/{truth.slide_id}/truth/1/label-mask/"
    answer = as_pathologist.get(place, {"mpp": mpp})
    assert answer.json()["code"] == code
    assert 400 <= answer.status_code < 500
    page = as_pathologist.get(
        reverse("truth-label-mask", args=[truth.slide_id, 1]), {"mpp": mpp}, follow=True
    )
    assert page.redirect_chain


def test_over_the_api_it_comes_at_the_slides_own_resolution_too(as_pathologist, truth):
    answer = as_pathologist.get(f"/api/slides/{truth.slide_id}/truth/1/label-mask/")
    pixels = tifffile.imread(BytesIO(b"".join(answer.streaming_content)), key=0)
    assert (pixels.shape, int(pixels.max())) == ((700, 900), 4)
    assert (
        as_pathologist.get(f"/api/slides/{truth.slide_id}/truth/9/label-mask/").status_code == 404
    )


def test_without_um_per_px_there_is_none_and_the_reason_is_told(as_pathologist, make_slide):
    slide = make_slide("bare", mpp=None)
    save_annotation(slide=slide, regions=REGIONS, author=None, origin=Origin("drawn"))
    answer = as_pathologist.get(f"/api/slides/{slide.pk}/truth/1/label-mask/?mpp=2")
    assert answer.json()["code"] == "no_mpp"
    assert "Nobody knows how many um" in answer.json()["detail"]


def test_the_command_writes_label_masks_and_ncrf(truth, tmp_path, capsys):
    call_command("export_truth", "tumor_001", tmp_path, "--kind", "label-mask", "--mpp", "2")
    path = tmp_path / "synthetic_tumor_001_truth_1_2um_labels.tif"
    assert tifffile.imread(path, key=0).shape == (88, 113)
    call_command("export_truth", "tumor_001", tmp_path / "out.json", "--to", "ncrf")
    assert json.loads((tmp_path / "out.json").read_text())["positive"]
    with pytest.raises(CommandError, match="--mpp goes with --to label-mask"):
        call_command("export_truth", "tumor_001", tmp_path, "--to", "xml", "--mpp", "2")
    with pytest.raises(CommandError, match="give from 0.25"):
        call_command("export_truth", "tumor_001", tmp_path, "--to", "label-mask", "--mpp", "0.1")
