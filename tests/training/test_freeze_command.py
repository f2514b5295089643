"""manage.py freeze_dataset: previews, freezing what was seen, and what it refuses."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from slides.models import Slide
from tests.training.freezing import PX
from training.models import Dataset

SMALL = ("--patch-px", str(PX))


def test_a_preview_is_told_as_json_and_then_frozen_by_name(ward, capsys):
    scales = ("--mpp", "1.0", "0.5")
    call_command("freeze_dataset", "ward", *scales, *SMALL, "--preview", "--format", "json")
    seen = json.loads(capsys.readouterr().out)
    assert (seen["goal"], seen["is_frozen"], seen["mpps"]) == ("preview", False, [0.5, 1.0])
    assert {warning["code"] for warning in seen["warnings"]} >= {"one_scanner", "few_patients"}
    call_command("freeze_dataset", "ward", "--previewed", "--format", "json")
    frozen = json.loads(capsys.readouterr().out)
    assert (frozen["dataset"], frozen["is_frozen"]) == (seen["dataset"], True)
    assert frozen["manifest_sha256"] == seen["counts"]["checksum"]
    assert Dataset.objects.count() == 1


def test_a_preview_in_words_names_sides_and_warnings(ward, capsys):
    call_command("freeze_dataset", "ward", "--mpp", "0.5", *SMALL, "--folds", "3", "--preview")
    shown = capsys.readouterr().out
    assert "(ward), preview" in shown
    assert "fold-2: " in shown
    assert "warning: All slides come from one scanner" in shown


def test_leaks_are_told_pair_by_pair(ward, capsys):
    for number, patient in enumerate(["p-1", "p 01", "P1", "d", "e", "f"]):
        Slide.objects.filter(name=f"slide_{number}").update(patient=patient)
    order = ("freeze_dataset", "ward", "--mpp", "0.5", *SMALL, "--validation-share", "0.4")
    with pytest.raises(CommandError, match="was not frozen: .* one patient"):
        call_command(*order)
    assert "leak: slide_0" in capsys.readouterr().out


def test_every_rule_can_be_given(ward, capsys):
    order = ("freeze_dataset", "ward", "--mpp", "0.5", *SMALL, "--format", "json")
    order += ("--stride", "0.5", "--jitter-px", "4", "--labelling", "centre", "--centre-px", "16")
    order += ("--test-share", "0.3", "--validation-share", "0.3", "--balance", "class_slide")
    call_command(*order)
    first = json.loads(capsys.readouterr().out)
    assert first["counts"]["test"]["patients"] == 2
    call_command(*order[:1], "next", *order[2:], "--follow", "ward")
    second = json.loads(capsys.readouterr().out)
    sides = [
        {slide["name"]: slide["split"] for slide in made["counts"]["slides"]}
        for made in (first, second)
    ]
    assert sides[0] == sides[1]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (("x",), "--mpp 0.486"),
        (("x", "--previewed"), "There is no preview 'x'"),
        (("x", "--mpp", "0.5", "--follow", "y"), "no frozen dataset 'y' to follow"),
        (("x", "--mpp", "0.5", "--stride", "9"), "stride must be in 0.25..4"),
        (("x", "--mpp", "0.5", "--revision", "slide_0=9"), "has no truth revision 9"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(ward, order, said):
    with pytest.raises(CommandError, match=said):
        call_command("freeze_dataset", *order)
