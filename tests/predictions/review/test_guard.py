"""What the rest of the site keeps from the readers of open studies."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from knox.models import AuthToken
from shapely import box

from predictions import services
from slides.models import Bookmark
from tests.predictions.review.study_rows import a_review, a_study, a_user, an_item

pytestmark = pytest.mark.django_db

MAP = [[0.1] * 5, [0.9] * 5, [0.0] * 5]


@pytest.fixture
def read(small_slide, make_version, predicted, annotate, pathologist):
    """A slide with truth, map and measures, that bob has to decide on unaided."""
    slide = small_slide("one")
    truth, prediction = annotate(slide, box(0, 32, 160, 64)), predicted(slide, make_version(), MAP)
    services.evaluate(prediction=prediction, annotation=truth)
    study = a_study([slide], [pathologist], is_unaided_first=True)
    review = a_review(an_item(slide, pathologist, study=study), pathologist)
    return slide, prediction, study, review


def status(client, name, *args) -> int:
    return client.get(reverse(name, args=args)).status_code


def decide(review) -> None:
    review.unaided, review.unaided_at = "negative", now()
    review.save()


def test_maps_are_closed_until_the_reader_has_decided(read, as_pathologist, as_admin):
    _slide, prediction, _study, review = read
    names = ("prediction-map", "prediction-npz", "api-prediction-map-png", "api-prediction-detail")
    asked = {name: status(as_pathologist, name, prediction.pk) for name in names}
    assert asked == dict.fromkeys(names, 403)
    assert status(as_admin, "prediction-map", prediction.pk) == 200
    decide(review)
    assert [status(as_pathologist, name, prediction.pk) for name in names] == [200] * 4


def test_a_closed_address_says_which_study_and_why(read, as_pathologist):
    prediction = read[1]
    answer = as_pathologist.get(reverse("api-prediction-detail", args=[prediction.pk]))
    assert "a study" in answer.json()["detail"]
    page = as_pathologist.get(reverse("prediction-map", args=[prediction.pk]))
    assert "before the model is shown" in page.content.decode()


def test_a_token_opens_no_closed_address(read, pathologist):
    secret = AuthToken.objects.create(pathologist)[1]
    client = Client(headers={"authorization": f"Token {secret}"})
    assert status(client, "api-prediction-map-png", read[1].pk) == 403


def test_truth_and_measures_are_closed_until_the_study_is(read, as_pathologist):
    slide, prediction, study, review = read
    decide(review)
    asked = [
        ("truth-geojson", slide.pk, 1),
        ("prediction-truth", prediction.pk),
        ("prediction", prediction.pk),
        ("api-prediction-metrics", prediction.pk),
        ("api-slide-truth", slide.pk),
        ("api-slide-drawing-now", slide.pk),
        ("api-slide-revision-list", slide.pk),
        ("api-annotation-detail", slide.truth.pk),
    ]
    assert [status(as_pathologist, *one) for one in asked] == [403] * len(asked)
    study.state = "closed"
    study.save()
    assert [status(as_pathologist, *one) for one in asked] == [200] * len(asked)


def test_lists_leave_out_what_is_kept(read, as_pathologist, as_admin):
    def counts(client) -> list[int]:
        names = ("api-prediction-list", "api-evaluation-list", "api-annotation-list")
        return [client.get(reverse(name)).json()["count"] for name in names]

    assert counts(as_pathologist) == [0, 0, 0]
    assert counts(as_admin) == [1, 1, 1]
    (slide,) = as_pathologist.get(reverse("api-slide-list")).json()["results"]
    assert slide["truth_revision"] is None


def test_the_list_of_slides_tells_neither_scores_nor_truth(read, as_pathologist, as_admin):
    told = as_admin.get(reverse("slide-list")).content.decode()
    assert "highest 0.90" in told
    assert "tumour marked" in told.split("<tbody>")[1]
    kept = as_pathologist.get(reverse("slide-list")).content.decode().split("<tbody>")[1]
    assert "highest" not in kept
    assert "tumour marked" not in kept
    answer = as_pathologist.get(reverse("slide-list"), {"truth": "tumour"})
    assert "No slide matches" in answer.content.decode()


def test_the_slide_leads_to_the_worklist_instead(read, as_pathologist, as_admin):
    place = reverse("slide", args=[read[0].pk])
    assert "You read this slide in a study" in as_pathologist.get(place).content.decode()
    assert "reader-data" in as_admin.get(place).content.decode()


def test_the_comparison_shows_bare_tissue(read, as_pathologist, small_slide):
    small_slide("other", patient=read[0].patient)
    answer = as_pathologist.get(reverse("compare"), {"slide": read[0].pk})
    own = answer.context["data"]["case"][0]
    assert (own["truth"], own["predictions"]) == (None, [])


def test_shared_bookmarks_of_colleagues_wait_too(read, as_pathologist, pathologist):
    slide = read[0]
    for author, name in ((a_user("ann"), "theirs"), (pathologist, "mine")):
        Bookmark.objects.create(slide=slide, author=author, name=name, view="x=1", is_shared=True)
    told = as_pathologist.get(reverse("api-bookmark-list")).json()["results"]
    assert [each["name"] for each in told] == ["mine"]


def test_an_admin_who_reads_is_not_told_what_another_looked_at(read, admin, as_admin):
    slide, study = read[0], read[2]
    place = reverse("api-slide-seen-tissue", args=[slide.pk])
    study.readers.add(admin)
    answer = as_admin.get(place, {"reader": "bob"})
    assert (answer.status_code, "blinded" in answer.json()["detail"]) == (403, True)


def test_files_for_challenges_wait_where_a_test_slide_is_to_be_decided_on(read, as_pathologist):
    slide, prediction = read[0], read[1]
    place = reverse("version-results", args=[prediction.version_id])
    assert as_pathologist.get(place).status_code == 302  # no test slide was read
    slide.subset = slide.Subset.TEST
    slide.save()
    assert as_pathologist.get(place).status_code == 403


def test_an_admin_who_reads_gets_no_measures_by_asking_for_new_ones(read, admin, as_admin):
    _slide, prediction, study, _review = read
    study.readers.add(admin)
    body = {"prediction": prediction.pk, "tumour_bar": 0.2}
    answer = as_admin.post(reverse("api-evaluation-list"), body, content_type="application/json")
    assert answer.status_code == 404
    assert "metrics" not in answer.content.decode()
