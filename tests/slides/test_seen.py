"""Seen tissue over the API: kept per reader and slide, merged, nobody else's business."""

import base64
import json

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from slides.coverage import packed


def address(slide) -> str:
    return reverse("api-slide-seen-tissue", args=[slide.pk])


def look(client: Client, slide, x: int, y: int, cells: np.ndarray):
    bits = base64.b64encode(packed(cells)).decode()
    body = {"x": x, "y": y, "columns": cells.shape[1], "rows": cells.shape[0], "bits": bits}
    return client.put(address(slide), json.dumps(body), content_type="application/json")


@pytest.fixture
def slide(make_slide):
    """10 x 8 mask px, the left half of them tissue; 0.25 um per px."""
    tissue = np.zeros((8, 10), bool)
    tissue[:, :5] = True
    return make_slide("one", np.full((640, 800, 3), 150, np.uint8), mpp=0.25, tissue=tissue)


def test_at_first_nothing_was_seen(as_pathologist, slide):
    told = as_pathologist.get(address(slide)).json()
    assert told == {
        "reader": "bob", "unseen_share": 1.0, "updated_at": None, "columns": 10, "rows": 8,
        "side_px": 1, "cell_x": 80.0, "cell_y": 80.0, "bits": base64.b64encode(bytes(10)).decode(),
    }  # fmt: skip


def test_what_two_windows_saw_adds_up(as_pathologist, slide):
    assert look(as_pathologist, slide, 0, 0, np.ones((4, 5), bool)).json()["unseen_share"] == 0.5
    assert look(as_pathologist, slide, 0, 4, np.ones((2, 5), bool)).json()["unseen_share"] == 0.25
    assert look(as_pathologist, slide, 6, 0, np.ones((8, 4), bool)).json()["unseen_share"] == 0.25
    told = as_pathologist.get(address(slide)).json()
    seen = np.zeros((8, 10), bool)
    seen[:6, :5] = seen[:, 6:] = True
    assert base64.b64decode(told["bits"]) == packed(seen)


def test_every_reader_has_their_own_and_only_an_admin_sees_others(
    as_pathologist, as_admin, pathologist, slide
):
    look(as_pathologist, slide, 0, 0, np.ones((8, 5), bool))
    assert as_admin.get(address(slide)).json()["unseen_share"] == 1
    asked = as_admin.get(address(slide), {"reader": "bob"}).json()
    assert (asked["reader"], asked["unseen_share"]) == ("bob", 0)
    assert as_pathologist.get(address(slide), {"reader": "alice"}).status_code == 403
    assert as_pathologist.get(address(slide), {"reader": "bob"}).status_code == 200
    assert as_admin.get(address(slide), {"reader": "nobody"}).status_code == 404


def test_starting_over_forgets_ones_own_only(as_pathologist, as_admin, slide):
    for client in (as_pathologist, as_admin):
        look(client, slide, 0, 0, np.ones((8, 5), bool))
    assert as_pathologist.delete(address(slide)).status_code == 204
    assert as_pathologist.get(address(slide)).json()["unseen_share"] == 1
    assert as_admin.get(address(slide)).json()["unseen_share"] == 0


@pytest.mark.parametrize(
    ("x", "columns", "bits", "words"),
    [
        (8, 5, "////", "does not lie in a grid"),
        (0, 5, "", "blank"),
        (0, 5, "/w==", "2 bytes of bits, got 1"),
        (0, 5, "not base64!", "base64"),
    ],
)
def test_what_cannot_be_is_refused_and_kept_out(as_pathologist, slide, x, columns, bits, words):
    body = json.dumps({"x": x, "y": 0, "columns": columns, "rows": 2, "bits": bits})
    answer = as_pathologist.put(address(slide), body, content_type="application/json")
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert as_pathologist.get(address(slide)).json()["unseen_share"] == 1


def test_without_a_pixel_size_nobody_can_say_what_10x_is(as_pathologist, make_slide):
    answer = as_pathologist.get(address(make_slide("blind", mpp=None)))
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_mpp")


def test_a_slide_without_its_tissue_mask_says_so(as_pathologist, slide):
    slide.tissue_path.unlink()
    assert as_pathologist.get(address(slide)).status_code == 409
