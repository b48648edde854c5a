"""SCRAM for app passwords, by IMAP and SMTP. The ssl module gives no keying material: where -PLUS must open, `openssl s_client` is the connection."""

import base64
import imaplib
import re
import shutil
import smtplib
import ssl
import subprocess

import pytest

from lib import scram
from lib.server import PASSWORD
from lib.wire import tls_context

ANNA, BRUNO = "anna@example.test", "bruno@example.test"
SERVER = {"config": {"smtp": {"sign_in_attempts": 50, "scram": True}, "imap": {"sign_in_attempts": 50, "scram": True}}}
PLAIN, PLUS = "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"
BOUND = "p=tls-exporter"


def imap_messages(server, mechanism, answer, context=None):
    """answer(message of the server) -> the client's. What the server said at the end, without its tag."""
    client = imaplib.IMAP4_SSL("127.0.0.1", server.ports.imaps, ssl_context=context or tls_context(), timeout=30)
    try:
        client.authenticate(mechanism, answer)
        return "OK"
    except imaplib.IMAP4.error as e:
        return str(e)
    finally:
        client.shutdown()


def smtp_messages(server, mechanism, answer, context=None):
    client = smtplib.SMTP_SSL("127.0.0.1", server.ports.submissions, context=context or tls_context(), timeout=30)
    try:
        client.ehlo("client.example")
        code, text = client.docmd("AUTH", mechanism)
        while code == 334:
            code, text = client.docmd(base64.b64encode(answer(base64.b64decode(text))).decode())
        return "OK" if code == 235 else f"{code} {text.decode()}"
    finally:
        client.close()


WAYS = pytest.mark.parametrize("way", [imap_messages, smtp_messages], ids=["imap", "smtp"])


def conversation(client, tamper=lambda final: final):
    def answer(message):
        if not message:
            return client.first()
        if message.startswith(b"r="):
            return tamper(client.final(message))
        assert client.believes(message)
        client.proved = True
        return b""
    client.proved = False
    return answer


def sign_in(way, server, user, password, mechanism=PLAIN, flag="n", binding=b"", context=None):
    client = scram.Client(user, password, flag, binding)
    said = way(server, mechanism, conversation(client), context)
    assert (said == "OK") == client.proved      # the server proves itself to whom it lets in
    return said


def app_password(server, address, *options):
    return server.cli_json("user", "app-password", "add", address, "--name", "phone", *options)


def tls12():
    context = tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def salt_of(server, user):
    seen = []
    imap_messages(server, PLAIN, lambda m: seen.append(m) or (scram.Client(user, "x").first() if not m else b""))
    return dict(p.split("=", 1) for p in seen[1].decode().split(","))["s"]


@WAYS
def test_app_password_opens(server, way):
    good = app_password(server, ANNA)["password"]
    other = app_password(server, ANNA)["password"]
    assert sign_in(way, server, ANNA, good) == "OK" and sign_in(way, server, ANNA, other) == "OK"
    assert sign_in(way, server, ANNA.upper(), good) == "OK"
    assert sign_in(way, server, ANNA, good, flag="y", context=tls12()) == "OK"     # nothing to bind to, and none was offered
    assert good not in server.log()


@WAYS
def test_wrong_secrets(server, way):
    good = app_password(server, ANNA)["password"]
    wrong = sign_in(way, server, ANNA, good[:-1] + ("a" if good[-1] != "a" else "b"))
    assert wrong != "OK"
    assert sign_in(way, server, ANNA, PASSWORD) == wrong                            # the primary password has no keys
    assert sign_in(way, server, BRUNO, good) == wrong                               # it is Anna's
    assert sign_in(way, server, "nobody@example.test", good) == wrong               # A68


@WAYS
def test_A70_binding(server, way):
    """A -PLUS without the connection's own bytes, and a client that was told there is no -PLUS."""
    good = app_password(server, ANNA)["password"]
    assert sign_in(way, server, ANNA, good, PLUS, BOUND, bytes(32)) != "OK"
    assert sign_in(way, server, ANNA, good, PLUS, "p=tls-unique", bytes(32)) != "OK"
    assert sign_in(way, server, ANNA, good, PLUS) != "OK"
    assert sign_in(way, server, ANNA, good, PLAIN, BOUND, bytes(32)) != "OK"
    assert sign_in(way, server, ANNA, good, PLAIN, "y") != "OK"
    assert sign_in(way, server, ANNA, good, PLUS, BOUND, bytes(32), tls12()) != "OK"


