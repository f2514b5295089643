"""Notices: told once, read once, and said in plain words."""

from predictions.review import notices
from predictions.review.models import Notice


def test_a_notice_says_who_did_what(pathologist):
    row = notices.tell(
        pathologist, Notice.Kind.ASSIGNED, address="/review/", slide="node 3", by="alice"
    )
    assert notices.sentence(row) == "node 3 was assigned to you by alice."


def test_an_unread_notice_is_brought_up_to_date_and_adds_up(pathologist):
    place = "/review/?assigned=me"
    for n in (12, 5):
        notices.tell(pathologist, Notice.Kind.ASSIGNED, address=place, n=n, study="pilot")
    row = Notice.objects.get()
    assert notices.sentence(row) == "17 slides were assigned to you in the study pilot."


def test_slides_assigned_one_by_one_add_up(pathologist):
    for slide in ("node 3", "node 4", "node 5"):
        notices.tell(pathologist, Notice.Kind.ASSIGNED, address="/review/", slide=slide, by="alice")
    assert notices.sentence(Notice.objects.get()) == "3 slides were assigned to you by alice."


def test_a_read_notice_is_not_told_again_but_anew(pathologist):
    first = notices.tell(pathologist, Notice.Kind.ANSWERED, address="/slides/1/", by="alice")
    assert notices.mark_read(pathologist, first) == 1
    assert notices.mark_read(pathologist, first) == 0
    second = notices.tell(pathologist, Notice.Kind.ANSWERED, address="/slides/1/", by="alice")
    assert second.pk != first.pk and second.read_at is None


def test_nobody_marks_the_notices_of_another(pathologist, admin):
    row = notices.tell(pathologist, Notice.Kind.ADJUDICATED, address="/review/1/", slide="node 3")
    assert notices.mark_read(admin, row) == 0
    assert notices.mark_read(pathologist) == 1


def test_discordance_is_told_with_its_reason(pathologist):
    row = notices.tell(
        pathologist,
        Notice.Kind.DISCORDANT,
        address="/review/alarms/?alarm=1",
        slide="node 3",
        alarm="truth_changed",
    )
    assert notices.sentence(row) == ("node 3, signed by you: the truth was changed after signing.")
