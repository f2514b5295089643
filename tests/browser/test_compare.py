"""Readings side by side."""

import re

from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.looking import shown


def test_linked_viewers_move_together_and_keep_their_own_thresholds(
    log_in, pathologist, read_slide
):
    page = log_in(pathologist)
    first, second = (read_slide.predictions.get(version__name=n) for n in ("first", "second"))
    page.goto(f"{reverse('compare')}?slide={read_slide.pk}&a={first.pk}&b={second.pk}")
    expect(shown(page, "threshold-0")).to_have_text("0.500")
    expect(shown(page, "threshold-1")).to_have_text("0.700")
    expect(page.locator('[data-column="0"][data-figure="called"]')).to_have_text("2")
    expect(page.locator('[data-column="1"][data-figure="called"]')).to_have_text("1")
    left, right = page.locator('.pane [data-show="magnification"]').all()
    before = right.text_content()
    page.locator('[data-side="0"] [data-view="in"]').click()
    expect(right).not_to_have_text(before)
    page.wait_for_timeout(800)
    assert left.text_content() == right.text_content()
    page.locator("[name=threshold]").fill("0.35")
    expect(shown(page, "threshold-0")).to_have_text("0.350")
    expect(shown(page, "threshold-1")).to_have_text("0.350")


def test_the_true_mask_stands_beside_the_predicted_one(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(f"{reverse('compare')}?slide={read_slide.pk}")
    expect(page.locator('[data-side="0"] select')).to_have_value(f"truth-{read_slide.pk}")
    expect(page.locator('[data-column="1"][data-figure="recall"]')).to_have_text("0.333")
    page.keyboard.press("x")
    expect(page.locator('[data-side="1"] select')).to_have_value(f"truth-{read_slide.pk}")
    expect(page).to_have_url(re.compile(f"b=truth-{read_slide.pk}"))
