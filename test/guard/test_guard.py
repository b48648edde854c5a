"""The guard in a running server. Every source is an address of 127/8 of its own, which a test-only setting makes bannable; a ban is
seen as it is by its target: the next connection is closed without a word."""

import time

import pytest

from guard_talk import IMAP, IMAPS, SMTP, SUBMISSION, Out, Talk, is_out, rules_for, sign_in
from lib.server import wait_until

pytestmark = pytest.mark.ours
SERVER = {"config": {"guard": {"ban_loopback": True, "safe": ["127.0.0.1", "127.99.0.0/16"]}, "server": {"workers": 1}}}
WITHIN = 1.0            # seconds from crossing a threshold to being out


def attack(server, source, step, most):
    """Runs step(i) until the source is out; how many steps it took, and how long from the last one to the ban."""
    for i in range(1, most + 1):
        last = time.monotonic()
        try:
            step(i)
        except (Out, ConnectionError):
            return i, 0.0
        while time.monotonic() - last < 0.15:
            if is_out(server, source):
                return i, time.monotonic() - last
            time.sleep(0.03)
    wait_until(lambda: is_out(server, source), WITHIN, 0.02, f"{source} out after {most} steps")
    return most, time.monotonic() - last


# ---- attacks: each is over within a second of crossing the threshold

def test_brute_force(server):
    """One address guesses at one account, then at another: ten different passwords."""
    def step(i):
        assert not sign_in(server, "127.1.0.1", "anna" if i % 2 else "bruno", f"Guess-{i}-Guess")
    n, after = attack(server, "127.1.0.1", step, 12)
    assert n <= 11 and after < WITHIN
    assert is_out(server, "127.1.0.1", IMAP) and is_out(server, "127.1.0.1", SUBMISSION)
    assert "brute-force" in rules_for(server, "127.1.0.1")
    assert sign_in(server, "127.1.0.2", "carla")           # the neighbour sees nothing


def test_password_spraying(server):
    """One password for many names; unknown ones count as well."""
    def step(i):
        assert not sign_in(server, "127.2.0.1", f"person{i}" if i > 2 else ("anna", "bruno")[i - 1], "Spring-2026-Spring")
    n, after = attack(server, "127.2.0.1", step, 10)
    assert n <= 9 and after < WITHIN
    assert rules_for(server, "127.2.0.1") & {"spray", "enumerate-sign-in"}


def test_recipient_harvest(server):
    """A68: asking after recipients: 20 with nearly none right."""
    def step(i):
        with Talk(server, SMTP, "127.3.0.1") as t:
            t.smtp("EHLO harvest.example")
            t.smtp("MAIL FROM:<x@harvest.example>")
            for k in range(5):
                assert t.smtp(f"RCPT TO:<guess{i}-{k}@example.test>").startswith("550")
    n, after = attack(server, "127.3.0.1", step, 5)
    assert n <= 5 and after < WITHIN
    assert rules_for(server, "127.3.0.1") >= {"harvest"}


def test_http_to_smtp(server):
    """A72: the second request is the last."""
    def step(_):
        with Talk(server, SMTP, "127.4.0.1") as t:
            t.say(b"GET / HTTP/1.1\r\nHost: mail\r\n\r\n")
            assert t.reply().startswith("554")
    n, after = attack(server, "127.4.0.1", step, 3)
    assert n == 2 and after < WITHIN


def test_http_to_imap(server):
    def step(_):
        with Talk(server, IMAP, "127.4.1.1") as t:
            t.say(b"GET / HTTP/1.1\r\nHost: mail\r\n\r\n")
            with pytest.raises(Out):
                t.line()
    n, after = attack(server, "127.4.1.1", step, 3)
    assert n == 2 and after < WITHIN


def test_early_talker(server):
    """A04: five connections that talk into the middle of our answers."""
    def step(_):
        with Talk(server, SMTP, "127.5.0.1") as t:
            t.say(b"EHLO a.example\r\nMAIL FROM:<a@a.example>\r\n")
            assert t.reply().startswith("503")
    n, after = attack(server, "127.5.0.1", step, 6)
    assert n <= 5 and after < WITHIN


def test_smuggling(server):
    """A01: two messages with another one behind a lone dot."""
    def step(_):
        with Talk(server, SMTP, "127.6.0.1") as t:
            t.smtp("EHLO a.example")
            t.smtp("MAIL FROM:<a@a.example>")
            t.smtp("RCPT TO:<anna@example.test>")
            assert t.smtp("DATA").startswith("354")
            t.say(b"Subject: x\r\n\r\nx\n.\nMAIL FROM:<b@a.example>\nRCPT TO:<anna@example.test>\r\n.\r\n")
            assert t.reply().startswith("554")
    n, after = attack(server, "127.6.0.1", step, 3)
    assert n == 2 and after < WITHIN


