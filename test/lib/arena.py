"""What the attack tests share: a server at one end of a cable, everybody else at the other, and what the kernel does to them. Tests import the
fixture `arena`."""

import contextlib
import json
import re
import socket
import threading
import time

import dns.exception
import dns.message
import dns.rcode
import pytest

from conftest import make_server

from . import netns
from .netns import Cable
from .wire import Imap, Smtp

SERVER4, SERVER6 = Cable.SERVER4, Cable.SERVER6
ATTACKER, NEIGHBOUR, CLIENT, FRONT_END = "192.0.2.66", "192.0.2.67", "192.0.2.100", "192.0.2.250"
ATTACKERS = [f"192.0.2.{n}" for n in range(150, 170)]          # one for each test that gets itself banned
ATTACKER6 = "2001:db8::66"
ADDRESSES = (ATTACKER, NEIGHBOUR, CLIENT, FRONT_END, ATTACKER6, *ATTACKERS)
CONFIG = {"server": {"listen": [SERVER4, SERVER6, "127.0.0.1"], "proxy_from": [FRONT_END]},
          "smtp": {"command_timeout": 4, "data_timeout": 4, "handshake_timeout": 4}, "imap": {"login_timeout": 4, "handshake_timeout": 4},
          "resolver": {"forward": ["127.0.0.1@5353"], "timeout": 3}}


class NoNames:
    """A name server in the server's namespace that knows no name: look-ups cost nothing and lead nowhere."""

    def __init__(self, namespace):
        with namespace.entered():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind(("127.0.0.1", 5353))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, who = self.socket.recvfrom(4096)
                answer = dns.message.make_response(dns.message.from_wire(query), recursion_available=True)
                answer.set_rcode(dns.rcode.NXDOMAIN)
                self.socket.sendto(answer.to_wire(), who)
            except dns.exception.DNSException:
                continue
            except OSError:
                return

    def close(self):
        self.socket.close()


class Arena:
    def __init__(self, cable):
        self.cable, self.clients = cable, cable.clients
        self.names = NoNames(cable.server)
        self.server = make_server(config=CONFIG, within=cable.server.prefix)

    def __enter__(self):
        try:
            self.server.start()
            wait_for_kernel(self)
        except BaseException:
            self.server.close()
            raise
        return self

    def __exit__(self, *rest):
        self.server.close()
        self.names.close()

    def smtp(self, source, to=SERVER4, port=None, **options):
        with self.clients.entered():
            return Smtp(port or self.server.ports.smtp, address=to, source=source, **options)

    def imap(self, source, to=SERVER4, port=None, **options):
        with self.clients.entered():
            return Imap(port or self.server.ports.imaps, address=to, source=source, tls=True, **options)

    def nft(self, *words):
        return json.loads(self.cable.server("nft", "-j", *words).stdout)["nftables"]


@pytest.fixture(scope="module")
def arena():
    reason = netns.why_not()
    if reason:
        pytest.skip(reason)
    with Cable(ADDRESSES) as cable, Arena(cable) as found:
        yield found


def wait_for_kernel(arena):
    state = arena.server.cli_json("status")["firewall"]
    assert state["state"] == "kernel", f"no table in the namespace: {state}"
    arena.table = state["table"].split()


def in_kernel(arena, address):
    """Whether the address itself is in a set of bans."""
    name = "ban6_128" if ":" in address else "ban4_32"
    done = arena.cable.server("nft", "list", "set", *arena.table, name, check=False)
    return re.search(rf"(?<![0-9a-f.:]){re.escape(address)}(?![0-9a-f.:])", done.stdout) is not None


def kernel_counters(arena):
    """Packets that our table has dropped."""
    done = arena.cable.server("nft", "list", "table", *arena.table, check=False)
    return sum(map(int, re.findall(r"counter packets (\d+)", done.stdout)))


def connects(arena, source, seconds=3):
    """Whether a connection from there is greeted."""
    to = SERVER6 if ":" in source else SERVER4
    try:
        with arena.clients.entered():
            s = socket.create_connection((to, arena.server.ports.smtp), seconds, source_address=(source, 0))
        with contextlib.closing(s):
            return s.recv(100).startswith(b"220")
    except OSError:
        return False


def dropped(arena, source, seconds=0.7):
    """Whether a connection from there gets no answer at all, not even a refusal."""
    to = SERVER6 if ":" in source else SERVER4
    try:
        with arena.clients.entered():
            socket.create_connection((to, arena.server.ports.smtp), seconds, source_address=(source, 0)).close()
        return False
    except TimeoutError:
        return True
    except OSError:
        return False


def until_out(arena, source, seconds=10):
    """Waits until the kernel drops what comes from there; the time of that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if in_kernel(arena, source):
            return time.monotonic()
        time.sleep(0.01)
    raise AssertionError(f"{source} was not banned within {seconds} s; bans: {arena.server.cli('ban', 'list', check=False).stdout}")
