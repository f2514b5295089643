"""What was drawn is put right: vertices, holes, labels, unions; steps are taken back."""

import numpy as np
import pytest
from playwright.sync_api import expect
from shapely.geometry import Point, Polygon, box

from tests.browser.drawn import Pen


def test_vertices_are_dragged_put_in_and_taken_out(pen):
    pen.begin("e")
    pen.box(40, 30, 100, 70)
    pen.areas(2400)
    pen.page.keyboard.press("v")
    pen.drag((100, 30), (110, 30))
    pen.areas(2400 + 200)
    pen.drag((40, 50), (30, 50))  # on an edge: a vertex more
    pen.areas(2600 + 200)
    pen.page.keyboard.down("Alt")
    pen.click(30, 50)
    pen.page.keyboard.up("Alt")
    pen.areas(2600)
    pen.click(110, 30)
    pen.page.keyboard.press("Delete")
    pen.areas(1200)


def test_a_drag_inside_the_chosen_region_moves_it_after_a_dead_zone(pen):
    pen.begin("e")
    pen.box(40, 30, 80, 60)
    pen.areas(1200)
    pen.page.keyboard.press("v")
    pen.drag((60, 45), (60.5, 45))
    pen.drag((60, 45), (80, 55))
    pen.comes(lambda: pen.shapes()[0].symmetric_difference(box(60, 40, 100, 70)).area < 40)


def test_a_hole_can_be_corrected(pen):
    pen.begin("e")
    pen.box(40, 20, 120, 80)
    pen.page.keyboard.down("Alt")
    pen.box(60, 40, 90, 60)
    pen.page.keyboard.up("Alt")
    pen.areas(4800 - 600)
    pen.page.keyboard.press("v")
    pen.drag((90, 40), (100, 40))
    pen.areas(4800 - 700)


def test_labels_by_key_change_what_comes_next_and_with_select_what_is_chosen(pen):
    pen.begin("e")
    pen.box(40, 30, 60, 50)
    pen.page.keyboard.press("Shift+Digit3")
    pen.box(70, 30, 90, 60)
    pen.areas(600, label="Artefact")
    pen.areas(400)  # although it was chosen when the label changed
    pen.page.keyboard.press("v")
    pen.click(50, 40)
    pen.page.keyboard.press("Shift+Digit2")
    pen.areas(400, label="Normal")
    pen.page.locator('[data-label="ignore"]').click()
    pen.areas(400, label="Ignore*")
    expect(pen.said()).to_contain_text("1 region is Ignore now")


def test_undo_and_redo_by_key_and_button(pen):
    pen.begin("e")
    pen.box(40, 30, 60, 50)
    pen.box(70, 30, 90, 60)
    pen.areas(600, 400)
    pen.page.locator("[data-act=undo]").click()
    pen.page.keyboard.press("Control+z")
    pen.areas()
    pen.page.keyboard.press("Control+Shift+Z")
    pen.page.locator("[data-act=redo]").click()
    pen.areas(600, 400)
    expect(pen.page.locator("[data-act=redo]")).to_be_disabled()


def test_several_regions_become_one(pen):
    pen.begin("e")
    pen.box(40, 30, 60, 50)
    pen.box(55, 30, 90, 50)
    pen.areas(700, 400)
    pen.page.keyboard.press("v")
    pen.click(45, 40)
    pen.page.keyboard.down("Shift")
    pen.click(80, 40)
    pen.page.keyboard.up("Shift")
    pen.page.keyboard.press("Shift+U")
    pen.areas(1000)


def test_a_deleted_region_comes_back_from_the_notice(pen):
    pen.begin("e")
    pen.box(40, 30, 60, 50)
    pen.areas(400)
    pen.page.keyboard.press("Delete")
    pen.areas()
    expect(pen.said()).to_contain_text("1 region deleted")
    pen.said().get_by_role("button").click()
    pen.areas(400)


