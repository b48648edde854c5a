"""What leaves is signed: held against dkimpy and opendkim, from submission to the far server."""

import re
import shutil
import subprocess

import pytest
from relay.world import ANNA, World

from lib import mail

pytestmark = pytest.mark.ours
OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/bin")
dkim = pytest.importorskip("dkim", reason="python3-dkim is not installed")


def keys(world):
    return {k["name"]: k for k in world.server.cli_json("key", "list")}


def txt_of(world):
    """dkimpy's way to ask DNS: what the server says that is to be published."""
    records = {name: k["record"] for name, k in keys(world).items()}
    return lambda name, timeout=5: records.get(name.decode().rstrip("."), "").encode() or None


@pytest.fixture
def world():
    with World() as w:
        w.zone("far IN MX 10 mx.far\nmx.far IN A 127.0.0.2\n")
        yield w


def fields(data, name):
    head = data.split(b"\r\n\r\n")[0]
    return re.findall(rb"^" + name + rb":[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", head, re.M | re.I)


def test_submitted_mail_is_signed(world):
    """Two signatures, RSA and Ed25519; A34: nothing can be put beside what is signed; A35: they end."""
    sink = world.host(2)
    world.submit("signed-one", "x@far.test", "y@far.test")
    got = sink.wait_for(1)[0].data
    signatures = fields(got, b"DKIM-Signature")
    assert len(signatures) == 2 and got.startswith(b"DKIM-Signature:")
    assert {re.search(rb" a=([a-z0-9-]+)", s).group(1) for s in signatures} == {b"rsa-sha256", b"ed25519-sha256"}
    assert all(b"d=example.test" in s and re.search(rb"\bx=\d+", s) and b"l=" not in s.split(b"bh=")[0] for s in signatures)
    both = dkim.DKIM(got)
    txt = txt_of(world)
    assert both.verify(idx=0, dnsfunc=txt) and both.verify(idx=1, dnsfunc=txt)
    for line in (b"From: Eve <eve@example.test>\r\n", b"Subject: more\r\n", b"Reply-To: eve@evil.test\r\n"):
        assert not dkim.verify(line + got, dnsfunc=txt), line
    assert not dkim.verify(got + b"more\r\n", dnsfunc=txt)


@pytest.mark.skipif(not OPENDKIM, reason="opendkim is not installed")
def test_opendkim_agrees(world, tmp_path):
    sink = world.host(2)
    body = "caf\u00e9 \t wide   text \r\n\r\n.\r\n" + "long line " * 60 + "\r\n\r\n\r\n"
    data = mail.message("signed-two", sender=ANNA, recipient="x@far.test", body=body)
    world.submit("signed-two", "x@far.test", data=data)
    got = sink.wait_for(1)[0].data
    (tmp_path / "dns").write_text("".join(f"{name} {k['record']}\n" for name, k in keys(world).items()))
    (tmp_path / "conf").write_text(f"Syslog no\nRequireSafeKeys no\nMode v\nTestDNSData file:{tmp_path}/dns\n")
    (tmp_path / "mail").write_bytes(got.replace(b"\r\n", b"\n"))
    done = subprocess.run([OPENDKIM, "-x", tmp_path / "conf", "-t", tmp_path / "mail", "-v", "-v"], capture_output=True, timeout=60)
    assert len(re.findall(rb"\bdkim=pass\b", done.stdout)) == 2, done.stdout.decode(errors="replace")


def inbound(world, recipient, data, sender="ann@else.test"):
    """A stranger's server hands a message in."""
    code, texts = mail.send(world.server, data, sender, [recipient])
    assert code == 250, texts


def test_forwarded_mail_is_sealed_not_signed(world):
    """No signature of ours above what a stranger wrote; a seal that says what we saw."""
    sink = world.host(2)
    world.server.cli("alias", "add", "out@example.test", "x@far.test")
    inbound(world, "out@example.test", mail.message("sealed", sender="ann@else.test", recipient="out@example.test"))
    got = sink.wait_for(1)[0].data
    assert not fields(got, b"DKIM-Signature")
    assert dkim.arc_verify(got, dnsfunc=txt_of(world))[0] == b"pass"
    assert re.search(rb"d=example.test", fields(got, b"ARC-Seal")[0])
    assert dkim.arc_verify(got.replace(b"else.test", b"evil.test"), dnsfunc=txt_of(world))[0] != b"pass"


def test_reports_are_signed(world):
    """A delivery report that leaves to a stranger carries the signature of the host's domain."""
    world.zone("far IN MX 10 mx.far\nmx.far IN A 127.0.0.2\nelse IN MX 10 mx.else\nmx.else IN A 127.0.0.3\n")
    world.host(2).on("RCPT", "550 5.1.1 nobody here")
    theirs = world.host(3)
    world.server.cli("alias", "add", "out@example.test", "x@far.test")
    inbound(world, "out@example.test", mail.message("report", sender="ann@else.test", recipient="out@example.test"))
    report = theirs.wait_for(1)[0]
    assert report.sender == "" and b"multipart/report" in report.data
    assert dkim.verify(report.data, dnsfunc=txt_of(world))


def test_nothing_leaves_unsigned_while_keys_is_down(world):
    """A restart of the role that holds the keys delays, and takes no signature off."""
    sink = world.host(2)
    world.server.kill_role("keys")
    world.submit("after-kill", "x@far.test")
    got = sink.wait_for(1, 30)[0].data
    assert dkim.verify(got, dnsfunc=txt_of(world))
