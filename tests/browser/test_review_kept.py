"""What stays of a signed review: its bundle, what became of its corrections, who took it out."""

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from tests.predictions.review import conftest as desk
from tests.predictions.review import test_evidence

desk_slide, signed = desk.desk_slide, test_evidence.signed


def test_a_bundle_is_taken_away_and_proves_itself_and_the_log_tells(
    log_in, pathologist, admin, signed, tmp_path
):
    page = log_in(pathologist)
    page.goto(signed.get_absolute_url())
    page.locator("[data-tab=slide]").click()
    page.get_by_role("button", name="Make an evidence bundle").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Evidence bundle").click(timeout=20_000)
    whole, flipped = tmp_path / "whole.zip", tmp_path / "flipped.zip"
    download.value.save_as(whole)
    call_command("verify_bundle", whole)
    content = bytearray(whole.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    with pytest.raises(SystemExit):
        call_command("verify_bundle", flipped)

    page.goto("/review/corrections/")
    expect(page.get_by_role("heading", name="Your corrections")).to_be_visible()
    expect(page.locator("main")).to_contain_text(signed.slide.name)
    log = log_in(admin)
    log.goto("/audit/")
    expect(log.locator("main")).to_contain_text(signed.slide.name)
