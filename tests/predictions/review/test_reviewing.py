"""An open review: begun by one, judged verdict by verdict, undone, kept once, given up."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from predictions.review import reviewing
from predictions.review.models import Review, Verdict, WorkItem
from predictions.review.reviewing import BadVerdict, ChangedElsewhere, Said
from slides.jobs import Reason
from slides.models import AuditEvent

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[100, 100], [400, 100], [400, 500], [100, 500], [100, 100]]],
}
CROSSED = {"type": "Polygon", "coordinates": [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]}
OUTSIDE = {
    "type": "Polygon",
    "coordinates": [[[9000, 9000], [9100, 9000], [9100, 9100], [9000, 9000]]],
}


def say(review: Review, kind: str, finding: str = "", *, after: int | None = None, **said):
    by = said.pop("by", review.reader)
    words = Said(kind, finding, **said)
    return reviewing.give_verdict(review=review, said=words, by=by, after=after)


def states(review: Review) -> dict[str, str]:
    return {one.key[:2]: one.state for one in reviewing.findings_of(review)}


def finding(review: Review, key: str):
    return next(one for one in reviewing.findings_of(review) if one.key.startswith(key))


def why(refused) -> str:
    return refused.value.code


# Beginning -----------------------------------------------------------------------------


def test_a_begun_review_has_the_readings_findings_and_its_item_is_the_readers(
    review, work, reading, pathologist
):
    assert states(review) == {"c1": "open", "c2": "open", "c3": "open"}
    assert [one.size_class for one in reviewing.findings_of(review)] == ["itc", "micro", "itc"]
    work.refresh_from_db()
    assert (work.state, work.assigned_to) == ("begun", pathologist)
    assert (review.prediction, review.map_sha256) == (reading, reading.map_sha256)
    assert review.threshold == reading.threshold
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor, event.subject_id) == ("begin_review", "bob", str(review.pk))


def test_to_begin_again_is_to_go_on(review, work, pathologist):
    assert reviewing.begin(item=work, reader=pathologist) == review


def test_of_two_readers_who_begin_one_slide_the_second_is_told_who_has_it(review, work, colleague):
    with pytest.raises(Reason, match="bob has been reading slide") as refused:
        reviewing.begin(item=work, reader=colleague)
    assert why(refused) == "taken"
    assert Review.objects.count() == 1


def test_what_is_assigned_to_another_is_not_begun(work, pathologist, colleague):
    WorkItem.objects.update(assigned_to=colleague)
    with pytest.raises(Reason, match="is assigned to dora") as refused:
        reviewing.begin(item=work, reader=pathologist)
    assert why(refused) == "taken"


def test_a_slide_whose_readers_account_was_closed_can_be_begun_by_another(
    review, work, pathologist, colleague
):
    say(review, "accepted", "c1")
    User.objects.filter(pk=pathologist.pk).update(is_active=False)
    following = reviewing.begin(item=work, reader=colleague)
    review.refresh_from_db()
    assert (review.state, review.verdicts.count()) == ("left", 1)
    assert (following.reader, states(following)["c1"]) == (colleague, "open")


def test_given_up_a_slide_waits_again_and_its_reader_goes_on_where_they_were(
    review, work, pathologist
):
    say(review, "rejected", "c1", because="fold")
    say(review, "accepted", "c2")
    reviewing.undo(review=review, by=pathologist)
    reviewing.judge_slide(review=review, by=pathologist, conclusion="itc")
    reviewing.leave(review=review, by=pathologist)
    work.refresh_from_db()
    assert (work.state, work.assigned_to) == ("waiting", None)
    following = reviewing.begin(item=work, reader=pathologist)
    assert following != review
    assert states(following) == {"c1": "rejected", "c2": "open", "c3": "open"}
    assert following.conclusion == "itc"
    assert AuditEvent.objects.filter(action="leave_review").count() == 1


# Verdicts ------------------------------------------------------------------------------


def test_a_caliper_is_measured_in_um_of_the_slide(review):
    verdict = say(review, "measured", "c1", caliper=[[0, 0], [300, 400]])
    assert verdict.diameter_um == pytest.approx(250.0)
    assert finding(review, "c1").size_class == "micro"


def test_an_outline_is_checked_and_its_longest_diameter_measured(review):
    verdict = say(review, "redrawn", "c1", region=SQUARE)
    assert verdict.diameter_um == pytest.approx(250.0)
    one = finding(review, "c1")
    assert (one.state, one.box_l0) == ("accepted", (100, 100, 400, 500))


@pytest.mark.parametrize(
    ("kind", "on", "said", "words", "code"),
    [
        ("redrawn", "c1", {"region": CROSSED}, "crosses", "bad_region"),
        ("redrawn", "c1", {"region": OUTSIDE}, "outside the slide", "bad_region"),
        ("added", "", {"region": None}, "geometry", "bad_region"),
        ("redrawn", "c1", {"region": {"type": "Point", "coordinates": [5, 5]}}, "no area", ""),
        ("measured", "c1", {"caliper": [[0, 0], [0, 0]]}, "the same place", ""),
        ("measured", "c1", {"caliper": [[0, 0], [9e9, 0]]}, "beyond the slide", ""),
        ("measured", "c1", {"caliper": [[0, 0], [float("nan"), 0]]}, "two points", ""),
        ("measured", "c1", {}, "two points", ""),
        ("rejected", "c1", {}, "for a reason", ""),
        ("rejected", "c1", {"because": "weather"}, "no reason to reject", ""),
        ("rejected", "c1", {"because": "ink", "label": "tumour"}, "not tumour", ""),
        ("reclassified", "c1", {}, "Say the class", ""),
        ("reclassified", "c1", {"size_class": "huge"}, "no size class", ""),
        ("reclassified", "c1", {"size_class": "itc", "label": "normal"}, "no size class", ""),
        ("added", "c1", {"region": SQUARE}, "leave it empty", ""),
        ("accepted", "", {}, "name it", ""),
        ("guessed", "c1", {}, "no verdict", ""),
    ],
)
def test_what_cannot_be_said_is_refused_and_not_kept(review, kind, on, said, words, code):
    with pytest.raises(BadVerdict, match=words) as refused:
        say(review, kind, on, **said)
    assert why(refused) == (code or "bad_verdict")
    assert not Verdict.objects.exists()


def test_a_finding_that_is_not_there_cannot_be_judged(review):
    with pytest.raises(Reason) as refused:
        say(review, "accepted", "c77")
    assert why(refused) == "no_finding"


def test_without_um_per_px_nothing_is_measured_but_the_rest_goes_on(review):
    review.slide.__class__.objects.update(mpp=None)
    with pytest.raises(BadVerdict) as refused:
        say(review, "measured", "c1", caliper=[[0, 0], [300, 400]])
    assert why(refused) == "unknown_mpp"
    assert say(review, "redrawn", "c1", region=SQUARE).diameter_um is None
    assert finding(review, "c1").size_class == ""


def test_a_missed_one_is_added_by_outline_or_point(review):
    say(review, "added", region=SQUARE)
    say(review, "added", region={"type": "Point", "coordinates": [900, 60]}, size_class="itc")
    added = [one for one in reviewing.findings_of(review) if one.is_own]
    assert [(one.number, one.size_class) for one in added] == [(4, "micro"), (5, "itc")]


def test_sent_again_after_a_lost_answer_a_verdict_is_kept_once(review):
    key = uuid4()
    first = say(review, "accepted", "c1", key=key)
    assert say(review, "accepted", "c1", key=key, after=0) == first
    assert Verdict.objects.count() == 1


def test_a_key_of_another_review_is_refused(review, desk_slide, work, pathologist):
    key = uuid4()
    say(review, "accepted", "c1", key=key)
    told = {"arrived_at": work.arrived_at, "name": "two", "patient": "two"}
    other = WorkItem.objects.create(slide=desk_slide("two"), **told)
    with pytest.raises(Reason, match="its own") as refused:
        say(reviewing.begin(item=other, reader=pathologist), "added", region=SQUARE, key=key)
    assert why(refused) == "conflict"


# Two windows ---------------------------------------------------------------------------


def test_a_stale_verdict_on_the_same_finding_is_answered_with_what_is_there(review):
    say(review, "rejected", "c1", because="ink", after=0)
    with pytest.raises(ChangedElsewhere, match="it is rejected now") as refused:
        say(review, "accepted", "c1", after=0)
    assert (refused.value.finding.state, refused.value.finding.last) == ("rejected", 1)
    say(review, "accepted", "c2", after=0)
    assert states(review) == {"c1": "rejected", "c2": "accepted", "c3": "open"}


def test_an_undo_in_one_window_makes_the_others_knowledge_stale(review, pathologist):
    say(review, "accepted", "c1")
    reviewing.undo(review=review, by=pathologist)
    with pytest.raises(ChangedElsewhere):
        say(review, "rejected", "c1", because="ink", after=1)
    with pytest.raises(ChangedElsewhere):
        reviewing.undo(review=review, by=pathologist, after=1)


# Undo ----------------------------------------------------------------------------------


def test_undo_goes_back_to_the_beginning_stroke_by_stroke(review, pathologist):
    say(review, "rejected", "c1", because="ink")
    say(review, "accepted", "c1")
    reviewing.accept_rest(review=review, by=pathologist)
    say(review, "added", region=SQUARE)
    told = []
    for _ in range(4):
        reviewing.undo(review=review, by=pathologist)
        told.append(states(review))
    rest = {"c2": "open", "c3": "open"}
    assert [{key: one[key] for key in ("c1", "c2", "c3")} for one in told] == [
        {"c1": "accepted", "c2": "accepted", "c3": "accepted"},
        {"c1": "accepted"} | rest,
        {"c1": "rejected"} | rest,
        {"c1": "open"} | rest,
    ]
    with pytest.raises(Reason) as refused:
        reviewing.undo(review=review, by=pathologist)
    assert why(refused) == "nothing_to_undo"


def test_an_undo_whose_answer_was_lost_undoes_once(review, pathologist):
    say(review, "accepted", "c1")
    say(review, "accepted", "c2")
    key = uuid4()
    first = reviewing.undo(review=review, by=pathologist, key=key)
    assert reviewing.undo(review=review, by=pathologist, key=key) == first
    assert states(review) == {"c1": "accepted", "c2": "open", "c3": "open"}


def test_the_rest_is_accepted_and_what_was_judged_stays(review, pathologist):
    say(review, "rejected", "c2", because="capsule")
    key = uuid4()
    given = reviewing.accept_rest(review=review, by=pathologist, key=key)
    assert reviewing.accept_rest(review=review, by=pathologist, key=key) == given
    assert states(review) == {"c1": "accepted", "c2": "rejected", "c3": "accepted"}


def test_what_was_taken_back_is_judged_again_only_after_an_undo(review, pathologist):
    say(review, "added", region=SQUARE)
    own = finding(review, "a").key
    say(review, "withdrawn", own)
    with pytest.raises(Reason) as refused:
        say(review, "accepted", own)
    assert why(refused) == "withdrawn"
    reviewing.undo(review=review, by=pathologist)
    assert finding(review, "a").state == "added"


# Whose it is ---------------------------------------------------------------------------


def test_nobody_judges_in_anothers_review(review, colleague, admin):
    for other in (colleague, admin):
        with pytest.raises(Reason) as refused:
            say(review, "accepted", "c1", by=other)
        assert why(refused) == "not_yours"


def test_a_reader_who_was_removed_from_the_case_is_told_and_their_verdicts_stay(
    review, work, pathologist, colleague
):
    key = uuid4()
    say(review, "accepted", "c1", key=key)
    WorkItem.objects.update(assigned_to=colleague)
    for act in (
        lambda: say(review, "accepted", "c2"),
        lambda: reviewing.undo(review=review, by=pathologist),
        lambda: reviewing.judge_slide(review=review, by=pathologist, conclusion="itc"),
        lambda: reviewing.leave(review=review, by=pathologist),
    ):
        with pytest.raises(Reason, match="given to dora while you read it") as refused:
            act()
        assert why(refused) == "removed"
    assert say(review, "accepted", "c1", key=key).sequence == 1  # a retry is still answered
    taken_over = reviewing.begin(item=work, reader=colleague)
    review.refresh_from_db()
    assert (review.state, states(review)["c1"]) == ("left", "accepted")
    assert taken_over.reader == colleague


def test_the_slide_is_judged_part_by_part(review, pathologist):
    judge = reviewing.judge_slide
    judge(review=review, by=pathologist, is_adequate=False, inadequate_reason="out of focus")
    judged = judge(review=review, by=pathologist, conclusion="negative")
    assert (judged.is_adequate, judged.inadequate_reason) == (False, "out of focus")
    judged = judge(review=review, by=pathologist, is_adequate=True)
    assert (judged.inadequate_reason, judged.conclusion) == ("", "negative")
