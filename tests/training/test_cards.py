"""Cards: facts fill themselves in, people write texts, and neither overwrites the other."""

import json
from pathlib import Path

import pytest
from django.utils.translation import override

from slides.jobs import Reason
from slides.models import AuditEvent, Slide
from tests.predictions import conftest as rows
from training import cards, manifest, versions
from training.code_version import code_version
from training.lineage import children_of, line_of
from training.models import ModelVersion

pytestmark = pytest.mark.django_db

make_version, small_slide, predicted = rows.make_version, rows.small_slide, rows.predicted


@pytest.fixture
def version(make_version, small_slide) -> ModelVersion:
    return make_version("one", training=[small_slide("a"), small_slide("b")])


def test_a_new_card_counts_what_was_learnt_from_and_names_the_scanners(version):
    frozen = manifest.read(version.run.dataset.manifest_path)
    card = cards.draft(version.run.dataset, frozen)
    assert card["data"]["sides"]["training"] == {
        "slides": 2, "patients": 2, "tumour": 0, "normal": 2,
    }  # fmt: skip
    assert card["data"]["scanners"] == [{"name": "generic-tiff 0.50 um/px", "slides": 2}]
    assert "Learnt from 2 patients" in cards.card_of(version)["texts"]["limits"]


def test_texts_nobody_wrote_are_in_the_language_of_who_reads(version, admin):
    with override("de"):
        assert "Gelernt an 2 Patienten" in cards.card_of(version)["texts"]["limits"]
        versions.edit_card(version, cards.card_of(version)["texts"] | {"notes": "x"}, by=admin)
        assert "Learnt from 2 patients" in cards.as_markdown(version)
    version.refresh_from_db()
    assert version.card["texts"] == {"notes": "x"}


def test_a_version_older_than_cards_has_one_all_the_same(version):
    card = cards.card_of(version)
    assert card["data"]["sides"]["training"]["patients"] == 2
    assert set(card["texts"]) == set(cards.TEXTS)


def test_slides_of_such_a_version_are_opened_once_for_many_looks(version):
    first = cards.card_of(version)["data"]
    for slide in Slide.objects.all():
        slide.path.unlink()
    assert cards.card_of(version)["data"] == first


def test_what_a_text_said_before_is_kept_in_the_log(version, admin):
    before = cards.card_of(version)["texts"]["limits"]
    versions.edit_card(version, {"limits": " Only cheese. "}, by=admin)
    assert cards.card_of(version)["texts"]["limits"] == "Only cheese."
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.subject_name) == ("edit card", "alice", "one")
    assert event.details == {"texts": {"limits": {"before": before, "after": "Only cheese."}}}


def test_texts_that_stay_as_they_are_are_no_event(version, admin):
    versions.edit_card(version, cards.card_of(version)["texts"], by=admin)
    assert not AuditEvent.objects.exists()


def test_figures_and_texts_do_not_overwrite_each_other(version, admin):
    stale = ModelVersion.objects.get(pk=version.pk)
    versions.edit_card(version, {"notes": "Mind the gap."}, by=admin)
    cards.put(stale, "evaluations", lambda known: {"test": {"n": 1}})
    card = cards.card_of(ModelVersion.objects.get(pk=version.pk))
    assert (card["texts"]["notes"], card["evaluations"]) == ("Mind the gap.", {"test": {"n": 1}})


@pytest.mark.parametrize("texts", [{"colour": "red"}, {"notes": "x" * 5001}, {"notes": 7}])
def test_a_text_that_no_card_has_is_refused(version, texts):
    with pytest.raises(Reason):
        versions.edit_card(version, texts, by=None)


