"""An experiment's table as Markdown and CSV, beside the figures of the seed.

rows: as stored in an experiment's results: what was trained, its figures and their counts.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from training.seed_figures import CAVEATS, beside

NOTHING = "–"
FIGURES = ("roc_auc", "recall", "precision", "specificity")
COLUMNS = (
    *("architecture", "pooling", "mpps", "patch_px"),
    *(f"{name}{part}" for name in FIGURES for part in ("", "_low", "_high", "_n")),
    *("tp", "fp", "fn", "tn", "test_patches", "test_tumour_patches", "test_patients"),
    *("test_tumour_patients", "folds", "best_epochs", "epochs", "minutes", "training_patches"),
    *("seed_auc", "seed_recall", "seed_precision", "seed_n", "seed_caveat", "error"),
)
Row = Mapping[str, Any]


def words_of(mpps: Sequence[float]) -> str:
    """Such as "0.486" or "1.944 + 3.888 + 7.776"."""
    return " + ".join(f"{mpp:g}" for mpp in mpps)


def shown(figure: Mapping[str, Any] | None) -> str:
    """Such as "0.927 (0.902-0.954), n 1,623"."""
    if not figure or figure["value"] is None:
        return NOTHING
    interval = "" if figure["low"] is None else f" ({figure['low']:.3f}-{figure['high']:.3f})"
    return f"{figure['value']:.3f}{interval}, n {figure['n']:,}"


def markdown(title: str, rows: Sequence[Row], *, about: Sequence[str], with_seed: bool) -> str:
    """The table with what one must know to read it. about: sentences below it."""
    heads = ["network", "pooling", "µm/px", "AUC", "recall", "precision", "TP / FN / FP / TN"]
    heads += ["best epoch", "minutes", *(["seed"] if with_seed else [])]
    lines = [_line(heads), _line(["---"] * len(heads))]
    lines += [_line(_cells(row, with_seed=with_seed)) for row in rows]
    notes = [*about, *(_seed_notes(rows) if with_seed else ())]
    return "\n".join([f"## {title}", "", *lines, "", *(f"- {note}" for note in notes)]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Row, *, with_seed: bool) -> list[str]:
    figures = row.get("figures") or {}
    names = [row["architecture_words"], row["pooling"], words_of(row["mpps"])]
    seed = [_seed_cell(row)] if with_seed else []
    if not figures:
        return [*names, row.get("error") or "not done", *[NOTHING] * 5, *seed]
    matrix = " / ".join(f"{figures['confusion'][name]:,}" for name in ("tp", "fn", "fp", "tn"))
    epochs = ", ".join(str(epoch) for epoch in row["best_epochs"])
    measured = [shown(figures[name]) for name in ("roc_auc", "recall", "precision")]
    return [*names, *measured, matrix, epochs, f"{row['minutes']:.1f}", *seed]


def _seed_cell(row: Row) -> str:
    seed = beside(row["mpps"])
    if seed is None:
        return NOTHING
    return f"{seed.auc:.3f}{' (see below)' if seed.caveat else ''}"


def _seed_notes(rows: Sequence[Row]) -> list[str]:
    found = {seed.level: seed for row in rows if (seed := beside(row["mpps"]))}
    notes = [f"Seed, level {level}: {seed.caveat}." for level, seed in found.items() if seed.caveat]
    return [*notes, *(f"Seed: {caveat}" for caveat in CAVEATS)]


def csv_text(rows: Sequence[Row]) -> str:
    """The rows with every number unrounded, one line each."""
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows([_record(row) for row in rows])
    return table.getvalue()


def _record(row: Row) -> dict[str, Any]:
    figures = row.get("figures") or {}
    record = {name: row.get(name, "") for name in ("architecture", "pooling", "patch_px", "error")}
    record |= {"mpps": words_of(row["mpps"]), "epochs": row.get("epochs", "")}
    record |= {name: row.get(name, "") for name in ("minutes", "training_patches")}
    record["best_epochs"] = " ".join(str(epoch) for epoch in row.get("best_epochs", ()))
    for name in FIGURES if figures else ():
        figure = figures[name]
        record |= {name: figure["value"], f"{name}_n": figure["n"]}
        record |= {f"{name}_low": figure["low"], f"{name}_high": figure["high"]}
    if figures:
        record |= figures["confusion"]
        n = figures["n"]
        record |= {f"test_{name}": n[name] for name in n if name != "folds"} | {"folds": n["folds"]}
    return record | _seed_record(row)


def _seed_record(row: Row) -> dict[str, Any]:
    seed = beside(row["mpps"])
    if seed is None:
        return {}
    return {
        "seed_auc": seed.auc,
        "seed_recall": seed.recall,
        "seed_precision": seed.precision,
        "seed_n": seed.n,
        "seed_caveat": seed.caveat,
    }
