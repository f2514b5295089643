"""Nothing drawn is ever lost: autosave, no network, log-out, crash, two editors, history."""

import re
from contextlib import contextmanager

import numpy as np
import pytest
from shapely import box

from slides import annotations, drawing, revisions
from slides.models import Change, Slide
from slides.regions import Region
from tests.browser.conftest import _session_cookie
from tests.slides.drawn import area, edit_of, post

driver = pytest.importorskip("playwright.sync_api")
expect, Error = driver.expect, driver.Error
expect.set_options(timeout=15_000)

LOADED = re.compile("^(?!reading|unread)")
BROKEN = ("Failed to load resource", "Tile", "chrome://crash")


@pytest.fixture
def slide(make_slide) -> Slide:
    rgb = np.full((900, 1400, 3), (232, 190, 215), np.uint8)
    rgb[300:600, 400:900] = (170, 110, 170)
    return make_slide("tumor_001", rgb, mpp=0.5)


def opened(page, slide):
    """The slide's page, loaded afresh, with drawing begun."""
    page.goto("about:blank")
    page.goto(f"/slides/{slide.pk}/#x=700&y=450&w=1600")
    begin(page)
    return page


def begin(page) -> None:
    expect(page.locator("save-state")).to_have_attribute("data-state", LOADED)
    page.keyboard.press("d")
    button = page.get_by_role("button", name="Draw", exact=True)
    expect(button).to_have_attribute("aria-pressed", "true")


def rectangle(page, left: float, top: float, side: float = 120, held: str = "") -> None:
    """Draw a square with the mouse, in level-0 px."""
    page.keyboard.press("e")
    with holding(page, held):
        drag(page, (left, top), (left + side, top + side))


@contextmanager
def holding(page, key: str):
    if key:
        page.keyboard.down(key)
    yield
    if key:
        page.keyboard.up(key)


def drag(page, start, end) -> None:
    page.mouse.move(*on_screen(page, *start))
    page.mouse.down()
    page.mouse.move(*on_screen(page, *end), steps=4)
    page.mouse.up()


def click(page, x: float, y: float) -> None:
    page.mouse.click(*on_screen(page, x, y))


def on_screen(page, x: float, y: float) -> tuple[float, float]:
    edge = page.locator("slide-viewer").bounding_box()
    place = page.evaluate(
        "([x, y]) => document.querySelector('slide-viewer').toScreen({ x, y })", [x, y]
    )
    return edge["x"] + place["x"], edge["y"] + place["y"]


def state(page, name: str) -> None:
    expect(page.locator("save-state")).to_have_attribute("data-state", name)


def is_saved(page) -> None:
    state(page, "saved")
    expect(page.locator("save-state")).to_contain_text("Saved")


def boxes(slide) -> list[tuple[int, ...]]:
    """Bounds of the regions on the server, to the nearest 10 px."""
    features = drawing.current(slide).features
    rings = [feature["geometry"]["coordinates"][0] for feature in features]
    return sorted(
        tuple(round(each, -1) for each in (*np.min(ring, axis=0), *np.max(ring, axis=0)))
        for ring in rings
    )


def test_what_is_drawn_is_saved_by_itself_and_becomes_a_revision(log_in, slide, pathologist):
    page = opened(log_in(pathologist), slide)
    rectangle(page, 100, 100)
    is_saved(page)
    assert boxes(slide) == [(100, 100, 220, 220)]
    assert slide.annotations.count() == 0
    page.keyboard.press("d")
    expect(page.locator("save-state")).to_be_hidden()
    page.locator("[data-revisions] summary").click()
    expect(page.locator("[data-list] li")).to_have_count(1)
    assert slide.annotations.get().author == pathologist


