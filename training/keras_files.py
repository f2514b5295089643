"""What a `.keras` file holds, looked at as data before Keras ever sees it.

Keras' safe mode runs no Lambda, yet it still imports what a file names. So a file may name only
the kinds of layers that the stated network is built of here, and hold nothing but a network.
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PARTS = {"metadata.json", "config.json", "model.weights.h5"}
MOST_CONFIG_BYTES = 16 * 2**20
MOST_NESTING = 200

Kind = tuple[str, str]  # module and class


class UnsafeFile(ValueError):
    """A file that is not, or not only, a network of ours."""

    code = "unsafe_format"


def config_of(path: Path) -> dict[str, Any]:
    """The network that a file describes, as data. Raises UnsafeFile."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if odd := sorted({each.filename for each in entries} - PARTS):
                raise UnsafeFile(
                    f"{path.name} holds {odd[0][:80]!r}, which is no part of a network"
                )
            if len(entries) != len(PARTS):
                raise UnsafeFile(f"{path.name} should hold {', '.join(sorted(PARTS))}, each once")
            with archive.open("config.json") as part:
                text = part.read(MOST_CONFIG_BYTES + 1)
        config = json.loads(text) if len(text) <= MOST_CONFIG_BYTES else None
    except (zipfile.BadZipFile, RecursionError, RuntimeError, NotImplementedError) as error:
        raise UnsafeFile(f"{path.name} is damaged, or is no .keras file at all") from error
    except json.JSONDecodeError as error:
        raise UnsafeFile(f"{path.name} describes no network ({error})") from error
    if not isinstance(config, dict):
        raise UnsafeFile(f"{path.name} describes no network")
    return config


def kinds_in(config: Any, depth: int = 0) -> Iterator[Kind]:
    """Every kind of object that a description names, however deep. Raises UnsafeFile."""
    if depth > MOST_NESTING:
        raise UnsafeFile("the network's description is nested without end")
    if isinstance(config, dict):
        if "class_name" in config:
            yield str(config.get("module")), str(config["class_name"])
        for each in config.values():
            yield from kinds_in(each, depth + 1)
    elif isinstance(config, list | tuple):
        for each in config:
            yield from kinds_in(each, depth + 1)


def refuse_foreign_kinds(path: Path, ours: set[Kind]) -> None:
    """Raise UnsafeFile if a file names a kind of object that our own network has not."""
    foreign = sorted(set(kinds_in(config_of(path))) - ours)
    if foreign:
        kind = ".".join(foreign[0]).removeprefix("None.")
        raise UnsafeFile(
            f"{path.name} holds {kind[:80]!r}, which is no part of the stated network; it may be "
            "code and is not opened"
        )
