"""HTTP on the wire: what is answered, what is refused, what is bounded."""

import json
import re
import socket
import ssl
import subprocess
import time

import pytest

from lib import settings
from lib.server import wait_until
from lib.wire import Closed, Wire, tls_context
from web.browser import Browser

pytestmark = pytest.mark.ours
HOST = "mail.example.test"
SERVER = {"config": {**settings.ALL_SERVICES, "http": {"head_timeout": 2, "content_timeout": 2, "idle_timeout": 3, "handshake_timeout": 2}}}


def talk(server, data, tls=True, seconds=6):
    """Sends bytes, and everything that comes back until the server closes or says no more."""
    wire = Wire(server.ports.https if tls else server.ports.http, tls=tls)
    wire.send(data)
    wire.socket.settimeout(seconds)
    try:
        while True:
            wire._fill()
    except (Closed, TimeoutError):
        pass
    wire.close()
    return wire.buffer


def statuses(answer):
    return [int(code) for code in re.findall(rb"(?:^|\n)HTTP/1\.1 (\d+) ", answer)]


def test_home_and_headers(server):
    answer = Browser(server).get("/")
    assert answer.status == 200 and "<h1>Mail server</h1>" in answer.text
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store" and headers["X-Frame-Options"] == "DENY"
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert "script" not in policy and "unsafe" not in policy
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Server" not in headers


def test_languages(server):
    answer = Browser(server).get("/", {"Accept-Language": "it-IT,it;q=0.9,en;q=0.5"})
    assert 'lang="it"' in answer.text and "Server di posta" in answer.text and answer.headers["Content-Language"] == "it"


