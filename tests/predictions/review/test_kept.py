"""What was signed is kept: by the database, by rows, and by the slide that it is of."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError
from django.urls import reverse

from predictions.review import reviewing, row_guards, signing
from predictions.review.models import Review, Verdict
from predictions.review.reviewing import Said
from predictions.review.signing import Terms
from slides import services
from slides.jobs import Reason
from slides.models import Slide

EVERYTHING = Terms(knowing=frozenset({"open_findings", "unseen", "other_conclusion"}))


@pytest.fixture
def signed(review, pathologist) -> Review:
    said = Said("accepted", "c1")
    reviewing.give_verdict(review=review, said=said, by=pathologist)
    reviewing.judge_slide(review=review, by=pathologist, conclusion="itc")
    return signing.sign(review=review, by=pathologist, terms=EVERYTHING)


@pytest.mark.parametrize(
    "change",
    [
        {"conclusion": "negative"},
        {"frozen": {}},
        {"frozen_sha256": "0" * 64},
        {"reader": None},
        {"state": "open"},
        {"state": "left"},
        {"active_seconds": 1.0},
        {"signed_at": None},
    ],
)
def test_the_database_itself_refuses_to_change_a_signed_review(signed, admin, change):
    change = {"reader": admin} if "reader" in change else change
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.filter(pk=signed.pk).update(**change)
    with pytest.raises(ValueError, match="supersede it"):
        Review.objects.get(pk=signed.pk).save()


def test_a_signed_review_may_be_superseded_and_learn_its_revision(signed, annotate):
    rows = Review.objects.filter(pk=signed.pk)
    assert rows.update(annotation=annotate(signed.slide)) == 1
    assert rows.update(state="superseded") == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(state="signed")


def test_no_query_changes_a_verdict(review, pathologist):
    given = reviewing.give_verdict(review=review, said=Said("accepted", "c1"), by=pathologist)
    with pytest.raises(IntegrityError), transaction.atomic():
        Verdict.objects.update(kind="rejected")
    with pytest.raises(ValueError, match="kept as it is"):
        given.save()


def test_rows_of_an_open_review_are_written_as_before(review):
    assert Review.objects.filter(pk=review.pk).update(active_seconds=5.0) == 1


def test_a_table_that_a_migration_made_anew_is_guarded_again(signed):
    row_guards.lower_guards(None, "default")
    assert Review.objects.filter(pk=signed.pk).update(active_seconds=1.0) == 1
    row_guards.raise_guards(None, "default")
    row_guards.raise_guards(None, "default")
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.filter(pk=signed.pk).update(conclusion="macro")


# Deleting -------------------------------------------------------------------------------


def test_a_signed_review_is_not_deleted_by_any_way(signed, admin):
    for delete in (signed.delete, Review.objects.all().delete, signed.slide.delete):
        with pytest.raises(ProtectedError), transaction.atomic():
            delete()
    assert Review.objects.filter(pk=signed.pk).exists()


def test_a_slide_keeps_what_was_signed_and_says_so_everywhere(signed, as_admin):
    slide = signed.slide
    with pytest.raises(Reason, match="signed review keeps its slide") as refused:
        services.delete_slide(slide)
    assert refused.value.code == "in_use"
    answer = as_admin.delete(f"/api/slides/{slide.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert "a signed review keeps its slide" in answer.json()["detail"]
    page = as_admin.post(reverse("slide-delete", args=[slide.pk]), follow=True)
    assert "a signed review keeps its slide" in page.content.decode()
    assert slide.path.exists()


def test_the_django_admin_names_what_is_in_the_way_and_deletes_nothing(signed, client):
    client.force_login(User.objects.create_superuser("root"))
    address = f"/admin/slides/slide/{signed.slide_id}/delete/"
    page = client.post(address, {"post": "yes"}, follow=True)
    assert page.status_code == 200
    assert "slide reviewed by bob" in page.content.decode()
    assert Slide.objects.exists()


def test_a_slide_whose_reviews_are_unsigned_goes_with_them(review, pathologist):
    reviewing.give_verdict(review=review, said=Said("accepted", "c1"), by=pathologist)
    services.delete_slide(review.slide)
    assert not (Slide.objects.exists() or Review.objects.exists() or Verdict.objects.exists())


def test_a_reading_and_its_work_do_not_go_from_under_an_open_review(review):
    for row in (review.prediction, review.item):
        with pytest.raises(RestrictedError), transaction.atomic():
            row.delete()
    assert Review.objects.get() == review
