"""The registry as an admin walks it: gate, live, back, a bundle out and in, and the log of it all.

What a worker does is done here in its place, by the worker's own functions.
"""

from pathlib import Path

import pytest
from celery import current_app

from predictions import tasks as gate_tasks
from predictions.models import GateRun
from slides.models import AuditEvent
from tests.predictions.registry_rows import BLIND, DULL, KEEN
from tests.predictions.registry_rows import hospital as hospital
from tests.predictions.registry_rows import painted_slide as painted_slide
from tests.predictions.registry_rows import purple_files as purple_files
from tests.predictions.registry_rows import purple_version as purple_version
from training import tasks
from training.models import ModelVersion, VersionImport

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

pytestmark = [pytest.mark.keras, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def nobody_else_works(monkeypatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")


@pytest.fixture
def page(log_in, admin):
    return log_in(admin, accept_downloads=True)


def open_version(page, name: str) -> None:
    page.goto("/training/versions/")
    page.get_by_role("rowheader").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def try_at_gate(page, name: str) -> None:
    """Ask for a trial and have it carried out; the page finds the verdict by itself."""
    open_version(page, name)
    page.get_by_role("button", name="Try at the gate").click()
    expect(page.locator("#gate-run")).to_contain_text("Waiting")
    assert gate_tasks.run_gate(GateRun.objects.get(version__name=name))
    page.locator("#gate-run .verdict").wait_for()


def test_the_gate_refuses_a_worse_version_passes_a_better_one_and_there_is_a_way_back(
    page, hospital, purple_version
):
    for name, bias in (("dull", DULL), ("blind", BLIND), ("keen", KEEN)):
        purple_version(name, bias, training=hospital["development"])

    try_at_gate(page, "dull")  # the first: nothing is live to compare with
    expect(page.locator("#gate-run")).to_contain_text("No version was live")
    page.get_by_role("button", name="Make dull live").click()
    expect(page.get_by_role("status")).to_contain_text("dull is live.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("live")

    try_at_gate(page, "blind")
    expect(page.locator(".verdict")).to_have_text("Gate refused")
    expect(page.locator(".check.failed").first).to_contain_text("0.500 less than the live version")
    expect(page.locator("svg.gate-plot").first).to_be_visible()
    expect(page.get_by_text("A refusal cannot be overridden")).to_be_visible()
    expect(page.get_by_role("button", name="Make blind live")).to_have_count(0)

    try_at_gate(page, "keen")
    expect(page.locator(".verdict")).to_have_text("Gate passed")
    page.get_by_role("button", name="Make keen live").click()
    expect(page.get_by_role("status")).to_contain_text("keen is live.")
    page.goto("/training/versions/?stage=live")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("keen")

    open_version(page, "keen")
    page.locator("summary", has_text="Roll back").click()
    page.get_by_role("button", name="Roll back to dull").click()
    expect(page.get_by_role("status")).to_contain_text("dull is live again, keen is archived.")
    assert dict(ModelVersion.objects.values_list("name", "stage")) == {
        "dull": "live",
        "blind": "candidate",
        "keen": "archived",
    }

    page.goto("/training/versions/")
    for name in ("dull", "keen"):
        page.get_by_label(f"Compare {name}").check()
    page.get_by_role("button", name="Ticked ones side by side").click()
    expect(page.locator("table.sides thead")).to_contain_text("dull")
    expect(page.locator("interval-plots svg").first).to_be_visible()


def test_a_hospital_with_two_patients_says_why_all_the_same(page, painted_slide, purple_version):
    for name in ("test_a", "test_b"):
        painted_slide(name, subset="test")
    development = [painted_slide("dev")]
    for name in ("first", "second"):
        purple_version(name, training=development)
    try_at_gate(page, "first")
    page.get_by_role("button", name="Make first live").click()
    try_at_gate(page, "second")
    expect(page.locator(".verdict")).to_have_text("Gate undecided")
    expect(page.locator(".check.undecided").first).to_contain_text("too few for an interval")
    page.get_by_label("Why should it go live all the same?").fill(
        "Read by two of us, side by side."
    )
    page.get_by_role("button", name="Make it live with this reason").click()
    expect(page.get_by_role("status")).to_contain_text("second is live.")
    expect(page.locator("#card")).to_contain_text("Read by two of us, side by side.")


@pytest.fixture
def baseline(make_version, small_slide, settings) -> ModelVersion:
    """A version that can travel: its network is one of ours."""
    from training import network

    place = Path(settings.MEDIA_ROOT) / "versions/traveller.keras"
    checksum = network.save(network.build("baseline", patch_px=32), place)
    slide = small_slide("seen")
    return make_version("traveller", training=[slide], weights_sha256=checksum)


def send(page, file: Path, sha256: str) -> None:
    page.get_by_label("Bundle (.zip)").set_input_files(file)
    page.get_by_label("Its SHA-256").fill(sha256)
    page.get_by_label("Name here (optional)").fill("arrived")
    page.get_by_role("button", name="Check and take in").click()


def test_a_bundle_goes_out_and_comes_in_and_all_of_it_is_in_the_log(page, baseline, tmp_path):
    open_version(page, "traveller")
    page.get_by_role("link", name="Edit the texts").click()
    page.get_by_label("Limits").fill("Never tried on frozen sections.")
    page.get_by_role("button", name="Write the card").click()
    expect(page.locator("#card")).to_contain_text("Never tried on frozen sections.")

    page.get_by_role("button", name="Make a bundle").click()
    sha256 = page.locator("[data-bundle-sha256]").inner_text()
    with page.expect_download() as download:
        page.locator("#elsewhere dd a").first.click()
    file = tmp_path / "bundle.zip"
    download.value.save_as(file)

    page.goto("/training/versions/")
    page.get_by_role("link", name="Take in a bundle").click()
    send(page, file, "0" * 64)
    expect(page.locator("form.panel")).to_contain_text("is not the bundle that was meant")
    send(page, file, sha256)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Taking in bundle.zip")
    assert tasks.run_import(VersionImport.objects.get())
    page.get_by_role("link", name="Model version arrived").click()
    expect(page.locator("main")).to_contain_text("came as a bundle")
    expect(page.locator("#card")).to_contain_text("Never tried on frozen sections.")

    page.locator("details.menu summary").click()
    page.get_by_role("link", name="Audit log").click()
    expect(page.locator("tbody tr")).to_have_count(4)
    page.get_by_label("What").select_option("edit card")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Never tried on frozen sections.")
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_role("status")).to_contain_text("The chain is whole: all 4 events")

    AuditEvent.objects.filter(action="export").update(actor="nobody")  # past the model's own guard
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_role("status")).to_contain_text("The chain is broken at event")
