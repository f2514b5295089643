"""An address for our static files that changes with what they hold."""

import hashlib
from pathlib import Path


def fingerprint(folder: Path) -> str:
    """Eight characters that change when a file below the folder does.

    On one machine, where nothing is collected, they stand in the address of every static file:
    browsers may keep them for ever, and never mix the modules of two versions.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    facts = [
        (path.relative_to(folder).as_posix(), path.stat().st_mtime_ns, path.stat().st_size)
        for path in files
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:8]
