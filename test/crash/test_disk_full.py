"""A full disk: temporary failures with a reason, recovery by itself, nothing acknowledged lost."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from conftest import PEOPLE, make_server
from lib import load, mail, settings
from lib.server import PASSWORD, wait_until
from lib.wire import ImapError, Smtp, imap_login

pytestmark = pytest.mark.ours
USERS = [f"{name}@example.test" for name in PEOPLE]
SIZE = 96 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 96 MB of its own."""
    if os.geteuid() != 0:
        pytest.skip("a file system of its own needs root")
    folder = Path("/var/tmp") / f"ceralacca-small-{os.getpid()}"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "ceralacca-test", folder], capture_output=True, text=True)
    if mount.returncode:
        folder.rmdir()
        pytest.skip(f"cannot mount here: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        wait_until(lambda: subprocess.run(["umount", folder], capture_output=True).returncode == 0, 10, what="unmounted")
        folder.rmdir()


def free(folder):
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def fill(folder, leave=0):
    """Take the free space away; the file to delete again."""
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as f:
        try:
            while free(folder) > leave:
                f.write(bytes(65536))
        except OSError:
            pass
    return filler


def accepts(server):
    """Whether one more message is taken; a refusal must be a temporary one, at whatever command. It has no mark, so the
    ledger leaves it alone."""
    with Smtp(server.ports.smtp) as client:
        client.hello()
        for command in ("MAIL FROM:<s@outside.test>", f"RCPT TO:<{USERS[0]}>", "DATA"):
            code, texts = client.command(command)
            if code not in (250, 354):
                break
        else:
            client.send(b"Subject: one more\r\n\r\ntext\r\n.\r\n")
            code, texts = client.reply()
    print(f"{free(server.folder) >> 20} MB free: {code} {texts[-1]}")
    assert code == 250 or 400 <= code < 500, (code, texts)
    return code == 250


def test_b18_disk_full_under_load(small_disk):
    """B18: 4xx while full, 250 again after, every 250 is found; the log says why."""
    server = make_server(folder=small_disk, config={**settings.ALL_SERVICES, "store": {"reserve": 8 << 20}})
    try:
        server.log_path = Path("/var/tmp") / f"ceralacca-log-{os.getpid()}"
        server.start()
        ledger = load.Ledger()
        with load.Load(server, USERS, ledger, name="before", sizes=[5000]) as senders:
            time.sleep(1)
            senders.stop()
        for leave in (4 << 20, 0):
            with load.Load(server, USERS, ledger, name=f"full{leave}", sizes=[5000]) as senders:
                filler = fill(small_disk, leave)
                time.sleep(3)
                senders.stop()
            assert not accepts(server)
            assert {c for c in senders.replies if isinstance(c, int)} <= {250, 421, 451, 452}, senders.replies
            with pytest.raises(ImapError), imap_login(server.ports, USERS[0], PASSWORD) as client:
                client.append("INBOX", mail.message(f"append-full-{leave}"))
            filler.unlink()
            wait_until(lambda: accepts(server), 30, step=0.5,
                       what=f"accepts mail again by itself, {free(small_disk) >> 20} MB free, after {leave >> 20} MB were left")
        wrong = ledger.check(load.boxes(server, USERS))
        assert not wrong, "\n".join(wrong[:20])
        server.restart()
        assert not ledger.check(load.boxes(server, USERS))
        server.cli("check")
        assert "full" in server.log().lower() or "space" in server.log().lower()
    except AssertionError as e:
        raise AssertionError(f"{e}\n" + "\n".join(server.log().splitlines()[-20:])) from None
    finally:
        server.close()
        server.log_path.unlink(missing_ok=True)
        shutil.rmtree(small_disk / "data", ignore_errors=True)
