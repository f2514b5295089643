"""How a version's readings look at first: checked, stored, and set by admins alone."""

import json

import pytest
from django.urls import reverse

from tests.predictions import conftest as rows
from training.display import checked_display
from training.models import ModelVersion

make_version = rows.make_version

LOOK = {
    "layers": {"truth": True, "probability": True, "agreement": False, "seen": False},
    "styles": {"truth": "outline", "probability": "heat"},
    "form": "smoothed",
    "palette": "cividis",
    "opacity": 0.5,
}


def test_a_whole_look_or_a_part_of_it_is_kept_as_it_is():
    assert checked_display(LOOK) == LOOK
    assert checked_display({"opacity": 1}) == {"opacity": 1.0}
    assert checked_display({}) == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "JSON object, got list"),
        ({"colour": "red"}, "has no colour; it has layers"),
        ({"layers": ["truth"]}, "layers must be a JSON object by layer"),
        ({"layers": {"magic": True}}, "there is no layer 'magic'"),
        ({"layers": {"truth": 1}}, "layers.truth must be one of"),
        ({"styles": {"truth": "blurred"}}, "styles.truth must be one of"),
        ({"styles": {"truth": ["heat"]}}, "styles.truth must be one of"),
        ({"form": "sharp"}, "form must be one of true cells, smoothed, got 'sharp'"),
        ({"palette": {}}, "palette must be one of viridis"),
        ({"opacity": 1.2}, "opacity must be a number in 0..1, got 1.2"),
        ({"opacity": float("nan")}, "opacity must be a number in 0..1"),
        ({"opacity": True}, "opacity must be a number in 0..1"),
    ],
)
def test_anything_else_is_refused_in_words(given, words):
    with pytest.raises(ValueError, match="^.*" + words.replace("(", r"\(")):
        checked_display(given)


def test_an_admin_sets_the_default_and_the_page_carries_it(as_admin, make_version):
    version = make_version()
    place = reverse("version-display", args=[version.pk])
    answer = as_admin.post(place, json.dumps(LOOK), content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"display": LOOK})
    assert ModelVersion.objects.get().display == LOOK


@pytest.mark.parametrize("body", ["", "{", '{"opacity": 2}', b"\xff"])
def test_what_is_no_look_changes_nothing(as_admin, make_version, body):
    version = make_version(display=LOOK)
    place = reverse("version-display", args=[version.pk])
    answer = as_admin.post(place, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_display")
    assert ModelVersion.objects.get().display == LOOK


def test_a_pathologist_may_not(as_pathologist, make_version):
    version = make_version()
    place = reverse("version-display", args=[version.pk])
    answer = as_pathologist.post(place, json.dumps(LOOK), content_type="application/json")
    assert answer.status_code == 403
    assert ModelVersion.objects.get().display == {}
