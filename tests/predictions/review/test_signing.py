"""Signing: what is asked first, what is frozen, another reading meanwhile, and superseding."""

from uuid import uuid4

import numpy as np
import pytest

from predictions.review import carrying, reviewing, signing, worklist
from predictions.review.models import Review, WorkItem
from predictions.review.reviewing import Said
from predictions.review.sealing import seal_of
from predictions.review.signing import LeftOpen, OtherReading, Terms
from slides.coverage import SeenPart
from slides.jobs import Reason
from slides.models import AuditEvent, Slide
from slides.seen import look_at
from tests.predictions.review.conftest import three_lesions
from training.models import ModelVersion, Stage

ASKED = Terms(knowing=frozenset({"open_findings", "unseen", "other_conclusion"}))
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[100, 100], [400, 100], [400, 500], [100, 500], [100, 100]]],
}


def say(review: Review, kind: str, finding: str = "", **said):
    words = Said(kind, finding, **said)
    return reviewing.give_verdict(review=review, said=words, by=review.reader)


def conclude(review: Review, conclusion: str = "micro") -> None:
    reviewing.judge_slide(review=review, by=review.reader, conclusion=conclusion)


def sign(review: Review, terms: Terms = ASKED) -> Review:
    return signing.sign(review=review, by=review.reader, terms=terms)


def codes(review: Review) -> list[str]:
    review.refresh_from_db()
    return [one.code for one in signing.still_open(review)]


def states(review: Review) -> dict[str, str]:
    return {one.key[:2]: one.state for one in reviewing.findings_of(review)}


@pytest.fixture
def read_again(reading, make_version, predicted):
    """read_again(probabilities): another version goes live and reads the slide."""

    def again(probabilities: np.ndarray) -> None:
        ModelVersion.objects.live().update(stage=Stage.ARCHIVED)
        version = make_version("next", stage=Stage.LIVE)
        worklist.open_work(predicted(reading.slide, version, probabilities))

    return again


# What is asked -------------------------------------------------------------------------


def test_what_was_not_done_is_asked_once_and_signed_knowingly(review, pathologist):
    assert codes(review) == ["no_conclusion", "open_findings", "unseen"]
    with pytest.raises(LeftOpen, match="Say what the slide holds") as refused:
        sign(review)
    assert [one.code for one in refused.value.left] == ["no_conclusion"]
    conclude(review, "negative")
    with pytest.raises(LeftOpen, match="3 findings are not judged. 100 % of the tissue"):
        sign(review, Terms())
    signed = sign(review, Terms(knowing=frozenset({"open_findings", "unseen"})))
    assert signed.state == "signed"
    assert signed.frozen["left"] == {
        "unseen_share": 1, "open_findings": 3, "other_reading": None,
    }  # fmt: skip


def test_tissue_that_was_looked_at_is_not_asked_about(review, pathologist):
    columns, rows = 160, 80  # of the tissue mask, a cell of which is 8 px
    bits = np.packbits(np.ones((rows, columns), bool)).tobytes()
    look_at(review.slide, pathologist, SeenPart(0, 0, columns, rows, bits))
    assert codes(review) == ["no_conclusion", "open_findings"]


def test_a_conclusion_that_held_findings_speak_against_is_asked_about(review, pathologist):
    reviewing.accept_rest(review=review, by=pathologist)
    conclude(review, "itc")
    assert codes(review) == ["other_conclusion", "unseen"]
    conclude(review, "micro")
    assert codes(review) == ["unseen"]


def test_a_slide_that_cannot_be_judged_needs_a_reason_and_no_conclusion(review, pathologist):
    judge = reviewing.judge_slide
    judge(review=review, by=pathologist, is_adequate=False)
    assert codes(review) == ["no_reason", "open_findings", "unseen"]
    judge(review=review, by=pathologist, inadequate_reason="out of focus")
    assert sign(review).frozen["said"]["inadequate_reason"] == "out of focus"


# What is frozen ------------------------------------------------------------------------


