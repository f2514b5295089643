"""Every page for every eye: roles of accessibility, small screens, the way in."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(log_in, admin, read_slide, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = log_in(admin)
    page.goto("/")
    page.evaluate(f"localStorage.setItem('sentinode-theme', '{theme}')")
    reading = read_slide.predictions.first()
    pages = [
        *("/", "/slides/upload/", "/predictions/", "/jobs/", "/compare/"),
        *("/training/datasets/", "/training/datasets/new/", "/training/runs/"),
        *("/training/runs/new/", "/training/versions/"),
        read_slide.get_absolute_url(),
        reading.get_absolute_url(),
        reading.version.get_absolute_url(),
        reading.version.run.get_absolute_url(),
    ]
    found = {address: _serious(axe, page, address) for address in pages}
    assert {address: rules for address, rules in found.items() if rules} == {}


def _serious(axe, page, address: str) -> list[str]:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in axe.run(page).response["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def test_no_page_is_wider_than_a_small_screen(log_in, admin, read_slide):
    page = log_in(admin)
    for address in ("/", "/predictions/", "/jobs/", read_slide.get_absolute_url()):
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
