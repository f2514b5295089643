"""Two readers and who decides: let in once both have signed, lesion by lesion, freely undone."""

import pytest
import shapely
from shapely import box
from shapely.geometry import mapping, shape

from predictions.review import adjudicating, reviewing, signing, studying, visibility
from predictions.review.models import Notice, WorkItem
from predictions.review.said import Said
from predictions.review.studying import People, Rules
from slides.jobs import Reason
from tests.predictions.review.study_rows import a_user

pytestmark = pytest.mark.django_db
KNOWING = frozenset({"unseen", "open_findings", "other_conclusion"})
MISSED = box(640, 500, 800, 560)  # where the model called nothing


@pytest.fixture
def people(db):
    return {name: a_user(name) for name in ("ann", "ben", "judge")}


@pytest.fixture
def study(reading, people, admin):
    rules = Rules("two", readings=2)
    both = People([people["ann"], people["ben"]], people["judge"])
    made = studying.make(rules=rules, people=both, slides=[reading.slide], by=admin)
    return studying.open_study(study=made, by=admin)


def say(review, kind, finding="", **said):
    words = Said(kind, finding, **said)
    return reviewing.give_verdict(review=review, said=words, by=review.reader)


def read(study, reader, conclusion="micro", **said):
    """A signed reading. said: what is said of c1, c2, c3; an area is added."""
    item = WorkItem.objects.get(study=study, assigned_to=reader, seat__lt=3)
    review = reviewing.begin(item=item, reader=reader)
    for key, what in said.items():
        if key == "added":
            say(review, "added", region=mapping(what))
        elif what == "rejected":
            say(review, "rejected", key, because="fold")
        elif what == "accepted":
            say(review, "accepted", key)
        else:
            say(review, "redrawn", key, region=mapping(what))
    reviewing.judge_slide(review=review, by=reader, conclusion=conclusion)
    signed = signing.sign(review=review, by=reader, terms=signing.Terms(knowing=KNOWING))
    adjudicating.after_signing(signed)
    return signed


@pytest.fixture
def decided(study, people):
    """ann holds c1 as called and a missed one; ben draws c1 wider, and holds c2. Judge begins."""
    read(study, people["ann"], c1="accepted", c2="rejected", added=MISSED)
    read(study, people["ben"], c1=box(64, 64, 200, 160), c2="accepted")
    item = WorkItem.objects.get(study=study, seat=3)
    return reviewing.begin(item=item, reader=people["judge"])


def states(review) -> dict[str, str]:
    return {one.key[:2]: one.state for one in reviewing.findings_of(review)}


# Who is let in when --------------------------------------------------------------------------


def test_the_third_seat_opens_once_both_have_signed(study, people):
    read(study, people["ann"])
    assert not WorkItem.objects.filter(study=study, seat=3).exists()
    read(study, people["ben"])
    item = WorkItem.objects.get(study=study, seat=3)
    assert item.assigned_to == people["judge"]
    assert Notice.objects.filter(user=people["judge"], kind="assigned").count() == 1


def test_told_twice_it_opens_once(study, people):
    read(study, people["ann"])
    signed = read(study, people["ben"])
    adjudicating.after_signing(signed)
    assert WorkItem.objects.filter(study=study, seat=3).count() == 1
    assert Notice.objects.filter(user=people["judge"]).count() == 1


def test_the_sweep_opens_what_a_lost_message_left(study, people):
    read(study, people["ann"])
    read(study, people["ben"])
    WorkItem.objects.filter(study=study, seat=3).delete()
    assert adjudicating.catch_up() == 1
    assert adjudicating.catch_up() == 0


def test_without_an_adjudicator_nothing_opens(study, people):
    study.adjudicator = None
    study.save()
    read(study, people["ann"])
    read(study, people["ben"])
    assert not WorkItem.objects.filter(study=study, seat=3).exists()


def test_the_readers_are_told_that_it_was_decided_and_not_what(study, people, decided):
    reviewing.judge_slide(review=decided, by=people["judge"], conclusion="macro")
    signed = signing.sign(review=decided, by=people["judge"], terms=signing.Terms(knowing=KNOWING))
    for _ in range(2):
        adjudicating.after_signing(signed)
    notice = Notice.objects.get(user=people["ann"], kind="adjudicated")
    assert "macro" not in str(notice.facts)
    assert not visibility.may_see(people["ann"], signed)


# What the two say ------------------------------------------------------------------------------


