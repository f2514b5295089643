"""Alarms on signed reviews: opened once, seen by whom they may, answered once with a reason."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.utils.timezone import now
from shapely.geometry import box

from predictions.review import alarms, checking, reviewing, signing, tasks
from predictions.review.models import Alarm, Notice, Review
from slides.jobs import Reason
from slides.models import AuditEvent
from slides.services import sha256_of
from tests.predictions.review.conftest import three_lesions

KNOWING = signing.Terms(
    knowing=frozenset({"open_findings", "unseen", "other_conclusion"}), keeps_corrections=False
)
REASON = "A germinal centre, seen at 40x."


@pytest.fixture
def cells() -> np.ndarray:
    """c1 is sure and large: 2 x 20 cells of 0.97, 321 um."""
    found = three_lesions()
    found[12:14, 8:28] = 0.97
    return found


@pytest.fixture
def reading(desk_slide, make_version, predicted, cells):
    slide = desk_slide()
    slide.sha256, slide.bytes = sha256_of(slide.path), slide.path.stat().st_size
    slide.save()
    return predicted(slide, make_version("live", stage="live"), cells)


def sign(review: Review, by, conclusion: str = "negative") -> Review:
    reviewing.judge_slide(review=review, by=by, is_adequate=True, conclusion=conclusion)
    return signing.sign(review=review, by=by, terms=KNOWING)


@pytest.fixture
def signed(review, pathologist) -> Review:
    return sign(review, pathologist)


@pytest.fixture
def alarm(signed) -> Alarm:
    tasks.after_signing(signed.pk)
    return Alarm.objects.get()


# Opening -------------------------------------------------------------------------------


def test_signing_against_strong_evidence_opens_one_alarm_and_tells_its_reader(signed, pathologist):
    for _ in range(2):
        tasks.after_signing(signed.pk)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.review, alarm.answer) == ("second_read", signed, "")
    assert [one["number"] for one in alarm.details["findings"]] == [1]
    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (pathologist, "discordant")
    assert notice.address == f"/review/alarms/?alarm={alarm.pk}"


def test_a_lost_message_is_made_up_for(signed):
    alarms.catch_up()
    assert Alarm.objects.get().review == signed


def test_a_positive_sign_off_opens_none(review, pathologist):
    signed = sign(review, pathologist, "micro")
    tasks.after_signing(signed.pk)
    assert not Alarm.objects.exists()


def test_an_answered_alarm_is_not_raised_again(alarm, signed, pathologist):
    alarms.answer(alarm, by=pathologist, text=REASON)
    tasks.after_signing(signed.pk)
    alarm.refresh_from_db()
    assert (alarm.answer, Alarm.objects.count()) == ("stands", 1)


# Answering -----------------------------------------------------------------------------


def test_a_second_reader_says_why_the_review_stands(alarm, colleague):
    alarms.answer(alarm, by=colleague, text=f"  {REASON} ")
    alarm.refresh_from_db()
    assert (alarm.answered_by, alarm.answer_text) == (colleague, REASON)
    event = AuditEvent.objects.get(action="answer alarm")
    assert (event.actor, event.details["text"]) == ("dora", REASON)


@pytest.mark.parametrize("text", ["", "   ", "too short"])
def test_a_word_is_no_reason(alarm, pathologist, text):
    with pytest.raises(Reason, match="Say why") as refused:
        alarms.answer(alarm, by=pathologist, text=text)
    assert refused.value.code == "no_reason"


def test_an_answer_is_never_changed(alarm, pathologist, colleague):
    alarms.answer(alarm, by=pathologist, text=REASON)
    with pytest.raises(Reason, match="answered by bob") as refused:
        alarms.answer(alarm, by=colleague, text="No, look at the capsule.")
    assert refused.value.code == "answered"


def test_superseding_answers_once_the_next_review_is_signed(alarm, signed, pathologist):
    following = alarms.supersede(alarm, by=pathologist, text="It is tumour after all.")
    alarm.refresh_from_db()
    assert (following.supersedes, alarm.answer) == (signed, "")
    tasks.after_signing(sign(following, pathologist, "micro").pk)
    alarm.refresh_from_db()
    assert (alarm.answer, alarm.answered_by) == ("superseded", pathologist)
    assert alarm.answer_text == "It is tumour after all."


def test_a_second_reader_may_supersede_what_is_questioned(alarm, signed, colleague):
    following = alarms.supersede(alarm, by=colleague, text="It is tumour after all.")
    assert (following.reader, following.supersedes) == (colleague, signed)


# The file ------------------------------------------------------------------------------


def test_another_file_than_was_signed_raises_an_alarm_once(signed):
    slide = signed.slide
    assert checking.check_file(slide, [signed])
    content = bytearray(Path(slide.path).read_bytes())
    content[-1] ^= 1
    Path(slide.path).write_bytes(content)
    for _ in range(2):
        assert not checking.check_file(slide, [signed])
    alarm = Alarm.objects.get(kind="file_changed")
    assert alarm.details == {"signed": slide.sha256, "found": sha256_of(slide.path)}


def test_a_file_that_is_gone_is_another_file(signed):
    Path(signed.slide.path).unlink()
    assert not checking.check_file(signed.slide, [signed])
    assert Alarm.objects.get(kind="file_changed").details["found"] == ""


# The truth -----------------------------------------------------------------------------


def test_truth_that_others_changed_raises_one_alarm_that_keeps_up(signed, annotate, colleague):
    annotate(signed.slide, box(100, 100, 200, 200), author=colleague)
    checking.check_truths()
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.details["by"]) == ("truth_changed", ["dora"])
    assert alarm.details["box_l0"] == [100, 100, 200, 200]
    assert (alarm.details["before"], alarm.details["after"]["revision"]) == (None, 1)
    assert not checking.check_truths()
    annotate(signed.slide, box(100, 100, 300, 200), author=colleague)
    checking.check_truths()
    alarm.refresh_from_db()
    assert (Alarm.objects.count(), alarm.details["after"]["revision"]) == (1, 2)


def test_ones_own_drawing_raises_none(signed, annotate, pathologist):
    annotate(signed.slide, box(100, 100, 200, 200), author=pathologist)
    assert not checking.check_truths() and not Alarm.objects.exists()


def test_truth_from_before_raises_none(review, pathologist, annotate, colleague):
    annotate(review.slide, box(100, 100, 200, 200), author=colleague)
    sign(review, pathologist)
    assert not checking.check_truths()


def test_the_same_truth_once_more_raises_none(review, pathologist, annotate, colleague):
    annotate(review.slide, box(100, 100, 200, 200), author=colleague)
    signed = sign(review, pathologist)
    annotate(signed.slide, box(100, 100, 200, 200), author=colleague)
    assert not checking.check_truths()


# Who sees them -------------------------------------------------------------------------


def blinded(review: Review, **fields):
    """Put a signed review into a blinded study that is open."""
    from predictions.review.models import Study, StudySlide

    study = Study.objects.create(name="pilot", state="open", is_blinded=True, **fields)
    StudySlide.objects.create(study=study, slide=review.slide)
    study.readers.add(review.reader)
    review.item.study = study
    review.item.save()
    return study


def test_alarms_of_a_blinded_study_are_the_readers_own_until_it_is_closed(
    signed, pathologist, colleague, admin
):
    study = blinded(signed)
    study.readers.add(colleague)
    tasks.after_signing(signed.pk)
    seen = {user: alarms.visible_alarms(user).count() for user in (pathologist, colleague, admin)}
    assert seen == {pathologist: 1, colleague: 0, admin: 1}
    with pytest.raises(Reason, match="not yours"):
        alarms.answer(Alarm.objects.get(), by=colleague, text=REASON)
    study.state, study.closed_at = "closed", now()
    study.save()
    assert alarms.visible_alarms(colleague).count() == 1


def test_a_changed_truth_is_not_told_to_who_still_reads_the_slide(
    signed, annotate, pathologist, admin
):
    blinded(signed)
    annotate(signed.slide, box(100, 100, 200, 200), author=admin)
    checking.check_truths()
    assert alarms.visible_alarms(admin).count() == 1
    assert not alarms.visible_alarms(pathologist).exists()
    assert not Notice.objects.exists()


def test_what_waits_is_ones_own_and_for_admins_all(alarm, pathologist, colleague, admin):
    waiting = [alarms.waiting_for(user).count() for user in (pathologist, colleague, admin)]
    assert waiting == [1, 0, 1]
    alarms.answer(alarm, by=colleague, text=REASON)
    assert alarms.waiting_for(pathologist).count() == 0


def test_catching_up_leaves_older_signatures_to_what_was_said_then(signed, monkeypatch):
    monkeypatch.setattr(alarms, "CATCH_UP", timedelta(0))
    alarms.catch_up()
    assert not Alarm.objects.exists()
