"""DKIM and ARC beside Debian's dkimpy and opendkim: what we sign they verify, what they sign we verify. The pure half is driven by
tools/dkim_tool.c; keys are made for the run and DNS is a file."""

import base64
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.ours
ROOT = Path(__file__).resolve().parents[2]
BUILD = os.environ.get("CERALACCA_BUILD", "build")
OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/bin")
DOMAIN = "example.org"

HEAD = "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.net>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
MESSAGES = {
    "plain": HEAD + "Subject: Dinner\r\n\r\nAre you hungry yet?\r\n",
    "folded": HEAD + "Subject: a subject\r\n  that goes \r\n\t on\r\nMIME-Version: 1.0\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n\r\nx\r\n",
    "spaces": HEAD + "Subject: wide \t apart  \r\n\r\nHello   there \t\r\n\ttabs\t\tin it \r\n \r\n\r\n  \r\nend\r\n\r\n\r\n",
    "empty body": HEAD + "Subject: nothing\r\n\r\n",
    "blank lines": HEAD + "Subject: blank\r\n\r\n\r\n\r\n\r\n",
    "eight bits": HEAD + "Subject: caf\u00e9\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\u00e8 cos\u00ec\r\n",
    "list": HEAD + "Subject: [l] x\r\nList-Id: <l.example.org>\r\nList-Unsubscribe: <https://example.org/u>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nReceived: by a; x\r\nReceived: by b; y\r\n\r\nHi\r\n",
    "long": HEAD + "Subject: long\r\n\r\n" + "0123456789 " * 80 + "\r\n" + "line\r\n" * 3000,
}


def run(command, data=b"", status=0):
    done = subprocess.run([str(c) for c in command], input=data, capture_output=True, timeout=60)
    assert done.returncode == status, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The tool, keys, and the zone that publishes them."""
    folder = tmp_path_factory.mktemp("dkim")
    archive = ROOT / BUILD / "libceralacca.a"
    if not archive.exists():
        pytest.fail(f"{archive} is not built")
    cc = shutil.which("gcc") or shutil.which("cc")
    run([cc, "-std=gnu17", "-D_GNU_SOURCE", "-O1", f"-I{ROOT / 'src'}", ROOT / "tools" / "dkim_tool.c", archive, "-o", folder / "dkim_tool",
         "-lcrypto", "-lsodium", "-lidn2", "-licuuc", "-licui18n", "-pthread"])
    return World(folder)


class World:
    def __init__(self, folder):
        self.folder = folder
        run(["openssl", "genrsa", "-traditional", "-out", folder / "rsa.pem", "2048"])
        run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "ed.pem"])
        rsa = run(["openssl", "pkey", "-in", folder / "rsa.pem", "-pubout", "-outform", "DER"])
        ed = run(["openssl", "pkey", "-in", folder / "ed.pem", "-pubout", "-outform", "DER"])[-32:]
        self.ed_seed = run(["openssl", "pkey", "-in", folder / "ed.pem", "-outform", "DER"])[-32:]
        self.records = {f"rsa._domainkey.{DOMAIN}": f"v=DKIM1; k=rsa; p={base64.b64encode(rsa).decode()}",
                        f"ed._domainkey.{DOMAIN}": f"v=DKIM1; k=ed25519; p={base64.b64encode(ed).decode()}"}
        (folder / "zone").write_text("".join(f"{name} {record}\n" for name, record in self.records.items()))

    def txt(self, name, timeout=5):
        """dkimpy's way to ask DNS."""
        return self.records.get(name.decode().rstrip("."), "").encode() or None

    def tool(self, *words, data):
        return run([self.folder / "dkim_tool", *words], data)

    def sign(self, data):
        return self.tool("sign", DOMAIN, "rsa", self.folder / "rsa.pem", "ed", self.folder / "ed.pem", data=data)

    def verify(self, data):
        return self.tool("verify", self.folder / "zone", int(time.time()), data=data).decode().splitlines()

    def seal(self, data):
        return self.tool("seal", self.folder / "zone", int(time.time()), DOMAIN, "rsa", self.folder / "rsa.pem",
                         "mx.example.org; spf=pass smtp.mailfrom=ann@example.org", data=data)

    def opendkim(self, data, *settings):
        """Its test mode: one message, no socket, nothing stays."""
        config, message, dns = self.folder / "opendkim.conf", self.folder / "message", self.folder / "dnsdata"
        config.write_text("".join(f"{line}\n" for line in ("Syslog no", "RequireSafeKeys no", f"TestDNSData file:{dns}", *settings)))
        message.write_bytes(data.replace(b"\r\n", b"\n"))
        dns.write_text((self.folder / "zone").read_text())
        return run([OPENDKIM, "-x", config, "-t", message, "-v", "-v"]).decode(errors="replace")


