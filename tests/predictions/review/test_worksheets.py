"""A patient's worksheet: which reviews count, who sees them, the stage taken, page and files."""

import json

import pytest
from django.utils.timezone import now

from predictions.review import worksheet_words as words
from predictions.review import worksheets
from predictions.review.models import Review, Staging
from slides.jobs import Reason
from slides.models import AuditEvent
from tests.predictions.review.signed_rows import a_finding, by_caliper, signed
from tests.predictions.review.study_rows import a_study, a_user, an_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(desk_slide):
    """Four slides of one patient, two of them of one node."""
    nodes = {"a": "LN 1", "b": "LN 1", "c": "", "d": ""}
    return {name: desk_slide(name, patient="P-17", node=node) for name, node in nodes.items()}


@pytest.fixture
def read(patient, pathologist):
    """a and b are signed: micro by caliper, and itc of which only the map tells how large."""
    micro = [by_caliper(1, 840), a_finding(2, 120)]
    signed(patient["a"], pathologist, conclusion="micro", findings=micro)
    signed(patient["b"], pathologist, conclusion="itc", findings=[a_finding(1, 90)])
    return patient


def suggestion(slide, user) -> tuple:
    rolled = worksheets.worksheet_of(slide, user).rolled
    return rolled.stage, rolled.worst, rolled.refusal


# Which reviews count ------------------------------------------------------------------


def test_slides_of_a_patient_are_rolled_up_by_node(read, pathologist):
    sheet = worksheets.worksheet_of(read["d"], pathologist)
    assert [(node.name, node.size_class, node.counts) for node in sheet.rolled.nodes] == [
        ("LN 1", "micro", {"itc": 2, "micro": 1, "macro": 0}),
        ("c", "", None),
        ("d", "", None),
    ]
    assert suggestion(read["d"], pathologist) == ("pN1mi", "pN1", "")
    assert sheet.rolled.by_hand == ("pN1mi",)  # 120 and 90 um are within 150 um of 0.2 mm
    assert words.stage_words(sheet.rolled) == "pN1mi at least"


def test_only_the_current_routine_review_counts(patient, pathologist, admin):
    item = an_item(patient["a"], pathologist)
    old = signed(patient["a"], pathologist, item=item, state="superseded", conclusion="macro")
    assert suggestion(patient["a"], admin) == ("", "", "nothing_signed")
    signed(patient["a"], pathologist, item=item, conclusion="negative")
    assert suggestion(patient["a"], admin) == ("pN0", "pN1", "")
    study = a_study([patient["a"]], [], is_blinded=False, readings=1)
    signed(patient["a"], admin, item=an_item(patient["a"], study=study), conclusion="macro")
    assert suggestion(patient["a"], pathologist)[0] == "pN0"
    assert old.state == "superseded"


def test_a_closed_study_counts_where_it_came_to_one_reading(patient, pathologist, admin, colleague):
    study = a_study([patient["a"]], [pathologist, colleague], readings=2)
    for seat, (reader, said) in enumerate([(pathologist, "micro"), (colleague, "itc")], start=1):
        item = an_item(patient["a"], reader, study=study, seat=seat)
        signed(patient["a"], reader, item=item, conclusion=said)
    study.state = "closed"
    study.save()
    assert suggestion(patient["a"], admin)[2] == "nothing_signed"  # nobody decided between them
    item = an_item(patient["a"], admin, study=study, seat=3)
    signed(patient["a"], admin, item=item, conclusion="macro")
    assert suggestion(patient["a"], pathologist) == ("pN1", "pN1", "")


def test_a_reader_of_a_blinded_study_sees_no_other_reading_and_takes_no_stage(read, pathologist):
    reader = a_user("eve")
    study = a_study([read["a"]], [reader])
    sheet = worksheets.worksheet_of(read["a"], reader)
    assert (sheet.is_kept_back, sheet.rolled.stage) == (True, "pN0(i+)")  # of b alone
    Staging.objects.create(
        patient="P-17", stage="pN1mi", worksheet={}, basis_sha256="0" * 64, by=pathologist
    )
    assert worksheets.stagings_of(sheet) == []
    with pytest.raises(Reason, match="part in a study"):
        take(read["a"], reader, "pN1mi")
    study.state, study.closed_at = "closed", now()
    study.save()
    assert worksheets.worksheet_of(read["a"], reader).rolled.stage == "pN1mi"