def test_measuring_fills_in_figures_by_kind_of_slide(version, small_slide, predicted, annotate):
    from shapely import box

    from predictions.services import evaluate_cohort

    tumour = small_slide("tumour", subset="test")
    annotate(tumour, box(0, 0, 64, 32))
    normal = small_slide("normal", subset="test")
    annotate(normal)
    predicted(tumour, version, [[0.9, 0.2, 0.1, 0.1, 0.1]] + [[0.1] * 5] * 2)
    predicted(normal, version, [[0.1] * 5] * 3)
    evaluate_cohort(version, "test")
    version.refresh_from_db()
    measured = cards.card_of(version)["evaluations"]["test"]
    groups = {(each["dimension"], each["name"]): each for each in measured["subgroups"]}
    assert set(groups) == {("truth", "tumour"), ("truth", "normal")}
    recall = groups["truth", "tumour"]["figures"]["recall"]
    assert (recall["value"], recall["n"], recall["low"]) == (0.5, 2, None)
    assert "too few patients" in recall["interval_reason"]
    assert groups["truth", "normal"]["figures"]["recall"]["reason"]
    # a cohort measured before there were cards fills the card when it is asked for again
    ModelVersion.objects.filter(pk=version.pk).update(card={})
    version.refresh_from_db()
    evaluate_cohort(version, "test")
    version.refresh_from_db()
    assert cards.card_of(version)["evaluations"]["test"]["n"]["slides"] == 2


def test_the_card_as_markdown_says_all_of_it(version, admin):
    versions.edit_card(version, {"notes": "Mind the gap."}, by=admin)
    text = cards.as_markdown(version)
    for words in (
        "# one",
        "Stage: candidate",
        "## Intended use",
        "Mind the gap.",
        "| training | 2 |",
    ):
        assert words in text


def test_the_card_by_page_and_by_api(version, as_pathologist, as_admin):
    page = as_pathologist.get(f"/training/versions/{version.pk}/card.md")
    assert page["Content-Disposition"] == 'attachment; filename="one_card.md"'
    assert page.content.decode().startswith("# one")
    told = json.loads(as_pathologist.get(f"/training/versions/{version.pk}/card.json").content)
    assert told == as_pathologist.get(f"/api/versions/{version.pk}/card/").json()
    answer = as_admin.patch(
        f"/api/versions/{version.pk}/card/", {"limits": "None."}, content_type="application/json"
    )
    assert answer.json()["texts"]["limits"] == "None."
    as_admin.post(f"/training/versions/{version.pk}/card/", {"limits": "Some.", "notes": "b"})
    version.refresh_from_db()
    assert cards.card_of(version)["texts"]["limits"] == "Some."


# Stages and lineage ---------------------------------------------------------------


def test_a_candidate_is_archived_and_taken_out_again(version, admin):
    assert versions.archive(version, by=admin).stage == "archived"
    assert versions.restore(version, by=admin).stage == "candidate"
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["archive", "restore"]


def test_the_live_version_is_not_archived(version):
    ModelVersion.objects.filter(pk=version.pk).update(stage="live")
    with pytest.raises(Reason, match="is live"):
        versions.archive(version, by=None)


def test_the_live_version_is_listed_first_and_archived_ones_last(make_version, as_pathologist):
    for name, stage in (("a", "archived"), ("b", "live"), ("c", "candidate"), ("d", "archived")):
        ModelVersion.objects.filter(pk=make_version(name).pk).update(stage=stage)
    assert [row.name for row in ModelVersion.objects.live_first()] == ["b", "c", "d", "a"]
    answer = as_pathologist.get("/api/versions/").json()["results"]
    assert [row["name"] for row in answer] == ["b", "c", "d", "a"]
    page = as_pathologist.get("/training/versions/?stage=archived").content.decode()
    assert "Compare d" in page
    assert "Compare b" not in page


def test_the_line_goes_back_over_parents_and_first_versions(make_version):
    one, two, three = (make_version(name) for name in ("one", "two", "three"))
    two.run.first_version = one
    two.run.save()
    three.parent = two
    three.save()
    assert line_of(three) == [three, two, one]
    assert (children_of(one), children_of(two)) == ([two], [three])


def test_the_code_is_named_by_its_commit_or_its_package(tmp_path):
    assert code_version(tmp_path).startswith("sentinode ")
    assert len(code_version(Path(__file__).resolve().parents[2])) >= 12


def test_versions_side_by_side(make_version, as_pathologist):
    one, two = make_version("one"), make_version("two")
    page = as_pathologist.get(f"/training/versions/side-by-side/?v={one.pk}&v={two.pk}&v=x")
    content = page.content.decode()
    assert "None of them was measured" in content
    assert content.index(">two<") < content.index(">one<")
    assert (
        "No version was ticked"
        in as_pathologist.get("/training/versions/side-by-side/").content.decode()
    )