def test_style_is_conditional(server):
    browser = Browser(server)
    first = browser.get("/assets/style.css")
    assert first.status == 200 and first.headers["Content-Type"].startswith("text/css")
    again = browser.get("/assets/style.css", {"If-None-Match": first.headers["ETag"]})
    assert again.status == 304 and again.text == ""


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/nothing", 404), ("POST", "/", 405), ("DELETE", "/", 405), ("BREW", "/", 501), ("OPTIONS", "/", 204), ("OPTIONS", "*", 204),
    ("HEAD", "/", 200), ("TRACE", "/", 501), ("GET", "/assets/../assets/style.css", 400), ("GET", "/assets/%2e%2e/", 400), ("GET", "//evil.test/", 400),
    ("GET", "/%00", 400), ("GET", "/assets%2fstyle.css", 400),
])
def test_a82_a84_paths_and_methods(server, method, path, status):
    answer = talk(server, f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    assert statuses(answer) == [status]
    if status == 405:
        assert b"\r\nAllow: GET, HEAD, OPTIONS\r\n" in answer
    if method == "HEAD":
        assert answer.endswith(b"\r\n\r\n") and b"Content-Length: " in answer


def test_problems_are_structured(server):
    answer = Browser(server).get("/nothing", {"Accept": "application/json"})
    problem = json.loads(answer.text)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["status"] == 404 and problem["title"] == "Not Found" and problem["detail"]


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1", "mail.example.test.evil.test", "xmail.example.test"])
def test_a83_other_hosts_are_misdirected(server, host):
    answer = talk(server, f"GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: {HOST}\r\nConnection: close\r\n\r\n".encode())
    assert statuses(answer) == [421] and b"evil" not in answer


def test_plain_port_redirects_and_nothing_else(server):
    answer = talk(server, f"GET /a?b=c HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode(), tls=False)
    assert statuses(answer) == [308]
    assert f"\r\nLocation: https://{HOST}:{server.ports.https}/a?b=c\r\n".encode() in answer
    assert b"Strict-Transport" not in answer         # RFC 6797 7.2
    answer = talk(server, f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 3\r\n\r\na=b".encode(), tls=False)
    assert statuses(answer) == [403]
    answer = talk(server, b"GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n", tls=False)
    assert statuses(answer) == [421] and b"Location" not in answer


def test_a93_challenge_path_serves_nothing_yet(server):
    """A93: the path of ACME challenges has no file behind it."""
    for path in ("/.well-known/acme-challenge/x", "/.well-known/acme-challenge/../../etc/passwd"):
        answer = talk(server, f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        assert statuses(answer) in ([404], [400])


SMUGGLED = f"GET /smuggled HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
HEAD = f"POST / HTTP/1.1\r\nHost: {HOST}\r\n"


@pytest.mark.parametrize("data", [
    HEAD + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + "Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + SMUGGLED,
    HEAD + "Content-Length: 0, 40\r\n\r\n" + SMUGGLED,
    HEAD + "Content-Length : 40\r\n\r\n" + SMUGGLED,
    HEAD + "Content-Length: +0\r\n\r\n" + SMUGGLED,
    HEAD + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + "X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + "X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + "Host: evil.test\r\n\r\n" + SMUGGLED,
    "GET http://evil.test/ HTTP/1.1\r\nHost: mail.example.test\r\n\r\n" + SMUGGLED,
    "GET / HTTP/1.1\n\n" + SMUGGLED,
    "GET /\r\n\r\n" + SMUGGLED,
    HEAD + "Content-Length: 60\r\n\r\n" + SMUGGLED,          # content that nobody reads is no request
], ids=range(17))
def test_request_smuggling(server, data):
    """One answer, an error, and the end of the connection: what follows is never taken for a request."""
    answer = talk(server, data.encode("latin-1"))
    assert len(statuses(answer)) == 1 and statuses(answer)[0] >= 400, answer
    assert b"Connection: close\r\n" in answer and b"smuggled" not in answer


def test_mta_sts_policy(server):
    """RFC 8461 3.2: at mta-sts.DOMAIN, whatever the domain; every other path keeps to its name."""
    answer = talk(server, b"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.test\r\nConnection: close\r\n\r\n")
    assert statuses(answer) == [200] and b"\r\n\r\nversion: STSv1\r\nmode: testing\r\nmx: mail.example.test\r\nmax_age: 604800\r\n" in answer
    answer = talk(server, b"GET /robots.txt HTTP/1.1\r\nHost: mta-sts.example.test\r\nConnection: close\r\n\r\n")
    assert statuses(answer) == [421]


def test_keep_alive_and_pipelining(server):
    request = f"GET /robots.txt HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
    answer = talk(server, (request * 5 + request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).encode())
    assert statuses(answer) == [200] * 6 and answer.count(b"Disallow") == 6


def test_a72_other_protocols_are_not_spoken_to(server):
    """A72: mail commands on the web ports get one error, with nothing of theirs in it."""
    for tls in (False, True):
        answer = talk(server, b"EHLO marker-in-command\r\nMAIL FROM:<x@y>\r\n", tls=tls)
        assert statuses(answer) == [400] and b"marker" not in answer
    with pytest.raises(ssl.SSLError):
        with socket.create_connection(("127.0.0.1", server.ports.https), 5) as s:
            tls_context(["imap"]).wrap_socket(s, server_hostname=HOST)


def test_ceilings_on_the_wire(server):
    assert statuses(talk(server, b"GET /" + b"a" * 9000 + f" HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())) == [414]
    assert statuses(talk(server, f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode() + b"X: y\r\n" * 100)) == [431]
    assert statuses(talk(server, f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX: ".encode() + b"y" * 20000)) == [431]


def test_a20_slow_loris(server):
    """A20: a head that comes byte by byte has its deadline from the first byte; so has a handshake; meanwhile others are served."""
    slow = [Wire(server.ports.https, tls=True) for _ in range(20)] + [Wire(server.ports.http) for _ in range(20)]
    mute = [Wire(server.ports.https) for _ in range(20)]
    start = time.monotonic()
    ended = set()
    while len(ended) < len(slow) and time.monotonic() - start < 8:
        for i, wire in enumerate(slow):
            try:
                wire.send(b"G" if time.monotonic() - start < 0.2 else b"E")
                wire.socket.settimeout(0.001)
                wire._fill()
            except (Closed, ConnectionError, ssl.SSLError):
                ended.add(i)
            except TimeoutError:
                pass
        assert Browser(server).get("/robots.txt").status == 200
        time.sleep(0.2)
    assert len(ended) == len(slow)
    assert time.monotonic() - start < 7
    assert all(wire.closed(5) for wire in mute)
    for wire in slow + mute:
        wire.close()


def test_idle_connections_end(server):
    wire = Wire(server.ports.https, tls=True)
    wire.send(f"GET /robots.txt HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
    assert b"200" in wire.line()
    assert wire.closed(8)


def test_orderly_stop(own_server):
    """A stop lets a request in hand finish and closes idle connections at once."""
    own_server.start()
    wire = Wire(own_server.ports.https, tls=True)
    wire.send(f"GET /robots.txt HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
    assert b"200" in wire.line()
    start = time.monotonic()
    assert own_server.stop() == 0
    assert time.monotonic() - start < 5


def test_curl_agrees(server):
    """A client that is not ours: curl, over TLS, by name."""
    done = subprocess.run(["curl", "-sS", "--insecure", "--resolve", f"{HOST}:{server.ports.https}:127.0.0.1", "-o", "/dev/null", "-w", "%{http_code} %{content_type}",
                           f"https://{HOST}:{server.ports.https}/"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "200 text/html; charset=utf-8"


def test_http_worker_comes_back(own_server):
    """A worker that dies is replaced; the page is there again."""
    own_server.start()
    own_server.kill_role("http")

    def answers():
        try:
            return Browser(own_server).get("/").status == 200
        except OSError:
            return False
    wait_until(answers, 15, what="a page from a new worker")
