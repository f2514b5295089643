"""JSON of many outlines read one item at a time, its points as arrays: the largest file fits.

A corner as Python's own list and numbers takes some 140 bytes, in an array 16.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from slides.outlines import Tell

_SPACE = re.compile(r"[ \t\n\r]*")


def parsed(text: str, *, refuse_constant: Callable[[str], Any], tell: Tell | None = None) -> Any:
    """What json.loads gives, with every list of points as a float array (points, numbers each).

    refuse_constant: told NaN, Infinity or -Infinity where they stand; raises. Lists whose points
    differ in length, or are no numbers, stay lists. Raises json.JSONDecodeError.
    """
    reader = _Reader(text, refuse_constant, tell)
    value, end = reader.root(reader.after_space(0))
    end = reader.after_space(end)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


class _Reader:
    """Where things stand in a text. Methods take a place and give a value and where it ends."""

    def __init__(self, text: str, refuse_constant: Callable[[str], Any], tell: Tell | None) -> None:
        self.text, self.tell = text, tell
        self.decoder = json.JSONDecoder(parse_constant=refuse_constant)

    def root(self, at: int) -> tuple[Any, int]:
        """The outermost value. Its lists, and those of an outermost object, go item by item."""
        return self._object(at) if self.text.startswith("{", at) else self._value(at)

    def after_space(self, at: int) -> int:
        space = _SPACE.match(self.text, at)
        return at if space is None else space.end()

    def _object(self, at: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self.after_space(at + 1)
        while not (self.text.startswith("}", at) and not found):
            if not self.text.startswith('"', at):
                raise json.JSONDecodeError("Expecting a name in quotes", self.text, at)
            key, at = self.decoder.raw_decode(self.text, at)
            found[key], at = self._value(self._after(":", at))
            at = self.after_space(at)
            if self.text.startswith("}", at):
                break
            at = self._after(",", at)
        return found, at + 1

    def _value(self, at: int) -> tuple[Any, int]:
        if self.text.startswith("[", at):
            return self._list(at)
        value, end = self.decoder.raw_decode(self.text, at)
        return _compact(value), end

    def _list(self, at: int) -> tuple[Any, int]:
        items: list[Any] = []
        at = self.after_space(at + 1)
        while not (self.text.startswith("]", at) and not items):
            item, at = self.decoder.raw_decode(self.text, at)
            items.append(_compact(item))
            if self.tell:
                self.tell(at, len(self.text))
            at = self.after_space(at)
            if self.text.startswith("]", at):
                break
            at = self._after(",", at)
        return _as_points(items), at + 1

    def _after(self, sign: str, at: int) -> int:
        at = self.after_space(at)
        if not self.text.startswith(sign, at):
            raise json.JSONDecodeError(f"Expecting {sign!r}", self.text, at)
        return self.after_space(at + 1)


def _compact(value: Any) -> Any:
    """The same value, its lists of points as arrays."""
    if isinstance(value, dict):
        return {key: _compact(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    points = _as_points(value)
    return points if points is not value else [_compact(item) for item in value]


def _as_points(value: list[Any]) -> Any:
    """A list of points as an array; the list itself if it is none."""
    first = value[0] if value else None
    if not (isinstance(first, list) and first and type(first[0]) in (int, float)):
        return value
    if not all(isinstance(point, list) and _are_numbers(point) for point in value):
        return value
    try:
        return np.array(value, dtype=np.float64)
    except (ValueError, OverflowError):
        return value


def _are_numbers(point: list[Any]) -> bool:
    """Not true, false or null, of which an array would make 1, 0 and NaN."""
    return all(type(number) in (int, float) for number in point)
