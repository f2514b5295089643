"""Sentences that rows keep in English, since scripts read them too, in the reader's language."""

import re

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

register = template.Library()

# Why a figure or its interval does not exist, and names that rows and files use.
SENTENCES = (
    _("no tumour cell was assessed"),
    _("no cell was called tumour"),
    _("no tumour-free cell was assessed"),
    _("neither tumour nor a call in the assessed cells"),
    _("needs tumour and tumour-free cells"),
    _("this slide holds no tumour: see false positives per cm2"),
    _("the truth is not exhaustive: a call outside its outlines may be tumour"),
    _("the truth holds no tumour"),
    _("counted on slides without tumour only"),
    _("the tissue area or um per px is unknown"),
    _("no slide has an exhaustive truth: a call outside its outlines may be tumour"),
    _("too few patients carry this figure for an interval"),
    _("no normal slide with known tissue area"),
    _("needs slides with and without tumour"),
    _("no such slide in the cohort"),
    _("needs two patients with tumour and two with normal patches"),
    _("no validation patch to take it of"),
    _("too few patients to fit on some and measure on others"),
    *(_("temperature"), _("isotonic")),
    _("this is the accuracy of its confusion matrix, printed as AUC"),
    _("its patch counts cannot be right as printed"),
    _("the slide is not ready"),
    _("no truth: import an annotation, or declare the slide free of tumour"),
    _("no tissue mask: import the slide again"),
    _("no patch holds enough tissue that may be learnt from"),
    *(_("test"), _("unseen"), _("development"), _("all")),
    *(_("training"), _("validation")),
    *(_("without prediction"), _("without truth"), _("seen")),
    *(_("tumour"), _("normal"), _("artefact"), _("ignore")),
    _("no such slide holds tumour: see false positives per cm2"),
    # What reports say: units, sizes of lesions, and why a figure does not exist.
    *(_("cells"), _("lesions"), _("slides"), _("patients"), _("normal slides"), _("tumour slides")),
    *(_("negative"), _("itc"), _("micro"), _("macro")),
    *(_("size class"), _("scanner"), _("centre"), _("stain"), _("histotype"), _("unknown")),
    _("no lesion of this size in these slides"),
    _("no lesion counts here; isolated tumour cells never do"),
    _("no such slide"),
    _("no patient with two or more slides whose lesions are all outlined"),
    _("all stages are one and the same, so that chance explains any agreement"),
    _("um per px is unknown, so lesions have no size and none are told apart"),
    _("the truth is not exhaustive: a finding outside its outlines may be tumour"),
    _("the ranking leaves no variance to measure (perfect, or too few slides)"),
    _("needs both classes"),
    _("the two rankings leave no variance to measure"),
    _("they differ nowhere, or alike everywhere, so draws say nothing"),
    _("no slide has this figure of both versions"),
    _("no slide of this kind"),
    _("no tumour of known area"),
    _("no such slide holds tumour: see false findings"),
    _("seen in training by a version, or used to choose it"),
    _("um per px is unknown: give it on the slide's page, then read the slide"),
    _("not read at this tissue bar: run a prediction first"),
    # What people do, as the audit log names it.
    *(_("gate"), _("promote"), _("roll back"), _("archive"), _("restore"), _("edit card")),
    *(_("import"), _("export"), _("export onnx"), _("retrain")),
    *(_("calibrate"), _("choose threshold"), _("delete")),
    # Of a threshold that a person chose.
    *(_("CHOSEN ON TEST SLIDES"), _("CHOSEN ON SLIDES LEARNT FROM")),
    _("CHOSEN ON TEST SLIDES, CHOSEN ON SLIDES LEARNT FROM"),
    _("development and test"),
    # What the gate says, and why a trial no longer counts.
    _("no version is live to compare with"),
    _("no test slide with tumour"),
    _("there is no test slide with a truth: give test slides one, then try again"),
    _("no test slide holds tumour, so nothing can be said of what is found"),
    _("nobody knows what it learnt from, so a leak cannot be ruled out"),
    _("no known tumour patch was there to try it with"),
    _("the slide is not ready"),
    _("no truth: import an annotation, or declare the slide free of tumour"),
    _("the slide's um per px is unknown"),
    _("test slides or their truths have changed since"),
    _("it went live by this trial once already"),
    _("no version is live now; the trial was against another"),
)
# Sentences with something in them: how they are stored, and how they are said.
FORMS = (
    (
        re.compile(
            r"it finds (?P<less>\S+) less than the live version; at most (?P<margin>\S+) is allowed"
        ),
        _("it finds %(less)s less than the live version; at most %(margin)s is allowed"),
    ),
    (
        re.compile(
            r"(?P<n>\d+) patients with tumour in the test set are too few for an interval; "
            r"(?P<least>\d+) are needed"
        ),
        _(
            "%(n)s patients with tumour in the test set are too few for an interval; %(least)s "
            "are needed"
        ),
    ),
    (
        re.compile(
            r"the interval of the difference reaches down to (?P<low>\S+), not above "
            r"(?P<margin>\S+): these slides cannot tell whether it is worse"
        ),
        _(
            "the interval of the difference reaches down to %(low)s, not above %(margin)s: these "
            "slides cannot tell whether it is worse"
        ),
    ),
    (
        re.compile(r"its training saw patients or files of the test set: (?P<names>.+)"),
        _("its training saw patients or files of the test set: %(names)s"),
    ),
    (
        re.compile(r"it could not read (?P<n>\d+) test slides: (?P<first>.+)"),
        _("it could not read %(n)s test slides: %(first)s"),
    ),
    (
        re.compile(r"its maps look broken: (?P<first>.+)"),
        _("its maps look broken: %(first)s"),
    ),
    (
        re.compile(r"it calls what is no tissue tumour: (?P<kinds>.+)"),
        _("it calls what is no tissue tumour: %(kinds)s"),
    ),
    (
        re.compile(r"it calls (?P<called>\d+) of (?P<n>\d+) patches of unmistakable tumour"),
        _("it calls %(called)s of %(n)s patches of unmistakable tumour"),
    ),
    (
        re.compile(r"(?!no version)(?P<name>.+) is live now; the trial was against another"),
        _("%(name)s is live now; the trial was against another"),
    ),
    (
        re.compile(r"(?P<source>.+), on the scale of (?P<kind>\w+) calibration"),
        _("%(source)s, on the scale of %(kind)s calibration"),
    ),
    (
        re.compile(
            r"lowest threshold with at most (?P<budget>\S+) false positives per mm2 on "
            r"(?P<area>\S+) mm2 \((?P<n>\d+) normal patches\) of (?P<patients>\d+) validation "
            r"patients? \(dataset (?P<dataset>\w+)\)"
        ),
        _(
            "lowest threshold with at most %(budget)s false positives per mm² on %(area)s mm² "
            "(normal patches: %(n)s, validation patients: %(patients)s, dataset %(dataset)s)"
        ),
    ),
    (
        re.compile(
            r"highest threshold with recall of at least (?P<recall>\S+) on (?P<n>\d+) tumour "
            r"patches of (?P<patients>\d+) validation patients? \(dataset (?P<dataset>\w+)\)"
        ),
        _(
            "highest threshold with recall of at least %(recall)s on %(n)s tumour patches "
            "(validation patients: %(patients)s, dataset %(dataset)s)"
        ),
    ),
    (
        re.compile(r"(?P<warning>CHOSEN ON [A-Z, ]+): (?P<source>chosen by .+)"),
        _("%(warning)s: %(source)s"),
    ),
    (
        re.compile(
            r"chosen by (?P<who>.+?) on (?P<day>\d{4}-\d\d-\d\d), report (?P<report>\d+) "
            r"\((?P<n>\d+) (?P<kind>test|development|development and test) slides? of "
            r"(?P<patients>\d+) patients?\): (?P<reason>.+)"
        ),
        _(
            "chosen by %(who)s on %(day)s, report %(report)s (%(kind)s slides: %(n)s, patients: "
            "%(patients)s): %(reason)s"
        ),
    ),
    (re.compile(r"(?P<name>\w+) elsewhere"), _("%(name)s elsewhere")),
    (re.compile(r"no slide has it: (?P<reason>.+)"), _("no slide has it: %(reason)s")),
)


@register.filter
def told(sentence: str | None) -> str:
    """A stored sentence in the reader's language; as it is where nobody translated it."""
    if not sentence:
        return ""
    for pattern, form in FORMS:
        if (found := pattern.fullmatch(sentence)) and gettext(form) != form:
            return gettext(form) % {name: told(said) for name, said in found.groupdict().items()}
    return gettext(sentence)
