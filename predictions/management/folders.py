"""`manage.py evaluate --predictions DIR --truth DIR`: result files scored without the database."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.utils.translation import override

from predictions import pair_words
from predictions.challenge_files import RefusedFiles
from predictions.folder_comparing import USUAL, compare_folders
from predictions.folder_evaluation import FolderRules, evaluate_folders
from predictions.lesions import ITC_SLIDES, ORGANISERS_MPP

OWN = "own"
FIGURES = ("slide_auc", "froc", "lesion_sensitivity", "false_per_slide")


def add_folder_arguments(parser: CommandParser) -> None:
    group = parser.add_argument_group(
        "folders", "score result files against truth files, without the database"
    )
    _add_files(group)
    _add_rules(group)


def _add_files(group: Any) -> None:
    group.add_argument(
        "--predictions",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="<slide>.csv of confidence, X, Y; slides.csv of name, probability; stages.csv; of two "
        "folders the second is held against the first",
    )
    group.add_argument(
        "--truth",
        type=Path,
        metavar="DIR",
        help="masks or outlines named like the slides; reference.csv; stages.csv",
    )
    group.add_argument(
        "--mpp",
        default=str(ORGANISERS_MPP),
        help=f"um per px of all slides (default {ORGANISERS_MPP}, as the organisers take it), "
        f"or '{OWN}' for each slide's own in reference.csv",
    )
    group.add_argument(
        "--threshold",
        type=float,
        nargs="+",
        default=[USUAL],
        metavar="T",
        help=f"of two folders: from which confidence on each calls, one for both or one each "
        f"(default {USUAL:g})",
    )


def _add_rules(group: Any) -> None:
    group.add_argument("--tumour-value", type=int, help="of masks, where it is not plain")
    group.add_argument("--exclude", nargs="+", default=[], metavar="SLIDE", help="from everything")
    group.add_argument(
        "--not-exhaustive", nargs="+", default=[], metavar="SLIDE", help="left out of FROC only"
    )
    group.add_argument(
        "--camelyon16",
        action="store_true",
        help="leave out what its organisers do (test_049; of FROC test_114 and others)",
    )
    group.add_argument("--itc-slides", choices=ITC_SLIDES, default=ITC_SLIDES[0])
    group.add_argument("--draws", type=int, default=1000, help="of patients, for intervals")
    group.add_argument("--seed", type=int, default=0)


def evaluate_and_write(options: Mapping[str, Any], out: OutputWrapper) -> None:
    """Score the folders and write the figures. Raises CommandError, with every refused row."""
    if not (options["predictions"] and options["truth"]):
        raise CommandError("give both --predictions DIR and --truth DIR")
    is_json = options["format"] == "json"
    folders = options["predictions"]
    try:
        if len(folders) == 1:
            result = evaluate_folders(folders[0], options["truth"], _rules(options))
        else:
            result = _compared(options)
    except RefusedFiles as refusal:
        if is_json:
            rows = [one.__dict__ for one in refusal.refusals]
            out.write(json.dumps({"refused": rows}, indent=2))
        raise CommandError(f"nothing was scored:\n{refusal}") from refusal
    except ValueError as error:
        raise CommandError(str(error)) from error
    if is_json:
        out.write(json.dumps(result, indent=2, allow_nan=False))
        return
    for line in _lines(result) if len(folders) == 1 else _pair_lines(result):
        out.write(line)


def _compared(options: Mapping[str, Any]) -> dict[str, Any]:
    folders, given = options["predictions"], options["threshold"]
    if len(folders) > 2 or len(given) > 2:
        raise ValueError("--predictions takes one folder or two, --threshold one number or two")
    rules, truth = _rules(options), options["truth"]
    result = compare_folders(*folders, truth, rules, thresholds=(given[0], given[-1]))
    names = [folder.name for folder in folders]
    if names[0] == names[1]:
        names = [str(folder) for folder in folders]
    told = {"names": names, "words": _words(result["pair"], names)}
    return result | {"pair": told | result["pair"]}


def _words(pair: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Plain words first, in English as all commands."""
    with override("en"):
        lines = [pair_words.lesion_sentence(pair["lesions"], dict(zip("ab", names, strict=True)))]
        for name in FIGURES:
            lines.append(pair_words.figure_sentence(name, pair["figures"][name]))
        for name, test in pair["mcnemar"].items():
            words = pair_words.mcnemar_words(test, *names)
            p = "" if test.get("p") is None else f", McNemar p = {test['p']:.3g}"
            lines.append(
                f"{pair_words.TESTS[name]}: right in {names[0]} alone {test['only_first_right']}, "
                f"in {names[1]} alone {test['only_second_right']} of {test['n']}{p}: {words}."
            )
    return [line for line in lines if line]


