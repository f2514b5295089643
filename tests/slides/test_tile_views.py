"""Tiles over HTTP: geometry, permission, caching, and plain words for what is not there."""

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image

from slides.models import Slide
from tests.slide_files import tissue_like

FOR_EVER = "private, max-age=31536000, immutable"


@pytest.fixture
def slide(make_slide) -> Slide:
    return make_slide("odd", tissue_like(1001, 703))


def tile(slide: Slide, level: int, column: int, row: int) -> str:
    return reverse("slide-tile", args=[slide.pk, level, column, row])


def test_the_addresses_are_deep_zooms_own(slide):
    assert reverse("slide-dzi", args=[slide.pk]) == f"/slides/{slide.pk}.dzi"
    assert tile(slide, 10, 3, 2) == f"/slides/{slide.pk}_files/10/3_2.jpeg"


def test_the_descriptor_tells_size_and_tiles(as_pathologist, slide):
    answer = as_pathologist.get(reverse("slide-dzi", args=[slide.pk]))
    image = ElementTree.fromstring(answer.content)
    assert image.attrib == {"Format": "jpeg", "Overlap": "0", "TileSize": "256"}
    assert image[0].attrib == {"Width": "1001", "Height": "703"}
    assert answer["Content-Type"] == "application/xml"


def test_a_corner_tile_is_what_is_left_of_the_slide(as_pathologist, slide):
    answer = as_pathologist.get(tile(slide, 10, 3, 2))
    picture = Image.open(io.BytesIO(answer.content))
    assert (answer["Content-Type"], picture.size) == ("image/jpeg", (233, 191))
    np.testing.assert_allclose(
        np.asarray(picture).mean(axis=(0, 1)),
        tissue_like(1001, 703)[512:, 768:].mean(axis=(0, 1)),
        atol=2,
    )


def test_a_tile_is_kept_for_ever_and_not_sent_twice(as_pathologist, slide):
    first = as_pathologist.get(tile(slide, 10, 0, 0))
    assert first["Cache-Control"] == FOR_EVER
    again = as_pathologist.get(tile(slide, 10, 0, 0), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", FOR_EVER)
    assert as_pathologist.get(tile(slide, 10, 1, 0))["ETag"] != first["ETag"]


@pytest.mark.parametrize("place", [(11, 0, 0), (10, 4, 0), (10, 0, 3), (99, 0, 0)])
def test_a_tile_that_does_not_exist_is_not_found_in_words(as_pathologist, slide, place):
    answer = as_pathologist.get(tile(slide, *place))
    assert answer.status_code == 404
    assert b"There is no level" in answer.content or b"there is none at" in answer.content
    assert "Cache-Control" not in answer or "immutable" not in answer["Cache-Control"]


@pytest.mark.parametrize("name", ["slide-dzi", "slide-tile", "slide-thumbnail"])
def test_every_picture_asks_who_you_are(client, stranger, slide, name):
    args = [slide.pk, 0, 0, 0] if name == "slide-tile" else [slide.pk]
    assert client.get(reverse(name, args=args)).status_code == 302
    client.force_login(stranger)
    assert client.get(reverse(name, args=args)).status_code == 403


def test_a_slide_that_is_not_ready_shows_nothing(as_pathologist, make_slide):
    waiting = make_slide("waiting", status="running")
    assert as_pathologist.get(tile(waiting, 0, 0, 0)).status_code == 404


def test_a_tile_costs_few_queries(as_pathologist, slide, django_assert_max_num_queries):
    as_pathologist.get(tile(slide, 10, 0, 0))
    with django_assert_max_num_queries(4):
        as_pathologist.get(tile(slide, 10, 1, 0))


def test_a_vanished_file_is_told(as_pathologist, slide):
    slide.path.unlink()
    answer = as_pathologist.get(tile(slide, 10, 0, 0))
    assert (answer.status_code, b"Was it moved or deleted" in answer.content) == (404, True)


def test_a_slide_damaged_later_is_told_and_mended_by_its_file(as_pathologist, slide):
    good = slide.path.read_bytes()
    slide.path.write_bytes(good[:1000])
    assert as_pathologist.get(tile(slide, 10, 0, 0)).status_code == 500
    slide.path.write_bytes(good)
    assert as_pathologist.get(tile(slide, 10, 0, 0)).status_code == 200


def test_the_thumbnail_is_a_picture_or_said_to_be_missing(as_pathologist, slide, home):
    url = reverse("slide-thumbnail", args=[slide.pk])
    assert as_pathologist.get(url).status_code == 404
    (home / "media/t.jpeg").write_bytes(b"picture")
    Slide.objects.update(thumbnail="t.jpeg")
    answer = as_pathologist.get(url)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/jpeg", FOR_EVER)
    assert b"".join(answer.streaming_content) == b"picture"


def test_the_tissue_mask_is_kept_for_ever_or_said_to_be_missing(as_pathologist, slide):
    url = reverse("slide-tissue", args=[slide.pk])
    answer = as_pathologist.get(url)
    picture = Image.open(io.BytesIO(b"".join(answer.streaming_content)))
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/png", FOR_EVER)
    assert (picture.size, picture.getextrema()) == ((126, 88), (255, 255))
    assert as_pathologist.get(url, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    slide.tissue_path.unlink()
    assert b"no tissue mask" in as_pathologist.get(url).content