def test_without_network_the_drawing_waits_and_outlives_a_reload(log_in, slide, pathologist):
    page = opened(log_in(pathologist, expected=BROKEN), slide)
    page.context.set_offline(True)
    rectangle(page, 100, 100)
    rectangle(page, 300, 100)
    state(page, "network")
    expect(page.locator("save-state")).to_contain_text("2 changes wait: no network.")
    expect(page.locator("save-state")).to_contain_text("Kept in this browser")
    page.goto("about:blank")
    page.context.set_offline(False)
    opened(page, slide)
    is_saved(page)
    assert boxes(slide) == [(100, 100, 220, 220), (300, 100, 420, 220)]


def test_when_the_network_is_back_it_is_sent_at_once(log_in, slide, pathologist):
    page = opened(log_in(pathologist, expected=BROKEN), slide)
    page.context.set_offline(True)
    rectangle(page, 100, 100)
    state(page, "network")
    page.context.set_offline(False)
    is_saved(page)
    assert len(boxes(slide)) == 1


def test_a_log_out_in_mid_drawing_loses_nothing(log_in, slide, pathologist):
    page = opened(log_in(pathologist, expected=BROKEN), slide)
    page.context.clear_cookies(name="sessionid")
    rectangle(page, 100, 100)
    state(page, "loggedOut")
    expect(page.locator("save-state")).to_contain_text("You are logged out.")
    page.locator("[data-log-in]").click()
    page.get_by_label("User name").fill("bob")
    page.get_by_label("Pass phrase").fill("a long enough pass phrase")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**/slides/{slide.pk}/#x=*")
    begin(page)
    is_saved(page)
    assert boxes(slide) == [(100, 100, 220, 220)]


def test_another_reader_never_sends_what_waits_here(log_in, slide, pathologist, admin, live_server):
    page = opened(log_in(pathologist, expected=BROKEN), slide)
    page.context.set_offline(True)
    rectangle(page, 100, 100)
    state(page, "network")
    page.context.add_cookies([_session_cookie(admin, live_server.url)])
    page.context.set_offline(False)
    state(page, "otherReader")
    expect(page.locator("save-state")).to_contain_text("until bob logs in again")
    opened(page, slide)
    assert boxes(slide) == []
    page.context.add_cookies([_session_cookie(pathologist, live_server.url)])
    opened(page, slide)
    is_saved(page)
    assert set(Change.objects.values_list("edit__author", flat=True)) == {pathologist.pk}


def test_a_killed_page_loses_at_most_the_last_second(log_in, slide, pathologist):
    page = opened(log_in(pathologist, expected=BROKEN), slide)
    page.context.set_offline(True)
    rectangle(page, 100, 100)
    page.keyboard.press("q")
    for place in ((500, 300), (700, 300), (700, 500)):
        click(page, *place)
    page.wait_for_timeout(1000)
    assert boxes(slide) == []
    crash(page)
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"/slides/{slide.pk}/#x=700&y=450&w=1600")
    expect(again.locator("[data-drawing-said]")).to_contain_text(
        "The shape you were drawing is back"
    )
    again.keyboard.press("Enter")
    is_saved(again)
    assert boxes(slide) == [(100, 100, 220, 220), (500, 300, 700, 500)]


def crash(page) -> None:
    """Kill the page's process: no script of it gets a last word."""
    with page.expect_event("crash"), pytest.raises(Error):
        page.goto("chrome://crash")
    page.close()


def test_two_editors_see_each_other_and_each_others_regions(log_in, slide, pathologist, admin):
    bob, alice = opened(log_in(pathologist), slide), opened(log_in(admin), slide)
    expect(bob.locator("[data-others]")).to_have_text("alice is drawing here")
    expect(alice.locator("[data-others]")).to_have_text("bob is drawing here")
    rectangle(bob, 100, 100)
    rectangle(alice, 400, 100)
    is_saved(bob)
    is_saved(alice)
    assert boxes(slide) == [(100, 100, 220, 220), (400, 100, 520, 220)]
    expect(bob.locator("[data-region-count]")).to_have_text("2")
    expect(alice.locator("[data-region-count]")).to_have_text("2")


