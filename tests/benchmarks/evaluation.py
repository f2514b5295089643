"""Time and memory of an evaluation: 400 result sets, and one slide of 100,000 x 100,000 px.

    python -m tests.benchmarks.evaluation [--slides 400] [--side 100000] [--save]

Each part runs in a process of its own, whose peak memory is told beside its time:

- froc: the lesion FROC with bands from 1,000 draws of patients, over made-up detections;
- folders: `manage.py evaluate --predictions --truth` over as many files, masks at level 5;
- ranking: ROC, PR and calibration with bands over all cells of the slides;
- mask: a mask of the whole slide, read from its file and scored px by px against a map.

scikit-learn does the same in the same run where it can: areas over all cells, one draw of many
(its time for all draws is that of a few, multiplied), and px by px on a piece of the mask.
The last line is JSON.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tests.benchmarks.machine import machine

PACKAGES = ("numpy", "scipy", "scikit-learn", "tifffile", "imagecodecs", "shapely")
SAVED = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "evaluation.json"
ROUNDS = 3
DRAWS = 1000
TILE = 512
PEER_DRAWS = 5
PEER_SIDE = 4000


def timed(work: Callable[[], object], rounds: int = ROUNDS) -> dict:
    """Median wall seconds, their spread, and the CPU seconds of the median, which move less."""
    walls, cpus = [], []
    for _ in range(rounds):
        began, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - cpu)
    return {
        "seconds": max(round(statistics.median(walls), 4), 1e-4),
        "spread": [round(min(walls), 4), round(max(walls), 4)],
        "cpu_seconds": round(statistics.median(cpus), 4),
    }


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def apart(part: Callable[..., dict], *arguments: object) -> dict:
    """A part's result from a fresh process, so that its peak memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(part, arguments)


# Result sets -------------------------------------------------------------------


def made_up_hits(slides: int) -> list:
    """Two slides in five with 1 to 8 lesions, up to 100 false positives on any."""
    from predictions.froc import SlideHits

    rng = np.random.default_rng(0)
    made = []
    for index in range(slides):
        count = rng.integers(1, 9) if index % 5 < 2 else 0
        lesions = np.where(rng.random(count) < 0.7, rng.random(count), 0)
        false = rng.random(rng.integers(0, 100)) ** 3
        numbers = np.arange(1, count + 1)
        made.append(SlideHits(f"s{index}", f"p{index // 2}", false, lesions, numbers))
    return made


def froc(slides: int) -> dict:
    from predictions.froc import froc_figures

    made = made_up_hits(slides)
    before = peak_mb()
    result = timed(lambda: froc_figures(made, draws=DRAWS))
    findings = sum(len(one.false_positives) + len(one.lesions) for one in made)
    memory = {"peak_mb": round(peak_mb()), "peak_mb_before": round(before)}
    return result | memory | {"slides": slides, "draws": DRAWS, "findings": findings}


def folders(slides: int, side: int) -> dict:
    import tifffile

    from predictions.challenge_files import write_lesions, write_slide_scores
    from predictions.folder_evaluation import FolderRules, evaluate_folders

    rng = np.random.default_rng(0)
    small = side // 32
    with tempfile.TemporaryDirectory() as folder:
        truth, results = Path(folder) / "truth", Path(folder) / "results"
        truth.mkdir()
        lines, scores = ["image,class,width,height"], {}
        for index in range(slides):
            name, is_tumour = f"slide_{index:03}", index % 5 < 2
            lines.append(f"{name},{'Tumor' if is_tumour else 'Normal'},{side},{side}")
            scores[name] = float(rng.random())
            if is_tumour:
                mask = blobs(rng, small)
                path = truth / f"{name}_mask.tif"
                tifffile.imwrite(path, mask, compression="zlib", photometric="minisblack")
            places = rng.integers(0, side, (50, 2))
            write_lesions(results / f"{name}.csv", np.column_stack([rng.random(50), places]))
        (truth / "reference.csv").write_text("\n".join(lines))
        write_slide_scores(results / "slides.csv", scores)
        before = peak_mb()
        result = timed(lambda: evaluate_folders(results, truth, FolderRules(draws=DRAWS)), 1)
    memory = {"peak_mb": round(peak_mb()), "peak_mb_before": round(before)}
    return result | memory | {"slides": slides, "mask_px": small, "draws": DRAWS}


