"""A dataset from the form to its freezing: looked at first, pictures and bars in sight."""

import pytest
from playwright.sync_api import expect
from shapely import box

from tests.training.freezing import freeze, tissue
from training import tasks
from training.models import Dataset

# What a bar chart was given, column by column.
BARS = "bars => bars.chart.data.datasets.map((each) => each.data)"


@pytest.fixture
def nodes(make_slide, annotate):
    """Four slides of 1.4 x 1.2 mm, two with tumour."""
    slides = [make_slide(f"slide_{n}", rgb=tissue(n), mpp=2.0, patient=f"p{n}") for n in range(4)]
    for number, slide in enumerate(slides):
        annotate(slide, *[box(0, 0, 300, 300)] if number < 2 else [])
    return slides


def test_a_dataset_is_looked_at_and_then_frozen(log_in, admin, nodes):
    page = log_in(admin)
    page.goto("/training/datasets/new/")
    page.get_by_label("Name").fill("nodes")
    page.get_by_label("µm per pixel").fill("2 4")
    page.get_by_label("Side of a patch in px").fill("64")
    page.get_by_label("Share of patients for validation").fill("0.5")
    page.get_by_role("button", name="Tick all").click()
    page.get_by_role("button", name="Preview").click()
    made = Dataset.objects.get()
    tasks.run_freezing(made)
    page.goto(made.get_absolute_url())
    expect(page.get_by_text("Few patients with tumour")).to_be_visible()
    sides = [made.counts[name] for name in ("training", "validation")]
    assert page.locator("table-bars").first.evaluate(BARS) == [
        [side[kind] for side in sides] for kind in ("tumour", "normal")
    ]
    picture = page.locator(".wall img").first
    expect(picture).to_have_js_property("naturalWidth", 64)
    expect(page.locator(".wall-words").first).to_contain_text("% tumour")
    page.get_by_role("button", name="Freeze", exact=True).click()
    made.refresh_from_db()
    tasks.run_freezing(made)
    page.goto(made.get_absolute_url())
    expect(page.get_by_role("link", name="Train on it")).to_be_visible()
    expect(page.get_by_text(made.manifest_sha256)).to_be_visible()


def test_a_leak_shows_its_pair_on_a_small_screen_too(log_in, admin, nodes, make_slide, annotate):
    for number in range(4):
        annotate(make_slide(f"copy_{number}", rgb=tissue(number), mpp=2.0))
    made = freeze(mpp=2.0, patch_px=64, validation_share=0.5, balance="none", seed=1)
    page = log_in(admin, viewport={"width": 390, "height": 800})
    page.goto(made.get_absolute_url())
    expect(page.get_by_role("alert")).to_contain_text("would be on both sides of the split")
    for picture in page.locator(".leak-pair").first.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 320)
    expect(page.get_by_role("button", name="Freeze", exact=True)).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
