"""Floods, slow peers, half-open peers: a clear error, flat memory, and everybody else goes on."""

import resource
import socket
import ssl
import time

import pytest

from lib import mail, settings
from lib.server import PASSWORD, wait_until
from lib.wire import Closed, Imap, Smtp, Wire, imap_login, tls_context

pytestmark = pytest.mark.ours
ANNA = "anna@example.test"
PER_SOURCE = 150
SERVER = {"config": {
    **settings.ALL_SERVICES,
    "limits": {"connections_per_source": PER_SOURCE, "count_loopback": True, "unfinished_handshakes": 100},
    "smtp": {"command_timeout": 3, "data_timeout": 3, "handshake_timeout": 3, "errors": 10},
    "imap": {"login_timeout": 3, "handshake_timeout": 3, "errors": 10},
}}
FLAT_KIB = 16 * 1024


def works(server):
    """A mail goes in and comes out."""
    mark = f"works-{time.monotonic_ns()}"
    assert mail.send(server, mail.message(mark))[0] == 250
    assert any(mail.mark_of(m) == mark for m in mail.mailbox(server, ANNA, PASSWORD).values())


def flood(client, piece, times):
    """Send until all is sent or the server closes; reads nothing, then drains."""
    client.socket.settimeout(20)
    try:
        for _ in range(times):
            client.send(piece)
            client.socket.setblocking(False)
            try:
                while client.socket.recv(65536):
                    pass
            except (BlockingIOError, ssl.SSLWantReadError):
                pass
            client.socket.settimeout(20)
    except (ConnectionError, OSError):
        return True
    return False


def test_a18_endless_unknown_commands(server):
    """A18: 100,000 unknown commands; the session ends early or memory stays flat."""
    works(server)
    before = server.pss_kib()
    with Smtp(server.ports.smtp) as client:
        flood(client, b"FOO bar\r\n" * 100, 1000)
    assert server.pss_kib() - before < FLAT_KIB
    with Imap(server.ports.imap) as client:
        flood(client, b"a FOO bar\r\n" * 100, 1000)
    assert server.pss_kib() - before < FLAT_KIB
    works(server)


@pytest.mark.parametrize("piece", [b"(" * 65536, b"(()" * 20000, b")" * 65536, b'"' + b"x" * 65535, b"\\" * 65536],
                         ids=["open", "open-open-close", "close", "quoted", "backslash"])
def test_a49_a50_parenthesis_flood_before_login(server, piece):
    """A49, A50: megabytes without a line end, before login; flat memory."""
    works(server)
    before = server.pss_kib()
    with Imap(server.ports.imap) as client:
        client.send(b"a1 NOOP ")
        flood(client, piece, 100)
        assert server.pss_kib() - before < FLAT_KIB
    works(server)


def test_a50_endless_tag(server):
    """A50: a tag of 20 MB."""
    before = server.pss_kib()
    with Imap(server.ports.imap) as client:
        flood(client, b"A" * 65536, 320)
        assert server.pss_kib() - before < FLAT_KIB


def test_a50_thousands_of_small_literals(server):
    """A50: many LITERAL+ pieces in one command before login."""
    before = server.pss_kib()
    with Imap(server.ports.imap) as client:
        client.send(b"a1 LOGIN ")
        flood(client, b"{1+}\r\nx" * 5000, 20)
        assert server.pss_kib() - before < FLAT_KIB
    works(server)


def test_a19_endless_lines(server):
    """A19, A55: a header line and a RCPT line without end are refused at the limit."""
    before = server.pss_kib()
    with Smtp(server.ports.smtp) as client:
        client.hello()
        client.expect(250, "MAIL FROM:<s@outside.test>")
        client.send(b"RCPT TO:<")
        flood(client, b"x" * 65536, 100)
    with Smtp(server.ports.smtp) as client:
        client.hello()
        client.envelope("s@outside.test", ANNA)
        client.expect(354, "DATA")
        client.send(b"Subject: ")
        ended = flood(client, b"x" * 65536, 1000)       # 65 MB, beyond message_size
        if not ended:
            try:
                client.send(b"\r\n.\r\n")
                assert client.reply()[0] in (421, 500, 552, 554)
            except (Closed, ConnectionError):
                pass
    assert server.pss_kib() - before < 8 * FLAT_KIB
    works(server)


def test_a17_slow_addresses(server):
    """A17: address forms that are expensive for some parsers, in linear time."""
    evil = ["!.!" * 100, '"' + "\\a" * 200 + '"@x.test', "(" * 400 + ")" * 400 + "x@x.test", "a@" + "b." * 120 + "test"]
    with Smtp(server.ports.smtp) as client:
        client.hello()
        for text in evil:
            start = time.monotonic()
            try:
                client.command(f"MAIL FROM:<{text}>")
                client.command("RSET")
            except Closed:
                break
            assert time.monotonic() - start < 1
    header = "".join(f"To: {e}\r\n" for e in ("!.!" * 20000, "(" * 60000, '"' + "\\a" * 30000))
    start = time.monotonic()
    mail.send(server, mail.message("slow-address", headers=header.replace("\r\nTo", "\r\nX-To")))
    assert time.monotonic() - start < 10


def open_many(port, count, tls=False):
    """Connections as far as the server takes them: [(wire, first bytes)]"""
    found = []
    for _ in range(count):
        try:
            wire = Wire(port, seconds=5)
            found.append(wire)
        except OSError:
            break
    return found


