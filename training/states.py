"""What a fitting needs to go on after its process died: kept whole or not at all, each epoch.

One folder an epoch, written under another name and renamed: arrays of NumPy (nothing that
could hold code) and a JSON. Only the latest stays.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

STATE, NOW, BEST = "state.json", "now.npz", "best.npz"


class StateError(ValueError):
    """A state that cannot be kept."""

    code = "disk_full"


@dataclass
class State:
    """How far a fitting is.

    network, optimizer: all variables, dropout's random states included, in Keras' order.
    best, best_scores: the network after its best epoch, and its validation scores.
    told: JSON, by name: history, steps, examples.
    """

    network: Sequence[np.ndarray]
    optimizer: Sequence[np.ndarray]
    best: Sequence[np.ndarray]
    best_scores: np.ndarray
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        return len(self.told["history"])


def keep(folder: Path, state: State, *, fingerprint: dict[str, Any]) -> None:
    """Write a state and forget the one before. Raises StateError, in words, if the disk is full.

    fingerprint: what must be the same for this state to be of any use.
    """
    target = folder / f"epoch-{state.epoch:05}"
    unfinished = folder / f"unfinished-{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        _write(unfinished, state, {"fingerprint": fingerprint, **state.told})
        shutil.rmtree(target, ignore_errors=True)
        unfinished.rename(target)
    except OSError as error:
        raise StateError(
            f"epoch {state.epoch} cannot be kept in {folder} ({error.strerror or error}): "
            f"{_free(folder)}. Make room and try again: the run goes on from the epoch before"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    for older in _kept(folder):
        if older != target:
            shutil.rmtree(older, ignore_errors=True)


def _write(folder: Path, state: State, told: dict[str, Any]) -> None:
    now = _numbered("network", state.network) | _numbered("optimizer", state.optimizer)
    _write_arrays(folder / NOW, now)
    _write_arrays(folder / BEST, _numbered("best", state.best) | {"scores": state.best_scores})
    with (folder / STATE).open("w") as file:
        json.dump(told, file)
        file.flush()
        os.fsync(file.fileno())


def _write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
        file.flush()
        os.fsync(file.fileno())


def latest(folder: Path, *, fingerprint: dict[str, Any]) -> State | None:
    """The last state kept in a folder, None if there is none that is whole and of this fitting."""
    for kept in reversed(_kept(folder)):
        try:
            told = json.loads((kept / STATE).read_text())
            if told.pop("fingerprint") == fingerprint:
                return _read(kept, told)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            continue  # damaged: the epochs are fitted again
    return None


def _read(kept: Path, told: dict[str, Any]) -> State:
    with np.load(kept / NOW, allow_pickle=False) as now:
        network, optimizer = _in_order("network", now), _in_order("optimizer", now)
    with np.load(kept / BEST, allow_pickle=False) as best:
        return State(network, optimizer, _in_order("best", best), best["scores"], told)


def _numbered(name: str, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{name}-{place}": array for place, array in enumerate(arrays)}


def _in_order(name: str, stored: Any) -> list[np.ndarray]:
    count = sum(key.startswith(f"{name}-") for key in stored.files)
    return [stored[f"{name}-{place}"] for place in range(count)]


def _kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("epoch-*"))


def _free(folder: Path) -> str:
    standing = next(each for each in (folder, *folder.parents) if each.exists())
    return f"{shutil.disk_usage(standing).free / 1e9:.1f} GB are free there"
