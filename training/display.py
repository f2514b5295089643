"""How a version's readings look when they are first opened: a small JSON, checked here."""

from typing import Any

LAYERS = (
    "truth", "probability", "agreement", "versions", "unassessed", "regions", "tissue", "seen",
)  # fmt: skip
STYLES = ("heat", "outline")
CHOICES = {
    "form": ("true cells", "smoothed"),
    "palette": ("viridis", "inferno", "cividis", "print", "mask"),
}
FIELDS = ("layers", "styles", "opacity", *CHOICES)


def checked_display(given: Any) -> dict[str, Any]:
    """The display as it is stored; what it leaves out is left to the page.

    layers: {name: shown}. styles: {name: "heat" or "outline"}. opacity: 0..1. form, palette: see
    CHOICES. Raises ValueError, in words, for anything else.
    """
    if not isinstance(given, dict):
        raise ValueError(f"a display is a JSON object, got {type(given).__name__}")
    if unknown := sorted(set(given) - set(FIELDS)):
        raise ValueError(f"a display has no {', '.join(unknown)}; it has {', '.join(FIELDS)}")
    checks = {"layers": _layers, "styles": _styles, "opacity": _opacity}
    return {
        name: checks[name](value) if name in checks else _choice(name, value)
        for name, value in given.items()
    }


def _layers(given: Any) -> dict[str, bool]:
    return _by_layer(given, "layers", (True, False))


def _styles(given: Any) -> dict[str, str]:
    return _by_layer(given, "styles", STYLES)


def _by_layer(given: Any, name: str, known: tuple[Any, ...]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError(f"{name} must be a JSON object by layer, got {given!r:.60}")
    for layer, value in given.items():
        if layer not in LAYERS:
            raise ValueError(f"there is no layer {layer!r:.60}; there are {', '.join(LAYERS)}")
        # 1 == True in Python, but not in JSON
        if not any(value is each or (isinstance(value, str) and value == each) for each in known):
            raise ValueError(f"{name}.{layer} must be one of {known}, got {value!r:.60}")
    return given


def _opacity(given: Any) -> float:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not 0 <= given <= 1:
        raise ValueError(f"opacity must be a number in 0..1, got {given!r:.60}")
    return float(given)


def _choice(name: str, given: Any) -> str:
    if not isinstance(given, str) or given not in CHOICES[name]:
        raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}, got {given!r:.60}")
    return given