def test_a_file_taken_in_meanwhile_merges_with_what_waits(log_in, slide, pathologist, admin):
    page = opened(log_in(pathologist, expected=BROKEN), slide)
    page.context.set_offline(True)
    rectangle(page, 100, 100)
    state(page, "network")
    origin = revisions.Origin("geojson", "outlines.geojson")
    regions = [Region("tumour", box(500, 500, 550, 550))]
    annotations.save_annotation(slide=slide, regions=regions, author=admin, origin=origin)
    page.context.set_offline(False)
    is_saved(page)
    expect(page.locator("[data-region-count]")).to_have_text("2")
    assert boxes(slide) == [(100, 100, 220, 220), (500, 500, 550, 550)]


@pytest.fixture
def contested(log_in, slide, pathologist, as_admin):
    """bob's page, asking about a region that alice moved while he was without network."""
    post(as_admin, slide, edit_of({"one": area(100, side=120)}))
    page = opened(log_in(pathologist, expected=BROKEN), slide)
    page.context.set_offline(True)
    rectangle(page, 160, 160, held="Shift")  # adds to the region
    state(page, "network")
    post(as_admin, slide, edit_of({"one": area(80, side=120)}, was=1))
    page.context.set_offline(False)
    expect(page.get_by_role("dialog")).to_contain_text("alice changed this region")
    return page


MINE, THEIRS = (100, 100, 280, 280), (80, 80, 200, 200)


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("Keep mine", [MINE]),
        ("Take theirs", [THEIRS]),
        ("Keep both", [THEIRS, MINE]),
    ],
)
def test_one_region_changed_by_two_is_asked_about(contested, slide, answer, left):
    assert boxes(slide) == [THEIRS]
    contested.get_by_role("button", name=answer).click()
    expect(contested.get_by_role("dialog")).to_be_hidden()
    state(contested, "saved")
    assert boxes(slide) == sorted(left)


def test_a_question_put_off_comes_back(contested, slide):
    contested.keyboard.press("Escape")
    expect(contested.get_by_role("dialog")).to_be_hidden()
    state(contested, "conflict")
    contested.reload()
    expect(contested.get_by_role("dialog")).to_contain_text("alice changed this region")
    contested.keyboard.press("1")
    state(contested, "saved")
    assert boxes(slide) == [MINE]


def test_what_the_server_cannot_take_is_kept_and_named(log_in, slide, pathologist):
    page = log_in(pathologist, expected=BROKEN)
    page.route("**/drawing/edits/", lambda route: refuse_once(page, route))
    opened(page, slide)
    rectangle(page, 100, 100)
    state(page, "refused")
    expect(page.locator("save-state")).to_contain_text("It crosses itself.")
    page.reload()
    state(page, "refused")


def refuse_once(page, route) -> None:
    body = route.request.post_data_json
    regions = [{"id": body["changes"][0]["id"], "code": "bad", "detail": "It crosses itself."}]
    route.fulfill(status=422, json={"code": "bad_region", "detail": "No.", "regions": regions})


def test_a_browser_that_keeps_nothing_says_so(log_in, slide, pathologist):
    page = log_in(pathologist)
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    opened(page, slide)
    expect(page.locator("save-state")).to_contain_text("This browser keeps nothing by itself.")
    rectangle(page, 100, 100)
    is_saved(page)
    assert len(boxes(slide)) == 1


def test_a_server_in_trouble_is_asked_again(log_in, slide, pathologist):
    page = log_in(pathologist, expected=BROKEN)
    page.route("**/drawing/edits/", lambda route: route.fulfill(status=503, json={}), times=2)
    opened(page, slide)
    rectangle(page, 100, 100)
    state(page, "server")
    is_saved(page)
    assert len(boxes(slide)) == 1


