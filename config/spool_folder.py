"""Messages as files of one folder on one machine: never lost, never half-read, in order.

    queues/<queue>/<time>-<pid>-<count>.json        waiting, in the order of their names
    claimed/<process>/<queue>/<same name>           taken, and not yet acknowledged
    exchanges/<exchange>/<checksum>.json            which queue hears of what
    bad/<queue>.<same name>                         not a message; kept for a person to look at

Every change is one rename or one removal, which either happened or did not, whatever is killed.
A process is named by its id and the moment it began, since ids are used again.
"""

import fcntl
import hashlib
import itertools
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import quote

SECONDS_BETWEEN_RECLAIMS = 5.0
SECONDS_TO_FINISH_A_DRAFT = 3600.0
OWNER = ".owner"
SUFFIX = ".json"
GIVEN_BACK = ".again.json"
NETWORK_FILE_SYSTEMS = {
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "fuse.ceph", "fuse.glusterfs", "fuse.s3fs",
    "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip

_counter = itertools.count()


class NotLocal(ValueError):
    """The folder lies on a file system that several machines can write."""


def file_system_of(path: Path, mount_table: str) -> str:
    """Type of the file system that holds path, from the text of /proc/self/mountinfo.

    path: absolute and resolved. The last of the longest mount points above it is the visible one.
    """
    found = (-1, "")
    for line in mount_table.splitlines():
        fields, _, source = line.partition(" - ")
        point = Path(fields.split()[4].encode().decode("unicode_escape"))
        if path.is_relative_to(point) and len(point.parts) >= found[0]:
            found = (len(point.parts), source.split()[0])
    return found[1]


def refuse_network_file_system(folder: Path, mount_table: str | None = None) -> None:
    """Raise NotLocal if folder lies on a network file system, where a rename may not be one step.

    Where the system keeps no mount table, nothing is refused.
    """
    if mount_table is None:
        with suppress(OSError):
            mount_table = Path("/proc/self/mountinfo").read_text()
    kind = file_system_of(folder.resolve(), mount_table or "")
    if kind in NETWORK_FILE_SYSTEMS:
        raise NotLocal(
            f"The message folder {folder} lies on {kind}, a network file system; it must lie on a "
            "disk of this machine. Move SENTINODE_HOME, or set CELERY_BROKER_URL to a broker."
        )


def process_start(pid: int) -> str | None:
    """Clock ticks from boot to the start of a living process; None if there is no such process.

    A zombie counts as dead: it will not acknowledge anything.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]


def process_name(pid: int) -> str:
    """What a living process is called in the folder: id, start and boot."""
    return f"{pid}-{process_start(pid)}-{_boot()}"


@cache
def _own_name(pid: int) -> str:
    return process_name(pid)


def own_name() -> str:
    """The name of this process, also after a fork."""
    return _own_name(os.getpid())


def is_alive(name: str) -> bool:
    """True if the process of that name still runs. A name that is none counts as dead."""
    pid = name.partition("-")[0]
    return pid.isdecimal() and process_name(int(pid)) == name


def safe_name(text: str) -> str:
    """A queue's or exchange's name as one file name, told apart from every other."""
    quoted = quote(text, safe="@+=,")
    return quoted if text and not text.startswith(".") else f"%{quoted}"


class SpoolFolder:
    """The folder and what may be done with it. Any number of processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.queues = folder / "queues"
        self.claimed = folder / "claimed"
        self.exchanges = folder / "exchanges"
        self.bad = folder / "bad"
        for child in (self.queues, self.claimed, self.exchanges, self.bad):
            child.mkdir(parents=True, exist_ok=True)

    # Messages --------------------------------------------------------------

    def put(self, queue: str, payload: bytes, *, is_durable: bool = True) -> None:
        """Publish: whole under its name, or not at all."""
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(_counter):08d}{SUFFIX}"
        target = self.queues / safe_name(queue) / name
        target.parent.mkdir(exist_ok=True)
        _write(target, payload, is_durable=is_durable)

    def take(self, queue: str) -> Path | None:
        """Claim the oldest message for this process; None if the queue is empty.

        Nobody else can have the same: one rename succeeds, all others find nothing.
        """
        waiting = self.queues / safe_name(queue)
        mine = self.claimed / own_name() / safe_name(queue)
        for name in self._names(waiting):
            mine.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                return (waiting / name).rename(mine / name)
        return None

    def done(self, claim: Path) -> None:
        """Acknowledge: the message is no more. Twice does no harm."""
        claim.unlink(missing_ok=True)

    def give_back(self, claim: Path) -> None:
        """Queue a claimed message again, at its old place and marked as seen before."""
        target = self.queues / claim.parent.name / f"{claim.name.partition('.')[0]}{GIVEN_BACK}"
        target.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            claim.rename(target)

    def set_aside(self, claim: Path) -> Path:
        """Move what cannot be read out of the way, for a person to look at."""
        return claim.rename(self.bad / f"{claim.parent.name}.{claim.name}")

    def size(self, queue: str) -> int:
        return len(self._names(self.queues / safe_name(queue)))

    def purge(self, queue: str) -> int:
        """Remove all waiting messages; claimed ones stay. Gives how many."""
        count = 0
        for name in self._names(self.queues / safe_name(queue)):
            with suppress(FileNotFoundError):
                (self.queues / safe_name(queue) / name).unlink()
                count += 1
        return count

    def _names(self, folder: Path) -> list[str]:
        try:
            return sorted(name for name in os.listdir(folder) if name[0] != ".")  # noqa: PTH208 -- names
        except FileNotFoundError:
            return []

    # Queues and exchanges --------------------------------------------------

    def declare(self, queue: str, *, is_temporary: bool) -> None:
        """Make a queue. A temporary one goes when the process that declared it last is dead."""
        path = self.queues / safe_name(queue)
        with self._locked():
            path.mkdir(exist_ok=True)
            if is_temporary:
                _write(path / OWNER, own_name().encode(), is_durable=False)

    def has(self, queue: str) -> bool:
        return (self.queues / safe_name(queue)).is_dir()

    def bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        with self._locked():
            path = self._binding(exchange, routing_key, pattern, queue)
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                row = json.dumps([routing_key, pattern, queue]).encode()
                _write(path, row, is_durable=True)

    def unbind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        self._binding(exchange, routing_key, pattern, queue).unlink(missing_ok=True)

    def bindings(self, exchange: str) -> list[tuple[str, str, str]]:
        """(routing key, pattern, queue) of every queue that is bound to the exchange."""
        return [row for _, row in self._rows(self.exchanges / safe_name(exchange))]

    def remove(self, queue: str) -> None:
        """Remove a queue, all that waits in it and all that leads to it."""
        with self._locked():
            self._remove(self.queues / safe_name(queue))

    def _remove(self, path: Path) -> None:
        for exchange in self.exchanges.iterdir():
            for binding, row in self._rows(exchange):
                if safe_name(row[2]) == path.name:
                    binding.unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)

    def _rows(self, exchange: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
        for name in self._names(exchange):
            # Another process may have removed it, and a power cut may have emptied it.
            with suppress(FileNotFoundError, json.JSONDecodeError):
                routing_key, pattern, queue = json.loads((exchange / name).read_bytes())
                yield exchange / name, (routing_key, pattern, queue)

    def _binding(self, exchange: str, routing_key: str, pattern: str, queue: str) -> Path:
        row = json.dumps([routing_key, pattern, queue])
        name = hashlib.sha256(row.encode()).hexdigest()[:32]
        return self.exchanges / safe_name(exchange) / f"{name}{SUFFIX}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time makes and clears queues. Messages need no lock."""
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # What the dead left ----------------------------------------------------

    def reclaim(self) -> int:
        """Queue again what dead processes took, clear queues only they used. Gives how many."""
        count = 0
        for owner in self.claimed.iterdir():
            if not is_alive(owner.name):
                count += self._reclaim_from(owner)
        with self._locked():
            for path in self.queues.iterdir():
                if self._is_orphan(path):
                    self._remove(path)
        self._clear_drafts()
        return count

    def _reclaim_from(self, owner: Path) -> int:
        claims = sorted(owner.glob(f"*/*{SUFFIX}"))
        for claim in claims:
            self.give_back(claim)
        for folder in (*owner.glob("*"), owner):
            # Another process may be clearing the same.
            with suppress(OSError):
                folder.rmdir()
        return len(claims)

    def _is_orphan(self, queue: Path) -> bool:
        try:
            return not is_alive((queue / OWNER).read_text())
        except FileNotFoundError:
            return False

    def _clear_drafts(self) -> None:
        """Remove drafts of producers that died while writing: nobody was promised them."""
        oldest = time.time() - SECONDS_TO_FINISH_A_DRAFT
        for draft in self.queues.glob("*/.draft-*"):
            with suppress(FileNotFoundError):
                if draft.stat().st_mtime < oldest:
                    draft.unlink()


def _write(target: Path, content: bytes, *, is_durable: bool) -> None:
    """Write under another name and rename; durable content also survives a power cut."""
    draft = target.with_name(f".draft-{os.getpid()}-{next(_counter)}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(target)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    if is_durable:
        _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
