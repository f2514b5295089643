"""Through the gate, live, and back: with real networks, slides and rows."""

import pytest
from django.db import IntegrityError, transaction

from predictions import gating, promotion, tasks
from predictions.models import GateRun, Prediction, Promotion
from predictions.promotion import NotPromoted
from slides import audit
from slides.jobs import Reason
from slides.models import AuditEvent, Slide
from tests.predictions.registry_rows import BLIND, DULL, GREEDY, KEEN
from tests.predictions.registry_rows import hospital as hospital
from tests.predictions.registry_rows import painted_slide as painted_slide
from tests.predictions.registry_rows import purple_files as purple_files
from tests.predictions.registry_rows import purple_version as purple_version
from training import cards
from training.models import ModelVersion

pytestmark = [pytest.mark.django_db, pytest.mark.keras]


def tried(version: ModelVersion, admin=None) -> GateRun:
    row = gating.request_gate(version, by=admin)
    assert tasks.run_gate(row)
    row.refresh_from_db()
    assert row.status == "done", row.error
    return row


def outcomes(row: GateRun) -> dict[str, str]:
    return {check["name"]: check["outcome"] for check in row.checks}


def check_of(row: GateRun, name: str) -> dict:
    return next(check for check in row.checks if check["name"] == name)


def make_live(version: ModelVersion, admin=None) -> None:
    tried(version, admin)
    promotion.promote(version, by=admin)
    version.refresh_from_db()


def live_name() -> str:
    live = gating.live_version()
    return live.name if live else ""


# The gate ------------------------------------------------------------------------


def test_the_first_version_passes_without_one_to_compare_with(hospital, purple_version, admin):
    version = purple_version("keen", training=hospital["development"])
    row = tried(version, admin)
    assert row.verdict == "passed"
    assert outcomes(row) == {
        "test_set": "passed",
        "leak": "passed",
        "reading": "passed",
        "lesions": "absent",
        "slides": "absent",
        "canaries": "passed",
    }
    facts = check_of(row, "test_set")["facts"]
    assert (facts["slides"], facts["tumour_slides"], facts["lesions"]) == (5, 4, 8)
    assert check_of(row, "lesions")["facts"]["candidate"]["value"] == 1.0
    # it read what was not read, and filled the card
    assert Prediction.objects.filter(version=version, status="done").count() == 5
    version.refresh_from_db()
    groups = version.card["evaluations"]["test"]["subgroups"]
    assert {(each["dimension"], each["name"]) for each in groups} >= {
        ("truth", "tumour"), ("truth", "normal"),
    }  # fmt: skip


def test_a_worse_candidate_is_refused_and_the_live_version_stays(hospital, purple_version, admin):
    keen = purple_version("keen", training=hospital["development"])
    dull = purple_version("dull", DULL, training=hospital["development"])
    make_live(keen)
    row = tried(dull, admin)
    assert row.verdict == "refused"
    assert check_of(row, "lesions")["code"] == "worse"
    assert check_of(row, "lesions")["facts"]["difference"]["value"] == -0.5
    assert outcomes(row)["slides"] == "passed"  # it still calls one lesion of each slide
    with pytest.raises(NotPromoted, match=r"the gate refused dull: it finds 0\.500 less"):
        promotion.promote(dull, by=admin, override="because I would like to have it")
    assert live_name() == "keen"


def test_a_better_candidate_takes_the_place_of_the_live_version(hospital, purple_version, admin):
    dull = purple_version("dull", DULL, training=hospital["development"])
    keen = purple_version("keen", training=hospital["development"])
    make_live(dull)
    row = tried(keen, admin)
    assert row.verdict == "passed"
    difference = check_of(row, "lesions")["facts"]["difference"]
    assert (difference["value"], difference["low"], difference["n"]) == (0.5, 0.5, 8)
    promotion.promote(keen, by=admin)
    dull.refresh_from_db()
    assert (live_name(), dull.stage) == ("keen", "archived")
    assert dull.predictions.count() == 5


def test_a_version_that_calls_glass_is_refused(hospital, purple_version):
    row = tried(purple_version("greedy", GREEDY, training=hospital["development"]))
    assert check_of(row, "canaries")["code"] == "false_alarm"
    assert row.verdict == "refused"


