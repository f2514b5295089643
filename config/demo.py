"""The demo, from nothing to a running site: `python -m config.demo`, or `make demo`.

Every step is a documented command, printed as it runs, and is left out where its work is done.
"""

import argparse
import csv
import json
import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import django
from django.conf import settings

from config.serve import ROOT, run_until_stopped

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

WORDS = ("amber", "birch", "calm", "delta", "ember", "fjord", "grove", "heron", "iris", "juniper")

GREETING = """
Sentinode is running at {address}

  Sign in as   {users}

  What to click
    1. Worklist: begin with the first slide; A accepts a finding, X and a digit reject it,
       Enter signs and the next slide comes. "Findings wall" judges many slides at once.
    2. Slides: open a slide marked "test". Keys: 1 true mask, 2 probability, 3 agreement,
       0 none; hold Space to see the bare tissue; drag the threshold.
    3. Compare: the same slide under both versions, linked.
    4. Model versions: the figures on slides that training never saw.
    5. Reports: both versions against each other, as PDF too; "Threshold" is its cockpit.
    6. As admin, Upload: drop a slide of your own and predict it.

  All slides of this demo are synthetic. Press Ctrl-C to stop everything.
"""


# A patch counts as tumour from a tenth of its area on: slivers at outlines teach nothing.
DATASET = "demo level 1"
PATCHES = ("--mpp", "0.486", "--tumour-bar", "0.1", "--balance", "none", "--per-slide-cap", "120")
# What a baseline learns from on two cores in some four minutes. Chosen on a hospital of another
# seed, so that the demo's test slides are unseen, but for the augmentation: of two that vary the
# stain, the gate found black pen called tumour after `stain` and not after `hed`.
FITTING = ("--batch", "16", "--learning-rate", "0.002", "--augmentation", "hed", "--epochs", "20")


@dataclass(frozen=True)
class Recipe:
    """One demo version. The seed's text pooled by maximum, its code by average: here are both."""

    name: str
    pooling: str


RECIPES = (Recipe("baseline-average", "avg"), Recipe("baseline-maximum", "max"))


def manage(*arguments: str) -> None:
    """Run one `manage.py` command, shown as a user would type it."""
    print(f"\n$ manage.py {' '.join(arguments)}", flush=True)
    ended = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=False)
    if ended.returncode:
        raise SystemExit(f"`manage.py {arguments[0]}` failed; mend what it says and start again.")


def ensure_database() -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        manage("migrate", "--verbosity", "0")


def ensure_users() -> dict[str, str]:
    """The demo users and their passwords, made once and kept for their owner only."""
    from django.contrib.auth.models import Group, User

    path = settings.HOME / "demo_users.json"
    if not path.exists():
        passwords = {name: _password() for name in ("admin", "pathologist")}
        for name, password in passwords.items():
            user, _ = User.objects.get_or_create(username=name)
            user.is_staff = user.is_superuser = name == "admin"
            user.set_password(password)
            user.save()
            user.groups.add(Group.objects.get(name=name))
        path.touch(mode=0o600)
        path.write_text(json.dumps(passwords))
    return json.loads(path.read_text())


def _password() -> str:
    return "-".join([*(secrets.choice(WORDS) for _ in range(3)), str(secrets.randbelow(900) + 100)])


def ensure_slides(folder: Path, slide_options: list[str]) -> None:
    """Make, import and annotate the hospital's slides, unless all of that is done."""
    from slides.models import Slide

    if not (folder / "slides.csv").exists():
        manage("make_demo_slides", str(folder), *slide_options)
    with (folder / "slides.csv").open(newline="") as file:
        names = {Path(row["file"]).stem for row in csv.DictReader(file)}
    if names - set(Slide.objects.ready().values_list("name", flat=True)):
        manage("import_slides", str(folder), "--link")
    if Slide.objects.filter(name__in=names, annotations=None).exists():
        manage("import_truth", str(folder), "--normals")


def ensure_dataset() -> None:
    from training.models import Dataset

    if not Dataset.objects.filter(name=DATASET, status=Dataset.Status.DONE).exists():
        manage("freeze_dataset", DATASET, *PATCHES)


def ensure_version(recipe: Recipe) -> None:
    from training.models import ModelVersion

    if not ModelVersion.objects.filter(name=recipe.name).exists():
        network = ("--architecture", "baseline", "--pooling", recipe.pooling)
        manage("train", DATASET, "--name", recipe.name, *network, *FITTING)


def ensure_predictions(recipe: Recipe) -> None:
    from predictions.models import Cohort, Prediction
    from slides.models import Slide

    test_slides = Slide.objects.ready().filter(subset=Slide.Subset.TEST, is_synthetic=True)
    done = Prediction.objects.filter(
        version__name=recipe.name, slide__in=test_slides, status=Prediction.Status.DONE
    )
    if done.count() < test_slides.count():
        manage("predict", "--version", recipe.name, "--subset", "test")
    if not Cohort.objects.filter(version__name=recipe.name).exists():
        manage("evaluate", "--version", recipe.name, "--subset", "test")


def ensure_report() -> None:
    """All versions of the demo held against each other on the test slides."""
    from predictions.models import Report

    names = [recipe.name for recipe in RECIPES]
    reports = Report.objects.filter(subset="test", status=Report.Status.DONE)
    if not reports.filter(versions__name=names[0]).filter(versions__name=names[1]).exists():
        manage("report", *names, "--subset", "test")


def ensure_live() -> None:
    """Make the version with the best validation AUC live, if the gate lets it."""
    from training.models import ModelVersion

    versions = ModelVersion.objects.filter(name__in=[recipe.name for recipe in RECIPES])
    if not versions or ModelVersion.objects.live().exists():
        return
    best = max(versions, key=lambda version: version.metrics["roc_auc"]["value"])
    if best.gate_runs.exists():  # tried at an earlier start: the page of the version says how
        return
    try:
        manage("promote", best.name)
    except SystemExit:
        print(f"Nothing is live: the page of {best} says what the gate found.", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--prepare-only", action="store_true", help="do not start the site")
    parser.add_argument("--slide-options", default="", help="passed on to make_demo_slides")
    options = parser.parse_args()
    began = time.monotonic()
    django.setup()
    ensure_database()
    users = ensure_users()
    ensure_slides(settings.HOME / "demo_slides", options.slide_options.split())
    ensure_dataset()
    for recipe in RECIPES:
        ensure_version(recipe)
        ensure_predictions(recipe)
    ensure_report()
    ensure_live()
    print(f"\nPrepared in {time.monotonic() - began:.0f} s.", flush=True)
    if not options.prepare_only:
        shown = "\n               ".join(f"{name} / {word}" for name, word in users.items())
        run_until_stopped(options.port, GREETING.replace("{users}", shown))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("\nStopped. Start again to go on where this stopped.") from None