def blobs(rng: np.random.Generator, side: int) -> np.ndarray:
    """Six discs of 2 to 100 px."""
    mask = np.zeros((side, side), np.uint8)
    for _ in range(6):
        radius = int(rng.integers(2, 100))
        row, column = rng.integers(100, side - 100, 2)
        rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
        own = mask[row - radius : row + radius + 1, column - radius : column + radius + 1]
        own |= (rows**2 + columns**2 <= radius**2).astype(np.uint8)
    return mask


# Ranking -----------------------------------------------------------------------


def cells_of(slides: int, cells: int) -> list:
    rng = np.random.default_rng(1)
    made = []
    for index in range(slides):
        labels = rng.random(cells) < (0.02 if index % 5 < 2 else 0)
        scores = np.clip(rng.normal(0.2 + 0.5 * labels, 0.15), 0, 1).astype(np.float32)
        made.append((labels, scores))
    return made


def ranking(slides: int, cells: int) -> dict:
    from sklearn.metrics import average_precision_score, roc_auc_score

    from predictions.bands import calibration_figures, ranking_figures
    from predictions.ranking import score_table, table_pr_auc, table_roc_auc
    from predictions.resampling import slide_weights

    made = cells_of(slides, cells)
    labels, scores = (np.concatenate(column) for column in zip(*made, strict=True))
    weights = slide_weights([str(i) for i in range(slides)], [one.any() for one, _ in made])
    before = peak_mb()

    def areas() -> tuple:
        table = score_table(scores, labels)
        return table_roc_auc(table), table_pr_auc(table)

    def bands() -> None:
        tables = [score_table(own, label) for label, own in made]
        ranking_figures(tables, weights)
        calibration_figures(tables, weights)

    ours, with_bands = timed(areas), timed(bands, 1)
    memory = {"peak_mb": round(peak_mb()), "peak_mb_before": round(before)}
    peer = timed(lambda: (roc_auc_score(labels, scores), average_precision_score(labels, scores)))

    def few_draws() -> None:
        for times in weights[:PEER_DRAWS]:
            own = np.repeat(times, cells)
            roc_auc_score(labels, scores, sample_weight=own)
            average_precision_score(labels, scores, sample_weight=own)

    one_draw = timed(few_draws, 1)["seconds"] / PEER_DRAWS
    expected = roc_auc_score(labels, scores), average_precision_score(labels, scores)
    differences = [abs(own - other) for own, other in zip(areas(), expected, strict=True)]
    return memory | {
        "slides": slides,
        "cells": len(labels),
        "areas": ours,
        "areas_scikit_learn": peer,
        "areas_scikit_learn_over_ours": round(peer["seconds"] / ours["seconds"], 2),
        "bands": with_bands,
        "bands_scikit_learn_seconds": round(one_draw * DRAWS, 1),
        "bands_scikit_learn_draws_timed": PEER_DRAWS,
        "bands_scikit_learn_over_ours": round(one_draw * DRAWS / with_bands["seconds"], 1),
        "largest_difference": max(differences),
    }


# A mask ------------------------------------------------------------------------