def test_what_changed_after_signing_is_told(read, pathologist):
    slide = read["a"]
    slide.mpp, slide.sha256 = 0.25, "f" * 64
    slide.save()
    anew = Review.objects.create(
        item=an_item(read["a"], pathologist, seat=2),
        slide=slide,
        reader=pathologist,
        supersedes=Review.objects.get(slide=slide),
    )
    sheet = worksheets.worksheet_of(slide, pathologist)
    told = " ".join(words.read_remarks(sheet.read_of[slide.pk]))
    assert anew.state == "open"
    assert "µm per pixel was changed" in told and "file is another" in told
    assert "being read anew" in told
    assert sheet.rolled.nodes[0].largest.diameter_um == 840


def test_another_spelling_of_the_patient_is_told(read, desk_slide, pathologist):
    desk_slide("e", patient="p-17")
    sheet = worksheets.worksheet_of(read["a"], pathologist)
    assert (len(sheet.reads), sheet.spellings) == (4, ("p-17",))
    assert any("almost this name" in line for line in words.remarks(sheet))


def test_camelyon17_patients_are_called_artificial(desk_slide, pathologist):
    slide = desk_slide("patient_004_node_2", patient="patient_004", is_synthetic=True)
    told = list(words.banners(worksheets.worksheet_of(slide, pathologist)))
    assert told[0].startswith("Synthetic") and "patients are artificial" in told[1]


# Taking a stage ------------------------------------------------------------------------


def take(slide, by, stage, reason="", basis="") -> Staging:
    basis = basis or worksheets.worksheet_of(slide, by).basis_sha256
    return worksheets.take_stage(slide=slide, by=by, stage=stage, reason=reason, basis_sha256=basis)


def test_a_stage_is_taken_and_out_of_date_once_a_review_changes(read, pathologist):
    for name in ("c", "d"):
        signed(read[name], pathologist)
    row = take(read["a"], pathologist, "pN1mi")
    assert (row.stage, row.suggested, row.patient, row.reason) == ("pN1mi", "pN1mi", "P-17", "")
    assert row.worksheet["suggestion"]["stage"] == "pN1mi"
    event = AuditEvent.objects.get(action="take stage")
    assert event.details["basis_sha256"] == row.basis_sha256
    Review.objects.filter(slide=read["c"]).update(state="superseded")
    signed(read["c"], pathologist, item=an_item(read["c"], seat=2), conclusion="macro")
    sheet = worksheets.worksheet_of(read["a"], pathologist)
    assert sheet.basis_sha256 != row.basis_sha256
    assert sheet.rolled.stage == "pN1"


def test_another_stage_and_open_slides_need_a_reason(read, pathologist):
    with pytest.raises(Reason) as refusal:
        take(read["a"], pathologist, "pN1mi")
    assert refusal.value.code == "no_reason"
    assert take(read["a"], pathologist, "pN1", "measured at the microscope").suggested == "pN1mi"
    assert take(read["a"], pathologist, "pN1mi", "  ok ").reason == "ok"
    with pytest.raises(ValueError, match="kept as it is"):
        Staging.objects.first().save()


def test_what_was_not_looked_at_is_not_taken(read, pathologist):
    basis = worksheets.worksheet_of(read["a"], pathologist).basis_sha256
    signed(read["c"], pathologist, conclusion="macro")
    with pytest.raises(Reason) as refusal:
        take(read["a"], pathologist, "pN1mi", "fine", basis)
    assert refusal.value.code == "changed_elsewhere"
    with pytest.raises(Reason, match="is no stage"):
        take(read["a"], pathologist, "pN9", "fine")
    assert not Staging.objects.exists()


def test_nothing_signed_is_no_stage(patient, pathologist):
    with pytest.raises(Reason) as refusal:
        take(patient["a"], pathologist, "pNX", "no slide")
    assert refusal.value.code == "nothing_signed"


# Page, files, API -------------------------------------------------------------------------


