"""What leaves the site is in the audit log; tests/test_roles.py asks so of every address."""

from slides.models import AuditEvent
from tests import site_rows
from tests.site_pages import place_of

arguments = site_rows.arguments
slide_with_truth = site_rows.slide_with_truth
version_with_weights = site_rows.version_with_weights


def test_it_tells_of_what_and_of_which_slide(as_pathologist, arguments):
    slide, annotation = arguments("truth-geojson"), arguments("api-annotation-detail")
    as_pathologist.get(f"/api/annotations/{annotation['pk']}/geojson/")
    event = AuditEvent.objects.get(action="take out")
    assert (event.actor, event.subject_type) == ("bob", "slides.annotation")
    assert event.details["slide"] == slide["pk"]
    assert event.details["file"].endswith(".geojson")


def test_what_browsers_have_already_is_not_taken_again(as_pathologist, arguments):
    place = place_of("prediction-map", arguments("prediction-map"))
    first = as_pathologist.get(place)
    as_pathologist.get(place, headers={"If-None-Match": first.headers.get("ETag", "")})
    assert not AuditEvent.objects.filter(action="take out").exists()
