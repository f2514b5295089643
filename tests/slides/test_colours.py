"""The page says which colours it shows: a profile's, or those the scanner wrote."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.urls import reverse
from PIL import ImageCms

from slides.deepzoom import Colours, SlideReader


def write_slide(path: Path, profile: bytes | None) -> Path:
    rgb = np.full((512, 512, 3), 150, np.uint8)
    tifffile.imwrite(path, rgb, tile=(256, 256), photometric="rgb", iccprofile=profile)
    return path


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_a_profile_is_named_and_applied(tmp_path):
    reader = SlideReader(write_slide(tmp_path / "a.tif", srgb()))
    assert reader.colours == Colours("applied", "sRGB built-in")
    assert reader.to_srgb is not None


def test_no_profile_and_a_broken_one_leave_the_colours_alone(tmp_path):
    plain = SlideReader(write_slide(tmp_path / "plain.tif", None))
    broken = SlideReader(write_slide(tmp_path / "broken.tif", b"no profile at all"))
    assert (plain.colours.state, plain.to_srgb) == ("none", None)
    assert (broken.colours.state, broken.to_srgb) == ("broken", None)


@pytest.mark.parametrize(
    ("profile", "words"),
    [(True, "profile “sRGB built-in” applied"), (False, "No colour profile in the file")],
)
def test_the_slides_page_says_which_colours_it_shows(as_pathologist, make_slide, profile, words):
    slide = make_slide("one")
    write_slide(slide.path, srgb() if profile else None)
    page = as_pathologist.get(reverse("slide", args=[slide.pk]))
    assert words in page.content.decode()


def test_a_missing_file_leaves_the_colours_unknown(as_pathologist, make_slide):
    slide = make_slide("one")
    slide.path.unlink()
    page = as_pathologist.get(reverse("slide", args=[slide.pk]))
    assert page.status_code == 200
    assert "unknown: the file could not be opened" in page.content.decode()
