"""Where and with what a benchmark ran, for the JSON that is kept."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine(*packages: str) -> dict:
    cpus = Path("/proc/cpuinfo").read_text().splitlines()
    models = {line.split(":")[1].strip() for line in cpus if line.startswith("model name")}
    return {
        "cpu": " / ".join(sorted(models)),
        "cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "is_calm": os.getloadavg()[0] < 1,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
    }
