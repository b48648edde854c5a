"""Failures without an attacker, and attacks through content and names, as seen over the wire."""

import os
import random
import re
import signal
import threading
import time

import pytest

from lib import mail, settings
from lib.server import PASSWORD, wait_until
from lib.wire import Imap, ImapError, Smtp, imap_login

pytestmark = pytest.mark.ours
SERVER = {"config": settings.ALL_SERVICES}
ANNA, BRUNO, CARLA = "anna@example.test", "bruno@example.test", "carla@example.test"


def test_a87_mail_content_is_never_a_command(server):
    """A87: lines that look like commands and answers of every protocol arrive as they are."""
    body = "\r\n".join(["MAIL FROM:<x@y>", "RCPT TO:<anna@example.test>", "DATA", ".", "..", "QUIT", "a1 OK done", "* 1 EXISTS", "* BYE",
                        "{4294967295}", "+ go ahead", "a1 LOGOUT", "From anna@example.test Tue Nov 24", ">From here", "\\x00", "DONE", ")"])
    data = mail.message("content", body=body, recipient=ANNA)
    assert mail.send(server, data)[0] == 250
    with imap_login(server.ports, ANNA, PASSWORD) as client:
        client.append("INBOX", data)
        found = [m for m in client.messages().values() if mail.mark_of(m) == "content"]
    assert len(found) == 2 and all(m.endswith(data) for m in found)


@pytest.mark.parametrize("name", ["../x", "a/../../b", "..", "/etc/passwd", ".", "a//b", "x\x7fy"])
def test_a82_names_are_no_paths(server, name):
    """A82: mailbox names that would climb out of a folder are refused, or plain names inside the account."""
    with imap_login(server.ports, BRUNO, PASSWORD) as client:
        status, _ = client.try_command(f'CREATE "{name}"')
        if status.startswith(b"OK"):
            client.append(name, mail.message("path"))
            assert client.count(name) == 1
            client.command(f'DELETE "{name}"')
    with imap_login(server.ports, CARLA, PASSWORD) as client:
        assert all(b"path" not in t for t, _ in client.command('LIST "" "*"'))


def test_a82_a_prefix_is_not_the_name(server):
    """A82: "ann" and "anna@example.tes" are other people."""
    for user in ("ann@example.test", "anna@example.tes", "anna@example.test/../bruno@example.test", "anna", ""):
        with Imap(server.ports.imaps, tls=True) as client:
            status, _ = client.try_command(f'LOGIN "{user}" "{PASSWORD}"')
            assert not status.startswith(b"OK"), user


@pytest.mark.parametrize("helo", ["EHLO no-such-host.invalid", "HELO localhost", "EHLO [127.0.0.1]", "EHLO mail.example.test", "HELO x"])
def test_b16_greeting_names_are_not_judged(server, helo):
    """B16: a name that does not resolve, is somebody else's or ours, is no reason to refuse."""
    with Smtp(server.ports.smtp) as client:
        client.expect(250, helo)
        client.envelope("s@outside.test", ANNA)
        assert client.data(mail.message("helo"))[0] == 250


def test_b24_large_appends_in_bounded_memory(server):
    """B24: 40 MB by APPEND, several times: memory is back afterwards."""
    data = mail.message("large", body=("x" * 76 + "\r\n") * 500_000)
    with imap_login(server.ports, BRUNO, PASSWORD, seconds=60) as client:
        client.append("INBOX", data)
        before = server.pss_kib()
        for _ in range(3):
            client.append("INBOX", data)
    wait_until(lambda: server.pss_kib() - before < 60 << 10, 20, step=0.5, what="memory back")


def test_b25_a_burst_of_large_messages(server):
    """B25: many large messages at once: every 250 is listed, counted, and readable."""
    codes = []
    data = {n: mail.message(f"burst-{n}", body=("y" * 70 + "\r\n") * 120_000) for n in range(8)}
    threads = [threading.Thread(target=lambda n=n: codes.append(mail.send(server, data[n], recipients=[CARLA])[0])) for n in data]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert codes == [250] * 8
    with imap_login(server.ports, CARLA, PASSWORD, seconds=60) as client:
        found = {mail.mark_of(m): m for m in client.messages().values()}
        assert client.count() == len(client.command("UID SEARCH ALL")[0][0].split()) - 2
    assert all(found[f"burst-{n}"].endswith(m) for n, m in data.items())


def test_b57_quota_counter_is_the_sum(server):
    """B57: parallel appends, copies, moves and expunges: what the account is said to use is what it holds."""
    user = server.add_user("quota")

    def work(number):
        with imap_login(server.ports, user, PASSWORD) as client:
            box = f"Box{number}"
            client.command(f"CREATE {box}")
            client.command(f"SELECT {box}")
            for n in range(25):
                client.append(box, mail.message(f"quota-{number}-{n}", size=500 + 40 * n))
            client.command("COPY 1:5 INBOX")
            client.command("STORE 3:12 +FLAGS.SILENT (\\Deleted)")
            client.command("EXPUNGE")
            client.try_command("MOVE 1:3 INBOX")
    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    total = count = 0
    with imap_login(server.ports, user, PASSWORD) as client:
        for box in ("INBOX", *(f"Box{n}" for n in range(4))):
            for message in client.messages(box).values():
                total += len(message)
                count += 1
    row = next(r for r in server.cli_json("user", "list") if r["address"] == user)
    assert row["messages"] == count
    assert row["used"] == total


