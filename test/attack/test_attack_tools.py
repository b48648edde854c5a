"""Real attacks over a cable: detected, and dropped by the kernel within a second of crossing a threshold, while others are served.

Addresses of attackers are used once. "Crossing" is the last reply that the attacker got: what crossed the threshold was before it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from lib import mail
from lib.arena import ATTACKERS, CLIENT, SERVER4, arena, dropped, until_out  # noqa: F401
from lib.netns import TOOLS
from lib.server import PASSWORD
from lib.wire import Closed

pytestmark = pytest.mark.ours
WITHIN = 1.0                    # seconds from crossing to the kernel
PATIENCE = 60                   # for an attack to cross
ANNA, BRUNO = "anna@example.test", "bruno@example.test"
WORDS = [f"guess-{n}" for n in range(400)]


class Everyday:
    """with Everyday(arena) as d: ... A person reads mail and a server delivers mail, over and over, from another address: no error at all."""

    def __init__(self, arena):
        self.arena, self.errors, self.times, self.stop = arena, [], [], threading.Event()
        self.thread = threading.Thread(target=self._go, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *rest):
        self.stop.set()
        self.thread.join(60)
        if kind is None:
            assert not self.errors, f"legitimate clients saw {self.errors[:3]}"
            assert self.times
            print(f"{len(self.times)} rounds of legitimate clients, slowest {max(self.times) * 1000:.0f} ms")

    def _go(self):
        while not self.stop.is_set():
            start = time.monotonic()
            try:
                self._round()
            except (AssertionError, OSError, Closed) as e:
                self.errors.append(repr(e))
            self.times.append(time.monotonic() - start)
            time.sleep(0.2)

    def _round(self):
        with self.arena.smtp(CLIENT) as client:
            client.hello()
            client.envelope("friend@outside.test", BRUNO)
            assert client.data(mail.message(f"day-{time.monotonic_ns()}", recipient=BRUNO))[0] == 250
        with self.arena.imap(CLIENT) as client:
            assert client.try_command(f"LOGIN {BRUNO} {PASSWORD}")[0].startswith(b"OK")
            client.command("SELECT INBOX")


class Attack:
    """Steps of an attack from one address until it gets no answer any more; in several threads, since guesses are answered slowly."""

    def __init__(self, arena, source, step, threads=4):
        self.arena, self.source, self.step = arena, source, step
        self.last, self.steps, self.out, self.lock = time.monotonic(), 0, threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self._go, args=(n,), daemon=True) for n in range(threads)]

    def answered(self):
        with self.lock:
            self.last = time.monotonic()
            self.steps += 1

    def _go(self, number):
        n = number
        while not self.out.is_set():
            try:
                self.step(self, n)
            except (OSError, Closed, AssertionError):
                time.sleep(0.01)        # turned out of a session: an attacker comes again
            n += len(self.threads)

    def run(self):
        """(steps that were answered, seconds from the last of them to the kernel)"""
        for t in self.threads:
            t.start()
        try:
            banned = until_out(self.arena, self.source, PATIENCE)
        finally:
            self.out.set()
        for t in self.threads:
            t.join(10)
        return self.steps, banned - self.last


def check(arena, source, step, threads=4, within=WITHIN):
    with Everyday(arena):
        attack = Attack(arena, source, step, threads)
        steps, delay = attack.run()
        assert dropped(arena, source), "a new connection was answered"
    print(f"{source}: in the kernel {max(delay, 0) * 1000:.0f} ms after the last of {steps} answers; {why(arena, source)}")
    assert delay < within
    return steps


def why(arena, source):
    return " ".join(arena.server.cli("ban", "why", source, check=False).stdout.split())[:200]


def guess(attack, user, password):
    """A sign-in over IMAP with TLS that fails."""
    with attack.arena.imap(attack.source, seconds=5) as client:
        client.try_command(f"LOGIN {user} {password}")
        attack.answered()


def test_brute_force(arena):
    """One person, many passwords."""
    assert check(arena, ATTACKERS[0], lambda a, n: guess(a, ANNA, WORDS[n])) < 60


def test_password_spraying(arena):
    """One password, many people."""
    people = [f"{name}{n}@example.test" for n in range(100) for name in ("anna", "office", "info", "sales")]
    assert check(arena, ATTACKERS[1], lambda a, n: guess(a, people[n], "Summer2026!")) < 40


def enumerate_once(attack, n):
    with attack.arena.smtp(attack.source, seconds=5) as client:
        client.hello()
        client.expect(250, "MAIL FROM:<s@outside.test>")
        for k in range(8):
            client.command(f"RCPT TO:<nobody{n}x{k}@example.test>")
            attack.answered()


def test_recipient_enumeration(arena):
    """Addresses are tried by RCPT until one exists."""
    assert check(arena, ATTACKERS[2], enumerate_once) < 200


def smtp_garbage(attack, n):
    with attack.arena.smtp(attack.source, seconds=5) as client:
        for word in (b"\x16\x03\x01\x02\x00", b"XYZZY plugh", b"\xff\xfe\xfd", b"EHLOO x", b"A" * 900):
            client.command(word)
            attack.answered()


def test_smtp_garbage(arena):
    """Junk where commands should be."""
    assert check(arena, ATTACKERS[3], smtp_garbage) < 100


def imap_garbage(attack, n):
    with attack.arena.imap(attack.source, seconds=5) as client:
        for word in ("XYZZY", "(((((", "LOGIN \x01", "{99999999999999999999}", "NIL NIL NIL"):
            client.send(f"a{n} {word}\r\n")
            client.response()
            attack.answered()


def test_imap_garbage(arena):
    assert check(arena, ATTACKERS[4], imap_garbage) < 150


def test_http_to_a_mail_port(arena):
    """A72: a browser, or a scanner that takes us for one."""
    def step(attack, n):
        with attack.arena.smtp(attack.source, seconds=5) as client:
            client.command("GET / HTTP/1.1")
            attack.answered()
    assert check(arena, ATTACKERS[5], step) < 30


def test_slow_loris(arena):
    """Many sessions that send a byte now and then: each is ended in time, and then their address is out."""
    source = ATTACKERS[6]
    held = []
    with Everyday(arena):
        try:
            for _ in range(60):
                held.append(arena.smtp(source))
                held[-1].send("EHLO slow.example")
            start = time.monotonic()
            until_out(arena, source, 30)
            print(f"slow sessions: out after {time.monotonic() - start:.1f} s; {why(arena, source)}")
            assert "slow-loris" in why(arena, source) and dropped(arena, source)
        finally:
            for s in held:
                s.close()


def from_address(arena, source):
    """Tools that cannot choose their address: it is the route's."""
    arena.clients("ip", "route", "replace", "192.0.2.0/24", "dev", "c0", "src", source)


