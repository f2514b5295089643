"""Who reads German is answered in German, on every page, and may choose otherwise."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import deactivate, gettext, override

from predictions import cohort, evaluation
from slides.templatetags.stored import FORMS, SENTENCES, told
from tests import site_rows
from tests.site_pages import whole_pages
from training import operating, validation

pytestmark = pytest.mark.django_db

arguments = site_rows.arguments
slide_with_truth, version_with_weights = site_rows.slide_with_truth, site_rows.version_with_weights

# Words that stand on many pages and are German on none.
ENGLISH = (
    *("Slides", "Predictions", "Datasets", "Jobs", "Layers", "Truth", "Threshold", "Drawing"),
    *("the", "of", "and", "with", "Run", "Name of", "Choose", "Close", "Light", "Dark", "Log"),
)
SCRIPTS_AND_TAGS = re.compile(r"<script.*?</script>|<[^>]+>", re.DOTALL)
SAID_IN_TAGS = re.compile(r"""(?:title|aria-label|placeholder|alt|data-label)=["']([^"']*)""")


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A request leaves its language in the thread that answered it."""
    yield
    deactivate()


@pytest.fixture
def german(admin) -> Client:
    client = Client(headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"})
    client.force_login(admin)
    return client


def english_in(page: str) -> list[str]:
    words = " ".join([SCRIPTS_AND_TAGS.sub(" ", page), *SAID_IN_TAGS.findall(page)])
    return [word for word in ENGLISH if re.search(rf"\b{word}\b", words)]


def test_every_page_is_german_for_who_reads_german(german, arguments):
    pages = whole_pages(german, arguments)
    answers = {name: german.get(place).content.decode() for name, place in pages.items()}
    assert len(answers) > 15
    assert {name for name, page in answers.items() if '<html lang="de">' not in page} == set()
    found = {name: english_in(page) for name, page in answers.items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_pages_that_say_no_are_german_too():
    client = Client(headers={"accept-language": "de"})
    login = client.get("/accounts/login/").content.decode()
    lost = client.get("/no/such/page/").content.decode()
    assert "Anmelden" in login
    assert english_in(login) == english_in(lost) == []


def test_the_menu_changes_the_language_and_leads_back(as_pathologist):
    here = "/predictions/?status=done"
    assert '<html lang="en">' in as_pathologist.get(here).content.decode()
    answer = as_pathologist.post("/accounts/language/", {"language": "de", "next": here})
    assert (answer.status_code, answer["Location"]) == (302, here)
    page = as_pathologist.get(here).content.decode()
    assert '<html lang="de">' in page
    assert 'name="next" value="/predictions/?status=done"' in page


def test_the_choice_outlives_the_browser(as_pathologist):
    answer = as_pathologist.post("/accounts/language/", {"language": "de", "next": "/"})
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME]["max-age"] > 30 * 24 * 3600


def test_scripts_are_given_the_words_of_the_page(as_pathologist):
    page = as_pathologist.get("/", headers={"accept-language": "de"}).content.decode()
    address = re.search(r'src="(/words\.js[^"]*)"', page)[1]
    words = as_pathologist.get(address, headers={"accept-language": "de"}).content.decode()
    assert (
        '"Next finding, largest first": "N\\u00e4chster Befund, gr\\u00f6\\u00dfter zuerst"'
        in words
    )


def test_what_rows_keep_in_english_is_told_in_german():
    reasons = {
        *evaluation.UNDEFINED.values(),
        *(evaluation.NEEDS_TUMOUR, evaluation.NOT_EXHAUSTIVE, cohort.NONE_EXHAUSTIVE),
        *(validation.NO_INTERVAL, validation.NO_PATCH, validation.NO_CROSS_FIT),
    }
    assert reasons <= set(SENTENCES)
    assert all(told(sentence) == sentence for sentence in SENTENCES)
    with override("de"):
        assert {form for _, form in FORMS if gettext(form) == form} == set()
        assert told("no slide has it: no such slide in the cohort") == (
            "kein Schnitt hat es: kein solcher Schnitt in der Kohorte"
        )
        assert told("something else") == "something else"


def test_the_source_of_a_threshold_is_told_in_german():
    source = (
        "highest threshold with recall of at least 0.9 on 12 tumour patches of 1 validation "
        "patient (dataset 0123456789ab)"
    )
    assert told(source) == source
    with override("de"):
        assert told(source).startswith("höchste Schwelle mit Sensitivität von mindestens 0.9 an 12")


def test_a_budget_and_a_calibration_are_told_in_german():
    metrics = {
        "operating_rule": "fp_budget",
        "fp_budget": 2.0,
        "normal_mm2": 4.4,
        "n": {"normal_patches": 240, "normal_patients": 2},
        "calibration": {"kind": "isotonic"},
    }
    source = operating.source(metrics, "0123456789ab")
    assert told(source) == source
    with override("de"):
        assert told(source) == (
            "niedrigste Schwelle mit höchstens 2 Fehlalarmen je mm² auf 4.4 mm² (normale Patches: "
            "240, Patienten der Validierung: 2, Datensatz 0123456789ab), auf der Skala der "
            "Kalibrierung (isotonisch)"
        )
