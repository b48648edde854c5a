"""What the guard decided outlives processes; what it does about accounts; crowds."""

import base64
import concurrent.futures
import subprocess
import time

import pytest

from guard_talk import IMAP, IMAPS, SMTP, SUBMISSION, Out, Talk, is_out, rules_for, sign_in
from lib.server import PASSWORD, wait_until

pytestmark = pytest.mark.ours
LOOPBACK = {"guard": {"ban_loopback": True, "safe": ["127.0.0.1"]}, "server": {"workers": 1}}


def saved(server):
    wait_until(lambda: server.cli_json("guard", "events", "1")["unsaved"] == 0, 5, what="all is written")


@pytest.mark.server(config=LOOPBACK)
def test_A90_bans_survive(own_server):
    """A90, B52: a ban stands after a restart, after kill -9 of everything, and after the guard alone died; one that was lifted stays so."""
    own_server.start()
    own_server.cli("ban", "add", "127.50.0.1", "1h", "one")
    own_server.cli("ban", "add", "127.50.0.0/28", "2h", "two")
    own_server.cli("ban", "add", "127.50.1.1", "1h")
    own_server.cli("ban", "add", "127.50.2.1", "2s")
    own_server.cli("ban", "remove", "127.50.1.1")
    saved(own_server)
    before = own_server.cli_json("ban", "list")
    for again in (own_server.restart, lambda: (own_server.kill_all(), own_server.start()), lambda: own_server.kill_role("guard")):
        again()
        wait_until(lambda: is_out(own_server, "127.50.0.1"), 10, what="the ban is back")
        wait_until(lambda: own_server.cli("ban", "list", check=False).returncode == 0, 10, what="the guard is back")
        wait_until(lambda: is_out(own_server, "127.50.0.5", IMAP), 5)
        assert not is_out(own_server, "127.50.1.1")
        after = {b["network"]: b for b in own_server.cli_json("ban", "list")}
        assert all(after[b["network"]]["why"] == b["why"] and abs(after[b["network"]]["until"] - b["until"]) <= 2
                   for b in before if b["network"] != "127.50.2.1")
    wait_until(lambda: not is_out(own_server, "127.50.2.1"), 5, what="the short one has ended")


@pytest.mark.server(config={"guard": {"ban_loopback": True}, "server": {"workers": 1, "proxy_from": ["127.60.0.1"]}})
def test_A90_only_the_client_behind_the_proxy(own_server):
    """A90: a hundred failures of one client through our own front end: that client is out, the front end and its other clients are not."""
    own_server.start()

    def through(client):
        t = Talk(own_server, SMTP, "127.60.0.1", greet=False)
        t.say(f"PROXY TCP4 {client} 192.0.2.1 4711 25")
        return t

    def greeted(client):
        try:
            with through(client) as t:
                return t.reply().startswith("220")
        except Out:
            return False

    failures = 0
    while failures < 100 and greeted("198.51.100.99"):
        with through("198.51.100.99") as t:
            t.reply()
            for failures in range(failures + 1, failures + 6):
                t.smtp(f"JUNK {failures}")
        time.sleep(0.05)
    assert 20 <= failures <= 30
    for again in (lambda: saved(own_server), own_server.restart):
        again()
        wait_until(lambda: not greeted("198.51.100.99"), 5, what="it is out")
        assert greeted("198.51.100.98")
        assert [b["network"] for b in own_server.cli_json("ban", "list")] == ["198.51.100.99"]
        assert own_server.cli_json("ban", "why", "127.60.0.1")["spared"] == "safe"


