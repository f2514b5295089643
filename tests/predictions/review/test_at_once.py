"""Readers and windows that meet at the very same moment, on connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from predictions.review import reviewing, signing
from predictions.review.models import Review
from predictions.review.reviewing import Said
from predictions.review.signing import Terms
from slides.jobs import Reason
from slides.models import AuditEvent

KNOWING = frozenset({"open_findings", "unseen", "other_conclusion"})


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each gave, or the code that it was refused with."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait(20)
        try:
            return act()
        except Reason as reason:
            return reason.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_who_meets_at_one_slide_is_told_apart_and_nothing_is_kept_twice(
    work, pathologist, colleague
):
    told = at_once(*(
        lambda reader=reader: reviewing.begin(item=work, reader=reader)
        for reader in (pathologist, colleague)
    ))  # fmt: skip
    review = Review.objects.get()
    assert sorted(map(str, told)) == sorted([str(review), "taken"])

    by, key = review.reader, uuid4()

    def say(kind: str, finding: str, **said):
        words = Said(kind, finding, **said)
        return reviewing.give_verdict(review=review, said=words, by=by, after=0).sequence

    told = at_once(
        lambda: say("accepted", "c1", key=key),
        lambda: say("accepted", "c1", key=key),
        lambda: say("accepted", "c2"),
        lambda: say("rejected", "c2", because="ink"),
    )
    assert told[0] == told[1]
    assert "changed_elsewhere" in told[2:]
    assert sorted(review.verdicts.values_list("sequence", flat=True)) == [1, 2]

    reviewing.judge_slide(review=review, by=by, conclusion="itc")
    terms = Terms(knowing=KNOWING)
    told = at_once(*[lambda: signing.sign(review=review, by=by, terms=terms).frozen_sha256] * 2)
    assert told[0] == told[1] == Review.objects.get().frozen_sha256
    assert AuditEvent.objects.filter(action="sign_review").count() == 1
