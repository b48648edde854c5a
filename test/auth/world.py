"""Strangers' mail for the tests of authentication: a name server, a server whose front end (127.0.0.2) tells who the client is, and keys."""

import base64
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import dkim

from conftest import make_server
from lib import mail, settings
from lib.dns import NameServer
from lib.server import PASSWORD
from lib.wire import Smtp

FRONT, CLIENT, OTHER = "127.0.0.2", "192.0.2.7", "203.0.113.66"
ANNA = "anna@example.test"


def make_key(folder, kind):
    """(private key for dkimpy, value of p=)."""
    pem = folder / f"{kind}.pem"
    make = ["genrsa", "-traditional", "-out", pem, "2048"] if kind == "rsa" else ["genpkey", "-algorithm", "ed25519", "-out", pem]
    subprocess.run(["openssl", *map(str, make)], check=True, capture_output=True)
    public = subprocess.run(["openssl", "pkey", "-in", str(pem), "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    if kind == "rsa":
        return pem.read_bytes(), base64.b64encode(public).decode()
    private = subprocess.run(["openssl", "pkey", "-in", str(pem), "-outform", "DER"], check=True, capture_output=True).stdout
    return base64.b64encode(private[-32:]), base64.b64encode(public[-32:]).decode()


def txt(name, value):
    """A TXT record in strings of 200 bytes."""
    parts = " ".join(f'"{value[i:i + 200]}"' for i in range(0, len(value), 200))
    return f"{name} IN TXT {parts}\n"


class Strangers:
    """Records are those of test.; sections of the configuration go by name."""

    def __init__(self, records="", **sections):
        self.stack = ExitStack()
        self.records, self.sections = records, sections

    def __enter__(self):
        try:
            folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="ceralacca-keys-")))
            self.keys = {kind: make_key(folder, kind) for kind in ("rsa", "ed25519")}
            self.dns = self.stack.enter_context(NameServer())
            self.zone(self.records)
            services = {**settings.ALL_SERVICES["server"], "proxy_from": [FRONT], "workers": 1}
            config = {"server": services, **settings.dns(self.dns.port)}
            more = dict(self.sections)
            resolver = more.pop("resolver", {})
            config["resolver"] = {**config["resolver"], **resolver, "stub": config["resolver"]["stub"] + resolver.get("stub", [])}
            self.server = make_server(config={**config, **more})
            self.stack.callback(self.server.close)
            self.server.start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *rest):
        self.stack.close()

    def zone(self, records):
        """test., with the keys published as rsa._domainkey and ed._domainkey of sender.test."""
        keys = txt("rsa._domainkey.sender", "v=DKIM1; k=rsa; p=" + self.keys["rsa"][1])
        keys += txt("ed._domainkey.sender", "v=DKIM1; k=ed25519; p=" + self.keys["ed25519"][1])
        self.dns.zone("test.", keys + records)

    def sign(self, data, selector=b"rsa", domain=b"sender.test", **more):
        kind = "rsa" if selector == b"rsa" else "ed25519"
        algorithm = b"rsa-sha256" if kind == "rsa" else b"ed25519-sha256"
        more.setdefault("include_headers", [b"from", b"to", b"subject", b"date", b"message-id"])
        field = dkim.sign(data, selector, domain, self.keys[kind][0], signature_algorithm=algorithm, canonicalize=(b"relaxed", b"relaxed"), **more)
        return field + data

    def send(self, data, client=CLIENT, sender="ann@sender.test", helo="client.test", recipients=(ANNA,)):
        """The final reply to a message that a stranger at `client` sends."""
        with Smtp(self.server.ports.smtp, greet=False, source=FRONT, seconds=40) as smtp:
            kind, to = ("TCP6", "2001:db8::1") if ":" in client else ("TCP4", "198.51.100.1")
            smtp.send(f"PROXY {kind} {client} {to} 40000 25\r\n".encode())
            assert smtp.reply()[0] == 220
            smtp.hello(helo)
            smtp.envelope(sender, *recipients)
            return smtp.data(data)

    def find(self, mark, mailbox="INBOX", user=ANNA):
        """The message with that mark, or None."""
        found = [m for m in mail.mailbox(self.server, user, PASSWORD, mailbox).values() if mail.mark_of(m) == mark]
        assert len(found) <= 1
        return found[0] if found else None


def message(name, **more):
    """(mark, bytes) of a message from ann@sender.test, unless told otherwise."""
    mark = f"{name}-{time.monotonic_ns()}"
    return mark, mail.message(mark, **{"sender": "ann@sender.test", **more})


def results(data):
    """Our Authentication-Results field, unfolded; the one on top."""
    head = data.split(b"\r\n\r\n")[0].decode(errors="replace").replace("\r\n\t", " ").replace("\r\n ", " ")
    first = head.split("\r\n")[0]
    assert first.startswith("Authentication-Results: "), first
    return first