@pytest.fixture(params=MESSAGES, ids=lambda name: name.replace(" ", "_"))
def letter(request):
    return MESSAGES[request.param].encode()


@pytest.fixture
def dkim():
    return pytest.importorskip("dkim", reason="python3-dkim is not installed")


needs_opendkim = pytest.mark.skipif(not OPENDKIM, reason="opendkim is not installed")


def test_dkimpy_verifies_ours(world, letter, dkim):
    signed = world.sign(letter)
    both = dkim.DKIM(signed)
    assert both.verify(idx=0, dnsfunc=world.txt)
    assert both.verify(idx=1, dnsfunc=world.txt)
    assert not dkim.verify(signed.replace(b"ann@", b"eve@"), dnsfunc=world.txt)
    assert not dkim.verify(b"Subject: another\r\n" + signed, dnsfunc=world.txt)


@pytest.mark.parametrize("header", ["simple", "relaxed"])
@pytest.mark.parametrize("body", ["simple", "relaxed"])
def test_we_verify_dkimpy(world, letter, dkim, header, body):
    canon = (header.encode(), body.encode())
    key = (world.folder / "rsa.pem").read_bytes()
    field = dkim.sign(letter, b"rsa", DOMAIN.encode(), key, canonicalize=canon)
    assert world.verify(field + letter)[0].startswith("dkim=pass d=example.org s=rsa")
    field = dkim.sign(letter, b"ed", DOMAIN.encode(), base64.b64encode(world.ed_seed), canonicalize=canon, signature_algorithm=b"ed25519-sha256")
    assert world.verify(field + letter)[0].startswith("dkim=pass d=example.org s=ed")
    assert world.verify(field + letter + b"more\r\n")[0].startswith("dkim=fail")


@needs_opendkim
def test_opendkim_verifies_ours(world, letter):
    report = world.opendkim(world.sign(letter), "Mode v")
    assert len(re.findall(r"\bdkim=pass\b", report)) == 2, report
    report = world.opendkim(world.sign(letter).replace(b"ann@", b"eve@"), "Mode v")
    assert not re.search(r"\bdkim=pass\b", report), report


@needs_opendkim
@pytest.mark.parametrize("canon", ["simple/simple", "relaxed/simple", "simple/relaxed", "relaxed/relaxed"])
def test_we_verify_opendkim(world, letter, canon):
    report = world.opendkim(letter, "Mode s", f"Canonicalization {canon}", f"Domain {DOMAIN}", "Selector rsa",
                            f"KeyFile {world.folder / 'rsa.pem'}", "SignatureAlgorithm rsa-sha256", "InternalHosts 0.0.0.0/0")
    field = re.search(r"hname='DKIM-Signature' hvalue='([^']*)'", report)
    assert field, report
    lines = world.verify(f"DKIM-Signature: {field.group(1)}\n".replace("\n", "\r\n").encode() + letter)
    assert lines[0].startswith("dkim=pass d=example.org s=rsa"), lines


def test_dkimpy_verifies_our_chain(world, letter, dkim):
    message = letter
    for instance in range(1, 4):
        message = world.seal(message)
        assert dkim.arc_verify(message, dnsfunc=world.txt)[0] == b"pass"
        assert world.verify(message)[-1].startswith(f"arc=pass i={instance} ")
    assert dkim.arc_verify(message.replace(b"spf=pass", b"spf=fail", 1), dnsfunc=world.txt)[0] == b"fail"


def test_we_verify_the_chain_of_dkimpy(world, letter, dkim):
    """Sets by turns: theirs, ours, theirs."""
    pytest.importorskip("authres", reason="python3-authres is not installed")
    key = (world.folder / "rsa.pem").read_bytes()

    def theirs(message, host):
        status = world.verify(message)[-1].split()[0]
        message = f"Authentication-Results: {host}; {status}; spf=pass smtp.mailfrom=ann@example.org\r\n".encode() + message
        fields = dkim.arc_sign(message, b"rsa", DOMAIN.encode(), key, host.encode())
        assert fields
        return b"".join(fields) + message

    message = theirs(letter, "one.example.org")
    assert world.verify(message)[-1].startswith("arc=pass i=1 ")
    message = theirs(world.seal(message), "three.example.org")
    assert world.verify(message)[-1].startswith("arc=pass i=3 ")
    assert dkim.arc_verify(message, dnsfunc=world.txt)[0] == b"pass"
    assert world.verify(message.replace(b"ann@", b"eve@"))[-1].startswith("arc=fail")