def test_the_page_tells_nodes_alarms_open_slides_and_the_stage(read, as_pathologist, pathologist):
    url = f"/review/patients/{read['a'].pk}/"
    page = as_pathologist.get(url).text
    for told in (
        *("pN1mi at least", "0.84 mm", "caliper, by hand", "Measure by hand", "Still open"),
        "0.12 mm ± 0.15 mm lies within one cell of 0.2 mm: its class may be isolated tumour",
        "pN1mi: 1 positive node, none of them with a macrometastasis.",
    ):
        assert told in page
    review = Review.objects.get(slide=read["a"])
    assert f"/review/{review.pk}/?finding=c2&amp;tool=measure#x=16" in page
    basis = worksheets.worksheet_of(read["a"], pathologist).basis_sha256
    form = {"stage": "pN1mi", "reason": "two nodes to come", "basis": basis}
    answer = as_pathologist.post(f"{url}stage/", form, follow=True).text
    assert "Taken as pN1mi." in answer and "two nodes to come" in answer
    assert "kept as" not in answer


def test_without_mpp_the_page_gives_neither_length_nor_stage(
    desk_slide, pathologist, as_pathologist
):
    slide = desk_slide("one", mpp=None)
    signed(
        slide, pathologist, conclusion="macro", findings=[a_finding(1, None, size_class="macro")]
    )
    page = as_pathologist.get(f"/review/patients/{slide.pk}/").text
    assert "No stage: how large a pixel is, is unknown for one" in page
    assert " mm" not in page.replace("mm²", "")
    facts = as_pathologist.get(f"/api/worksheets/{slide.pk}/").json()
    assert facts["suggestion"]["stage"] is None and facts["suggestion"]["refusal"] == "no_mpp"
    assert facts["nodes"][0]["class"] is None and facts["nodes"][0]["counts"] is None


def test_json_and_pdf_are_taken_away_with_an_event(read, as_pathologist):
    url = f"/review/patients/{read['a'].pk}/worksheet"
    facts = json.loads(as_pathologist.get(f"{url}.json").content)
    largest = facts["nodes"][0]["largest"]
    assert (largest["diameter_um"], largest["measured_by"]) == (840, "caliper")
    assert [one["could_change_to"] for one in facts["open"]] == ["pN1", "pN1"]
    pdf = as_pathologist.get(f"{url}.pdf")
    assert pdf.content.startswith(b"%PDF") and pdf["Content-Type"] == "application/pdf"
    assert as_pathologist.get(f"{url}.pdf").content == pdf.content
    kinds = AuditEvent.objects.filter(action="export worksheet").order_by("pk")
    assert [event.details["format"] for event in kinds] == ["json", "pdf", "pdf"]


def test_a_stage_over_the_api(read, as_pathologist):
    url = f"/api/worksheets/{read['a'].pk}/"
    basis = as_pathologist.get(url).json()["basis_sha256"]
    said = {"stage": "pN1mi", "reason": "as far as it goes", "basis_sha256": basis}
    answer = as_pathologist.post(f"{url}stage/", said, content_type="application/json")
    assert answer.status_code == 201
    (taken,) = answer.json()["taken"]
    assert (taken["stage"], taken["by"], taken["is_outdated"]) == ("pN1mi", "bob", False)
    late = as_pathologist.post(
        f"{url}stage/", said | {"basis_sha256": "0" * 64}, content_type="application/json"
    )
    assert (late.status_code, late.json()["code"]) == (409, "changed_elsewhere")


def test_an_admin_names_nodes_on_the_worksheet(read, as_admin, as_pathologist):
    url = f"/review/patients/{read['a'].pk}/"
    page = as_admin.get(url).text
    assert f'action="/slides/{read["c"].pk}/node/"' in page
    assert f'action="/slides/{read["c"].pk}/node/"' not in as_pathologist.get(url).text
    moved = as_admin.post(f"/slides/{read['c'].pk}/node/", {"node": "LN 2", "next": url})
    assert moved.url == url


def test_queries_do_not_grow_with_slides(read, desk_slide, pathologist, as_pathologist):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = f"/review/patients/{read['a'].pk}/"
    as_pathologist.get(url)
    with CaptureQueriesContext(connection) as few:
        as_pathologist.get(url)
    for number in range(3):
        signed(desk_slide(f"more {number}", patient="P-17"), pathologist)
    with CaptureQueriesContext(connection) as more:
        as_pathologist.get(url)
    assert len(more) == len(few)