@pytest.mark.parametrize("service", ["smtp", "submission", "submissions", "lmtp", "imap", "imaps"])
def test_a16_limit_and_twenty_more(server, service):
    """A16: connections past the limit of one source get 421, BYE or a close, and nothing else changes."""
    port = getattr(server.ports, service)
    pids = server.roles()
    # the limit is one worker's
    workers = max(len(server.roles().get("imap" if "imap" in service else "smtp", [])), 1)
    many = open_many(port, PER_SOURCE * workers + 20)
    time.sleep(0.5)
    refused = 0
    for wire in many:
        try:
            wire.socket.settimeout(0.01)
            data = wire.socket.recv(200)
            refused += data == b"" or data.startswith((b"421", b"* BYE"))
        except (TimeoutError, socket.timeout):
            pass
        except ConnectionError:
            refused += 1
    for wire in many:
        wire.close()
    assert refused >= 20, f"{refused} of {len(many)} refused"
    assert server.roles() == pids, "a role ended"
    wait_until(lambda: _answers(server), 10, what="answers again")
    works(server)


def _answers(server):
    try:
        works(server)
        return True
    except (AssertionError, Closed, OSError, ValueError):
        return False


@pytest.mark.parametrize("service", ["submissions", "imaps"])
def test_a20_half_open_handshakes(server, service):
    """A20: connections that stop after the ClientHello are closed in time."""
    port = getattr(server.ports, service)
    hello = client_hello()
    many = open_many(port, 80)
    for wire in many:
        wire.send(hello)
    start = time.monotonic()
    assert all(wire.closed(15) for wire in many)
    print(f"80 half-open handshakes closed after {time.monotonic() - start:.1f} s")
    works(server)


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = tls_context().wrap_bio(incoming, outgoing, server_hostname="mail.example.test")
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


def test_slow_writer(server):
    """A session that says nothing, or trickles, is closed; it is told so."""
    with Smtp(server.ports.smtp) as client:
        code, _ = client.reply()
        assert code == 421
        assert client.closed(2)
    with Imap(server.ports.imap) as client:
        start = time.monotonic()
        assert client.closed(10)
        assert time.monotonic() - start > 2


def test_slow_data(server):
    """Data that stops in the middle of a message: nothing is stored."""
    with Smtp(server.ports.smtp) as client:
        client.hello()
        client.envelope("s@outside.test", ANNA)
        client.expect(354, "DATA")
        client.send(b"Subject: mark never-ended\r\n\r\nhalf")
        assert client.closed(15)
    assert "never-ended" not in [mail.mark_of(m) for m in mail.mailbox(server, ANNA, PASSWORD).values()]


def test_slow_reader(server):
    """A client that asks for much and reads nothing holds no memory of the server without bound."""
    with imap_login(server.ports, ANNA, PASSWORD) as client:
        client.append("INBOX", mail.message("large", size=2_000_000))
        client.command("SELECT INBOX")
        before = server.pss_kib()
        client.socket.setblocking(False)
        try:
            for number in range(2000):
                client.socket.send(f"s{number} FETCH 1:* BODY.PEEK[]\r\n".encode())
        except (BlockingIOError, ssl.SSLWantWriteError, ConnectionError):
            pass
        time.sleep(1)
        assert server.pss_kib() - before < 4 * FLAT_KIB
    works(server)


def test_a15_bad_sign_in_data_hurts_nobody_else(server):
    """A15, A14: invalid base64 and cut lines while 30 good sign-ins are under way."""
    bad = [Smtp(server.ports.submissions, tls=True) for _ in range(10)]
    for client in bad:
        client.hello()
        client.send("AUTH PLAIN ====%%%\r\n")
    for client in bad[:5]:
        client.close()
    good = []
    for _ in range(30):
        client = Smtp(server.ports.submissions, tls=True)
        client.hello()
        client.login(ANNA, PASSWORD)
        good.append(client)
    for client in good + bad:
        client.close()


@pytest.mark.parametrize("service", ["submissions", "imaps"])
def test_a72_web_requests_to_mail_ports(server, service):
    """A72: HTTPS to a mail port: refused by ALPN or closed at the verb; nothing is echoed."""
    for alpn in (None, ["http/1.1"], ["h2"]):
        said = b""
        try:
            with Wire(getattr(server.ports, service), seconds=10) as client:
                client.start_tls(alpn)
                client.send(b"GET /secret-word HTTP/1.1\r\nHost: secret-host\r\n\r\n")
                while True:
                    said += client.socket.recv(65536) or stop()
        except (Closed, ssl.SSLError, ConnectionError):
            assert b"secret" not in said


def stop():
    raise Closed("end of stream")


class TestIdle:
    """Thousands of connections that only wait."""

    def test_many_idle_connections(self, own_idle_server):
        server, count = own_idle_server
        before = server.pss_kib()
        many, start = [], time.monotonic()
        for _ in range(count):
            many.append(Imap(server.ports.imap, greet=False, seconds=30))
        for wire in many:
            assert wire.line().startswith(b"* OK")
        each = (server.pss_kib() - before) / count
        print(f"{count} idle connections in {time.monotonic() - start:.1f} s, {each:.1f} KiB each")
        works(server)
        for wire in many:
            wire.send(b"z LOGOUT\r\n")
        for wire in many:
            assert wire.closed(10)
            wire.close()
        assert each < 64


@pytest.fixture
def own_idle_server():
    from conftest import make_server
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(2000, hard - 500)
    if count < 300:
        pytest.skip(f"only {hard} descriptors allowed here")
    server = make_server(config={**settings.ALL_SERVICES, "imap": {"login_timeout": 300}})
    try:
        yield server.start(), count
    finally:
        server.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
