"""An experiment as text for a terminal, a report or a spreadsheet. English, as all commands."""

import csv
import io

from training import experiment_tables as tables
from training.choices import ExperimentKind
from training.experiment_plans import SPACE
from training.models import Experiment

PARAMS = ("architecture", *SPACE)


def about(experiment: Experiment) -> list[str]:
    """What one must know to read its table."""
    wanted, recipe = experiment.plan, experiment.plan["recipe"]
    told = ["Synthetic slides: says nothing about real tissue."] if experiment.is_synthetic else []
    cap = wanted["minutes_per_run"]
    limit = f", at most {cap:g} minutes a run" if cap else ""
    if experiment.kind == ExperimentKind.SEARCH:
        return [*told, f"{recipe['epochs']} epochs a trial{limit}; seed {wanted['seed']}."]
    return [
        *told,
        f"{wanted['folds']} folds by patient, the same at each scale: the network that is asked "
        "about a patient has neither learnt from that patient nor chosen its epoch or threshold "
        "by them. Every patient is tested once, n is the patches behind a figure.",
        "AUC compares patches that the same network scored. Intervals: 95 %, 1,000 draws of "
        "patients. Threshold: recall of "
        f"{recipe['target_recall']:g} on the validation fold.",
        f"{recipe['epochs']} epochs{limit}, batch {recipe['batch']}, learning rate "
        f"{recipe['learning_rate']:g}, weights {recipe['weights']}, augmentation "
        f"{recipe['augmentation']}, seed {wanted['seed']}. Minutes: of all folds together.",
    ]


def as_markdown(experiment: Experiment) -> str:
    if experiment.kind == ExperimentKind.SEARCH:
        return _search_markdown(experiment)
    rows = experiment.results.get("rows", [])
    with_seed = experiment.kind == ExperimentKind.ZOOM_LEVELS
    levels = [_level_note(level) for level in experiment.results.get("levels", [])]
    return tables.markdown(
        experiment.name, rows, about=[*about(experiment), *levels], with_seed=with_seed
    )


def _level_note(level: dict) -> str:
    words = f"{tables.words_of(level['mpps'])} um/px"
    if level["error"]:
        return f"{words}: {level['error']}"
    return (
        f"{words}: {level['patches']:,} patches, {level['tumour']:,} of them tumour, of "
        f"{level['slides']} slides of {level['patients']} patients."
    )


def _search_markdown(experiment: Experiment) -> str:
    heads = ["trial", "state", "validation AUC", *PARAMS, "epochs", "minutes"]
    lines = [heads, ["---"] * len(heads)]
    for trial in experiment.results.get("trials", []):
        value = tables.NOTHING if trial["value"] is None else f"{trial['value']:.4f}"
        params = [_shown(trial["params"].get(name)) for name in PARAMS]
        lines.append(
            [str(trial["number"]), trial["state"], value, *params]
            + [str(trial["epochs"]), f"{trial['minutes']:.1f}"]
        )
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = [*about(experiment), *_best_notes(experiment)]
    return f"## {experiment.name}\n\n{table}\n\n" + "\n".join(f"- {note}" for note in notes) + "\n"


def _best_notes(experiment: Experiment) -> list[str]:
    best = experiment.results.get("best")
    if not best:
        return []
    notes = [
        f"Best: trial {best['number']}. Its validation AUC flatters: it is the highest of "
        f"{len(experiment.results['trials'])} on the same patients."
    ]
    if best.get("tested"):
        auc = tables.shown(best["tested"]["roc_auc"])
        notes.append(f"AUC of the best trial on test patients, who chose nothing: {auc}.")
    return notes


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value or tables.NOTHING)


def as_csv(experiment: Experiment) -> str:
    if experiment.kind != ExperimentKind.SEARCH:
        return tables.csv_text(experiment.results.get("rows", []))
    text = io.StringIO()
    names = ("number", "state", "value", *PARAMS, "epochs", "best_epoch", "minutes", "run", "error")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for trial in experiment.results.get("trials", []):
        record = trial | trial["params"]
        writer.writerow({name: record.get(name, "") for name in names})
    return text.getvalue()


def as_text(experiment: Experiment) -> str:
    head = f"experiment {experiment.pk} ({experiment}): {experiment.status}"
    return f"{head}\n\n{as_markdown(experiment)}"
