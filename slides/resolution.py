"""How many um a px measures, from a slide's tags, or nothing where they are absurd."""

import math

import openslide

FINEST_MPP, COARSEST_MPP = 0.05, 50.0


def plausible_mpp(value: object) -> float | None:
    """The value as um per px, or None where no microscope could have made it.

    Tags often carry a screen's 72 dpi (352 um/px) or a default of 1 mm.
    """
    try:
        mpp = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return mpp if FINEST_MPP <= mpp <= COARSEST_MPP else None


def read_mpp(properties: object) -> tuple[float | None, str]:
    """um per px from a slide's properties and where it stood; (None, "") if not believable."""
    tags = dict(properties)  # type: ignore[call-overload]
    names = (openslide.PROPERTY_NAME_MPP_X, openslide.PROPERTY_NAME_MPP_Y)
    if mpp := _square_mpp(*(tags.get(name) for name in names)):
        return mpp, names[0]
    um_per_unit = {"inch": 25_400.0, "centimeter": 10_000.0}.get(
        tags.get("tiff.ResolutionUnit", "")
    )
    if um_per_unit is None:
        return None, ""
    x, y = (_inverse(tags.get(f"tiff.{axis}Resolution"), um_per_unit) for axis in "XY")
    mpp = _square_mpp(x, y)
    return (mpp, "tiff.XResolution") if mpp else (None, "")


def _square_mpp(x: object, y: object) -> float | None:
    """One figure for both axes; None if either is absurd or they differ by over 5 %."""
    mpp_x, mpp_y = plausible_mpp(x), plausible_mpp(y)
    if mpp_x is None or mpp_y is None or abs(mpp_x / mpp_y - 1) > 0.05:
        return None
    return mpp_x if math.isclose(mpp_x, mpp_y, rel_tol=1e-6) else math.sqrt(mpp_x * mpp_y)


def _inverse(px_per_unit: object, um_per_unit: float) -> float | None:
    try:
        return um_per_unit / float(px_per_unit)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
