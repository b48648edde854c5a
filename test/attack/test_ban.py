"""A ban in the kernel, seen from the other end of the cable: A90 and the rows on automatic bans."""

import socket
import threading
import time

import pytest

from lib.arena import ATTACKER, ATTACKER6, CLIENT, FRONT_END, NEIGHBOUR, SERVER4, SERVER6, arena, connects, dropped, in_kernel, kernel_counters  # noqa: F401
from lib.server import PASSWORD, wait_until

pytestmark = pytest.mark.ours


def test_a_banned_address_gets_no_answer(arena):
    """Neither a new connection nor one that stands: silence, from the next packet on; its neighbour is served."""
    with arena.smtp(ATTACKER) as standing, arena.smtp(NEIGHBOUR) as neighbour:
        standing.hello()
        arena.server.cli("ban", "add", ATTACKER, "10m")
        wait_until(lambda: in_kernel(arena, ATTACKER), 1, 0.005, what="ban in the kernel")
        before = kernel_counters(arena)
        assert dropped(arena, ATTACKER), "a new connection was answered"
        standing.send("NOOP\r\n")
        standing.closed(0.7)            # the session has ended with a word of farewell, or hears nothing
        assert b"250" not in standing.buffer, "a packet of an open connection was answered"
        assert kernel_counters(arena) > before, "it was not the kernel that dropped it"
        neighbour.hello()
        assert connects(arena, CLIENT) and connects(arena, NEIGHBOUR)
    arena.server.cli("ban", "remove", ATTACKER)
    wait_until(lambda: connects(arena, ATTACKER), 5, what="let in again")


def test_networks_and_ipv6(arena):
    """A /64 and a /24 go as one; what lies beside them does not."""
    arena.server.cli("ban", "add", "2001:db8::/64", "10m")
    try:
        wait_until(lambda: dropped(arena, ATTACKER6), 3, what="IPv6 ban")
        assert connects(arena, CLIENT)
    finally:
        arena.server.cli("ban", "remove", "2001:db8::/64")
    wait_until(lambda: connects(arena, ATTACKER6), 5, what="let in again")


def test_a_ban_outlives_the_firewall(arena):
    """A90, made anew at start: the table went with its process, and comes back with what the guard tells."""
    arena.server.cli("ban", "add", ATTACKER, "10m")
    try:
        wait_until(lambda: in_kernel(arena, ATTACKER), 2, what="ban")
        arena.server.kill_role("firewall")
        wait_until(lambda: in_kernel(arena, ATTACKER) and dropped(arena, ATTACKER), 10, what="ban after the death of the firewall")
        assert connects(arena, CLIENT)
    finally:
        arena.server.cli("ban", "remove", ATTACKER)
    wait_until(lambda: connects(arena, ATTACKER), 5, what="let in again")


def test_a90_a_ban_outlives_the_guard_and_a_restart(arena):
    """A90: a restart keeps it so."""
    arena.server.cli("ban", "add", ATTACKER, "10m")
    try:
        wait_until(lambda: in_kernel(arena, ATTACKER), 2, what="ban")
        arena.server.kill_role("guard")
        arena.server.wait()
        wait_until(lambda: in_kernel(arena, ATTACKER) and dropped(arena, ATTACKER), 10, what="ban after the death of the guard")
        arena.server.restart()
        wait_until(lambda: in_kernel(arena, ATTACKER), 10, what="ban after a restart")
        assert dropped(arena, ATTACKER) and connects(arena, CLIENT)
    finally:
        arena.server.cli("ban", "remove", ATTACKER, check=False)
    wait_until(lambda: connects(arena, ATTACKER), 5, what="let in again")


def test_a_ban_ends_by_itself(arena):
    arena.server.cli("ban", "add", ATTACKER, "2s")
    wait_until(lambda: dropped(arena, ATTACKER, 0.3), 2, what="ban")
    wait_until(lambda: connects(arena, ATTACKER), 6, what="end of the ban")
    assert not in_kernel(arena, ATTACKER)


def test_a90_safe_addresses_are_never_out(arena):
    """A90: the safe list and front ends stand before every ban, in the kernel too."""
    arena.server.cli("ban", "add", "192.0.2.0/24", "10m", check=False)
    try:
        time.sleep(0.5)
        with arena.clients.entered(), socket.create_connection((SERVER4, arena.server.ports.smtp), 3, source_address=(FRONT_END, 0)) as s:
            s.sendall(b"PROXY TCP4 198.51.100.7 192.0.2.1 4000 25\r\n")
            assert s.recv(100).startswith(b"220")
    finally:
        arena.server.cli("ban", "remove", "192.0.2.0/24", check=False)
    wait_until(lambda: connects(arena, ATTACKER), 5, what="let in again")


def through_front_end(arena, client):
    """The greeting of a connection that the front end makes for a client; empty when there is none."""
    with arena.clients.entered(), socket.create_connection((SERVER4, arena.server.ports.smtp), 3, source_address=(FRONT_END, 0)) as s:
        s.sendall(f"PROXY TCP4 {client} {SERVER4} 4000 25\r\n".encode())
        try:
            for n in range(30):
                got = s.recv(1000)
                if n == 0 and not got.startswith(b"220"):
                    return got
                s.sendall(b"GARBAGE\r\n")
        except OSError:
            pass
        return b"220"


def test_a90_one_client_behind_the_front_end(arena):
    """A90: a client that misbehaves through the front end is out, by its own address; the front end and its others are not."""
    bad = "203.0.113.9"
    wait_until(lambda: not through_front_end(arena, bad).startswith(b"220"), 20, what="the client is kept out")
    bans = arena.server.cli("ban", "list").stdout
    assert bad in bans and FRONT_END not in bans
    assert in_kernel(arena, bad), "should it come without the front end"
    assert not in_kernel(arena, FRONT_END)
    with arena.clients.entered(), socket.create_connection((SERVER4, arena.server.ports.smtp), 3, source_address=(FRONT_END, 0)) as s:
        s.sendall(b"PROXY TCP4 203.0.113.10 192.0.2.1 4000 25\r\n")
        assert s.recv(100).startswith(b"220")


def test_connection_flood_is_slowed_by_the_kernel(arena):
    """A16, A20: more connections a second than one address may make; nobody else notices."""
    before, answered, stop = kernel_counters(arena), [], threading.Event()

    def legitimate():
        while not stop.is_set():
            start = time.monotonic()
            answered.append((connects(arena, CLIENT), time.monotonic() - start))
            time.sleep(0.05)
    watcher = threading.Thread(target=legitimate)
    watcher.start()
    try:
        with arena.clients.entered():
            for _ in range(2000):
                s = socket.socket()
                s.setblocking(False)
                s.bind((NEIGHBOUR, 0))
                s.connect_ex((SERVER4, arena.server.ports.smtp))
                s.close()
    finally:
        stop.set()
        watcher.join()
    assert kernel_counters(arena) > before, "no connection was held up"
    assert answered and all(ok for ok, _ in answered), "a legitimate client was turned away"
    print(f"slowest connection of somebody else: {max(t for _, t in answered) * 1000:.0f} ms")


def test_two_addresses_of_the_server(arena):
    """IPv4 and IPv6 both serve."""
    with arena.smtp(ATTACKER6, to=SERVER6) as client:
        client.hello()
    with arena.imap(CLIENT) as client:
        assert client.try_command(f"LOGIN anna@example.test {PASSWORD}")[0].startswith(b"OK")