def _rules(options: Mapping[str, Any]) -> FolderRules:
    return FolderRules(
        mpp=None if options["mpp"] == OWN else _above_0(options["mpp"]),
        tumour_value=options["tumour_value"],
        itc_slides=options["itc_slides"],
        excluded=options["exclude"],
        not_exhaustive=options["not_exhaustive"],
        is_camelyon16=options["camelyon16"],
        draws=options["draws"],
        seed=options["seed"],
    )


def _above_0(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = 0.0
    if not 0 < value < 1000:
        raise ValueError(f"--mpp is {word!r}; expected um per px above 0, or '{OWN}'")
    return value


# Text ------------------------------------------------------------------------


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    if froc := result.get("froc"):
        yield from _froc_lines(froc)
    if area := result.get("slide_auc"):
        yield _line("slide AUC", area)
        for name, entry in area["subgroups"].items():
            yield _line(f"  {name}", entry)
    if stages := result.get("stages"):
        yield _line("quadratic kappa of stages", stages["kappa"])
    for kind, names in result["missing"].items():
        if names:
            yield f"missing, counted as wrong ({kind.replace('_', ' ')}): {', '.join(names)}"
    for entry in result["left_out"]:
        yield f"left out of {entry['of']}: {entry['slide']} ({entry['reason']})"


def _pair_lines(result: Mapping[str, Any]) -> Iterator[str]:
    pair = result["pair"]
    yield from pair["words"]
    for change in pair["lesions"]["changes"]:
        yield (
            f"  {change['change']}: {change['slide']}, lesion {change['number']} "
            f"({change['size_class']}), {change['confidences'][0]:.3f} and "
            f"{change['confidences'][1]:.3f}"
        )
    for name, side in zip(pair["names"], ("a", "b"), strict=True):
        yield f"\n{name}"
        yield from _lines(result[side])


def _froc_lines(froc: Mapping[str, Any]) -> Iterator[str]:
    n = froc["n"]
    yield (
        f"{n['slides']} slides ({n['tumour_slides']} with tumour) of {n['patients']} patients, "
        f"{n['lesions']} lesions ({n['itc_left_out']} of isolated tumour cells left out)"
    )
    if froc["score"] is None:
        yield f"FROC: undefined: {froc['reason']}"
        return
    yield _line("FROC score", froc["score"])
    for entry in froc["sensitivity"]:
        yield _line(f"  sensitivity at {entry['rate']:g} false positives a slide", entry)
    for name, entry in froc["by_size_class"].items():
        if entry["score"]:
            yield _line(f"  score of {name} lesions", entry["score"])
    if "score_of_given_files_only" in froc and froc["score_of_given_files_only"] is not None:
        yield f"  of the given files only: {froc['score_of_given_files_only']:.4f}"


def _line(name: str, entry: Mapping[str, Any]) -> str:
    if entry["value"] is None:
        return f"{name:<46} undefined: {entry['reason']}"
    interval = ""
    if entry.get("low") is not None:
        interval = f" (95 % {entry['low']:.4f} to {entry['high']:.4f})"
    return f"{name:<46} {entry['value']:.4f}{interval}, n = {entry['n']} {entry.get('unit', '')}"
