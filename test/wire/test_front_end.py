"""A89: who the client is when a front end connects for it. 127.0.0.2 is a listed front end, 127.0.0.3 speaks the same without being one."""

import socket
import ssl
import struct
import time

import pytest

from lib import mail, settings
from lib.server import PASSWORD, LogWatch, wait_until
from lib.wire import Closed, Imap, Smtp, Wire, tls_context

pytestmark = pytest.mark.ours
FRONT, STRANGER, CLIENT, CLIENT6 = "127.0.0.2", "127.0.0.3", "203.0.113.9", "2001:db8::9"
TIMEOUT = 2
LIMIT = 3
SERVER = {"config": {**settings.ALL_SERVICES, "server": {**settings.ALL_SERVICES["server"], "proxy_from": [FRONT, "127.0.7.0/24"],
                                                         "proxy_timeout": TIMEOUT, "log_debug": True, "workers": 1},
                     "limits": {"connections_per_source": LIMIT}}}
ANNA = "anna@example.test"
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def v1(client=CLIENT):
    kind, to = ("TCP6", "2001:db8::1") if ":" in client else ("TCP4", "198.51.100.1")
    return f"PROXY {kind} {client} {to} 40000 25\r\n".encode()


def v2(client=CLIENT, tlvs=b"", command=1):
    family = socket.AF_INET6 if ":" in client else socket.AF_INET
    to = "2001:db8::1" if ":" in client else "198.51.100.1"
    body = socket.inet_pton(family, client) + socket.inet_pton(family, to) + struct.pack(">HH", 40000, 25) + tlvs
    return V2 + bytes([0x20 | command, 0x21 if ":" in client else 0x11]) + struct.pack(">H", len(body)) + body


TLV = b"\x02\x00\x0bexample.org" + b"\x04\x00\x80" + bytes(128)
GOOD = {"v1": (v1(), CLIENT), "v1-6": (v1(CLIENT6), CLIENT6), "v2": (v2(), CLIENT), "v2-6": (v2(CLIENT6), CLIENT6), "v2-tlv": (v2(tlvs=TLV), CLIENT),
        "v2-local": (V2 + b"\x20\0\0\0", FRONT), "v1-unknown": (b"PROXY UNKNOWN\r\n", FRONT), "mapped": (v1("::ffff:203.0.113.9"), CLIENT)}


def connect(cls, port, header, source=FRONT, tls=False):
    """A client whose connection starts with a header. With TLS both may leave in one segment."""
    client = cls(port, greet=False, source=source)
    client.send(header)
    if tls:
        client.start_tls()
    client.greeting = client.reply() if cls is Smtp else client.response()[0]
    return client


@pytest.mark.parametrize("name", GOOD)
def test_a89_received_and_log_name_the_true_client(server, name):
    """A89: v1, v2, TLVs, LOCAL, UNKNOWN, a mapped address: Received and log have who it is."""
    header, who = GOOD[name]
    mark = f"front-{name}-{time.monotonic_ns()}"
    watch = LogWatch(server)
    with connect(Smtp, server.ports.smtp, header) as client:
        assert client.greeting[0] == 220
        client.hello()
        client.envelope("s@outside.test", ANNA)
        assert client.data(mail.message(mark))[0] == 250
    found = [m for m in mail.mailbox(server, ANNA, PASSWORD).values() if mail.mark_of(m) == mark]
    literal = f"[IPv6:{who}]" if ":" in who else f"[{who}]"
    assert literal.encode() in found[0].split(b"\r\n\r\n")[0]
    watch.wait_for(rf"smtp\.message.*peer={who}\b")


@pytest.mark.parametrize("cls, service", [(Smtp, "submissions"), (Imap, "imaps"), (Smtp, "lmtp"), (Imap, "imap")])
def test_a89_every_listener(server, cls, service):
    """A89: before implicit TLS, and wherever else we listen; a failed sign-in is logged with the client."""
    watch = LogWatch(server)
    with connect(cls, getattr(server.ports, service), v2(), tls=service.endswith("s")) as client:
        if service == "imaps":
            assert not client.try_command("LOGIN anna wrong-word-1")[0].startswith(b"OK")
            watch.wait_for(rf"imap.*peer={CLIENT}\b")
    watch.wait_for(rf"peer={CLIENT}\b")