def test_all_that_a_signature_stands_on_is_frozen_and_sealed(review, reading, pathologist):
    say(review, "rejected", "c3", because="fold", note="edge")
    say(review, "measured", "c2", caliper=[[0, 0], [300, 400]])
    reviewing.accept_rest(review=review, by=pathologist)
    conclude(review)
    signed = sign(review)
    frozen = Review.objects.get().frozen
    assert signed.frozen_sha256 == seal_of(frozen)
    assert frozen["slide"]["sha256"] == reading.slide.sha256
    assert frozen["version"]["weights_sha256"] == reading.version.weights_sha256
    assert frozen["prediction"]["map_sha256"] == reading.map_sha256
    assert frozen["grid"] == {
        "columns": 40, "rows": 20, "side_l0": 32, "patch_px": 32, "mpp": 0.5,
    }  # fmt: skip
    assert [(one["key"], one["state"], one["size_class"]) for one in frozen["findings"]] == [
        ("c1", "accepted", "itc"), ("c2", "accepted", "micro"), ("c3", "rejected", "itc"),
    ]  # fmt: skip
    assert frozen["findings"][1]["diameter_um"] == 250
    assert frozen["findings"][2]["note"] == "edge"
    assert frozen["said"]["suggested"] == frozen["said"]["conclusion"] == "micro"
    assert (frozen["reader"]["username"], frozen["study"]) == ("bob", None)
    event = AuditEvent.objects.filter(action="sign_review").get()
    assert event.details["frozen_sha256"] == signed.frozen_sha256
    assert WorkItem.objects.get().state == "signed"


def test_signed_again_after_a_lost_answer_it_is_answered_as_it_is(review):
    conclude(review)
    first = sign(review)
    assert sign(review).frozen_sha256 == first.frozen_sha256
    assert AuditEvent.objects.filter(action="sign_review").count() == 1


def test_after_signing_nothing_is_said_any_more(review, work, pathologist, colleague):
    say(review, "accepted", "c1")
    conclude(review)
    sign(review)
    for act in (
        lambda: say(review, "rejected", "c1", because="ink"),
        lambda: reviewing.undo(review=review, by=pathologist, key=uuid4()),
        lambda: conclude(review, "macro"),
        lambda: reviewing.leave(review=review, by=pathologist),
    ):
        with pytest.raises(Reason, match="supersede it and say why") as refused:
            act()
        assert refused.value.code == "not_open"
    with pytest.raises(Reason, match="signed by bob") as refused:
        reviewing.begin(item=work, reader=colleague)
    assert refused.value.code == "already_signed"


def test_on_a_file_of_another_size_nothing_is_signed_and_nothing_lost(review):
    say(review, "accepted", "c1")
    conclude(review)
    Slide.objects.update(bytes=review.slide.path.stat().st_size + 1)
    with pytest.raises(Reason, match="another one now") as refused:
        sign(review)
    assert refused.value.code == "file_changed"
    review.slide.path.unlink()
    with pytest.raises(Reason, match="gone or cannot be read"):
        sign(review)
    assert states(review)["c1"] == "accepted"


# Read again meanwhile --------------------------------------------------------------------


def test_a_reading_of_another_version_is_told_and_may_be_signed_past_knowingly(review, read_again):
    conclude(review)
    read_again(three_lesions())
    with pytest.raises(OtherReading, match="read again by next") as refused:
        sign(review)
    assert refused.value.reading["version"] == "next"
    told = Terms(knowing=ASKED.knowing, on_old_reading=True)
    signed = sign(review, told)
    assert signed.frozen["left"]["other_reading"]["version"] == "next"
    assert signed.frozen["version"]["name"] == "live"


def test_decisions_are_carried_over_by_overlap_and_what_was_held_is_never_lost(review, read_again):
    say(review, "rejected", "c1", because="germinal_centre")
    say(review, "measured", "c2", caliper=[[0, 0], [0, 500]])
    say(review, "accepted", "c2")
    say(review, "accepted", "c3")
    say(review, "added", region=SQUARE)
    conclude(review)
    moved = np.full((20, 40), 0.1, np.float32)
    moved[13:15, 10:30] = 0.9  # over c2, now the surest
    moved[3:4, 3:4] = 0.7  # over c1
    read_again(moved)
    carried = carrying.carry_over(review=review, by=review.reader)
    following = carried.review
    assert (carried.held, carried.rejected, carried.dropped) == (3, 1, 0)
    found = {one.key: one for one in reviewing.findings_of(following)}
    assert (found["c1"].state, found["c1"].diameter_um) == ("accepted", 250)
    own = [one for one in found.values() if one.is_own]
    assert {one.state for one in own} == {"added"}
    lost_by_the_new = next(one for one in own if one.region["type"] == "Polygon" and one.number)
    assert lost_by_the_new.region is not None
    review.refresh_from_db()
    assert (review.state, following.conclusion) == ("left", "micro")
    assert sign(following).frozen["version"]["name"] == "next"


