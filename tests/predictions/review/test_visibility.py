"""Who sees whose marks: routine, blinded, unaided first, adjudicated, closed."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils.timezone import now

from predictions.review import visibility
from predictions.review.models import Pin, Remark, Sitting
from tests.predictions.review.study_rows import (
    a_review,
    a_study,
    a_user,
    a_verdict,
    an_item,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(admin, pathologist) -> dict:
    names = ("ann", "ben", "judge", "other")
    chief = a_user("chief", "admin")
    return {name: a_user(name) for name in names} | {"admin": admin, "chief": chief}


@pytest.fixture
def two(people, make_slide) -> dict:
    """A blinded, unaided-first study of one slide: ann and ben have begun, judge decides."""
    slide = make_slide("one")
    rules = {"is_unaided_first": True, "adjudicator": people["judge"]}
    study = a_study([slide], [people["ann"], people["ben"]], **rules)
    items = [
        an_item(slide, people[name], study=study, seat=seat)
        for seat, name in ((1, "ann"), (2, "ben"))
    ]
    reviews = [a_review(item, item.assigned_to) for item in items]
    return {"slide": slide, "study": study, "items": items, "reviews": reviews} | people


def sign(review) -> None:
    review.state, review.signed_at, review.frozen_sha256 = "signed", now(), "0" * 64
    review.save()


def decide(review) -> None:
    review.unaided, review.unaided_at = "negative", now()
    review.save()


def who_sees(review, two) -> set[str]:
    people = ("ann", "ben", "judge", "other", "admin", "chief")
    return {name for name in people if visibility.may_see(two[name], review)}


# Routine -----------------------------------------------------------------------------


def test_an_open_review_is_seen_by_its_reader_and_admins(people, make_slide):
    review = a_review(an_item(make_slide(), people["ann"]), people["ann"])
    assert who_sees(review, people) == {"ann", "admin", "chief"}
    sign(review)
    assert who_sees(review, people) == {"ann", "ben", "judge", "other", "admin", "chief"}


def test_nobody_without_a_role_sees_anything(people, make_slide, stranger):
    slide = make_slide()
    review = a_review(an_item(slide, people["ann"]), people["ann"], signed=True)
    Pin.objects.create(slide=slide, author=people["ann"], x_l0=1, y_l0=1)
    for user in (stranger, AnonymousUser()):
        assert not visibility.may_see(user, review)
        assert not visibility.visible_pins(user).exists()
        assert not visibility.visible_items(user).exists()
        assert not visibility.visible_sittings(user).exists()


# Blinded studies ------------------------------------------------------------------------


def test_readers_of_a_blinded_study_see_only_their_own_before_it_is_closed(two):
    one = two["reviews"][0]
    assert who_sees(one, two) == {"ann", "admin", "chief"}
    sign(one)
    assert who_sees(one, two) == {"ann", "admin", "chief"}
    two["study"].state = "closed"
    two["study"].save()
    assert who_sees(one, two) == {"ann", "ben", "judge", "other", "admin", "chief"}


def test_an_admin_who_reads_in_the_study_is_a_reader_of_it(two):
    two["study"].readers.add(two["chief"])
    assert who_sees(two["reviews"][0], two) == {"ann", "admin"}


def test_who_was_removed_from_the_readers_but_sits_there_is_still_blinded(two):
    two["study"].readers.clear()
    assert who_sees(two["reviews"][0], two) == {"ann", "admin", "chief"}


def test_the_adjudicator_sees_the_two_once_both_are_signed(two):
    for review in two["reviews"]:
        sign(review)
    assert "judge" not in who_sees(two["reviews"][0], two)
    an_item(two["slide"], two["judge"], study=two["study"], seat=3)
    assert who_sees(two["reviews"][0], two) == {"ann", "judge", "admin", "chief"}


def test_routine_marks_on_a_slide_of_the_study_are_kept_from_its_readers_too(two):
    routine = a_review(an_item(two["slide"], two["other"]), two["other"], signed=True)
    assert who_sees(routine, two) == {"other", "admin", "chief"}


def test_verdicts_follow_their_reviews(two):
    mark = a_verdict(two["reviews"][0])
    assert list(visibility.visible_verdicts(two["ann"])) == [mark]
    assert not visibility.visible_verdicts(two["ben"]).exists()


def test_work_of_others_in_a_study_is_not_listed(two):
    assert list(visibility.visible_items(two["ben"])) == [two["items"][1]]
    assert not visibility.visible_items(two["other"]).exists()
    assert visibility.visible_items(two["admin"]).count() == 2


def test_time_spent_is_seen_by_its_reader_and_admins_without_a_part(two):
    spent = {"began_at": now(), "last_at": now()}
    Sitting.objects.create(slide=two["slide"], reader=two["ann"], **spent)
    seen = [n for n in ("ann", "ben", "admin") if visibility.visible_sittings(two[n]).exists()]
    assert seen == ["ann", "admin"]
    two["study"].readers.add(two["chief"])
    assert not visibility.visible_sittings(two["chief"]).exists()


# Pins and what is said there --------------------------------------------------------------


def test_blinded_readers_see_their_own_pins_and_public_ones(two):
    place = {"slide": two["slide"], "study": two["study"], "x_l0": 1, "y_l0": 1}
    own = Pin.objects.create(author=two["ann"], **place)
    others = Pin.objects.create(author=two["ben"], **place)
    public = Pin.objects.create(author=two["admin"], is_public=True, **place)
    routine = Pin.objects.create(author=two["other"], **place | {"study": None})
    assert set(visibility.visible_pins(two["ann"])) == {own, public}
    assert set(visibility.visible_pins(two["other"])) == {routine}
    assert set(visibility.visible_pins(two["admin"])) == {own, others, public, routine}
    aside = Pin.objects.create(author=two["admin"], is_public=True, **place | {"study": None})
    assert aside in visibility.visible_pins(two["ann"])  # set by who has no part in the study
    an_item(two["slide"], two["judge"], study=two["study"], seat=3)
    assert set(visibility.visible_pins(two["judge"])) == {own, others, public, aside}


def test_what_a_reader_answers_at_a_public_pin_stays_between_reader_and_admin(two):
    pin = Pin.objects.create(
        slide=two["slide"], study=two["study"], author=two["admin"], is_public=True, x_l0=1, y_l0=1
    )
    said = Remark.objects.create(pin=pin, author=two["admin"], text="look here")
    answer = Remark.objects.create(pin=pin, author=two["ann"], text="tumour")
    assert set(visibility.visible_remarks(two["ann"])) == {said, answer}
    assert set(visibility.visible_remarks(two["ben"])) == {said}
    assert set(visibility.visible_remarks(two["admin"])) == {said, answer}


# Unaided first ---------------------------------------------------------------------------


def test_candidates_are_shown_once_the_reader_has_decided(two):
    one, other = two["reviews"]
    assert not visibility.shows_candidates(one)
    decide(one)
    assert visibility.shows_candidates(one)
    assert not visibility.shows_candidates(other)


def test_another_review_of_the_slide_shows_no_candidates_either(two):
    routine = a_review(an_item(two["slide"], two["ann"]), two["ann"])
    assert not visibility.shows_candidates(routine)
    assert not visibility.may_see(two["ann"], routine)
    assert visibility.may_see(two["ann"], two["reviews"][0])
    decide(two["reviews"][0])
    assert visibility.shows_candidates(routine)
    assert visibility.may_see(two["ann"], routine)


def test_routine_work_with_its_figures_waits_for_the_decision(two):
    routine = an_item(two["slide"])
    assert routine not in visibility.visible_items(two["ann"])
    assert not visibility.shows_figures(two["ann"], two["items"][0])
    decide(two["reviews"][0])
    assert routine in visibility.visible_items(two["ann"])
    assert visibility.shows_figures(two["ann"], two["items"][0])


def test_the_model_is_kept_until_decided_and_truth_until_closed(two):
    slide, ann = two["slide"], two["ann"]
    assert list(visibility.model_kept_from(ann)) == [slide]
    decide(two["reviews"][0])
    assert not visibility.model_kept_from(ann).exists()
    assert list(visibility.truth_kept_from(ann)) == [slide]
    assert not visibility.shows_truth(two["reviews"][0])
    two["study"].state = "closed"
    two["study"].save()
    assert not visibility.truth_kept_from(ann).exists()
    assert visibility.shows_truth(two["reviews"][0])


def test_who_takes_no_part_is_kept_from_nothing(two):
    for name in ("other", "admin"):
        assert not visibility.model_kept_from(two[name]).exists()
        assert not visibility.truth_kept_from(two[name]).exists()
    assert list(visibility.truth_kept_from(two["judge"])) == [two["slide"]]
    assert not visibility.model_kept_from(two["judge"]).exists()


def test_a_decision_of_one_study_is_none_of_another(two):
    decide(two["reviews"][0])
    later = {"name": "later", "is_unaided_first": True}
    a_study([two["slide"]], [two["ann"]], **later)
    assert list(visibility.model_kept_from(two["ann"])) == [two["slide"]]
    assert not visibility.may_see(two["ann"], two["reviews"][0])
