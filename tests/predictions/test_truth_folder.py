"""Masks, outlines and lists of a truth folder, as scoring reads them."""

import numpy as np
import pytest
import tifffile
from shapely import box

from predictions.challenge_files import write_lesions
from predictions.lesions import LesionRules, map_lesions, truth_lesions
from predictions.truth_folder import evaluation_mask, read_reference
from slides.asap_xml import write_asap_xml
from slides.mask_tiff import write_mask
from slides.outlines import TruthError
from slides.regions import Region
from tests.predictions.folder_rows import (
    SIDE,
    blobs,
    folders,
    run,
    save_mask,
)

__all__ = ["folders"]


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
