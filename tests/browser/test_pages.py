"""Pages on small screens, and the way in."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from training.models import ModelVersion


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_no_page_is_wider_than_a_small_screen(log_in, admin, read_slide, locale):
    page = log_in(admin, locale=locale)
    version = ModelVersion.objects.first().get_absolute_url()
    places = ("/", "/predictions/", "/jobs/", "/training/versions/", "/training/runs/new/")
    for address in (*places, version, read_slide.get_absolute_url()):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1366, address


def test_the_login_page_leads_on_to_where_one_wanted(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.context.clear_cookies()
    page.goto(read_slide.get_absolute_url())
    page.get_by_label("User name").fill("bob")
    page.get_by_label("Pass phrase").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    page.get_by_label("Pass phrase").fill("a long enough pass phrase")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("slide-viewer")).to_be_visible()
    assert urlsplit(page.url).path == read_slide.get_absolute_url()
