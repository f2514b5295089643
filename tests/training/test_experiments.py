"""Experiments from the row to the table: real small slides, real trainings of seconds."""

import csv
import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from shapely import box

from slides.jobs import Cancelled
from training import tasks
from training.experiment_plans import filled
from training.experiments import create_experiment, create_run_like
from training.models import Dataset, Experiment, ModelVersion, TrainingRun
from training.refusals import NotTrainable

pytestmark = pytest.mark.keras

PX = 32
COLUMNS, ROWS = 8, 8
RECIPE = {"epochs": 2, "batch": 16, "learning_rate": 1e-3, "augmentation": "none"}


@pytest.fixture
def nodes(make_slide, annotate):
    """Nine slides of nine patients; six with a paler tumour in their upper half."""
    slides = []
    for number in range(9):
        rng = np.random.default_rng(number)
        rgb = rng.integers(40, 120, (ROWS * PX, COLUMNS * PX, 3), dtype=np.uint8)
        if number < 6:
            rgb[: ROWS // 2 * PX] += 100
        slide = make_slide(
            f"node_{number}", rgb=rgb, mpp=0.5, tissue=np.ones((ROWS, COLUMNS), bool)
        )
        half = [box(0, 0, COLUMNS * PX, ROWS // 2 * PX)] if number < 6 else []
        annotate(slide, *half)
        slides.append(slide)
    return slides


def ask(**more):
    asked = {
        "kind": "zoom-levels",
        "levels": [[0.5], [1.0]],
        "networks": [["baseline", "max"]],
        "folds": 3,
        "patch_px": PX,
        "minutes_per_run": 0,
        "recipe": RECIPE,
    }
    return create_experiment(**asked | more)


# Zoom levels ---------------------------------------------------------------


def test_networks_are_compared_on_patients_they_never_saw(
    nodes, as_admin, as_pathologist, django_capture_on_commit_callbacks
):
    """One experiment of seconds; what it leaves in rows, on pages and as runs."""
    experiment = ask()
    assert tasks.run_experiment(experiment)
    assert (experiment.status, experiment.error) == (Experiment.Status.DONE, "")
    _check_rows(experiment)
    _check_roles(experiment)
    _check_runs(experiment)
    _check_pages(experiment, as_admin, as_pathologist)
    _check_rows_become_runs(experiment)
    _check_deletion(experiment, django_capture_on_commit_callbacks)


def _check_rows(experiment):
    """Every patient is tested once at every level, in the same fold."""
    rows = experiment.results["rows"]
    assert [row["mpps"] for row in rows] == [[0.5], [1.0]]
    for row in rows:
        assert row["figures"]["n"]["patients"] == 9
        assert row["figures"]["n"]["folds"] == len(row["best_epochs"]) == 3
    tested = [_patients_by_fold(experiment, level) for level in (0, 1)]
    assert tested[0] == tested[1]
    assert sum(map(len, tested[0].values())) == 9


def _patients_by_fold(experiment, level):
    from training.folded import answers_at

    cells = [cell for cell in experiment.results["cells"].values() if cell["level"] == level]
    return {cell["fold"]: set(answers_at(cell["answers"]).patients.tolist()) for cell in cells}


def _check_roles(experiment):
    """A tested patient neither taught nor chose."""
    from training.experiment_cells import frozen_of, roles_in_turn

    frozen = frozen_of(Dataset.objects.get(pk=experiment.results["levels"][0]["dataset"]))
    patients = frozen.patients()
    for fold in range(3):
        roles = roles_in_turn(frozen, fold, 3)
        sides = [set(patients[places]) for places in (roles.training, roles.validation, roles.test)]
        assert not (sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2])
        assert sum(len(places) for places in vars(roles).values()) == len(patients)


def _check_runs(experiment):
    """Runs show their history and leave no version."""
    runs = TrainingRun.objects.filter(experiment=experiment)
    assert runs.count() == 6
    assert all(len(run.history) == 2 and run.status == "done" for run in runs)
    assert not ModelVersion.objects.exists()


def _check_pages(experiment, admin, reader):
    place = reverse("experiment", args=[experiment.pk])
    page = reader.get(place).content.decode()
    assert "interval-plots" in page
    assert "Train a version" not in page
    assert "Train a version" in admin.get(place).content.decode()
    assert experiment.name in reader.get(reverse("experiment-list")).content.decode()
    answer = reader.get(reverse("experiment-markdown", args=[experiment.pk]))
    assert answer["Content-Type"].startswith("text/markdown")
    answer = admin.post(reverse("experiment-train", args=[experiment.pk]), {"row": "0"})
    run = TrainingRun.objects.get(experiment=None)
    assert answer["Location"] == reverse("run", args=[run.pk])


def _check_rows_become_runs(experiment):
    run = create_run_like(experiment, place=1)
    assert (run.architecture, run.pooling, run.dataset.mpp) == ("baseline", "max", 1.0)
    assert (run.fold, run.experiment, run.epochs) == (0, None, 2)
    with pytest.raises(NotTrainable, match="no figures"):
        create_run_like(experiment, place=7)


def test_a_level_finer_than_the_slides_says_so_and_the_others_are_done(nodes):
    experiment = ask(levels=[[0.1], [0.5]])
    tasks.run_experiment(experiment)
    assert experiment.status == Experiment.Status.DONE
    finer, own = experiment.results["rows"]
    assert finer["figures"] is None
    assert "detail" in finer["error"]
    assert own["figures"]["n"]["patients"] == 9


def test_nothing_that_succeeds_fails_the_experiment_with_the_reason(nodes):
    experiment = ask(levels=[[0.1]])
    tasks.run_experiment(experiment)
    assert experiment.status == Experiment.Status.FAILED
    assert "detail" in experiment.error


def test_a_stopped_experiment_goes_on_with_what_is_not_done(nodes):
    experiment = ask(levels=[[0.5]])

    def watch(done, total):
        if len(experiment.results.get("cells", {})) == 1:
            raise Cancelled

    tasks.run_experiment(experiment, watch=watch)
    assert experiment.status == Experiment.Status.CANCELLED
    [first] = experiment.results["cells"].values()
    assert experiment.results["rows"][0]["figures"]["n"]["folds"] == 1
    assert experiment.requeue()
    assert tasks.run_experiment(Experiment.objects.get(pk=experiment.pk))
    experiment.refresh_from_db()
    assert experiment.status == Experiment.Status.DONE
    assert experiment.results["cells"]["0-0-0"]["run"] == first["run"]
    assert experiment.runs.count() == 3


def test_a_run_whose_worker_died_is_taken_up_by_its_experiment(nodes):
    experiment = ask(levels=[[0.5]])
    tasks.run_experiment(experiment)
    run = experiment.runs.order_by("pk").last()
    key = next(key for key, cell in experiment.results["cells"].items() if cell["run"] == run.pk)
    del experiment.results["cells"][key]
    experiment.save()
    TrainingRun.objects.filter(pk=run.pk).update(status="running", attempt=1)
    experiment.requeue()
    tasks.run_experiment(experiment)
    run.refresh_from_db()
    assert (run.status, run.attempt) == ("done", 2)
    assert experiment.runs.count() == 3


def test_a_run_ends_when_its_minutes_are_up(nodes):
    experiment = ask(levels=[[0.5]], minutes_per_run=1e-6, recipe=RECIPE | {"epochs": 50})
    tasks.run_experiment(experiment)
    cells = experiment.results["cells"].values()
    assert {(cell["epochs"], cell["ended_early"]) for cell in cells} == {(1, "TimeUp")}
    assert experiment.results["rows"][0]["figures"]["n"]["patients"] == 9


def _check_deletion(experiment, django_capture_on_commit_callbacks):
    """What was said of each patch goes with the experiment; its runs and datasets stay."""
    from training.folded import answers_file

    place = answers_file(experiment.results["cells"]["0-0-0"]["answers"])
    assert place.is_file()
    with django_capture_on_commit_callbacks(execute=True):
        experiment.delete()
    assert not place.exists()
    assert TrainingRun.objects.count() > 6


# Cross-validation ----------------------------------------------------------


@pytest.fixture
def frozen(nodes):
    from training.datasets import create_dataset

    dataset = create_dataset(
        name="nodes", mpp=0.5, patch_px=PX, validation_share=0.3, test_share=0.2, balance="none"
    )
    tasks.run_freezing(dataset)
    assert dataset.error == ""
    return dataset


def test_cross_validation_takes_slides_and_rules_of_a_dataset(frozen):
    experiment = create_experiment(
        kind="cross-validation", dataset=frozen.pk, folds=3, recipe=RECIPE
    )
    tasks.run_experiment(experiment)
    assert experiment.error == ""
    [row] = experiment.results["rows"]
    assert row["figures"]["n"]["patients"] == 9
    assert [fold["fold"] for fold in row["by_fold"]] == [0, 1, 2]
    folded = Dataset.objects.get(pk=row["dataset"])
    assert (folded.folds, folded.patch_px, folded.revisions) == (3, PX, frozen.revisions)


# Search --------------------------------------------------------------------


def search(frozen, **more):
    asked = {"dataset": frozen.pk, "trials": 5, "recipe": {"epochs": 3}, "minutes_per_run": 0}
    space = {"batch": [8, 16], "augmentation": ["none", "dihedral"], "label_smoothing": [0.0]}
    return create_experiment(kind="search", **asked | {"space": space} | more)


def test_a_search_finds_its_best_trial_and_tests_it_on_patients_kept_apart(frozen):
    experiment = search(frozen)
    tasks.run_experiment(experiment)
    assert (experiment.status, experiment.error) == ("done", "")
    trials = experiment.results["trials"]
    assert [trial["number"] for trial in trials] == [0, 1, 2, 3, 4]
    done = [trial for trial in trials if trial["state"] == "done"]
    best = experiment.results["best"]
    assert best["value"] == max(trial["value"] for trial in done)
    assert best["tested"]["n"]["patches"] == experiment.results["patches"]["test"] > 0
    run = create_run_like(experiment)
    assert run.batch == best["params"]["batch"]
    assert run.pooling == best["params"]["pooling"]


def test_a_search_goes_on_with_the_study_it_began(frozen):
    experiment = search(frozen, trials=4)

    def watch(done, total):
        if len(experiment.results.get("trials", [])) == 2:
            raise Cancelled

    tasks.run_experiment(experiment, watch=watch)
    assert experiment.status == Experiment.Status.CANCELLED
    kept = experiment.results["trials"]
    experiment.requeue()
    tasks.run_experiment(experiment)
    assert experiment.results["trials"][:2] == kept
    assert len(experiment.results["trials"]) == 4
    numbers = [trial["number"] for trial in experiment.results["trials"]]
    assert numbers == sorted(set(numbers))


def test_a_lagging_trial_is_pruned(frozen, monkeypatch):
    import optuna

    from training import search as searching

    class Always(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            return trial.number > 0

    monkeypatch.setattr(optuna.pruners, "MedianPruner", lambda **_: Always())
    experiment = search(frozen, trials=2)
    tasks.run_experiment(experiment)
    first, second = experiment.results["trials"]
    assert (first["state"], second["state"]) == (searching.DONE, searching.PRUNED)
    assert (second["epochs"], second["tested"]) == (1, None)


def test_a_site_without_optuna_says_what_to_do(frozen, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "optuna", None)
    experiment = search(frozen)
    tasks.run_experiment(experiment)
    assert (experiment.status, experiment.reason) == ("failed", "no_optuna")
    assert "install" in experiment.error


# What is asked for ---------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "asked", "words"),
    [
        ("levels", {}, "there is no experiment 'levels'"),
        ("zoom-levels", {"fold": 3}, "has no setting fold"),
        ("zoom-levels", {"folds": 2}, "folds must be in 3..20, got 2"),
        ("zoom-levels", {"networks": []}, "no network was chosen"),
        ("zoom-levels", {"networks": [["resnet", "max"]]}, "network 'resnet' is unknown"),
        ("zoom-levels", {"levels": [[]]}, "a zoom level is one um/px or several"),
        ("zoom-levels", {"recipe": {"lr": 1}}, "a recipe has no lr"),
        ("search", {"space": {"learning_rate": [1, 0.1]}}, "between two numbers above 0"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(kind, asked, words):
    with pytest.raises(NotTrainable, match=words):
        filled(kind, asked)


def test_an_experiment_without_slides_is_refused(db):
    with pytest.raises(NotTrainable, match="no slide to learn from"):
        create_experiment(kind="zoom-levels")


# Command, page, API --------------------------------------------------------


def test_the_command_gives_the_table_in_every_form(nodes, tmp_path, capsys):
    options = ["--levels", "0.5", "--architectures", "baseline:max", "--patch-px", str(PX)]
    options += ["--epochs", "1", "--batch", "16", "--folds", "3", "--format", "markdown"]
    call_command("run_experiment", "zoom-levels", *options, "--out", str(tmp_path / "table.md"))
    table = (tmp_path / "table.md").read_text()
    assert "| Baseline (two convolutions) | max | 0.5 |" in table
    number = str(Experiment.objects.get().pk)
    again = ["run_experiment", "zoom-levels", "--resume", number, "--format"]
    call_command(*again, "json")
    assert json.loads(capsys.readouterr().out)["status"] == "done"
    call_command(*again, "csv")
    [record] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (record["architecture"], record["folds"]) == ("baseline", "3")


def test_the_command_refuses_in_words(nodes):
    with pytest.raises(CommandError, match="no network; choose of baseline"):
        call_command("run_experiment", "zoom-levels", "--architectures", "resnet")
    with pytest.raises(CommandError, match="There is no frozen dataset 'other'"):
        call_command("run_experiment", "search", "--dataset", "other")


def test_one_click_asks_for_the_zoom_levels(nodes, as_admin):
    page = as_admin.get(reverse("experiment-new", args=["zoom-levels"]))
    form = page.context["form"]
    assert [key for key, _words in form.fields["levels"].choices] == [
        "0.486",
        "0.972",
        "1.944+3.888+7.776",
    ]
    given = {field.name: field.value() for field in form if field.value() is not None}
    answer = as_admin.post(reverse("experiment-new", args=["zoom-levels"]), given)
    experiment = Experiment.objects.get()
    assert answer["Location"] == reverse("experiment", args=[experiment.pk])
    assert experiment.plan["networks"] == [["baseline", "max"], ["baseline", "avg"]]
    assert experiment.plan["slides"] == sorted(slide.pk for slide in nodes)


def test_scripts_ask_read_and_train(frozen, as_admin):
    body = {"kind": "search", "plan": {"dataset": frozen.pk, "trials": 2}}
    answer = as_admin.post("/api/experiments/", body, content_type="application/json")
    assert answer.status_code == 201
    place = f"/api/experiments/{answer.json()['id']}/"
    assert as_admin.get(place).json()["plan"]["trials"] == 2
    refused = as_admin.post(f"{place}train/", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "nothing_done")
    bad = {"kind": "search", "plan": {"dataset": 999}}
    refused = as_admin.post("/api/experiments/", bad, content_type="application/json")
    assert refused.json()["code"] == "no_dataset"