@pytest.mark.server(config=LOOPBACK)
def test_service_goes_on_without_the_guard(own_server):
    """A guard that is away costs nobody anything: what would have been told is dropped."""
    own_server.start()
    own_server.cli("ban", "add", "127.51.0.1", "1h")
    saved(own_server)
    for _ in range(3):
        pid = own_server.kill_role("guard")
        assert is_out(own_server, "127.51.0.1")
        assert sign_in(own_server, "127.51.0.2", "anna")
        with Talk(own_server, SMTP, "127.51.0.3") as t:
            assert t.smtp("EHLO a.example").startswith("250")
        wait_until(lambda: own_server.roles().get("guard", [pid]) != [pid], 10, 0.001, "the guard is back")
    # also in the moment in which a new one has not read what stood
    end = time.monotonic() + 8
    while time.monotonic() < end and own_server.cli("ban", "list", check=False).returncode:
        assert is_out(own_server, "127.51.0.1")
    assert is_out(own_server, "127.51.0.1")


@pytest.mark.server(config=LOOPBACK)
def test_crashes_are_laid_at_a_door(own_server):
    """Three workers that die while the same source talks to them: it is out. Who talked to one of them is not."""
    own_server.start()
    for i in range(3):
        with Talk(own_server, SMTP, "127.52.0.1") as t:
            t.smtp("EHLO a.example")
            if i == 0:
                with Talk(own_server, SMTP, "127.52.1.1") as bystander:
                    bystander.smtp("EHLO b.example")
            pid = own_server.kill_role("smtp")
        wait_until(lambda: own_server.roles().get("smtp") not in (None, [pid]), 10, what="the worker is back")
        if i < 2:
            wait_until(lambda: not is_out(own_server, "127.52.0.1"), 10, what="it listens again")
    wait_until(lambda: "crash" in rules_for(own_server, "127.52.0.1"), 5, what="the source is out")
    assert not rules_for(own_server, "127.52.1.1") and not is_out(own_server, "127.52.1.1")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture
def load(own_server, tmp_path):
    """A server whose rules can be replaced; load(text) signs them and puts them in force."""
    for key in ("key", "other"):
        openssl("genpkey", "-algorithm", "ed25519", "-out", tmp_path / key)
    openssl("pkey", "-in", tmp_path / "key", "-pubout", "-outform", "DER", "-out", tmp_path / "public")
    own_server.configure({"guard": {"rules_key": base64.b64encode((tmp_path / "public").read_bytes()[-32:]).decode()}})
    own_server.start()

    def load(text, key="key"):
        (tmp_path / "rules").write_text(text)
        openssl("pkeyutl", "-sign", "-rawin", "-inkey", tmp_path / key, "-in", tmp_path / "rules", "-out", tmp_path / "sig")
        return own_server.cli("guard", "load", tmp_path / "rules", tmp_path / "sig", check=False)
    return load


@pytest.mark.server(config=LOOPBACK)
def test_A69_locked_and_revoked_by_the_guard(own_server, load):
    """A69: an account that the guard locks is out of its open sessions at once, on every protocol, and in again when the time is over."""
    assert load("rule takeover\n\tevents auth-failed\n\tkey account\n\tmeasure count\n\tlimit 3 in 1m\n\taction lock revoke alert for 6s\n").returncode == 0
    with Talk(own_server, IMAPS, "127.56.0.1", tls=True) as anna, Talk(own_server, IMAPS, "127.56.0.1", tls=True) as bruno:
        for t, name in ((anna, "anna"), (bruno, "bruno")):
            assert t.imap(f'LOGIN {name}@example.test "{PASSWORD}"').startswith("a OK")
        for i in range(3):
            assert not sign_in(own_server, f"127.56.1.{i}", "anna", f"Wrong-{i}-Wrong")
        with pytest.raises(Out):
            while True:
                anna.line()
        assert bruno.imap("NOOP").startswith("a OK")
    assert not sign_in(own_server, "127.56.2.1", "anna")
    assert sign_in(own_server, "127.56.2.1", "bruno")
    wait_until(lambda: sign_in(own_server, "127.56.2.1", "anna"), 15, 0.5, "the lock has ended")