def test_a_new_finding_that_was_both_held_and_rejected_is_open_again(review, read_again):
    say(review, "accepted", "c1")
    say(review, "rejected", "c3", because="ink")
    together = np.full((20, 40), 0.1, np.float32)
    together[2:5, 2:34] = 0.9
    read_again(together)
    carried = carrying.carry_over(review=review, by=review.reader)
    assert (carried.undecided, states(carried.review)) == (1, {"c1": "open"})


def test_what_was_measured_only_stays_measured_and_open(review, read_again):
    say(review, "measured", "c1", caliper=[[0, 0], [0, 500]])
    read_again(three_lesions())
    carried = carrying.carry_over(review=review, by=review.reader)
    one = next(one for one in reviewing.findings_of(carried.review) if one.key == "c1")
    assert (one.state, one.diameter_um) == ("open", 250)


def test_what_was_rejected_and_is_called_no_more_is_told(review, read_again):
    say(review, "rejected", "c1", because="ink")
    read_again(np.full((20, 40), 0.1, np.float32))
    carried = carrying.carry_over(review=review, by=review.reader)
    assert (carried.dropped, states(carried.review)) == (1, {})


def test_without_another_reading_there_is_nothing_to_carry_over_to(review):
    with pytest.raises(Reason) as refused:
        carrying.carry_over(review=review, by=review.reader)
    assert refused.value.code == "nothing_new"


# Superseding ---------------------------------------------------------------------------


@pytest.fixture
def signed(review) -> Review:
    say(review, "accepted", "c1")
    conclude(review, "itc")
    return sign(review)


def test_a_signed_review_holds_until_the_next_is_signed(signed, pathologist):
    following = signing.supersede(review=signed, by=pathologist, reason="c2 was overlooked")
    signed.refresh_from_db()
    assert (signed.state, states(following)["c1"]) == ("signed", "accepted")
    assert signing.supersede(review=signed, by=pathologist, reason="again") == following
    say(following, "accepted", "c2")
    conclude(following, "micro")
    sign(following)
    signed.refresh_from_db()
    assert (signed.state, signed.superseded_by) == ("superseded", following)
    following.refresh_from_db()
    assert following.frozen["review"]["reason"] == "c2 was overlooked"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"begin_review", "sign_review", "supersede_review"} <= actions


def test_a_superseding_review_looks_at_the_reading_of_today_and_keeps_what_was_said(
    signed, read_again, reading, pathologist
):
    moved = np.full((20, 40), 0.1, np.float32)
    moved[12:14, 8:28] = 0.95
    moved[3:4, 3:4] = 0.7
    read_again(moved)
    WorkItem.objects.update(prediction=reading.slide.predictions.get(version__name="next"))
    following = signing.supersede(review=signed, by=pathologist, reason="read again")
    assert following.prediction.version.name == "next"
    assert states(following) == {"c1": "open", "c2": "accepted"}
    assert (following.conclusion, following.active_seconds) == ("itc", 0)


def test_what_one_reader_decided_without_the_model_is_not_said_by_another(review, admin):
    Review.objects.update(unaided="itc")
    conclude(review, "itc")
    signed = sign(review)
    following = signing.supersede(review=signed, by=admin, reason="second opinion")
    assert (following.conclusion, following.unaided) == ("itc", "")


def test_given_up_a_superseding_review_leaves_the_signed_one_and_its_item(signed, pathologist):
    following = signing.supersede(review=signed, by=pathologist, reason="perhaps")
    reviewing.leave(review=following, by=pathologist)
    signed.refresh_from_db()
    assert (signed.state, WorkItem.objects.get().state) == ("signed", "signed")
    once_more = signing.supersede(review=signed, by=pathologist, reason="after all")
    assert once_more != following


def test_superseding_is_for_its_reader_or_an_admin_and_has_a_reason(
    signed, pathologist, colleague, admin
):
    for by, reason, code in (
        (colleague, "I know better", "not_yours"),
        (pathologist, "  ", "no_reason"),
    ):
        with pytest.raises(Reason) as refused:
            signing.supersede(review=signed, by=by, reason=reason)
        assert refused.value.code == code
    following = signing.supersede(review=signed, by=admin, reason="second opinion")
    assert following.reader == admin
    with pytest.raises(Reason, match="superseding this review already"):
        signing.supersede(review=signed, by=pathologist, reason="no, me")
