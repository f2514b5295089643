"""Which code made something: the commit where there is one, else the package's version."""

import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 10


@cache
def code_version(root: Path = ROOT) -> str:
    """A git commit, marked where files differ from it; "sentinode 0.1.0" without a repository."""
    commit = _git(root, "rev-parse", "HEAD") if (root / ".git").exists() else ""
    if not commit:
        return f"sentinode {_package_version()}"
    is_changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{commit} with changes" if is_changed else commit


def _git(root: Path, *arguments: str) -> str:
    try:
        ended = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""


def _package_version() -> str:
    try:
        return version("sentinode")
    except PackageNotFoundError:
        return "of unknown version"