@pytest.mark.server(config=LOOPBACK)
def test_signed_rules(own_server, load):
    """Rules are replaced at run time, by whoever holds the key and nobody else; they stay after a restart."""
    strict = "rule one-junk\n\tevents command-junk\n\tkey client\n\tmeasure count\n\tlimit 1 in 1m\n\taction ban for 30s\n"
    done = load(strict, "other")
    assert done.returncode == 1 and "signature" in done.stderr
    done = load("rule broken\n")
    assert done.returncode == 1 and "line 1" in done.stderr
    assert load(strict).returncode == 0
    assert own_server.cli("guard", "rules").stdout == strict
    own_server.restart()
    wait_until(lambda: own_server.cli("guard", "rules").stdout == strict, 5, what="the rules are back")
    with Talk(own_server, SMTP, "127.53.0.1") as t:
        t.say("XYZZY")
        with pytest.raises(Out):
            while True:
                t.line()
    assert is_out(own_server, "127.53.0.1")
    own_server.cli("guard", "reset")
    assert own_server.cli("guard", "rules").stdout.count("\nrule ") > 20


@pytest.mark.server(config=LOOPBACK)
def test_fifty_people_behind_one_address(own_server):
    """They start their day together, eight connections each; every fifth mistypes twice. Nobody is kept out."""
    people = [f"person{i}" for i in range(50)]
    own_server.start()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(own_server.add_user, people))

    def morning(i):
        if i % 5 == 0:
            for wrong in ("Typo-One-Typo", "Typo-Two-Typo"):
                assert not sign_in(own_server, "127.54.0.1", people[i], wrong)
        for _ in range(8):
            Talk(own_server, IMAP, "127.54.0.1").socket.close()
        return sign_in(own_server, "127.54.0.1", people[i])

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert all(pool.map(morning, range(50)))
    assert not rules_for(own_server, "127.54.0.1") and not is_out(own_server, "127.54.0.1")


# nothing leaves, and nothing is asked of the DNS: the smart host is not there
NOWHERE = {"relay": {"smarthost": "[127.0.0.1]:1", "allow_loopback": True, "retry_first": 5, "retry_most": 10}}


@pytest.mark.server(config={**LOOPBACK, **NOWHERE})
@pytest.mark.parametrize("rule, letters", [
    ("outbound-burst", [(150, "a"), (150, "a"), (150, "a"), (60, "a")]),       # to the same people: more than 500 recipients in an hour
    ("new-recipients", [(150, "a"), (60, "b")]),                              # more than 200 who were never written to before
])
def test_outbound_is_held(own_server, rule, letters):
    """An account that writes to too many: what follows waits in the queue, for an hour, where it is seen; lifted, mail goes at once."""
    own_server.start()
    with Talk(own_server, SUBMISSION, "127.55.0.1") as t:
        t.smtp("EHLO a.example")
        t.smtp("STARTTLS")
        t.start_tls()
        t.smtp("EHLO a.example")
        assert t.smtp("AUTH PLAIN " + base64.b64encode(f"\0anna@example.test\0{PASSWORD}".encode()).decode()).startswith("235")

        def send(n, tag):
            t.smtp("MAIL FROM:<anna@example.test>")
            for i in range(n):
                assert t.smtp(f"RCPT TO:<{tag}{i}@elsewhere.example>").startswith("250")
            t.smtp("DATA")
            t.say("From: anna@example.test\r\nSubject: x\r\n\r\nx\r\n.")
            assert t.reply().startswith("250")

        def queued(tag):
            return [e for e in own_server.cli_json("queue", "list") if e["recipient"].startswith(tag)]

        for n, tag in letters[:-1]:
            send(n, tag)
        assert not own_server.cli_json("ban", "list")
        send(*letters[-1])
        (ban,) = wait_until(lambda: own_server.cli_json("ban", "list"), 2, what="the account is held")
        assert ban["rule"] == rule and ban["address"] == "anna@example.test" and "hold" in ban["actions"]
        send(1, "late")
        (late,) = queued("late")
        assert late["attempts"] == 0 and 3500 < late["next"] - time.time() <= 3601
        own_server.cli("ban", "remove", "anna@example.test")
        send(1, "soon")
        (soon,) = queued("soon")
        assert soon["next"] - time.time() < 60
