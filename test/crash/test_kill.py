"""kill -9 under load. What was acknowledged is there, once, whole; nothing half shows; the data stays whole."""

import os
import random
import time

import pytest

from conftest import PEOPLE
from lib import load, settings
from lib.server import wait_until

pytestmark = [pytest.mark.ours, pytest.mark.timeout(7200)]
SECONDS = float(os.environ.get("CERALACCA_CRASH_SECONDS", 20))
USERS = [f"{name}@example.test" for name in PEOPLE]


def settle(server, what):
    """Everybody answers again."""
    trouble = []

    def answers():
        try:
            load.boxes(server, USERS[:1])
            return True
        except Exception as e:      # whatever it is, it must pass
            trouble.append(repr(e))
            return False
    server.wait()
    try:
        wait_until(answers, 30, step=0.2, what=f"the server answers again after {what}")
    except AssertionError as e:
        raise AssertionError(f"{e}; last: {trouble[-1]}") from None


def check_whole(server, ledger, what):
    wrong = ledger.check(load.boxes(server, USERS))
    assert not wrong, f"after {what}: {len(wrong)} wrong\n" + "\n".join(wrong[:20])
    report = server.cli("check", check=False, timeout=120)
    assert report.returncode == 0, f"after {what}: {report.stdout}{report.stderr}"


def empty(server):
    """Old mail is checked only once: keep rounds short."""
    from lib.server import PASSWORD
    from lib.wire import imap_login
    for user in USERS:
        with imap_login(server.ports, user, PASSWORD) as client:
            client.command("SELECT INBOX")
            client.command("STORE 1:* +FLAGS.SILENT (\\Deleted)")
            client.command("EXPUNGE")


@pytest.mark.server(config=settings.ALL_SERVICES)
def test_b23_kill_under_load(own_server):
    """B23, B25, B26: rounds of load, each ended by the death of a random role, or of everything at once."""
    server = own_server.start()
    seed = int(os.environ.get("CERALACCA_CRASH_SEED", time.time_ns() % 1000000))
    chooser = random.Random(seed)
    print(f"seed {seed}")
    end, rounds, promised, turn = time.monotonic() + SECONDS, 0, 0, []
    while time.monotonic() < end:
        rounds += 1
        roles = [r for r in server.roles() if r != "parent"]
        if not turn:
            turn = chooser.sample(sorted(roles), len(roles))
        victim = "everything" if rounds % 2 else turn.pop()
        with load.Load(server, USERS, name=f"round{rounds}-{seed}", smtp=5, append=2) as senders:
            time.sleep(chooser.uniform(0.3, 1.5))
            if victim == "everything":
                server.kill_all()
            else:
                server.kill_role(victim)
                time.sleep(chooser.uniform(0.2, 1.0))       # and the senders go on meanwhile
            senders.stop()
        if victim == "everything":
            server.start()
        what = f"round {rounds}: kill -9 of {victim} (seed {seed})"
        settle(server, what)
        check_whole(server, senders.ledger, what)
        promised += len(senders.ledger.promised)
        print(f"round {rounds}: {victim} killed; {len(senders.ledger.promised)} promised of {len(senders.ledger.sent)} begun")
        empty(server)
    assert promised > 0
    print(f"{rounds} rounds, {promised} messages promised, all there once")


@pytest.mark.server(config=settings.ALL_SERVICES)
def test_b23_death_during_start(own_server):
    """A server killed while it starts comes up the next time."""
    server = own_server.start()
    with load.Load(server, USERS, name="start", smtp=2, append=1) as senders:
        time.sleep(1)
        senders.stop()
    server.kill_all()
    for number in range(6):
        server.start(wait=False)
        time.sleep(0.05 * (number + 1))
        server.kill_all()
    server.start()
    settle(server, "deaths during start")
    check_whole(server, senders.ledger, "deaths during start")
