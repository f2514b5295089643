import numpy as np
import pytest
from django.urls import reverse
from django.views.defaults import server_error
from shapely.geometry import box

from predictions import services
from predictions.models import Prediction
from slides.models import Slide

MAP = [[0.1, 0.9, 0.2, 0.2, 0.2], [0.1, 0.6, 0.2, 0.2, 0.2], [0.1, 0.4, 0.2, 0.2, 0.2]]


def names(response) -> list[str]:
    return [slide.name for slide in response.context["page"]]


@pytest.fixture
def three_slides(make_slide, annotate):
    marked, normal, bare = (make_slide(name) for name in ("marked", "normal", "bare"))
    annotate(marked, box(0, 0, 300, 300))
    annotate(normal)
    return marked, normal, bare


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["bare", "marked", "normal"]),
        ("?truth=tumour", ["marked"]),
        ("?truth=normal", ["normal"]),
        ("?truth=none", ["bare"]),
        ("?q=MARK", ["marked"]),
        ("?sort=newest", ["bare", "normal", "marked"]),
        ("?status=failed", []),
        ("?truth=nonsense&sort=DROP&page=x", ["bare", "marked", "normal"]),
    ],
)
def test_slides_are_found_by_truth_name_and_state(as_pathologist, three_slides, query, found):
    assert names(as_pathologist.get(reverse("slide-list") + query)) == found


def test_a_longer_list_asks_no_more_questions(
    as_pathologist, make_slide, annotate, django_assert_max_num_queries
):
    for count in (1, 3):
        annotate(make_slide(f"slide {count}"))
        with django_assert_max_num_queries(9):
            as_pathologist.get("/")


def test_a_refused_slide_shows_its_reason_and_only_an_admin_may_remove_it(
    as_admin, as_pathologist, make_slide
):
    make_slide("bad", status=Slide.Status.FAILED, error="bad.tif has no tissue.")
    assert b"bad.tif has no tissue." in as_pathologist.get("/").content
    assert b"Remove" not in as_pathologist.get("/").content
    assert b"Remove" in as_admin.get("/").content


def test_an_empty_place_says_what_to_do(as_admin, as_pathologist):
    assert b"import_slides" in as_admin.get("/").content
    assert b"An admin adds slides" in as_pathologist.get("/").content


def test_the_viewer_gets_numbers_and_addresses(
    as_pathologist, small_slide, make_version, predicted, annotate
):
    slide = small_slide()
    reading = predicted(slide, make_version("v1"), MAP)
    annotate(slide, box(299, 0, 598, 299))
    data = as_pathologist.get(slide.get_absolute_url()).context["data"]
    assert data["slide"]["dzi"] == f"/slides/{slide.pk}.dzi"
    assert data["truth"]["geojsonUrl"] == f"/slides/{slide.pk}/truth/1.geojson"
    [facts] = data["predictions"]
    assert (facts["columns"], facts["rows"], facts["sideL0"]) == (5, 3, reading.side_l0)
    assert facts["threshold"] == 0.5
    assert facts["mapUrl"] == f"/predictions/{reading.pk}/map.png?v=2-{reading.map_sha256[:12]}"


def test_without_pixel_size_nothing_is_told_in_mm(as_pathologist, make_slide):
    page = as_pathologist.get(make_slide("one", mpp=None).get_absolute_url()).content.decode()
    assert "No scale bar: µm per pixel unknown" in page
    assert "mm²" not in page


def test_a_slide_on_its_way_in_has_no_viewer_yet(as_pathologist, make_slide):
    slide = make_slide("one", status=Slide.Status.RUNNING, stage=Slide.Stage.HASHING)
    page = as_pathologist.get(slide.get_absolute_url()).content
    assert b"Taking its fingerprint" in page
    assert b"slide-viewer" not in page


def test_truth_stands_beside_the_newest_reading_unless_asked_otherwise(
    as_pathologist, small_slide, make_version, predicted, annotate
):
    slide = small_slide()
    old, new = (predicted(slide, make_version(name), MAP) for name in ("v1", "v2"))
    annotate(slide, box(0, 0, 299, 299))
    address = f"{reverse('compare')}?slide={slide.pk}"
    sides = as_pathologist.get(address).context["data"]["sides"]
    assert sides == [f"truth-{slide.pk}", str(new.pk)]
    asked = as_pathologist.get(f"{address}&a={old.pk}&b=nonsense").context["data"]["sides"]
    assert asked == [str(old.pk), str(new.pk)]


def test_nothing_to_compare_says_what_to_do(as_pathologist):
    assert b"Nothing to compare yet" in as_pathologist.get(reverse("compare")).content


