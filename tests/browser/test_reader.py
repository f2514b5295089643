"""One slide as a pathologist sees it and presses keys on it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.looking import at, layer, shown
from tests.predictions.rows import PATCH_PX


def test_the_threshold_acts_at_once_on_counts_and_comes_back(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(read_slide.get_absolute_url())
    expect(shown(page, "called")).to_have_text("1")  # 0.7, the newest version's own
    expect(shown(page, "recall")).to_have_text("0.333")
    page.locator("[name=threshold]").fill("0.6")
    expect(shown(page, "called")).to_have_text("2")
    expect(shown(page, "recall")).to_have_text("0.667")
    expect(shown(page, "missed")).to_have_text("0")
    page.locator("[data-reset-threshold]").click()
    expect(shown(page, "threshold")).to_have_text("0.700")


def test_keys_alone_show_hide_and_glance(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(read_slide.get_absolute_url())
    expect(shown(page, "called")).to_have_text("1")
    page.keyboard.press("3")
    expect(layer(page, "agreement")).to_have_attribute("aria-pressed", "true")
    expect(layer(page, "probability")).to_have_attribute("aria-pressed", "false")
    page.keyboard.down("2")
    expect(layer(page, "probability")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(400)
    page.keyboard.up("2")  # held: only a glance
    expect(layer(page, "agreement")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("0")
    expect(layer(page, "none")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("]")
    expect(shown(page, "threshold")).to_have_text("0.710")
    page.keyboard.press("?")
    expect(page.locator("key-list dialog")).to_be_visible()


def test_next_goes_to_the_largest_finding_and_round(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(f"{read_slide.get_absolute_url()}#t=0.15")
    expect(shown(page, "finding")).to_have_text("1")
    page.keyboard.press("n")
    expect(shown(page, "finding")).to_have_text("1 of 1")
    page.locator("[name=threshold]").fill("0.95")
    expect(shown(page, "finding")).to_have_text("0")
    expect(page.locator('[data-step="1"]')).to_be_disabled()


def test_the_address_restores_version_layers_threshold_and_place(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    first = read_slide.predictions.get(version__name="first")
    address = f"{read_slide.get_absolute_url()}{at(1.5, 1.5, cells=6.5)}&t=0.35&l=ta&p={first.pk}"
    page.goto(address)
    expect(shown(page, "threshold")).to_have_text("0.350")
    expect(shown(page, "called")).to_have_text("3")
    expect(page.locator("[name=prediction]")).to_have_value(str(first.pk))
    expect(layer(page, "agreement")).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-show="point"]')).to_contain_text("p 0.60")
    page.keyboard.press("+")
    place = at(1.5, 1.5).removeprefix("#").split("&w=")[0]
    expect(page).to_have_url(re.compile(re.escape(place) + rf"&w={int(6.5 * PATCH_PX / 1.5)}\."))


def test_the_value_under_the_cursor_tells_not_assessed_from_zero(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(f"{read_slide.get_absolute_url()}{at(2.5, 2.5)}")
    expect(page.locator('[data-show="point"]')).to_contain_text("not assessed")
    page.goto(f"{read_slide.get_absolute_url()}{at(1.5, 0.5)}")
    expect(page.locator('[data-show="point"]')).to_contain_text("p 0.90")
    expect(page.locator('[data-show="point"]')).to_contain_text("true tumour 100 %")


def test_the_bar_over_the_panel_leads_to_its_parts(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(read_slide.get_absolute_url())
    bar = page.get_by_role("navigation", name="Parts of this panel")
    expect(bar.get_by_role("button", name="Reading")).to_have_attribute("aria-current", "true")
    bar.get_by_role("button", name="Marks").click()
    expect(page.locator("[data-measures]")).to_be_in_viewport()
    expect(bar.get_by_role("button", name="Marks")).to_have_attribute("aria-current", "true")
    page.locator(".openseadragon-canvas").first.focus()
    page.keyboard.press("Alt+1")
    expect(page.locator("[name=prediction]")).to_be_in_viewport()
    page.keyboard.press("d")
    expect(page.locator("[data-drawing-panel]")).to_be_in_viewport()


def test_an_overview_stands_in_until_the_first_tile_lies_on_it(log_in, pathologist, read_slide):
    read_slide.thumbnail = "thumbnails/one.jpg"
    read_slide.save(update_fields=["thumbnail"])
    page = log_in(pathologist, expected=("404",))  # the row names a picture that is not there
    page.route("**/*_files/**", lambda route: None)  # tiles never come
    page.goto(read_slide.get_absolute_url(), wait_until="commit")
    expect(page.locator(".first-look")).to_be_attached()
    page.unroute("**/*_files/**")
    page.reload()
    expect(page.locator(".first-look")).not_to_be_attached()
    page.goto("about:blank")
    page.route("**/*_files/**", lambda route: None)
    page.goto(f"{read_slide.get_absolute_url()}{at(1.5, 1.5)}", wait_until="commit")
    expect(page.locator(".first-look")).to_be_attached()
    expect(page.locator(".first-look")).to_be_hidden()


def test_a_legend_stands_on_the_panel_while_its_layer_is_shown(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(f"{read_slide.get_absolute_url()}#l=tp")
    expect(shown(page, "called")).to_have_text("1")
    expect(shown(page, "tp")).to_be_hidden()
    expect(page.locator("[name=other]")).to_be_hidden()
    page.keyboard.press("3")
    expect(shown(page, "tp")).to_be_visible()
    page.keyboard.press("7")
    expect(shown(page, "tp")).to_be_hidden()
    expect(page.locator("[name=other]")).to_be_visible()


@pytest.mark.parametrize("place", ["", at(1.5, 1.5)])
def test_modules_are_asked_for_once_the_overview_is_seen_or_where_none_is(
    log_in, pathologist, read_slide, place
):
    page = log_in(pathologist)
    page.goto(f"{read_slide.get_absolute_url()}{place}")
    expect(page.locator("head link[rel=modulepreload]")).not_to_have_count(0)
