"""`./dev soak [SECONDS]`: steady mixed load for a long time; memory, descriptors and answer times must not creep. Then, for a fifth of that time,
the randomised test of what IMAP sessions believe."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib import imap_model, load, mail, settings  # noqa: E402
from lib.server import PASSWORD, Server  # noqa: E402
from lib.wire import imap_login  # noqa: E402

WARM_SECONDS = 30           # caches fill; then the first sample counts
GROWTH = 1.3                # memory may grow by this factor after that
MORE_DESCRIPTORS = 20


def tidy(server, users):
    """What a person does: reads, and deletes old mail, so that the mailboxes stay of one size."""
    for user in users:
        with imap_login(server.ports, user, PASSWORD) as client:
            client.command("SELECT INBOX")
            if client.count() > 500:
                client.command("STORE 1:400 +FLAGS.SILENT (\\Deleted)")
                client.command("EXPUNGE")


def sample(server, start):
    roles = server.roles()
    memory = server.pss_kib() / 1024
    descriptors = sum(server.descriptors().values())
    begin = time.monotonic()
    mail.send(server, mail.message(f"probe-{time.monotonic_ns()}"))
    answer = (time.monotonic() - begin) * 1000
    print(f"{time.monotonic() - start:7.0f} s  {memory:7.1f} MiB  {descriptors:5} descriptors  {answer:6.1f} ms a delivery  "
          f"{sum(len(p) for p in roles.values())} processes", flush=True)
    return memory, descriptors, {r: sorted(p) for r, p in roles.items()}


def beliefs(server, user, seconds):
    """Sessions of every kind believe what is so (lib/imap_model.py), through kill -9, from seed to seed."""
    end, seed = time.monotonic() + seconds, int(time.time())
    while time.monotonic() < end:
        imap_model.run(server, user, seed, 300, crash_every=100)
        print(f"beliefs: seed {seed} is well", flush=True)
        seed += 1


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600
    with Server(config={**settings.ALL_SERVICES, "limits": {"connections_per_source": 10000}}) as server:
        users = [server.add_user(name) for name in ("anna", "bruno", "carla", "dora")]
        server.start()
        start, first, last = time.monotonic(), None, None
        with load.Load(server, users, smtp=3, append=2) as senders:
            while time.monotonic() - start < seconds:
                time.sleep(min(15, seconds / 10))
                tidy(server, users)
                last = sample(server, start)
                if first is None and time.monotonic() - start > min(WARM_SECONDS, seconds / 3):
                    first = last
            senders.stop()
        print(f"replies: {senders.replies}")
        beliefs(server, server.add_user("model"), seconds / 5)
        server.cli("check", timeout=300)
        wrong = []
        if last[0] > first[0] * GROWTH + 10:
            wrong.append(f"memory grew from {first[0]:.0f} to {last[0]:.0f} MiB")
        if last[1] > first[1] + MORE_DESCRIPTORS:
            wrong.append(f"descriptors grew from {first[1]} to {last[1]}")
        if last[2] != first[2]:
            wrong.append("a role ended and was started again")
        for line in wrong:
            print(f"FAILED: {line}")
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
