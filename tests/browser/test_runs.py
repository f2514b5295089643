"""Asking for a run, and watching it."""

import pytest
from playwright.sync_api import expect

from training.models import Dataset, TrainingRun

FIGURES = {"auc": 0.8, "recall": 0.7, "precision": 0.6, "learning_rate": 0.001}


def line(epoch: int) -> dict:
    own = {name: value for name, value in FIGURES.items() if name != "learning_rate"}
    measured = {"loss": 1 / epoch} | {f"val_{name}": value for name, value in own.items()}
    told = {"val_loss": 0.5, "seconds": 60.0, "patches_per_second": 20.0, "wait_share": 0.02}
    return {"epoch": epoch, **FIGURES, **measured, **told}


@pytest.fixture
def dataset(db) -> Dataset:
    return Dataset.objects.create(
        name="patches", mpp=0.5, patch_px=32, status="done", manifest_sha256="f" * 64
    )


@pytest.fixture
def run(dataset, small_slide) -> TrainingRun:
    """A run in its third epoch."""
    example = {"place": 3, "label": 1, "score": 0.03, "is_right": False, "slide": small_slide().pk}
    return TrainingRun.objects.create(
        dataset=dataset,
        architecture="vgg16",
        status="running",
        done_count=200,
        total_count=1000,
        rate=20.0,
        history=[line(1), line(2)],
        steps=[{"step": at, "epoch": at / 10, "loss": 1 / at, **FIGURES} for at in range(1, 26)],
        examples=[example | {"x_l0": 0, "y_l0": 0, "mpp": 0.5}],
    )


def test_a_form_asks_only_for_what_matters(log_in, admin, dataset):
    page = log_in(admin)
    page.goto("/training/runs/new/")
    assert page.locator("form .field:visible").count() <= 8
    for label in ("Weights file", "Version to go on from", "Fold that validates", "Rare class"):
        expect(page.get_by_label(label)).to_be_hidden()
    page.get_by_label("Begins from").select_option("file")
    expect(page.get_by_label("Weights file")).to_be_visible()
    page.get_by_label("Begins from").select_option("version")
    expect(page.get_by_label("Weights file")).to_be_hidden()
    expect(page.get_by_label("Network", exact=True)).to_be_hidden()
    page.get_by_label("Begins from").select_option("none")
    page.get_by_text("How it learns").click()
    expect(page.get_by_label("RMSprop rho")).to_be_visible()
    page.get_by_label("Optimiser").select_option("adam")
    expect(page.get_by_label("RMSprop rho")).to_be_hidden()
    page.get_by_label("Patches per batch").fill("0")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_label("Patches per batch")).to_be_visible()  # what is wrong is unfolded
    page.get_by_label("Patches per batch").fill("8")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/training/runs/*/")
    made = TrainingRun.objects.get()
    assert (made.optimizer, made.batch, made.weights) == ("adam", 8, "none")


def test_what_was_unfolded_stays_so_while_the_page_moves(log_in, admin, run):
    page = log_in(admin)
    page.goto(run.get_absolute_url())
    expect(page.locator("table-chart").first.locator("canvas")).to_have_count(5)
    page.get_by_text("Step by step").click()
    steps = page.locator("kept-open table-chart canvas")
    expect(steps).to_have_count(4)
    TrainingRun.objects.filter(pk=run.pk).update(history=[line(1), line(2), line(3)])
    expect(page.locator("#epochs tbody tr")).to_have_count(3)
    expect(steps.first).to_be_visible()
    expect(page.get_by_text("40 s left")).to_be_visible()
    picture = page.locator(".patches img").first
    expect(picture).to_have_js_property("naturalWidth", 32)


def test_a_run_that_learns_can_be_stopped_and_keeps_its_best(log_in, admin, run):
    page = log_in(admin)
    page.goto(run.get_absolute_url())
    page.get_by_role("button", name="Stop and keep the best epoch").click()
    expect(page.locator(".state.running")).to_have_text("Stopping")
    expect(page.get_by_role("status")).to_contain_text("stopping")
    run.refresh_from_db()
    assert run.cancel_requested
