"""The API's page in Chromium: Swagger UI draws and calls under the site's own strict policy."""

from django.urls import reverse
from playwright.sync_api import expect

from slides.models import Slide


def opened(page, operation: str):
    """An operation of the slides, opened: its tag first."""
    page.locator("#operations-tag-slides").click()
    found = page.locator(f"#operations-slides-{operation}")
    found.get_by_role("button").first.click()
    return found


def test_the_page_lists_every_operation_and_tries_one(log_in, pathologist):
    page = log_in(pathologist)
    answer = page.goto(reverse("api-docs"))
    assert "style-src 'self'" in answer.headers["content-security-policy"]
    operation = opened(page, "slides_list")
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    live = operation.locator(".live-responses-table .response-col_status").last
    expect(live).to_contain_text("200")
    page.locator("#operations-tag-versions").click()
    expect(page.locator("#operations-versions-versions_list")).to_be_visible()
    assert page.locator(".opblock-tag").count() > 15


def test_a_call_from_the_page_carries_its_csrf_token(log_in, admin):
    slide = Slide.objects.create(name="one", patient="one")
    page = log_in(admin)
    page.goto(reverse("api-docs"))
    operation = opened(page, "slides_cancel_create")
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("tr[data-param-name=id] input").fill(str(slide.pk))
    with page.expect_response("**/cancel/") as reply:
        operation.get_by_role("button", name="Execute").click()
    assert (reply.value.status, reply.value.json()["status"]) == (200, "cancelled")