class Tunnel:
    """A connection of TLS 1.3 by openssl, which tells its keying material."""

    def __init__(self, port):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_3", "-crlf", "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.exporter = bytes.fromhex(self.until(rb"Keying material: ([0-9A-Fa-f]{64})").group(1).decode())

    def until(self, pattern):
        for line in self.process.stdout:
            found = re.search(pattern, line)
            if found:
                return found
        raise AssertionError(f"the connection ended before {pattern}")

    def send(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def close(self):
        self.process.kill()
        self.process.communicate()


TALKS = {
    "imap": ("imaps", rb"^\* OK", b"a AUTHENTICATE SCRAM-SHA-256-PLUS ", rb"^\+ (\S*)", rb"^a (OK|NO|BAD)", b"OK"),
    "smtp": ("submissions", rb"^220 ", b"AUTH SCRAM-SHA-256-PLUS ", rb"^334 (\S*)", rb"^(235|5\d\d)", b"235"),
}


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the openssl command")
@pytest.mark.parametrize("protocol", TALKS)
def test_A70_bound_to_the_connection(server, protocol):
    """The exporter of this connection opens; that of another, as somebody in between would have it, does not."""
    port, greeting, command, more, end, good = TALKS[protocol]
    password = app_password(server, ANNA)["password"]
    tunnel, other = Tunnel(getattr(server.ports, port)), Tunnel(getattr(server.ports, port))
    try:
        assert tunnel.exporter != other.exporter
        tunnel.until(greeting)
        if protocol == "smtp":
            tunnel.send(b"EHLO client.example")
            tunnel.until(rb"^250 ")
        for exporter in other.exporter, tunnel.exporter:
            client = scram.Client(ANNA, password, BOUND, exporter)
            tunnel.send(command + base64.b64encode(client.first()))
            tunnel.send(base64.b64encode(client.final(base64.b64decode(tunnel.until(more).group(1)))))
            if exporter == tunnel.exporter:
                assert client.believes(base64.b64decode(tunnel.until(more).group(1)))
                tunnel.send(b"")
            assert (tunnel.until(end).group(1) == good) == (exporter == tunnel.exporter)
    finally:
        tunnel.close()
        other.close()


def test_announced(server):
    for context, plus in ((None, True), (tls12(), False)):
        imap = imaplib.IMAP4_SSL("127.0.0.1", server.ports.imaps, ssl_context=context or tls_context(), timeout=30)
        assert f"AUTH={PLAIN}" in imap.capabilities and (f"AUTH={PLUS}" in imap.capabilities) == plus
        imap.shutdown()
        smtp = smtplib.SMTP_SSL("127.0.0.1", server.ports.submissions, context=context or tls_context(), timeout=30)
        smtp.ehlo("client.example")
        offered = smtp.esmtp_features["auth"].split()
        assert PLAIN in offered and (PLUS in offered) == plus
        smtp.close()


def test_scope_and_network(server):
    only_imap = app_password(server, ANNA, "--scope", "imap")["password"]
    assert sign_in(imap_messages, server, ANNA, only_imap) == "OK"
    assert "other services" in sign_in(smtp_messages, server, ANNA, only_imap)
    elsewhere = app_password(server, ANNA, "--network", "192.0.2.0/24")["password"]
    assert "network" in sign_in(imap_messages, server, ANNA, elsewhere)


@WAYS
def test_revoked_meanwhile(server, way):
    """Also between the two messages (A69)."""
    made = app_password(server, BRUNO)
    assert sign_in(way, server, BRUNO, made["password"]) == "OK"

    def revoke(final):
        server.cli("user", "app-password", "revoke", BRUNO, made["id"])
        return final
    assert way(server, PLAIN, conversation(scram.Client(BRUNO, made["password"]), revoke)) != "OK"
    assert sign_in(way, server, BRUNO, made["password"]) != "OK"


@WAYS
def test_locked(server, way):
    good = app_password(server, BRUNO)["password"]
    server.cli("user", "lock", BRUNO)
    try:
        assert sign_in(way, server, BRUNO, good) != "OK"
    finally:
        server.cli("user", "unlock", BRUNO)
    assert sign_in(way, server, BRUNO, good) == "OK"


@WAYS
def test_replayed_final_message(server, way):
    finals = []
    client = scram.Client(ANNA, app_password(server, ANNA)["password"])
    assert way(server, PLAIN, conversation(client, lambda f: finals.append(f) or f)) == "OK"
    assert way(server, PLAIN, conversation(client, lambda f: finals[0])) != "OK"


@pytest.mark.server(config={"imap": {"scram": True}})
def test_A68_unknown_has_a_steady_salt(own_server):
    server = own_server
    server.start()
    app_password(server, ANNA)
    names = ANNA, BRUNO, "nobody@example.test", "no address"
    before = [salt_of(server, n) for n in names]
    assert len(set(before)) == len(names) and {len(s) for s in before} == {24}
    assert before == [salt_of(server, n) for n in names]
    server.kill_all()
    server.start()
    assert before == [salt_of(server, n) for n in names]


def test_off_unless_asked_for(own_server):
    server = own_server
    server.start()
    good = app_password(server, ANNA)["password"]
    imap = imaplib.IMAP4_SSL("127.0.0.1", server.ports.imaps, ssl_context=tls_context(), timeout=30)
    assert not any("SCRAM" in c for c in imap.capabilities)
    imap.shutdown()
    assert "not offered" in sign_in(imap_messages, server, ANNA, good)
    assert sign_in(smtp_messages, server, ANNA, good).startswith("504")
