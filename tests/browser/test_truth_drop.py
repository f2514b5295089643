"""A truth file dropped on the slide: seen over the tissue before it is kept."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from shapely import box

from slides import tasks
from slides.geojson_files import geojson_text
from slides.regions import Region
from tests.predictions.rows import PATCH_PX

OTHER = box(2 * PATCH_PX, 0, 4 * PATCH_PX, 2 * PATCH_PX)
# What a drag from the desktop does to the page.
DRAG = """([kind, name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name));
  window.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, cancelable: true }));
}"""


def text_of(polygon, label="tumour"):
    return geojson_text([Region(label, polygon)])


@pytest.fixture
def at_once(monkeypatch):
    """Files are read within the request, on the connection that the test's data is on."""
    monkeypatch.setattr(tasks, "read_beside", tasks.run_reading)


@pytest.fixture
def page(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(read_slide.get_absolute_url())
    expect(page.locator('[data-show="called"]').first).to_have_text("1")
    return page


def drop(page, text, name="case.geojson"):
    page.evaluate(DRAG, ["dragenter", name, text])
    page.evaluate(DRAG, ["drop", name, text])


def test_a_dropped_file_is_shown_dashed_and_taken(page, at_once, read_slide):
    page.evaluate(DRAG, ["dragenter", "case.geojson", ""])
    expect(page.locator(".drop-cover")).to_be_visible()
    page.evaluate(DRAG, ["drop", "case.geojson", text_of(OTHER)])
    expect(page.locator(".drop-cover")).to_be_hidden()
    pending = page.locator(".pending")
    expect(pending).to_contain_text("It fits this slide")
    expect(pending).to_contain_text("Against truth 1")
    with page.expect_navigation():
        pending.get_by_role("button", name="Take it as truth").click()
    expect(page.locator("[data-truth-panel]")).to_contain_text("Revision 2, GeoJSON")
    expect(page.get_by_text("Truth 2 is kept, from case.geojson.")).to_be_visible()
    assert read_slide.truth.tumour_area_px == OTHER.area


def test_a_chosen_file_stays_through_a_reload_until_it_is_discarded(
    page, at_once, read_slide, tmp_path
):
    path = tmp_path / "chosen.geojson"
    path.write_text(text_of(OTHER))
    page.locator("#truth-file").set_input_files(path)
    expect(page.locator(".pending")).to_contain_text("chosen.geojson")
    page.reload()
    expect(page.locator(".pending")).to_contain_text("It fits this slide")
    page.locator(".pending").get_by_role("button", name="Discard").click()
    expect(page.locator(".pending")).to_have_count(0)
    assert read_slide.truth.revision == 1


def test_what_the_file_leaves_open_is_said_in_the_panel(page, at_once):
    drop(page, text_of(OTHER).replace('"Tumor"', '"ITC"'))
    pending = page.locator(".pending")
    expect(pending).to_contain_text("'ITC' (1)")
    pending.locator("[name=labels]").fill("ITC=tumour")
    pending.get_by_role("button", name="Read it again so").click()
    expect(pending).to_contain_text("It fits this slide")


def test_outlines_of_another_level_are_put_right_by_one_button(page, at_once, read_slide):
    wide = box(PATCH_PX, PATCH_PX / 2, 4.5 * PATCH_PX, 2.8 * PATCH_PX)
    far = box(*(4 * side for side in wide.bounds))
    drop(page, text_of(far))
    pending = page.locator(".pending")
    expect(pending).to_contain_text("It does not fit this slide")
    expect(pending).to_contain_text("lies outside the slide")
    pending.get_by_role("button", name="Show it multiplied by 0.25").click()
    expect(pending).to_contain_text("It fits this slide")
    expect(pending.locator("[name=scale]").last).to_have_value("0.25")


def test_several_files_at_once_are_not_guessed_at(page):
    page.evaluate(
        """() => {
          const transfer = new DataTransfer();
          for (const name of ["a.xml", "b.xml"]) transfer.items.add(new File(["x"], name));
          window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
        }"""
    )
    expect(page.locator("[data-send-trouble]")).to_contain_text("One truth file at a time")


def test_a_reading_that_waits_can_be_cancelled(page, monkeypatch):
    monkeypatch.setattr(tasks, "read_beside", lambda pk: None)
    drop(page, text_of(OTHER))
    expect(page.locator(".pending")).to_contain_text("Reading it and holding it against the slide")
    page.locator(".pending").get_by_role("button", name="Cancel").click()
    expect(page.locator(".pending")).to_contain_text("Nothing was kept")


def test_a_lost_connection_is_told_and_nothing_is_kept(log_in, pathologist, read_slide):
    page = log_in(pathologist, expected=("ERR_INTERNET_DISCONNECTED", "ERR_FAILED"))
    page.goto(read_slide.get_absolute_url())
    expect(page.locator('[data-show="called"]').first).to_have_text("1")
    page.route(
        f"**{reverse('truth-pending-list', args=[read_slide.pk])}", lambda route: route.abort()
    )
    drop(page, text_of(OTHER))
    expect(page.locator("[data-send-trouble]")).to_contain_text("The connection broke")


def test_a_label_mask_is_made_and_then_handed_out(page):
    with page.expect_download() as handed:
        page.locator(".label-mask-form").get_by_role("button").click()
    assert handed.value.suggested_filename == "slide_truth_1_2um_labels.tif"
    expect(page.locator(".prepare-busy")).to_have_count(0)