def test_a_version_that_misses_clear_tumour_is_refused(hospital, purple_version):
    row = tried(purple_version("blind", BLIND, training=hospital["development"]))
    assert check_of(row, "canaries")["code"] == "missed"


def test_a_version_that_learnt_from_a_test_patient_is_refused(
    hospital, purple_version, painted_slide
):
    again = painted_slide("again", patient=" TEST_0 ")
    row = tried(purple_version("leaky", training=[again]))
    assert row.verdict == "refused"
    assert check_of(row, "leak")["facts"]["leaks"] == [
        {"slide": "test_0", "patient": "test_0", "side": "training", "by": "patient"}
    ]


def test_what_the_parent_learnt_from_counts_as_well(hospital, purple_version):
    parent = purple_version("parent", validation=[hospital["test"][1]])
    child = purple_version("child", training=hospital["development"])
    ModelVersion.objects.filter(pk=child.pk).update(parent=parent)
    child.refresh_from_db()
    row = tried(child)
    assert [leak["slide"] for leak in check_of(row, "leak")["facts"]["leaks"]] == ["test_1"]


def test_without_test_slides_nothing_is_decided(painted_slide, purple_version):
    version = purple_version("keen", training=[painted_slide("dev")])
    row = tried(version)
    assert (row.verdict, check_of(row, "test_set")["code"]) == ("undecided", "no_slides")
    assert row.cohort is None


def test_test_slides_that_say_nothing_are_named(hospital, painted_slide, purple_version):
    painted_slide("bare", subset="test", has_truth=False)
    painted_slide("unmeasured", subset="test", mpp=None)
    row = tried(purple_version("keen", training=hospital["development"]))
    assert {each["slide"] for each in check_of(row, "test_set")["facts"]["left_out"]} == {
        "bare",
        "unmeasured",
    }
    assert row.verdict == "passed"


def test_a_slide_that_the_candidate_cannot_read_counts_as_missed(hospital, purple_version):
    Slide.objects.filter(name="test_0").update(mpp=2.0)
    row = tried(purple_version("keen", training=hospital["development"]))
    assert [each["slide"] for each in check_of(row, "reading")["facts"]["unread"]] == ["test_0"]
    assert check_of(row, "lesions")["facts"]["candidate"]["value"] == 0.75
    assert row.verdict == "refused"


def test_a_cancelled_trial_decides_nothing(hospital, purple_version):
    version = purple_version("keen", training=hospital["development"])
    row = gating.request_gate(version)

    def watch(done: int, total: int) -> None:
        if done:
            row.request_cancel()

    assert tasks.run_gate(row, watch=watch)
    row.refresh_from_db()
    assert (row.status, row.verdict, row.checks) == ("cancelled", "", [])
    with pytest.raises(NotPromoted, match="has not been through the gate"):
        promotion.promote(version)


def test_one_trial_at_a_time(hospital, purple_version):
    version = purple_version("keen", training=hospital["development"])
    assert gating.request_gate(version) == gating.request_gate(version)


def test_the_live_version_is_not_tried_again(hospital, purple_version):
    version = purple_version("keen", training=hospital["development"])
    make_live(version)
    with pytest.raises(Reason, match="live already"):
        gating.request_gate(version)


# Promotion -------------------------------------------------------------------------


def test_nothing_goes_live_but_through_the_gate(hospital, purple_version):
    version = purple_version("keen", training=hospital["development"])
    with pytest.raises(NotPromoted, match="try it there first"):
        promotion.promote(version)
    assert live_name() == ""


def test_there_is_one_live_version_whatever_writes(hospital, purple_version):
    one, two = purple_version("one"), purple_version("two")
    ModelVersion.objects.filter(pk=one.pk).update(stage="live")
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=two.pk).update(stage="live")


def test_a_trial_is_stale_once_another_version_went_live(hospital, purple_version):
    one = purple_version("one", training=hospital["development"])
    two = purple_version("two", training=hospital["development"])
    tried(one)
    tried(two)
    promotion.promote(one)
    with pytest.raises(NotPromoted, match="one is live now") as refused:
        promotion.promote(two)
    assert refused.value.code == "stale_gate"