def test_lesions_of_both_are_matched_by_overlap(decided):
    two = adjudicating.two_of(decided.item)
    told = {one.number: (one.found_by, len(two.candidates[one.number])) for one in two.lesions}
    assert told == {1: ("both", 1), 2: ("second", 1), 3: ("first", 0)}
    # c1 is 96 x 96 px from (64, 64); ben's outline has the same corner and is 136 x 96
    assert two.lesions[0].iou == pytest.approx(96 / 136)
    assert (two.agreement.both, two.agreement.only_first, two.agreement.only_second) == (1, 1, 1)
    assert two.agreement.score == pytest.approx(0.5)


def test_before_both_have_signed_there_is_nothing_to_compare(study, people):
    read(study, people["ann"])
    item = WorkItem.objects.filter(study=study).first()
    with pytest.raises(Reason, match="Both readers"):
        adjudicating.two_of(item)


# What is taken -----------------------------------------------------------------------------------


def take(review, lesion, choice):
    return adjudicating.take(review=review, lesion=lesion, choice=choice, by=review.reader)


def area_of(review, lesion) -> float:
    two = adjudicating.two_of(review.item)
    return shape(adjudicating.taken_of(review, two)[lesion].region).area


@pytest.mark.parametrize(
    ("choice", "px"), [("union", 136 * 96), ("intersection", 96 * 96), ("majority", 96 * 96)]
)
def test_an_outline_corrects_the_candidate_that_it_is_of(decided, choice, px):
    (verdict,) = take(decided, 1, choice)
    assert (verdict.kind, verdict.finding, bool(verdict.note)) == ("redrawn", "c1", True)
    assert area_of(decided, 1) == px
    assert states(decided)["c1"] == "accepted"


def test_what_the_model_missed_is_added_and_taken_again_corrected(decided):
    (first,) = take(decided, 3, "first")
    (second,) = take(decided, 3, "union")
    assert (first.kind, second.kind) == ("added", "redrawn")
    assert first.finding == second.finding
    assert area_of(decided, 3) == MISSED.area


def test_a_lesion_that_is_none_is_rejected(decided):
    assert [one.kind for one in take(decided, 1, "none")] == ["rejected"]
    assert [one.kind for one in take(decided, 3, "none")] == ["added", "rejected"]
    two = adjudicating.two_of(decided.item)
    standing = [adjudicating.standing_of(decided, two, one) for one in two.lesions]
    assert standing == ["dismissed", "open", "dismissed"]
    assert take(decided, 3, "none") == []


def test_what_was_undone_is_added_anew(decided):
    take(decided, 3, "first")
    reviewing.undo(review=decided, by=decided.reader)
    (again,) = take(decided, 3, "first")
    assert again.kind == "added"
    assert area_of(decided, 3) == MISSED.area


def test_after_a_change_of_mind_it_is_taken_once_more(decided):
    take(decided, 3, "first")
    take(decided, 3, "none")
    (again,) = take(decided, 3, "first")
    assert again.kind == "redrawn"
    take(decided, 1, "none")
    take(decided, 1, "second")
    assert states(decided)["c1"] == "accepted"
    assert area_of(decided, 1) == 136 * 96


def test_what_was_taken_is_undone_as_any_verdict(decided):
    take(decided, 1, "union")
    reviewing.undo(review=decided, by=decided.reader)
    assert states(decided)["c1"] == "open"


def test_nothing_in_common_is_no_outline(decided):
    with pytest.raises(Reason, match="Nothing is left of lesion 3"):
        take(decided, 3, "intersection")


def test_only_what_is_there_can_be_chosen(decided):
    with pytest.raises(Reason, match="no lesion 9"):
        take(decided, 9, "union")
    with pytest.raises(Reason, match="no choice"):
        take(decided, 1, "average")


def test_nobody_decides_but_the_adjudicator(decided, people, review):
    with pytest.raises(Reason) as refused:
        adjudicating.take(review=decided, lesion=1, choice="union", by=people["ann"])
    assert refused.value.code == "not_yours"
    with pytest.raises(Reason, match="between no readers"):
        adjudicating.take(review=review, lesion=1, choice="union", by=review.reader)


def test_the_outline_lies_on_the_slide(decided):
    take(decided, 2, "second")
    two = adjudicating.two_of(decided.item)
    outline = shape(adjudicating.taken_of(decided, two)[2].region)
    assert outline.equals(shapely.box(256, 384, 896, 448))  # the 20 x 2 cells of c2
