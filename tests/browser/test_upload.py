"""A slide on its way in."""

from django.urls import reverse
from playwright.sync_api import expect

from slides import tasks
from tests.slide_files import tissue_like, write_pyramid


def test_a_chosen_file_is_sent_followed_and_opened(log_in, admin, tmp_path, monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(tasks.ingest_slide, "delay_on_commit", asked.append)
    path = write_pyramid(tmp_path / "sent.tif", tissue_like(900, 700))
    page = log_in(admin)
    page.goto(reverse("slide-upload"))
    page.locator("[data-files]").set_input_files(path)
    expect(page.locator(".upload")).to_contain_text("Received, waiting", timeout=20_000)
    tasks.ingest_slide(asked[0])
    page.get_by_role("link", name="Open slide").click(timeout=20_000)
    expect(page.locator("slide-viewer")).to_be_visible()
    expect(page.locator('[data-show="scale"]')).to_contain_text("µm")
