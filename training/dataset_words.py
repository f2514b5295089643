"""What is said of a dataset: cautions and leaks, kept as codes, told in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from training.leaks import FILE, PATIENT, TISSUE
from training.manifest import FOLD

FORMS = {
    "not_exhaustive": _(
        "Slides whose truth is not exhaustive (%(n)s): %(names)s. Their unmarked tissue is not "
        "used as normal. Outline normal tissue there, or complete their truth."
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
    "patients_of_test": _(
        "Patients who have test slides here too (%(n)s): %(names)s. Who is learnt from cannot be "
        "tested on: leave them out, or make all their slides development slides."
    ),
    "few_patients": _(
        "Few patients with tumour to be measured on, %(sides)s: figures will have wide intervals. "
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
    "left_out": _("Slides that give no patch (%(n)s): %(names)s."),
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
NAMES_OF_OURS = {"split", "kind", "first_split", "second_split"}
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
    return gettext(FORMS[told["code"]]) % _in_words(told["values"], gettext)


def with_words(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its English sentence, for scripts and for the row."""
    return {**told, "words": FORMS[told["code"]] % _in_words(told["values"], str)}


def _in_words(values: Mapping[str, Any], translated: Callable[[str], str]) -> dict[str, Any]:
    """The values of a sentence, names of sides and classes in words."""
    words = dict(values)
    for name in NAMES_OF_OURS & set(words):
        words[name] = side_name(words[name], translated)
    if "sides" in words:
        sides = words["sides"].items()
        words["sides"] = ", ".join(f"{side_name(side, translated)} {n}" for side, n in sides)
    return words


def side_name(name: str, translated: Callable[[str], str]) -> str:
    """A side of a split, or a class, as people say it."""
    if name.startswith(FOLD):
        return translated(_("fold %(n)s")) % {"n": name.removeprefix(FOLD)}
    return translated(name)
