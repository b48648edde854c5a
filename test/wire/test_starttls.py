"""The step from clear text to TLS."""

import ssl
import subprocess

import pytest

from lib import settings
from lib.wire import Closed, Imap, Smtp

SERVER = {"config": settings.ALL_SERVICES}


@pytest.mark.parametrize("service", ["smtp", "submission"])
@pytest.mark.parametrize("behind", [b"NOOP\r\n", b"EHLO evil.example\r\nNOOP\r\n", b"QUIT\r\n", b"NOO"])
def test_a05_smtp_injection(server, service, behind):
    """A05: commands behind STARTTLS in the same segment: refused, or thrown away; never answered inside TLS."""
    with Smtp(getattr(server.ports, service)) as client:
        client.hello()
        client.send(b"STARTTLS\r\n" + behind)
        try:
            code, _ = client.reply()
            if code != 220:
                assert code >= 400
                return
            client.start_tls()
        except (Closed, ssl.SSLError, ConnectionError):
            return
        assert client.silent(0.5), f"answered inside TLS: {client.buffer!r}"
        # the start of a command must not be joined with what comes inside TLS either
        assert client.command("NOOP")[0] in (250, 503)


@pytest.mark.parametrize("behind", [b"a2 NOOP\r\n", b"a2 CAPABILITY\r\na3 NOOP\r\n", b"a2 LOGIN {5}\r\n", b"a2 NO"])
def test_a05_imap_injection(server, behind):
    """A05: the same for IMAP."""
    with Imap(server.ports.imap) as client:
        client.send(b"a1 STARTTLS\r\n" + behind)
        try:
            status, _ = client.finish("a1")
            if not status.startswith(b"OK"):
                return
            client.start_tls()
        except (Closed, ssl.SSLError, ConnectionError):
            return
        assert client.silent(0.5), f"answered inside TLS: {client.buffer!r}"
        client.command("NOOP")


@pytest.mark.parametrize("kind", ["smtp", "imap"])
def test_handshake_that_breaks(server, kind):
    """Garbage in place of a handshake, or a peer that leaves: the next one is served."""
    for garbage in (b"\x16\x03\x01\xff\xff" + b"x" * 70000, b"hello\r\n", b""):
        client = Smtp(server.ports.smtp) if kind == "smtp" else Imap(server.ports.imap)
        if kind == "smtp":
            client.hello()
            client.expect(220, "STARTTLS")
        else:
            client.command("STARTTLS")
        try:
            client.send(garbage)
            if garbage:
                assert client.closed(40)
        except ConnectionError:
            pass
        client.close()
    with (Smtp(server.ports.smtp) if kind == "smtp" else Imap(server.ports.imap)) as client:
        if kind == "smtp":
            client.hello()
        client.starttls()


def test_a73_no_renegotiation(server):
    """A73: TLS 1.2 renegotiation by the client is refused."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.ports.imaps}", "-tls1_2", "-legacy_renegotiation"],
                          input=b"R\n", capture_output=True, timeout=30)
    assert b"no renegotiation" in done.stderr + done.stdout or b"handshake failure" in done.stderr or done.returncode != 0


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
@pytest.mark.ours
def test_old_versions_are_refused(server, version):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.ports.imaps}", version, "-cipher", "DEFAULT@SECLEVEL=0"],
                          input=b"", capture_output=True, timeout=30)
    assert done.returncode != 0