def end(tool):
    """With its helpers, which would go on for hours."""
    os.killpg(tool.pid, signal.SIGKILL)
    tool.wait(10)


def hydra(arena, tmp_path, source, *words):
    """Until its address is out."""
    (tmp_path / "words").write_text("\n".join(WORDS) + "\n")
    from_address(arena, source)
    with Everyday(arena), open(tmp_path / "out", "w") as out:
        tool = subprocess.Popen([*arena.clients.prefix, "hydra", "-I", "-P", str(tmp_path / "words"), "-t", "16", "-f", *map(str, words)], stdout=out, stderr=out,
                                stdin=subprocess.DEVNULL, env={"PATH": TOOLS, "HOME": str(tmp_path)}, cwd=tmp_path, start_new_session=True)
        try:
            start = time.monotonic()
            until_out(arena, source, PATIENCE)
            print(f"hydra: out after {time.monotonic() - start:.1f} s; {why(arena, source)}")
            assert dropped(arena, source)
        finally:
            end(tool)
    text = (tmp_path / "out").read_text(errors="replace")
    assert "hydra" in text.lower(), text
    assert not re.search(r"password: \S", text), f"it found something: {text[-300:]}"


def need_hydra():
    if not shutil.which("hydra", path=TOOLS):
        pytest.skip("hydra is not installed")


def test_hydra_imap(arena, tmp_path):
    need_hydra()
    hydra(arena, tmp_path, ATTACKERS[7], "-l", ANNA, "-S", "-s", arena.server.ports.imaps, SERVER4, "imap", "PLAIN")


def test_hydra_smtp(arena, tmp_path):
    need_hydra()
    hydra(arena, tmp_path, ATTACKERS[8], "-l", ANNA, "-S", "-s", arena.server.ports.submissions, SERVER4, "smtp", "PLAIN")


def test_hydra_enumerates_by_vrfy(arena, tmp_path):
    need_hydra()
    (tmp_path / "names").write_text("\n".join(f"person{n}" for n in range(300)) + "\n")
    source = ATTACKERS[9]
    from_address(arena, source)
    with Everyday(arena):
        tool = subprocess.Popen([*arena.clients.prefix, "hydra", "-I", "-L", str(tmp_path / "names"), "-p", "example.test", "-t", "4", "-s",
                                 str(arena.server.ports.smtp), SERVER4, "smtp-enum", "VRFY"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                stdin=subprocess.DEVNULL, env={"PATH": TOOLS, "HOME": str(tmp_path)}, cwd=tmp_path, start_new_session=True)
        try:
            until_out(arena, source, PATIENCE)
            assert dropped(arena, source)
            print(f"hydra smtp-enum: {why(arena, source)}")
        finally:
            end(tool)


def test_bad_tls(arena):
    """Handshakes that are none."""
    def step(attack, n):
        with attack.arena.clients.entered():
            s = socket.create_connection((SERVER4, attack.arena.server.ports.imaps), 5, source_address=(attack.source, 0))
        with s:
            s.sendall(b"\x16\x03\x01\x00\x05hello")
            s.recv(100)
            attack.answered()
    check(arena, ATTACKERS[10], step)