def test_b19_over_quota(server):
    """B19: a full mailbox: a reply of 4xx or 5xx for that person, and others go on."""
    user = server.add_user("small")
    server.cli("user", "quota", user, "20000")
    replies = [mail.send(server, mail.message(f"quota-{n}", size=6000), recipients=[user]) if n == 0 else try_send(server, user, n)
               for n in range(6)]
    assert replies[0][0] == 250 and replies[-1][0] in (452, 552), replies
    assert "4.2.2" in replies[-1][1][0] or "5.2.2" in replies[-1][1][0]
    with imap_login(server.ports, user, PASSWORD) as client:
        with pytest.raises(ImapError, match="OVERQUOTA"):
            for n in range(6):
                client.append("INBOX", mail.message(f"append-quota-{n}", size=6000))
    assert mail.send(server, mail.message("others"), recipients=[ANNA])[0] == 250


def try_send(server, user, number):
    with Smtp(server.ports.smtp) as client:
        client.hello()
        client.expect(250, "MAIL FROM:<s@outside.test>")
        reply = client.command(f"RCPT TO:<{user}>")
        return client.data(mail.message(f"quota-{number}", size=6000)) if reply[0] == 250 else reply


def test_b41_b43_modification_sequences(server):
    """B41, B43: HIGHESTMODSEQ is at least 1 in a new box, grows with each change, and stays small."""
    with imap_login(server.ports, BRUNO, PASSWORD) as client:
        client.command("CREATE Modseq")

        def highest():
            return int(re.search(rb"HIGHESTMODSEQ (\d+)", b" ".join(t for t, _ in client.command("SELECT Modseq (CONDSTORE)"))).group(1))
        first = highest()
        client.append("Modseq", mail.message("modseq"))
        second = highest()
        client.command("STORE 1 +FLAGS (\\Flagged)")
        third = highest()
        assert 1 <= first < second < third < 2 ** 53


def test_b42_qresync_model_equals_the_server(server):
    """B42: a client that resynchronises by QRESYNC after random changes knows exactly what the server holds."""
    chooser = random.Random(42)
    with imap_login(server.ports, BRUNO, PASSWORD) as other, imap_login(server.ports, BRUNO, PASSWORD) as client:
        if b"QRESYNC" not in client.command("CAPABILITY")[0][0]:
            pytest.skip("QRESYNC is not offered")
        other.command("CREATE Resync")
        for n in range(30):
            other.append("Resync", mail.message(f"resync-{n}"))
        client.command("ENABLE QRESYNC")
        model, state = {}, None
        for _ in range(15):
            other.command("SELECT Resync")
            for _ in range(chooser.randint(0, 4)):
                change(other, chooser)
            if state:
                client.command("UNSELECT")
            state = resync(client, model, state)
            other.command("SELECT Resync")
            truth = flags_of(other.command("UID FETCH 1:* (FLAGS)"))
            assert model == truth


def change(client, chooser):
    uids = client.command("UID SEARCH ALL")[0][0].split()[2:]
    if chooser.random() < 0.3 or not uids:
        client.append("Resync", mail.message(f"resync-new-{chooser.random()}"))
        return
    uid = chooser.choice(uids).decode()
    if chooser.random() < 0.4:
        client.command(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
        client.command(f"UID EXPUNGE {uid}")
    else:
        client.command(f"UID STORE {uid} {chooser.choice('+-')}FLAGS.SILENT (\\Flagged)")


def flags_of(untagged):
    found = {}
    for text, _ in untagged:
        uid, flags = re.search(rb"UID (\d+)", text), re.search(rb"FLAGS \(([^)]*)\)", text)
        if uid and flags and b" FETCH " in text:
            found[int(uid.group(1))] = frozenset(flags.group(1).split()) - {b"\\Recent"}
    return found


def resync(client, model, state):
    """One SELECT; the new (UIDVALIDITY, HIGHESTMODSEQ). The first one fetches all."""
    untagged = client.command("SELECT Resync" + (f" (QRESYNC ({state[0]} {state[1]}))" if state else ""))
    everything = b"\r\n".join(t for t, _ in untagged)
    for text, _ in untagged:
        if text.startswith(b"* VANISHED"):
            for piece in text.split()[-1].split(b","):
                first, _, last = piece.partition(b":")
                for uid in range(int(first), int(last or first) + 1):
                    model.pop(uid, None)
    model.update(flags_of(untagged if state else client.command("UID FETCH 1:* (FLAGS)")))
    return (int(re.search(rb"UIDVALIDITY (\d+)", everything).group(1)), int(re.search(rb"HIGHESTMODSEQ (\d+)", everything).group(1)))


def test_b08_a_stalled_scanner_is_a_deferral_not_a_duplicate(own_server):
    """B08, B56: while every scan process stands still the sender gets a 4xx in little over a minute, the mailbox nothing; the retry
    after it goes on is the only copy."""
    server = own_server
    server.start()
    stalled = server.roles()["scan"]
    data, begun = mail.message("stalled", recipient=ANNA), time.monotonic()
    for pid in stalled:
        os.kill(pid, signal.SIGSTOP)
    try:
        with Smtp(server.ports.smtp, seconds=100) as client:
            client.hello()
            client.envelope("s@outside.test", ANNA)
            code = client.data(data)[0]
    finally:
        for pid in stalled:
            os.kill(pid, signal.SIGCONT)
    assert code // 100 == 4 and time.monotonic() - begun < 90
    assert mail.send(server, data)[0] == 250
    with imap_login(server.ports, ANNA, PASSWORD) as client:
        assert [mail.mark_of(m) for m in client.messages().values()] == ["stalled"]