def write_mask(path: Path, side: int) -> None:
    """A mask of half a hundred lesions of 0.1 to 4 mm, at 0.25 um per px, in tiles of 512 px."""
    import tifffile

    rng = np.random.default_rng(2)
    centres = rng.uniform(0.1, 0.9, (50, 2)) * side
    radii = np.exp(rng.uniform(np.log(200), np.log(8000), 50)) * side / 100_000
    wide = -(-side // TILE)

    def tiles() -> Iterator[np.ndarray]:
        empty = np.zeros((TILE, TILE), np.uint8)
        for row in range(wide):
            rows = (np.arange(TILE) + row * TILE)[:, None]
            for column in range(wide):
                middle = np.array([row + 0.5, column + 0.5]) * TILE
                near = np.hypot(*(centres - middle).T) < radii + TILE
                if not near.any():
                    yield empty
                    continue
                columns = (np.arange(TILE) + column * TILE)[None]
                tile = empty.copy()
                for (y, x), radius in zip(centres[near], radii[near], strict=True):
                    tile |= ((rows - y) ** 2 + (columns - x) ** 2 < radius**2).astype(np.uint8)
                yield tile

    tifffile.imwrite(
        path, tiles(), shape=(side, side), dtype=np.uint8, tile=(TILE, TILE), bigtiff=True,
        compression="zlib", photometric="minisblack",
    )  # fmt: skip


def mask(path: str, side: int, cell_px: float) -> dict:
    from predictions.evaluation import Terms, slide_metrics
    from predictions.scoring_masks import Cells, count_mask, pixel_metrics

    count = int(np.ceil(side / cell_px))
    rng = np.random.default_rng(3)
    probabilities = rng.random((count, count)).astype(np.float32)
    probabilities[rng.random((count, count)) < 0.6] = np.nan  # most of a slide is glass
    cells = Cells(side, side, count, count, cell_px)
    before = peak_mb()

    def score() -> None:
        pixels = count_mask(Path(path), cells)
        pixel_metrics(probabilities, pixels, threshold=0.5, px_mm2=6.25e-8)
        slide_metrics(probabilities, pixels.truth, Terms(0.5))

    result = timed(score, 1)
    memory = {"peak_mb": round(peak_mb()), "peak_mb_before": round(before)}
    rate = side**2 / result["seconds"] / 1e6
    facts = {"side_px": side, "cell_px": cell_px, "cells": count**2}
    return result | memory | facts | {"million_px_per_second": round(rate)}


def mask_by_scikit_learn() -> dict:
    """The plain way on a piece: every px's label and probability, then scikit-learn."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(4)
    labels = np.kron(rng.random((40, 40)) < 0.1, np.ones((100, 100), bool))
    probabilities = rng.random((14, 14)).astype(np.float32)
    places = np.minimum(np.arange(PEER_SIDE) // 299, 13)
    before = peak_mb()

    def score() -> None:
        spread = probabilities[places][:, places]
        roc_auc_score(labels.ravel(), spread.ravel())
        average_precision_score(labels.ravel(), spread.ravel())

    result = timed(score, 1)
    rate = PEER_SIDE**2 / result["seconds"] / 1e6
    memory = {"peak_mb": round(peak_mb()), "peak_mb_before": round(before)}
    return result | memory | {"side_px": PEER_SIDE, "million_px_per_second": round(rate, 1)}


def measure(options: argparse.Namespace) -> dict:
    results = {
        "froc": apart(froc, options.slides),
        "folders": apart(folders, options.slides, options.side),
        "ranking": apart(ranking, options.slides, options.cells),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mask.tif"
        write_mask(path, options.side)
        results["mask"] = apart(mask, str(path), options.side, 299.0)
        results["mask_fine_cells"] = apart(mask, str(path), options.side, 64.0)
    peer = apart(mask_by_scikit_learn)
    ours = results["mask"]["million_px_per_second"]
    results["mask_scikit_learn"] = peer
    results["mask_px_per_second_over_scikit_learn"] = round(ours / peer["million_px_per_second"])
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slides", type=int, default=400)
    parser.add_argument("--cells", type=int, default=5000, help="of each slide, for ranking")
    parser.add_argument("--side", type=int, default=100_000, help="of a slide, in px")
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args()
    result = {"benchmark": "evaluation", "machine": machine(*PACKAGES)}
    result["results"] = measure(options)
    if options.save:
        SAVED.parent.mkdir(parents=True, exist_ok=True)
        SAVED.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