def test_an_answer_that_is_lost_does_not_count_twice(log_in, slide, pathologist):
    page = log_in(pathologist, expected=BROKEN)
    page.route("**/drawing/edits/", lambda route: (route.fetch(), route.abort()), times=1)
    opened(page, slide)
    rectangle(page, 100, 100)
    is_saved(page)
    assert slide.edits.count() == 1


@pytest.fixture
def history(slide, as_admin, admin):
    """Three revisions: two regions, one of them moved, the other deleted."""
    for features, was in (
        ({"a": area(100, side=300), "b": area(500, side=100, label="artefact")}, 0),
        ({"a": area(150, side=300)}, 1),
        ({"b": None}, 1),
    ):
        post(as_admin, slide, edit_of(features, was=was))
        revisions.finish(slide=slide, author=admin)


def test_the_history_shows_what_each_revision_changed(log_in, slide, pathologist, history):
    page = log_in(pathologist)
    page.goto(f"/slides/{slide.pk}/")
    page.locator("[data-revisions] summary").click()
    rows = page.locator("[data-list] li")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("alice")
    expect(rows.nth(1)).to_contain_text("1 changed")
    rows.nth(1).locator("[data-toggle]").click()
    page.get_by_role("button", name="Show what it changed").click()
    legend = page.locator("[data-difference]")
    expect(legend).to_contain_text("From revision 1 to revision 2")
    expect(legend).to_contain_text("gained: 1")
    expect(legend).to_contain_text("lost: 1")
    page.get_by_role("button", name="Compare with the latest").click()
    expect(legend).to_contain_text("From revision 2 to revision 3")
    page.get_by_role("button", name="Hide the difference").click()
    expect(legend).to_be_hidden()


def test_a_revision_is_restored_and_that_undone(log_in, slide, pathologist, history):
    page = log_in(pathologist)
    page.goto(f"/slides/{slide.pk}/")
    page.locator("[data-revisions] summary").click()
    page.locator("[data-revision='1']").click()
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.locator("revision-history")).to_contain_text(
        "Revision 1 was restored, as revision 4"
    )
    assert boxes(slide) == [(100, 100, 400, 400), (500, 500, 600, 600)]
    page.get_by_role("button", name="Undo the restoring").click()
    expect(page.locator("[data-list] li")).to_have_count(5)
    assert boxes(slide) == [(150, 150, 450, 450)]


def test_a_deleted_region_is_brought_back(log_in, slide, pathologist, history):
    page = log_in(pathologist)
    page.goto(f"/slides/{slide.pk}/")
    page.locator("[data-deleted] summary").click()
    row = page.locator("[data-deleted] li")
    expect(row).to_contain_text("Artefact")
    row.get_by_role("button", name="Bring back").click()
    expect(page.locator("[data-deleted] li")).to_have_count(0)
    assert boxes(slide) == [(150, 150, 450, 450), (500, 500, 600, 600)]
    page.locator("[data-revisions] summary").click()
    expect(page.locator("[data-list] li")).to_have_count(4)


def test_the_words_on_the_truth_and_its_files_follow_a_new_revision(log_in, slide, pathologist):
    outline = Region("tumour", box(450, 350, 700, 500))
    origin = annotations.Origin("geojson", "a.geojson")
    annotations.save_annotation(slide=slide, regions=[outline], author=pathologist, origin=origin)
    page = opened(log_in(pathologist), slide)
    truth, files = page.locator("#truth"), page.locator("a[href*='/truth/']", has_text="ASAP XML")
    expect(truth).to_contain_text("Revision 1, GeoJSON")
    rectangle(page, 500, 600)
    expect(page.locator("save-state")).to_contain_text("Saved")
    page.keyboard.press("d")
    expect(truth).to_contain_text("Revision 2, drawn here")
    expect(files).to_have_attribute("href", re.compile(r"/truth/2\.xml$"))
    reader = "document.querySelector('slide-reader')"
    assert page.evaluate(f"{reader}.page.truth.revision") == 2
    expect(page.locator("[data-send-trouble]")).to_be_hidden()
