"""What the web ports see and do of the guard's bans. Each source is an address of 127/8 of its own, which a test-only setting makes bannable."""

import http.client
import ssl

import pytest

from lib import settings
from lib.server import PASSWORD, wait_until
from lib.wire import Closed, Wire
from web.browser import Browser

pytestmark = pytest.mark.ours
SERVER = {"config": {**settings.ALL_SERVICES, "guard": {"ban_loopback": True, "safe": ["127.0.0.1"]}}}
SERVER["config"]["server"] = {**SERVER["config"]["server"], "workers": 1}


def is_out(server, source, port="http"):
    """Closed without a word: the port in clear answers everybody else."""
    try:
        with Wire(getattr(server.ports, port), source=source) as wire:
            wire.send("GET / HTTP/1.1\r\nHost: mail.example.test\r\n\r\n")
            return not wire.line()
    except (Closed, ConnectionError):
        return True


def test_guessing_at_the_sign_in_page(server):
    """Ten passwords by the page, and the address is out of the pages and of mail alike; its neighbour is not."""
    browser = Browser(server, source="127.71.0.1")
    page = browser.get("/sign-in")
    for i in range(10):
        try:
            answer = browser.submit(page, {"user": f"{'anna' if i % 2 else 'bruno'}@example.test", "password": f"Guess-{i}-Guess"})
        except (OSError, http.client.HTTPException):
            break
        assert answer.status == 401
    wait_until(lambda: is_out(server, "127.71.0.1"), 3, what="the source is out")
    assert is_out(server, "127.71.0.1", "imap")
    neighbour = Browser(server, source="127.71.0.2")
    assert neighbour.submit(neighbour.get("/sign-in"), {"user": "carla@example.test", "password": PASSWORD}).status == 303


def test_garbage(server):
    """Twenty requests that are none; then nothing more is heard, and open connections end."""
    with Wire(server.ports.https, tls=True, source="127.72.0.1") as open_one:
        for _ in range(20):
            try:
                with Wire(server.ports.http, source="127.72.0.1") as wire:
                    wire.send("GET / HTTP/1.1\r\nHost : smuggle\r\n\r\n")
                    assert b"400" in wire.line()
            except (Closed, ConnectionError):
                break
        wait_until(lambda: is_out(server, "127.72.0.1"), 3, what="the source is out")
        assert open_one.closed(3)
    assert not is_out(server, "127.72.0.2")


def test_a90_browsers_are_no_attack(server):
    """A90: a person who types a wrong password twice, whose browser dislikes the certificate, who opens many pages: no ban."""
    for _ in range(25):
        context = ssl.create_default_context()
        with pytest.raises(ssl.SSLError):
            with Wire(server.ports.https, source="127.73.0.1") as wire:
                context.wrap_socket(wire.socket, server_hostname="mail.example.test")
    browser = Browser(server, source="127.73.0.1")
    page = browser.get("/sign-in")
    for password in ("old password", "old password", PASSWORD):
        answer = browser.submit(page, {"user": "carla@example.test", "password": password})
    assert answer.status == 303
    for _ in range(40):
        assert browser.get("/device").status == 200
    assert not is_out(server, "127.73.0.1")