def test_a_trial_is_stale_once_a_truth_changed(hospital, purple_version, annotate):
    version = purple_version("keen", training=hospital["development"])
    tried(version)
    annotate(hospital["test"][0])
    with pytest.raises(NotPromoted, match="their truths have changed"):
        promotion.promote(version)


@pytest.fixture
def two_patients(painted_slide, purple_version):
    """A small hospital: two test patients, one version live, one to follow it."""
    for name in ("test_a", "test_b"):
        painted_slide(name, subset="test")
    development = [painted_slide("dev")]
    make_live(purple_version("first", training=development))
    return purple_version("second", training=development)


def test_too_few_patients_are_said_and_an_admin_may_say_why_all_the_same(two_patients, admin):
    row = tried(two_patients, admin)
    assert row.verdict == "undecided"
    assert check_of(row, "lesions")["code"] == "too_few"
    for reason in ("", "   so what   "):
        with pytest.raises(NotPromoted, match="give your reason") as refused:
            promotion.promote(two_patients, by=admin, override=reason)
        assert refused.value.code == "gate_undecided"
    assert live_name() == "first"
    promotion.promote(two_patients, by=admin, override="Read side by side by two pathologists.")
    assert live_name() == "second"
    event = AuditEvent.objects.filter(action="promote").last()
    assert event.actor == "alice"
    assert event.details["override"] == "Read side by side by two pathologists."
    two_patients.refresh_from_db()
    [entry] = two_patients.card["promotions"]
    assert (entry["override"], entry["by"]) == ("Read side by side by two pathologists.", "alice")
    assert "Read side by side" in cards.as_markdown(two_patients)


def test_a_reason_is_not_kept_where_the_gate_passed(hospital, purple_version, admin):
    version = purple_version("keen", training=hospital["development"])
    tried(version)
    assert promotion.promote(version, by=admin, override="a reason nobody needs").override == ""


# And back ----------------------------------------------------------------------------


def test_rolling_back_makes_the_version_before_live_again(hospital, purple_version, admin):
    dull = purple_version("dull", DULL, training=hospital["development"])
    keen = purple_version("keen", training=hospital["development"])
    make_live(dull)
    make_live(keen)
    row = promotion.roll_back(by=admin)
    assert (row.version, row.previous, row.kind) == (dull, keen, "rolled_back")
    keen.refresh_from_db()
    assert (live_name(), keen.stage) == ("dull", "archived")
    with pytest.raises(NotPromoted, match="no way back"):
        promotion.roll_back(by=admin)
    assert live_name() == "dull"


def test_rolled_back_twice_it_goes_two_versions_back(hospital, purple_version):
    versions = [purple_version(name, training=hospital["development"]) for name in "abc"]
    for version in versions:
        make_live(version)
    assert promotion.roll_back().version.name == "b"
    assert promotion.roll_back().version.name == "a"


def test_a_version_rolled_back_goes_live_again_through_the_gate(hospital, purple_version):
    one, two = (purple_version(name, training=hospital["development"]) for name in ("one", "two"))
    make_live(one)
    make_live(two)
    promotion.roll_back()
    with pytest.raises(NotPromoted):
        promotion.promote(two)
    make_live(two)
    assert promotion.previous_live() == one


def test_everything_is_in_the_audit_log(hospital, purple_version, admin):
    one, two = (purple_version(name, training=hospital["development"]) for name in ("one", "two"))
    make_live(one, admin)
    make_live(two, admin)
    promotion.roll_back(by=admin)
    told = list(AuditEvent.objects.values_list("action", "subject_name", "actor"))
    assert told == [
        ("gate", "one", "alice"),
        ("promote", "one", "alice"),
        ("gate", "two", "alice"),
        ("promote", "two", "alice"),
        ("roll back", "one", "alice"),
    ]
    assert audit.verify() is None
    assert Promotion.objects.count() == 3


def test_the_keen_network_is_as_the_tests_say(purple_files):
    assert set(purple_files) == {KEEN, DULL, BLIND, GREEDY}
