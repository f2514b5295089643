"""What is said of a dataset: cautions and leaks, kept as codes, told in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from training.leaks import FILE, PATIENT, TISSUE

FORMS = {
    "not_exhaustive": _(
        "The truth of %(n)s slides is not exhaustive, so their unmarked tissue is not used as "
        "normal: %(names)s. Outline normal tissue there, or complete their truth."
    ),
    "no_normal_slides": _(
        "No slide is free of tumour: nobody will know how often a model cries wolf on a healthy "
        "node. Add slides that are declared free of tumour."
    ),
    "one_scanner": _(
        "All slides come from one scanner (%(scanner)s): nobody will know how a model does on "
        "another. Add slides of another scanner or laboratory."
    ),
    "patients_unknown": _(
        "Every slide counts as a patient of its own. If some are of one patient, say so before "
        "freezing, or the split is not by patient."
    ),
    "few_patients": _(
        "Only %(n)s patients with tumour are in %(split)s: its figures will have wide intervals. "
        "Add patients, or hold out a larger share."
    ),
    "few_patches": _(
        "Only %(n)s %(kind)s patches to learn from. Raise the cap per slide, let patches overlap, "
        "or add slides."
    ),
    "most_of_a_class": _(
        "%(name)s gives %(percent)s %% of the %(kind)s patches in %(split)s. Lower the cap per "
        "slide, or balance by slide."
    ),
    "left_out": _("%(n)s slides give no patch: %(names)s."),
    FILE: _("%(first)s (%(first_split)s) and %(second)s (%(second_split)s) are the same file."),
    PATIENT: _(
        "%(first)s (%(first_split)s) and %(second)s (%(second_split)s) seem to be of one patient, "
        "spelt %(first_patient)s and %(second_patient)s."
    ),
    TISSUE: _(
        "%(first)s (%(first_split)s) and %(second)s (%(second_split)s) show the same tissue: "
        "%(matches)s landmarks lie alike."
    ),
}
WHAT_TO_DO = (
    "Give both slides the same patient (in the Django admin), or leave one out, and preview again."
)


def told_leak(leak: Mapping[str, Any]) -> dict[str, Any]:
    """The code and values of a leak's sentence."""
    values = {"matches": leak["matches"]}
    for name, slide in zip(("first", "second"), leak["slides"], strict=True):
        values |= {name: slide["name"], f"{name}_split": slide["split"]}
        values[f"{name}_patient"] = f"“{slide['patient']}”"
    return {"code": leak["kind"], "values": values}


def sentence(told: Mapping[str, Any]) -> str:
    """A code with its values, as a sentence in the language of whoever reads now."""
    values = {
        name: gettext(value) if name in {"split", "kind", "first_split", "second_split"} else value
        for name, value in told["values"].items()
    }
    return gettext(FORMS[told["code"]]) % values


def with_words(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its English sentence, for scripts and for the row."""
    return {**told, "words": FORMS[told["code"]] % told["values"]}
