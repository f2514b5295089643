"""Messages as files: whole, in order, claimed by one, given back by the dead."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from config.spool_folder import (
    NotLocal,
    SpoolFolder,
    file_system_of,
    is_alive,
    own_name,
    process_name,
    refuse_network_file_system,
    safe_name,
)

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:21 / /proc rw - proc proc rw
40 22 0:40 / /mnt/ward\\040two rw,relatime shared:1 - nfs4 server:/ward rw
41 40 0:41 / /mnt/ward\\040two/local rw - xfs /dev/vdb rw
"""


@pytest.fixture
def spool(tmp_path: Path) -> SpoolFolder:
    return SpoolFolder(tmp_path / "spool")


def dead_process() -> str:
    """The name of a process that has ended."""
    code = "from config.spool_folder import own_name; print(own_name())"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


def pretend_taken_by(spool: SpoolFolder, claim: Path, owner: str) -> Path:
    folder = spool.claimed / owner / claim.parent.name
    folder.mkdir(parents=True)
    return claim.rename(folder / claim.name)


def test_messages_come_out_whole_and_in_the_order_they_went_in(spool):
    for number in range(20):
        spool.put("q", b"%d" % number)
    assert [spool.take("q").read_bytes() for _ in range(20)] == [b"%d" % n for n in range(20)]
    assert spool.take("q") is None


def test_a_claimed_message_is_no_longer_waiting_and_an_acknowledged_one_is_gone(spool):
    spool.put("q", b"work")
    claim = spool.take("q")
    assert (spool.size("q"), claim.read_bytes()) == (0, b"work")
    spool.done(claim)
    spool.done(claim)
    assert not claim.exists()


def test_a_message_given_back_is_next_again_and_says_so(spool):
    spool.put("q", b"first")
    spool.put("q", b"second")
    spool.give_back(spool.take("q"))
    again = spool.take("q")
    assert again.read_bytes() == b"first"
    assert again.name.endswith(".again.json")
    spool.give_back(again)
    assert spool.take("q").name == again.name


def test_giving_back_an_acknowledged_message_does_nothing(spool):
    spool.put("q", b"done")
    claim = spool.take("q")
    spool.done(claim)
    spool.give_back(claim)
    assert spool.size("q") == 0


def test_queues_do_not_mix_whatever_they_are_called(spool):
    names = ["q", "Q", ".", "..", "a/b", "a%2Fb", "", ".q", "one@here.pidbox"]
    for name in names:
        spool.put(name, name.encode())
    assert [spool.take(name).read_bytes().decode() for name in names] == names
    assert len({safe_name(name) for name in names}) == len(names)
    assert sorted(path.name for path in spool.folder.parent.iterdir()) == ["spool"]


def test_a_draft_is_not_a_message(spool):
    spool.declare("q", is_temporary=False)
    (spool.queues / "q" / ".draft-1-1").write_bytes(b"half a mess")
    assert spool.take("q") is None
    assert spool.size("q") == 0


def test_a_message_that_cannot_be_written_leaves_nothing(spool, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        spool.put("q", b"work")
    assert list((spool.queues / "q").iterdir()) == []


def test_purging_removes_what_waits_and_not_what_is_taken(spool):
    for _ in range(3):
        spool.put("q", b"work")
    claim = spool.take("q")
    assert spool.purge("q") == 2
    assert claim.exists()


def test_what_a_dead_process_took_is_queued_again_at_once_and_in_order(spool):
    for content in (b"one", b"two", b"three"):
        spool.put("q", content)
    dead = dead_process()
    pretend_taken_by(spool, spool.take("q"), dead)
    assert spool.reclaim() == 1
    assert [spool.take("q").read_bytes() for _ in range(3)] == [b"one", b"two", b"three"]
    assert not (spool.claimed / dead).exists()


def test_what_a_living_process_took_stays_its_own(spool):
    spool.put("q", b"work")
    claim = spool.take("q")
    assert spool.reclaim() == 0
    assert claim.exists()


def test_a_used_again_process_id_is_another_process(spool):
    spool.put("q", b"work")
    pid, start, boot = own_name().split("-")
    pretend_taken_by(spool, spool.take("q"), f"{pid}-{int(start) - 1}-{boot}")
    assert spool.reclaim() == 1


def test_the_same_id_and_start_before_a_reboot_is_another_process():
    pid, start, _ = own_name().split("-")
    assert is_alive(own_name())
    assert not is_alive(f"{pid}-{start}-00000000")
    assert not is_alive("lost+found")


def test_a_killed_process_that_nobody_waited_for_counts_as_dead():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = process_name(child.pid)
    assert is_alive(name)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(name)
    child.communicate()


def test_a_temporary_queue_goes_with_its_process_and_a_lasting_one_stays(spool):
    for queue, is_temporary in (("lasting", False), ("mine", True), ("theirs", True)):
        spool.declare(queue, is_temporary=is_temporary)
        spool.bind("all", "", "", queue)
        spool.put(queue, b"news")
    (spool.queues / "theirs" / ".owner").write_text(dead_process())
    spool.reclaim()
    assert [spool.has(queue) for queue in ("lasting", "mine", "theirs")] == [True, True, False]
    assert sorted(queue for _, _, queue in spool.bindings("all")) == ["lasting", "mine"]


def test_binding_twice_is_binding_once_and_unbinding_ends_it(spool):
    spool.bind("tasks", "key", "^key$", "q")
    spool.bind("tasks", "key", "^key$", "q")
    assert spool.bindings("tasks") == [("key", "^key$", "q")]
    spool.unbind("tasks", "key", "^key$", "q")
    assert spool.bindings("tasks") == []


def test_a_binding_that_a_power_cut_emptied_is_passed_over(spool):
    spool.bind("tasks", "key", "", "q")
    (spool.exchanges / "tasks" / "broken.json").write_bytes(b"")
    assert spool.bindings("tasks") == [("key", "", "q")]


def test_old_drafts_are_cleared_and_young_ones_left(spool):
    spool.declare("q", is_temporary=False)
    old, young = (spool.queues / "q" / f".draft-{name}" for name in ("old", "young"))
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    spool.reclaim()
    assert (old.exists(), young.exists()) == (False, True)


def test_threads_that_take_at_once_never_get_the_same(spool):
    for number in range(300):
        spool.put("q", b"%d" % number, is_durable=False)
    took: list[bytes] = []

    def take_all() -> None:
        while claim := spool.take("q"):
            took.append(claim.read_bytes())

    threads = [threading.Thread(target=take_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(took, key=int) == [b"%d" % number for number in range(300)]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/sentinode", "ext4"),
        ("/mnt/ward two/sentinode", "nfs4"),
        ("/mnt/ward two/local/sentinode", "xfs"),
        ("/mnt/ward twofold", "ext4"),
    ],
)
def test_the_nearest_mount_above_a_folder_tells_its_file_system(path, kind):
    assert file_system_of(Path(path), MOUNTS) == kind


def test_a_network_file_system_is_refused_with_a_way_out():
    with pytest.raises(NotLocal, match="nfs4, a network file system; .* CELERY_BROKER_URL"):
        refuse_network_file_system(Path("/mnt/ward two/spool"), MOUNTS)
    refuse_network_file_system(Path("/srv/spool"), MOUNTS)


def test_this_machine_s_own_disk_is_not_refused(tmp_path):
    refuse_network_file_system(tmp_path)
