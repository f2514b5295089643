"""Bookmarks over the API: one's own, and those that colleagues share."""

import json

import pytest
from django.urls import reverse

from slides.models import Bookmark

LIST = reverse("api-bookmark-list")
VIEW = "x=100&y=200&w=300&r=0&t=0.5&l=tp"


def set_bookmark(client, slide, name="mitosis", **fields) -> dict:
    body = {"slide": slide.pk, "name": name, "view": VIEW} | fields
    answer = client.post(LIST, json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def names(client, slide) -> list[str]:
    return [row["name"] for row in client.get(LIST, {"slide": slide.pk}).json()["results"]]


def change(client, pk: int, **fields):
    return client.patch(
        reverse("api-bookmark-detail", args=[pk]), json.dumps(fields), "application/json"
    )


def test_a_bookmark_is_private_until_it_is_shared(as_pathologist, as_admin, make_slide):
    slide = make_slide("one")
    own = set_bookmark(as_pathologist, slide)
    assert (own["author"], own["is_own"], own["view"]) == ("bob", True, VIEW)
    assert names(as_pathologist, slide) == ["mitosis"]
    assert names(as_admin, slide) == []
    assert as_admin.get(reverse("api-bookmark-detail", args=[own["id"]])).status_code == 404
    assert change(as_pathologist, own["id"], is_shared=True).status_code == 200
    [seen] = as_admin.get(LIST, {"slide": slide.pk}).json()["results"]
    assert (seen["author"], seen["is_own"]) == ("bob", False)


def test_only_its_author_renames_or_removes_it(as_pathologist, as_admin, make_slide):
    slide = make_slide("one")
    pk = set_bookmark(as_pathologist, slide, is_shared=True)["id"]
    assert change(as_admin, pk, name="mine now").status_code == 403
    assert as_admin.delete(reverse("api-bookmark-detail", args=[pk])).status_code == 403
    assert change(as_pathologist, pk, name="two mitoses").json()["name"] == "two mitoses"
    assert as_pathologist.delete(reverse("api-bookmark-detail", args=[pk])).status_code == 204
    assert not Bookmark.objects.exists()


def test_every_slide_has_its_own_list(as_pathologist, make_slide):
    one, two = make_slide("one"), make_slide("two")
    set_bookmark(as_pathologist, one, "first")
    set_bookmark(as_pathologist, two, "second")
    assert names(as_pathologist, one) == ["first"]
    assert names(as_pathologist, two) == ["second"]


@pytest.mark.parametrize(
    "fields", [{"name": " "}, {"name": "x" * 121}, {"view": ""}, {"slide": 0}, {"view": "x" * 601}]
)
def test_a_bookmark_needs_a_name_a_view_and_a_slide(as_pathologist, make_slide, fields):
    body = {"slide": make_slide("one").pk, "name": "a", "view": VIEW} | fields
    answer = as_pathologist.post(LIST, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(fields)


def test_an_author_cannot_be_made_up(as_pathologist, admin, make_slide):
    own = set_bookmark(as_pathologist, make_slide("one"), author="alice")
    assert own["author"] == "bob"
