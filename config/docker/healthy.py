"""Does the site answer under its own name? Ends with 0 if so: `python config/docker/healthy.py`."""

import os
import sys
import urllib.error
import urllib.request

SECONDS = 5


def main() -> str | None:
    """What is wrong, or None."""
    host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip().lstrip(".")
    request = urllib.request.Request("http://127.0.0.1:8000/readyz", headers={"Host": host})
    try:
        urllib.request.urlopen(request, timeout=SECONDS).close()
    except (urllib.error.URLError, OSError) as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