def test_a89_header_and_client_hello_in_one_segment(server):
    """A89: not a byte too much is read: the handshake that follows at once is whole."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = tls_context().wrap_bio(incoming, outgoing, server_hostname="mail.example.test")
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    with Wire(server.ports.imaps, source=FRONT) as wire:
        wire.send(v2(tlvs=TLV) + outgoing.read())
        while True:
            incoming.write(wire.socket.recv(65536))
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                continue
        assert session.version() == "TLSv1.3"


def test_a89_byte_by_byte(server):
    """A89: a header in as many pieces as it has bytes."""
    for header in (v1(), v2()):
        client = Smtp(server.ports.smtp, greet=False, source=FRONT)
        for i in range(len(header)):
            client.send(header[i:i + 1])
            time.sleep(0.002)
        assert client.reply()[0] == 220
        client.close()


BAD = {"none": b"EHLO client.example\r\n", "v1-words": b"PROXY TCP4 203.0.113.9\r\n", "v1-endless": b"PROXY TCP4 " + b"1" * 200,
       "v2-length-65535": V2 + b"\x21\x11\xff\xff" + bytes(4000), "v2-short": V2 + b"\x21\x11\x00\x04abcd", "v2-udp": V2 + b"\x21\x12\x00\x0c" + bytes(12),
       "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "ansi": b"PROXY UNKNOWN \x1b[31mfrom=192.0.2.1\r\n"}


@pytest.mark.parametrize("name", BAD)
def test_a89_no_valid_header_is_no_session(server, name):
    """A89: a front end that does not introduce its client is closed at once, unheard, without a greeting."""
    watch = LogWatch(server)
    for service in ("smtp", "imap"):
        with Wire(getattr(server.ports, service), source=FRONT) as wire:
            wire.send(BAD[name])
            start = time.monotonic()
            assert wire.closed(5) and not wire.buffer
            assert time.monotonic() - start < TIMEOUT
    text = watch.text()
    assert f"peer={FRONT}" in text and "\x1b" not in text


@pytest.mark.parametrize("header", [b"", b"PROX", V2[:5], v2()[:20]], ids=["silent", "v1", "v2", "v2-body"])
def test_a89_slow_header(server, header):
    """A89, A20: a header that does not get on ends in time; others are served meanwhile."""
    with Wire(server.ports.smtp, source=FRONT) as wire:
        wire.send(header)
        with connect(Smtp, server.ports.smtp, v1()) as client:
            client.hello()
        start = time.monotonic()
        assert wire.closed(TIMEOUT + 3) and not wire.buffer
        assert TIMEOUT - 1 < time.monotonic() - start < TIMEOUT + 2


@pytest.mark.parametrize("header", [v1(), v2(), V2 + b"\x20\0\0\0"], ids=["v1", "v2", "local"])
@pytest.mark.parametrize("service", ["smtp", "imap", "submissions", "imaps"])
def test_a89_strangers_may_not(server, header, service):
    """A89: the same from an address that is not listed: an error, and never the address that it claims."""
    watch = LogWatch(server)
    with Wire(getattr(server.ports, service), source=STRANGER) as wire:
        if not service.endswith("s"):
            wire.line()
        wire.send(header)
        time.sleep(0.1)
    with Wire(getattr(server.ports, service), source=STRANGER) as wire:
        wire.send(header)               # and before the greeting
        wire.closed(2)
    wait_until(lambda: f"peer={STRANGER}" in watch.text(), 5, what="the stranger in the log")
    assert CLIENT not in watch.text()


def test_a89_v1_from_a_stranger_ends_the_session(server):
    with Smtp(server.ports.smtp, source=STRANGER) as client:
        assert client.command(v1().strip())[0] == 554
        assert client.closed(5)
    with Imap(server.ports.imap, source=STRANGER) as client:
        client.send(v1())
        assert client.closed(5)


def test_a89_second_header_is_junk(server):
    """A89: once, and first: a header behind the header, and one in mid-session, change nothing."""
    watch = LogWatch(server)
    with connect(Smtp, server.ports.smtp, v1()) as client:
        assert client.command(v1("203.0.113.77").strip())[0] == 554
    with Smtp(server.ports.smtp, greet=False, source=FRONT) as client:
        client.send(v1() + v1("203.0.113.77"))
        assert client.reply()[0] == 554
    assert "203.0.113.77" not in watch.text()


def test_a90_limits_count_the_client_not_the_front_end(server):
    """A90: one client through the front end reaches its limit; others through the same one do not notice."""
    held = [connect(Smtp, server.ports.smtp, v1()) for _ in range(LIMIT)]
    try:
        assert all(c.greeting[0] == 220 for c in held)
        more = connect(Smtp, server.ports.smtp, v1())
        assert more.greeting[0] == 421
        more.close()
        others = [connect(Smtp, server.ports.smtp, v1(f"203.0.113.{100 + i}")) for i in range(2 * LIMIT)]
        assert all(c.greeting[0] == 220 for c in others)
        for c in others:
            c.close()
    finally:
        for c in held:
            c.close()
    wait_until(lambda: connect(Smtp, server.ports.smtp, v1()).greeting[0] == 220, 5, what="room again")


def test_a89_reload_changes_the_list(server):
    """A89: the list is read anew by reload; status answers also from a listed address."""
    server.configure({"server": {"proxy_from": [STRANGER, "127.0.0.1"]}})
    try:
        watch = LogWatch(server)
        server.reload()
        watch.wait_for(r"server\.reload")
        wait_until(lambda: greeted(server, STRANGER), 5, what="the new front end")
        with Smtp(server.ports.smtp, source=FRONT) as client:
            assert client.greeting[0] == 220
        server.wait(10)
    finally:
        server.configure({"server": {"proxy_from": [FRONT, "127.0.7.0/24"]}})
        server.reload()
        wait_until(lambda: greeted(server, FRONT), 5, what="the old front end")


def greeted(server, source):
    try:
        with connect(Smtp, server.ports.smtp, v1(), source=source) as client:
            return client.greeting[0] == 220
    except Closed:
        return False


def test_a_wrong_list_is_refused_with_its_line(server):
    done = server.cli("reload", check=False)
    assert done.returncode == 0
    server.configure({"server": {"proxy_from": ["192.0.2.0/33"]}})
    try:
        done = server.cli("reload", check=False)
        assert done.returncode == 1 and "proxy_from" in done.stderr and "192.0.2.0/33" in done.stderr and "ceralacca.yaml:" in done.stderr
    finally:
        server.configure({"server": {"proxy_from": [FRONT, "127.0.7.0/24"]}})
