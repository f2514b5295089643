"""Web server and worker of a site on one machine: `python -m config.serve`. Ctrl-C stops both."""

import argparse
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 60
SECONDS_TO_STOP = 12
PORTS_TRIED = 20


def web_command(port: int) -> list[str]:
    """Few processes, many threads: tile handles and caches live in each process."""
    return [
        *(sys.executable, "-m", "gunicorn", "config.wsgi"),
        *("--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
        *("--timeout", "120", "--log-level", "warning", "--no-control-socket"),
    ]


def worker_command() -> list[str]:
    """One worker for every queue, with the clock that sends the sweeps."""
    return [
        *(sys.executable, "-m", "celery", "-A", "config", "--quiet", "worker", "--beat"),
        *("--queues", "sentinode,training", "--concurrency", "2"),
        *("--loglevel", "warning"),
    ]


def free_port(wanted: int) -> int:
    """The wanted port, or the next one nobody listens on."""
    for port in range(wanted, wanted + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"Ports {wanted} to {port} are all taken; give another with --port.")


def start(commands: Sequence[list[str]]) -> list[subprocess.Popen]:
    """Start each command in a group of its own, so that one Ctrl-C is ours to pass on."""
    return [
        subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=_end_with_parent)
        for command in commands
    ]


def _end_with_parent() -> None:
    """Ask the kernel to end this process should its parent be killed (prctl 1, Linux)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def stop(processes: Sequence[subprocess.Popen]) -> None:
    """Ask every group to end, then end what is left. A running task is queued again."""
    _signal_groups(processes, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_STOP
    while time.monotonic() < deadline and any(process.poll() is None for process in processes):
        time.sleep(0.1)
    _signal_groups(processes, signal.SIGKILL)
    for process in processes:
        process.wait()


def _signal_groups(processes: Sequence[subprocess.Popen], number: int) -> None:
    for process in processes:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            continue


def wait_for_web(address: str, process: subprocess.Popen) -> None:
    """Return once the site answers; SystemExit if it died or takes too long."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"The web server ended with code {process.returncode}.")
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"The web server did not answer within {SECONDS_TO_START} s.")


def run_until_stopped(port: int, greeting: str = "") -> None:
    """Run web server and worker until Ctrl-C, SIGTERM, or the end of one of them."""
    port = free_port(port)
    address = f"http://127.0.0.1:{port}"
    for number in (signal.SIGINT, signal.SIGTERM):  # a background job starts with SIGINT ignored
        signal.signal(number, _interrupt)
    processes = start([web_command(port), worker_command()])
    try:
        wait_for_web(address, processes[0])
        print(greeting.format(address=address) or f"Sentinode is at {address}", flush=True)
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
        print("One of the processes ended; stopping the other.", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopping web server and worker ...", flush=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop(processes)
        print("Stopped.", flush=True)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    run_until_stopped(parser.parse_args().port)