def test_a_slide_that_cannot_be_read_is_refused_in_words(as_admin, make_slide, make_version):
    slide = make_slide("one", mpp=None)
    order = {"slide": slide.pk, "version": make_version("v1").pk}
    page = as_admin.post(reverse("prediction-new"), order, follow=True).content
    assert b"no known um per pixel" in page
    assert not Prediction.objects.exists()


def test_jobs_that_wait_can_be_cancelled_and_tried_again(as_admin, small_slide, make_version):
    row = Prediction.objects.create(slide=small_slide(), version=make_version("v1"), key="one")
    assert b"Waiting" in as_admin.get(reverse("job-list")).content
    as_admin.post(reverse("job-act", args=["prediction", row.pk, "cancel"]))
    row.refresh_from_db()
    assert row.status == Prediction.Status.CANCELLED
    as_admin.post(reverse("job-act", args=["prediction", row.pk, "retry"]))
    row.refresh_from_db()
    assert row.status == Prediction.Status.QUEUED


def test_whoever_stops_a_job_stays_on_the_page_of_it(as_admin, small_slide, make_version):
    row = Prediction.objects.create(
        slide=small_slide(), version=make_version("v1"), key="one", status="running"
    )
    act = reverse("job-act", args=["prediction", row.pk, "cancel"])
    for page, back in (
        (row.get_absolute_url(), row.get_absolute_url()),
        ("https://elsewhere.example/", reverse("job-list")),
    ):
        page = page if "//" in page else f"http://testserver{page}"
        answer = as_admin.post(act, headers={"referer": page}, follow=True)
        assert answer.redirect_chain[-1][0].endswith(back)
        assert [str(said) for said in answer.context["messages"]] == [f"{row}: stopping"]


def test_a_page_without_mistakes_has_no_inline_script_or_style(
    as_admin, small_slide, make_version, predicted
):
    slide = small_slide()
    reading = predicted(slide, make_version("v1"), MAP)
    for row in (slide, reading, reading.version, reading.version.run):
        page = as_admin.get(row.get_absolute_url()).content.decode()
        assert " style=" not in page
        assert "onclick=" not in page
        assert "<script>" not in page


def test_what_is_not_here_is_told_without_jargon(as_pathologist):
    response = as_pathologist.get("/slides/999/")
    assert response.status_code == 404
    assert b"may have been removed" in response.content
    assert b"query" not in response.content


def test_what_a_role_may_not_do_says_whom_to_ask(as_pathologist):
    response = as_pathologist.get(reverse("slide-upload"))
    assert response.status_code == 403
    assert b"Only an admin may do this. Ask one of yours." in response.content


def test_a_fault_of_ours_still_gives_a_page(rf):
    assert b"Something went wrong here" in server_error(rf.get("/")).content


@pytest.mark.parametrize("given", ["9" * 25, "9" * 5000, "99", "-1", "x", ""])
def test_ids_that_no_slide_has_are_answered_in_words(as_admin, make_version, given):
    order = {"version": make_version().pk, "slide": given}
    page = as_admin.post(reverse("prediction-new"), order, follow=True)
    assert "No slide was chosen" in page.content.decode()
    assert as_admin.post(reverse("prediction-new"), {"version": given}).status_code == 404


@pytest.mark.parametrize("given", ["9" * 25, "9" * 5000, "99", "x"])
def test_addresses_with_ids_that_no_row_has_are_pages_still(as_admin, db, given):
    assert as_admin.get(reverse("compare"), {"slide": given}).status_code == 404
    assert as_admin.get(reverse("prediction-list"), {"version": given}).status_code == 200


def test_what_is_done_is_not_queued_again(as_admin, make_slide):
    slide = make_slide()
    as_admin.post(reverse("job-act", args=["slide", slide.pk, "retry"]))
    slide.refresh_from_db()
    assert slide.status == Slide.Status.DONE


def test_every_figure_of_a_reading_shows_its_n_or_why_it_is_undefined(
    as_pathologist, small_slide, make_version, predicted, annotate
):
    slide, version = small_slide(subset="test"), make_version(is_synthetic=True)
    annotate(slide)
    prediction = predicted(slide, version, [[0.9, 0.1, 0.1, 0.1, np.nan]] * 3)
    services.evaluate_against_truth(prediction)
    services.evaluate_cohort(version)
    page = as_pathologist.get(prediction.get_absolute_url()).content.decode()
    assert "no tumour cell was assessed" in page
    assert "unfit for patients" in page
    listed = as_pathologist.get(reverse("prediction-list")).content.decode()
    assert listed.count("n 0</span>") == 1  # recall would be of nothing
    card = as_pathologist.get(version.get_absolute_url()).content.decode()
    assert "no normal slide with known tissue area" not in card
    assert "no slide has it: no tumour cell was assessed" in card
    assert version.weights_sha256[:12] in card
    assert "assessed from 30 % tissue" in card