def test_fewer_vertices_are_shown_before_they_are_taken(pen):
    pen.begin("f")
    pen.drag(*Point(80, 50).buffer(30).exterior.coords[::2], steps=6)
    pen.comes(lambda: len(pen.shapes()) == 1)
    before = len(pen.shapes()[0].exterior.coords) - 1
    pen.page.keyboard.press("Shift+V")
    pen.page.locator("[data-tolerance]").fill("1")
    expect(pen.page.locator("[data-vertices]")).to_contain_text(f"{before} →")
    pen.page.keyboard.press("Enter")
    pen.comes(lambda: len(pen.shapes()[0].exterior.coords) - 1 < before / 2)
    expect(pen.said()).to_contain_text(f"{before} vertices became")


def test_a_crossing_outline_becomes_regions_and_is_said(pen):
    pen.begin("q")
    for place in ((40, 30), (80, 70), (80, 30), (40, 70)):
        pen.click(*place)
    pen.page.keyboard.press("Enter")
    pen.areas(400, 400)
    expect(pen.said()).to_contain_text("crossed itself: 2 regions")


def test_what_lies_outside_is_refused_and_what_sticks_out_is_cut(pen):
    pen.begin("e")
    pen.page.keyboard.press("-")
    pen.page.wait_for_timeout(900)
    pen.page.keyboard.press("e")
    pen.box(-12, 20, -2, 40)
    expect(pen.said()).to_contain_text("outside the slide")
    pen.click(60, 60)
    expect(pen.said()).to_contain_text("Too small")
    pen.box(-10, 20, 20, 40)
    pen.areas(400)
    expect(pen.said()).to_contain_text("cut at the slide’s edge")


def test_the_list_flies_to_a_region(pen):
    pen.begin("e")
    pen.box(120, 70, 130, 80)
    pen.box(40, 30, 80, 60)
    pen.areas(1200, 100)
    entries = pen.page.locator("[data-regions] button")
    expect(entries).to_have_count(2)
    expect(entries.first).to_contain_text("300 µm²")
    entries.first.focus()
    pen.page.keyboard.press("ArrowDown")
    pen.page.keyboard.press("Enter")
    pen.page.wait_for_timeout(900)
    view = pen.page.locator("slide-viewer").evaluate("viewer => viewer.view")
    assert (view["x"], view["y"]) == (pytest.approx(125, abs=1), pytest.approx(75, abs=1))


def test_a_vertex_of_twenty_thousand_is_moved(log_in, pathologist, make_slide, annotate):
    slide = make_slide("large", np.zeros((3000, 4000, 3), np.uint8))
    turns = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = np.where(np.arange(20_000) % 2, 1400, 1403)
    annotate(slide, Polygon(np.c_[2000 + radius * np.cos(turns), 1500 + radius * np.sin(turns)]))
    pen = Pen(log_in(pathologist), slide).begin()
    pen.click(2000, 1500)
    expect(pen.page.locator("[data-vertices]")).to_have_text("20,000 vertices")
    pen.drag((3403, 1500), (3600, 1500))
    pen.comes(lambda: pen.shapes()[0].bounds[2] > 3590)
    assert len(pen.shapes()[0].exterior.coords) > 19_900
    pen.page.keyboard.press("Control+z")
    pen.comes(lambda: pen.shapes()[0].bounds[2] < 3404)


def test_a_brush_over_the_edge_stays_on_the_slide(pen):
    pen.begin("b")
    pen.drag((150, 40), (168, 40), (150, 60), steps=6)
    pen.comes(lambda: len(pen.shapes()) == 1)
    left, _, right, _ = pen.shapes()[0].bounds
    assert left < 150
    assert right == 160  # where the slide ends


def test_a_reading_that_gives_way_meanwhile_disturbs_no_drawing(
    log_in, pathologist, read_slide, make_version, predicted
):
    pen = Pen(log_in(pathologist), read_slide)
    drawn = sum(shape.area for shape in pen.shapes())
    pen.begin("e")
    pen.box(70, 10, 90, 30)
    pen.comes(lambda: sum(shape.area for shape in pen.shapes()) > drawn + 350)
    read_slide.predictions.all().delete()
    predicted(read_slide, make_version("third"), np.full((3, 5), 0.2))
    pen.box(100, 10, 120, 30)
    pen.comes(lambda: sum(shape.area for shape in pen.shapes()) > drawn + 750)
