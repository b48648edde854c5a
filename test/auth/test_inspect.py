"""`ceralacca inspect`: the same verdicts from files, for people and programs, and what hostile files can do to it."""

import json
import os
import pty
import re
import subprocess
import time

import dkim
import pytest

from auth.world import make_key
from lib import mail
from lib.server import program

pytestmark = pytest.mark.ours
ZONE = """
sender.test: {TXT: "v=spf1 ip4:192.0.2.0/24 -all", MX: ["10 mx.sender.test"], A: 192.0.2.1}
_dmarc.sender.test:
  TXT: ["v=DMARC1; p=reject"]
slow.test: TIMEOUT
_dmarc.slow.test: SERVFAIL
loop.test: {CNAME: pool.test}
pool.test: {CNAME: loop.test}
void.test: {TXT: "v=spf1 a:a.void.test a:b.void.test a:c.void.test +all"}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("inspect")
    private, public = make_key(path, "rsa")
    (path / "zone.yaml").write_text(ZONE + f'rsa._domainkey.sender.test: {{TXT: "v=DKIM1; k=rsa; p={public}"}}\n')
    data = mail.message("i1", sender="ann@sender.test")
    signed = dkim.sign(data, b"rsa", b"sender.test", private, canonicalize=(b"relaxed", b"relaxed")) + data
    (path / "signed.eml").write_bytes(signed)
    (path / "unix.eml").write_bytes(signed.replace(b"\r\n", b"\n"))
    (path / "plain.eml").write_bytes(data)
    (path / "changed.eml").write_bytes(signed + b"more\r\n")
    return path


def inspect(folder, *arguments, status=0, zone=True, **options):
    command = [program("release"), "inspect", *arguments, *(["--zone", "zone.yaml"] if zone else [])]
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, timeout=60, **options)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout.decode()


def verdicts(folder, *arguments, **options):
    return [json.loads(line) for line in inspect(folder, *arguments, "--jsonl", **options).splitlines()]


def test_signed_and_changed(folder):
    good, unix, plain, changed = verdicts(folder, "signed.eml", "unix.eml", "plain.eml", "changed.eml", "--ip", "203.0.113.1", "--from", "ann@sender.test")
    for one in (good, unix):
        assert one["dkim"][0]["result"] == "pass" and one["dmarc"]["result"] == "pass" and one["verdict"]["action"] == "accept"
        assert one["spf"]["result"] == "fail"
    assert plain["dmarc"]["result"] == "fail" and plain["verdict"]["action"] == "reject"
    assert changed["dkim"][0]["reason"] == "the body was changed after signing"


def test_json_has_structure_and_header(folder):
    one = json.loads(inspect(folder, "signed.eml", "--json"))
    assert one["structure"][0]["type"] == "text/plain"
    assert {"name": "Subject", "value": "mark i1"} in one["header"]
    assert "spf" not in one         # no address was given


def test_envelope(folder):
    one, = verdicts(folder, "plain.eml", "--ip", "192.0.2.9", "--from", "<ann@sender.test>", "--helo", "mx.sender.test")
    assert one["spf"]["result"] == "pass" and one["dmarc"]["aligned"] == {"spf": "sender.test"}
    assert one["spf_helo"]["result"] == "none"


def test_time(folder):
    """--now sets the clock: a signature of the future, and one that is too old, are seen."""
    data = (folder / "signed.eml").read_bytes()
    made = int(re.search(rb"t=(\d+)", data).group(1))
    assert verdicts(folder, "signed.eml", "--now", made)[0]["dkim"][0]["result"] == "pass"
    assert verdicts(folder, "signed.eml", "--now", made - 100000)[0]["dkim"][0]["result"] != "pass"


def test_look_alike(folder, tmp_path):
    """A95: the domain of --rcpt is ours; one that looks like it is marked."""
    (tmp_path / "m.eml").write_bytes(mail.message("l", sender="ann@exarnple.test"))
    one, = verdicts(folder, tmp_path / "m.eml", "--rcpt", "anna@example.test")
    assert "exarnple.test" in one["marks"]["lookalike-own"]


@pytest.mark.parametrize("domain, spf, action", [("slow.test", "temperror", "accept"), ("loop.test", "temperror", "accept"), ("void.test", "permerror", "accept")])
def test_a38_a47_dns_that_fails(folder, tmp_path, domain, spf, action):
    """A38, A47: no answer, a CNAME loop, void look-ups: told as what they are, and nothing is refused for it."""
    (tmp_path / "m.eml").write_bytes(mail.message("d", sender=f"ann@{domain}"))
    one, = verdicts(folder, tmp_path / "m.eml", "--ip", "192.0.2.1", "--from", f"ann@{domain}")
    assert one["spf"]["result"] == spf and one["verdict"]["action"] == action


def test_for_people_on_a_terminal(folder):
    """It fits 60 columns, and nothing in the message becomes a command to the terminal."""
    hostile = b"From: \"\x1b]0;owned\x07 \xe2\x80\xaeevil\" <ann@sender.test>\r\nSubject: \x1b[2J" + b"long " * 100 + b"\r\n\r\nx\r\n"
    (folder / "hostile.eml").write_bytes(hostile)
    master, slave = pty.openpty()
    subprocess.run(["stty", "cols", "60"], stdin=slave, check=True)
    process = subprocess.Popen([str(program("release")), "inspect", "hostile.eml", "--zone", "zone.yaml"], cwd=folder, stdout=slave,
                               env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    out = b""
    try:
        while chunk := os.read(master, 4096):
            out += chunk
    except OSError:
        pass
    assert process.wait(10) == 0
    text = re.sub(r"\x1b\[[0-9;]*m", "", out.decode())
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert all(len(line) <= 60 for line in text.replace("\r", "").split("\n")), text


def test_errors(folder, tmp_path):
    """One clear line each; the other files are still told about."""
    (tmp_path / "bad.yaml").write_text("a.test: {SRV: x}\n")
    done = subprocess.run([program("release"), "inspect", "plain.eml", "--zone", tmp_path / "bad.yaml"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1 and "bad.yaml:1" in done.stderr and done.stderr.count("\n") == 1
    done = subprocess.run([program("release"), "inspect", "missing.eml", "plain.eml", "--zone", "zone.yaml", "--jsonl"], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode == 1 and "missing.eml" in done.stderr and len(done.stdout.splitlines()) == 1
    assert subprocess.run([program("release"), "inspect", "plain.eml", "--ip", "x"], cwd=folder, capture_output=True).returncode == 1
    assert subprocess.run([program("release"), "inspect"], capture_output=True).returncode == 2


def test_a36_absurd_messages(folder, tmp_path):
    """A36, A55: hostile sizes, in seconds."""
    signature = "DKIM-Signature: v=1; a=rsa-sha256; d=d{}.test; s=s; h=from; bh=g3zLYH4xKxcPrHOD18z9YfpQcnk/GaJedfustWU5uGs=; b=AAAA\r\n"
    files = {"signatures": "".join(signature.format(i) for i in range(500)), "fields": "X: y\r\n" * 100000, "addresses": "From: " + "a@b.test, " * 50000 + "\r\n",
             "words": "From: " + "=?utf-8?q?a?= " * 50000 + "<a@b.test>\r\n", "comments": "From: " + "(" * 100000 + "a@b.test\r\n",
             "arc": "".join(f"ARC-Seal: i={i}; cv=none; a=rsa-sha256; d=d.test; s=s; b=AAAA\r\n" for i in range(1, 2000))}
    for name, head in files.items():
        (tmp_path / name).write_text(head + "\r\nbody\r\n", newline="")
    started = time.monotonic()
    found = verdicts(folder, *(tmp_path / name for name in files))
    assert len(found) == len(files) and time.monotonic() - started < 20
    assert found[0]["verdict"]["questions"] < 30 and "signatures-many" in found[0]["marks"]


def test_standard_input_and_many(folder):
    data = (folder / "plain.eml").read_bytes()
    assert json.loads(inspect(folder, "-", "--jsonl", input=data))["author"] == "ann@sender.test"
    assert len(verdicts(folder, *["plain.eml"] * 500)) == 500
