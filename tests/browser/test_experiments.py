"""Watching an experiment: a search of settings as plots, stopped and gone on with."""

import pytest
from playwright.sync_api import expect

from training.experiment_plans import filled
from training.models import Dataset, Experiment

COMMON = {
    **{"architecture": "baseline", "optimizer": "adam", "loss": "bce"},
    **{"label_smoothing": 0.0, "class_balance": "weights", "schedule": "constant"},
}
AUCS = (0.71, 0.78, 0.83, 0.6, 0.91, 0.88)
INTERVAL = {"low": 0.8, "high": 0.95, "n": 240}


def trial(number: int, auc: float) -> dict:
    varied = {
        "learning_rate": 10 ** -(2 + number / 3),
        "batch": (8, 16, 32)[number % 3],
        "pooling": ("max", "avg")[number % 2],
        "augmentation": ("dihedral", "stain")[number % 2],
    }
    state = "pruned" if auc < 0.7 else "done"
    took = {"minutes": 1.5, "epochs": 6, "best_epoch": 4, "run": None, "error": ""}
    tested = {name: {"value": 0.9} | INTERVAL for name in ("roc_auc", "recall", "precision")}
    return {
        **{"number": number, "params": COMMON | varied, "state": state, "value": auc},
        **took,
        "tested": tested | {"n": {"patches": 240, "patients": 8, "slides": 9}},
    }


@pytest.fixture
def search(admin) -> Experiment:
    """Six of eight trials are done, one of them pruned."""
    dataset = Dataset.objects.create(
        name="patches", mpp=0.5, patch_px=32, status="done", manifest_sha256="f" * 64
    )
    trials = [trial(number, auc) for number, auc in enumerate(AUCS)]
    return Experiment.objects.create(
        name="settings",
        kind="search",
        created_by=admin,
        plan=filled("search", {"dataset": dataset.pk, "trials": 8}),
        status="running",
        done_count=600,
        total_count=800,
        results={
            "trials": trials,
            "best": max(trials, key=lambda each: each["value"]),
            "importances": {"learning_rate": 0.7, "batch": 0.2, "pooling": 0.1},
            "patches": {"training": 900, "validation": 300, "test": 240},
        },
    )


def test_a_search_is_plotted_trial_by_trial(log_in, admin, search):
    page = log_in(admin)
    page.goto(search.get_absolute_url())
    expect(page.get_by_text("Best so far: trial 4")).to_be_visible()
    expect(page.get_by_text("6 of 8 trials are done.")).to_be_visible()
    over, through, apart = page.locator("search-plots figure").all()
    expect(over.locator("circle.plot-dot")).to_have_count(6)
    expect(over.locator("circle.is-pruned")).to_have_count(1)
    expect(over.locator("circle.plot-dot title").nth(4)).to_have_text("4: 0.910")
    heights = over.locator("circle.plot-dot").evaluate_all(
        "all => all.map((each) => +each.getAttribute('cy'))"
    )
    assert heights.index(min(heights)) == 4  # the best is highest
    expect(through.locator("polyline")).to_have_count(6)
    expect(through.locator("polyline.is-best")).to_have_count(1)
    varied = apart.locator("svg")
    expect(varied).to_have_count(4)  # what all trials share says nothing
    expect(page.get_by_role("meter", name="Learning rate")).to_have_js_property("value", 0.7)
    page.set_viewport_size({"width": 1366, "height": 768})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_search_is_cancelled_and_gone_on_with(log_in, admin, search):
    page = log_in(admin)
    page.goto(search.get_absolute_url())
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_disabled()
    Experiment.objects.filter(pk=search.pk).update(status="cancelled", cancel_requested=False)
    expect(page.get_by_role("button", name="Go on")).to_be_visible(timeout=10_000)
    page.get_by_role("button", name="Train with these").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run")
    assert "/training/runs/" in page.url