@pytest.mark.parametrize("port, source", [(SMTP, "127.7.0.1"), (IMAP, "127.7.1.1")])
def test_garbage(server, port, source):
    """A18: commands that are none, ten or fewer a session."""
    def step(i):
        with Talk(server, port, source) as t:
            for k in range(5):
                t.say(f"x{i} XYZZY{k}")
                t.line()
    n, after = attack(server, source, step, 6)
    assert n <= 4 and after < WITHIN


def test_broken_requests_to_http(server):
    """Requests that are none, twenty of them: out everywhere. Good ones and those for what is not there tell nothing."""
    source = "127.7.2.1"

    def ask(text):
        with Talk(server, 80, source, greet=False) as t:
            t.say(text)
            return t.line().split()[1]

    for _ in range(30):
        assert ask(b"GET /nothing-here HTTP/1.1\r\nHost: mail.example.test\r\nConnection: close\r\n\r\n") != "400"
    assert not is_out(server, source)

    def step(_):
        for _ in range(5):
            assert ask(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n") == "400"
    n, after = attack(server, source, step, 6)
    assert n <= 4 and after < WITHIN
    with pytest.raises((Out, ConnectionError)):
        ask(b"GET / HTTP/1.1\r\nHost: mail.example.test\r\n\r\n")


def test_open_relay_search(server):
    def step(i):
        with Talk(server, SMTP, "127.8.0.1") as t:
            t.smtp("EHLO a.example")
            t.smtp("MAIL FROM:<a@a.example>")
            assert t.smtp(f"RCPT TO:<victim{i}@elsewhere.example>").startswith("550")
    n, after = attack(server, "127.8.0.1", step, 8)
    assert n <= 6 and after < WITHIN


def test_bad_tls(server):
    def step(_):
        for _ in range(6):
            with Talk(server, IMAPS, "127.9.0.1", greet=False) as t:
                t.say(b"\x16\x03\x01\x00\x05hello, this is no handshake at all")
                t.socket.settimeout(3)
                try:
                    while t.socket.recv(4096):
                        pass
                except OSError:
                    pass
    n, after = attack(server, "127.9.0.1", step, 7)
    assert n <= 6 and after < WITHIN


def test_open_sessions_end(server):
    """Who is banned is out with all that was open."""
    with Talk(server, SMTP, "127.10.0.1") as smtp, Talk(server, IMAP, "127.10.0.1") as imap:
        smtp.smtp("EHLO a.example")
        imap.imap("NOOP")
        server.cli("ban", "add", "127.10.0.1", "10m", "test")
        start = time.monotonic()
        for t in (smtp, imap):
            with pytest.raises(Out):
                while True:
                    t.line()
        assert time.monotonic() - start < WITHIN


def test_A91_names_are_not_addresses(server):
    """A91: what a client writes, be it "from 127.40.0.9", line breaks or colours, moves the ban to nobody else."""
    lies = ["from 127.40.0.9", "x\x1b[31m from=127.40.0.9", "[127.40.0.9]"]

    def step(i):
        with Talk(server, SMTP, "127.40.0.1") as t:
            t.say(f"EHLO {lies[i % 3]}")
            t.line()
            for _ in range(6):
                t.say(f"{lies[i % 3]} failed login from 127.40.0.9")
                t.line()
    n, after = attack(server, "127.40.0.1", step, 6)
    assert n <= 4 and after < WITHIN
    assert not is_out(server, "127.40.0.9") and not rules_for(server, "127.40.0.9")
    assert "\x1b" not in server.log()


# ---- people

def test_phone_with_a_stale_password(server):
    """The same wrong password, every moment: one failure."""
    for _ in range(14):
        assert not sign_in(server, "127.20.0.1", "anna", "The-Old-One-2025")
    assert not rules_for(server, "127.20.0.1")
    assert sign_in(server, "127.20.0.1", "bruno")


def test_monitoring_probe(server):
    """Connects, reads or not, says QUIT or nothing; never speaks TLS where TLS is expected."""
    for _ in range(40):
        for port in (SMTP, SUBMISSION, IMAP):
            Talk(server, port, "127.21.0.1").socket.close()
        Talk(server, IMAPS, "127.21.0.1", greet=False).socket.close()
        with Talk(server, SMTP, "127.21.0.1") as t:
            assert t.smtp("QUIT").startswith("221")
    assert not rules_for(server, "127.21.0.1")
    assert not is_out(server, "127.21.0.1")


def test_A90_safe_list(server):
    """A90: an address on the safe list stays in, whatever comes from there; the decision is told as an alert."""
    for i in range(20):
        assert not sign_in(server, "127.99.1.1", "anna" if i % 2 else "carla", f"No-{i}-No")
    assert not is_out(server, "127.99.1.1")
    assert server.cli_json("ban", "why", "127.99.1.1") == {"stands": [], "spared": "safe"}
    assert any("not banned, it is on the safe list" in d["what"] for d in server.cli_json("guard", "events", "100")["decisions"])


def test_address_of_an_administrator(server):
    """Who has just looked after the server from an address by SSH is not locked out from there."""
    source = "127.24.0.1"
    server.cli("ban", "list", env={"SSH_CONNECTION": f"{source} 50022 127.0.0.1 22"})
    for i in range(8):
        with Talk(server, SMTP, source) as t:
            t.say(b"GET / HTTP/1.1\r\n\r\n")
            assert t.reply().startswith("554")
    assert not is_out(server, source)
    assert server.cli_json("ban", "why", source) == {"stands": [], "spared": "administrator"}
    assert server.cli("ban", "add", source, check=False).returncode == 1


def test_account_is_protected_where_the_address_is_not_to_blame(server):
    """One clumsy client among people who sign in: it is refused, they are not."""
    source = "127.22.0.1"
    for name in ("anna", "bruno", "carla"):
        assert sign_in(server, source, name)
    for i in range(12):
        assert not sign_in(server, source, "carla", f"Typo-{i}-Typo")
    assert not is_out(server, source)
    assert sign_in(server, source, "anna") and sign_in(server, source, "bruno")
    stands = server.cli_json("ban", "why", source)["stands"]
    assert [s["rule"] for s in stands] == ["account-guess"] and stands[0]["actions"] == ["reject"]
    assert not sign_in(server, source, "carla")            # for a while, from there
    assert sign_in(server, "127.23.0.1", "carla")          # not from elsewhere
    server.cli("ban", "remove", "carla@example.test")
    assert sign_in(server, source, "carla")


# ---- the administrator

def test_ban_by_hand(server):
    server.cli("ban", "add", "127.30.0.0/24", "2h", "sends junk")
    assert is_out(server, "127.30.0.77")
    assert not is_out(server, "127.30.1.77")
    (ban,) = server.cli_json("ban", "why", "127.30.0.77")["stands"]
    assert ban["network"] == "127.30.0.0/24" and "sends junk" in ban["why"] and 7000 < ban["left"] <= 7200
    assert "127.30.0.0/24" in server.cli("ban", "list").stdout
    server.cli("ban", "remove", "127.30.0.0/24")
    assert not is_out(server, "127.30.0.77")
    assert server.cli("ban", "remove", "127.30.0.0/24", check=False).returncode == 1


@pytest.mark.parametrize("arguments, word", [
    (["ban", "add", "127.0.0.1"], "safe list"), (["ban", "add", "0.0.0.0/0"], "everybody"), (["ban", "add", "x"], "no network"),
    (["ban", "add", "127.0.0.0/8"], "safe list"), (["ban", "add", "192.0.2.1", "0s"], "time"), (["ban", "why", "1.2.3.4/33"], "no network"),
    (["guard", "load", "/dev/null", "/dev/null"], "rules_key"),
])
def test_refusals(server, arguments, word):
    done = server.cli(*arguments, check=False)
    assert done.returncode == 1 and word in done.stderr


def test_rules_are_shown_and_simulated(server, tmp_path):
    rules = server.cli("guard", "rules").stdout
    assert "rule brute-force\n" in rules and rules.count("\nrule ") > 20
    (tmp_path / "rules").write_text(rules)
    (tmp_path / "events").write_text("".join(f"{i} auth-failed from=192.0.2.1 account=a{i % 2} secret=s{i}\n" for i in range(12)))
    for extra in ([], [tmp_path / "rules"]):
        out = server.cli("guard", "simulate", tmp_path / "events", *extra).stdout
        assert "ban from 192.0.2.1 for 15m: brute-force: 10 (auth-failed, auth-unknown) in 10m, limit 10" in out
    (tmp_path / "events").write_text("nothing\n")
    assert server.cli("guard", "simulate", tmp_path / "events", check=False).returncode == 1
