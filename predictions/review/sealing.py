"""The one way in which something signed is written as text, so that its checksum can be checked."""

import hashlib
import json
import math
from typing import Any

WHOLE_BELOW = 2**53  # below, a float that is whole is the same number as an integer


def plain(value: Any) -> Any:
    """JSON-ready, and the same however a database wrote its numbers.

    Whole numbers are integers, what is not finite is null, tuples are lists, keys are text.
    """
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < WHOLE_BELOW else value
    return value


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces."""
    text = json.dumps(
        plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def seal_of(value: Any) -> str:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(canonical(value)).hexdigest()
