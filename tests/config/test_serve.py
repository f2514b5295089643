"""Web server and worker start together and stop together."""

import os
import signal
import socket
import subprocess
import sys
import time

from config import serve


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert serve.free_port(port) != port


def test_stopping_ends_a_process_and_its_children():
    child = "import subprocess, time; subprocess.Popen(['sleep', '60']); print(1); time.sleep(60)"
    (process,) = serve.start([[sys.executable, "-c", child]])
    time.sleep(0.5)
    serve.stop([process])
    assert process.returncode == -signal.SIGTERM
    groups = subprocess.run(
        ["ps", "-eo", "pgid,stat"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    alive = [line.split() for line in groups if line.split()[0] == str(process.pid)]
    assert [state for _, state in alive if not state.startswith("Z")] == []


def test_interrupting_the_site_stops_everything_it_started(tmp_path):
    environment = os.environ | {"SENTINODE_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    manage = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(manage, cwd=serve.ROOT, env=environment, check=True)
    site = subprocess.Popen(
        [sys.executable, "-m", "config.serve", "--port", "8731"],
        cwd=serve.ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        greeting = site.stdout.readline()
        site.send_signal(signal.SIGINT)
        rest, _ = site.communicate(timeout=40)
    finally:
        site.kill()
    assert greeting.startswith("Sentinode is at http://127.0.0.1:")
    assert rest.splitlines()[-1] == "Stopped."
    assert str(tmp_path) not in _environments_of_living_processes()


def test_a_killed_parent_takes_its_processes_along():
    """Even SIGKILL of the demo leaves no server behind."""
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from config import serve; import sys, time\n"
            "(p,) = serve.start([[sys.executable, '-c', 'import time; time.sleep(60)']])\n"
            "print(p.pid, flush=True); time.sleep(60)",
        ],
        cwd=serve.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while _is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def _environments_of_living_processes() -> str:
    listing = subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True)
    return listing.stdout
