"""Programs that keep two places equal and are strict about it: interimap (two servers, by QRESYNC), offlineimap, imapfilter."""

import hashlib
import re
import socket

import pytest
from client.test_fetch import fill
from client.tools import ANNA, BRUNO, CARLA, certificate, run

from lib import mail
from lib.server import PASSWORD
from lib.wire import imap_login, tls_context


def state(server, user, box):
    """Mark -> flags"""
    with imap_login(server.ports, user, PASSWORD) as client:
        client.command(f"EXAMINE {box}")
        found = {}
        for text, literals in client.command("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"):
            if literals:
                flags = re.search(rb"FLAGS \(([^)]*)\)", text).group(1).split()
                found[mail.mark_of(literals[0])] = frozenset(flags) - {b"\\Recent"}
    return found


class TestInterimap:
    @pytest.fixture
    def sync(self, server, tmp_path):
        account = """type = imaps
host = 127.0.0.1
port = {port}
username = {user}
password = {password}
SSL_verify = NO
"""
        port = server.ports.imaps
        (tmp_path / "rc").write_text("database = test.db\nlist-mailbox = Sync\n\n[local]\n" +
                                     account.format(port=port, user=ANNA, password=PASSWORD) + "\n[remote]\n" +
                                     account.format(port=port, user=BRUNO, password=PASSWORD))
        (tmp_path / "rc").chmod(0o600)

        def go():
            return run("interimap", f"--config={tmp_path}/rc", env={"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})
        return go

    def test_two_accounts_become_one(self, server, sync):
        sent = fill(server, ANNA, "Sync")
        fill(server, BRUNO, "Sync", 0)
        sync()
        assert set(state(server, BRUNO, "Sync")) == set(sent)
        # changes on both sides: flags, a delete, a new message
        with imap_login(server.ports, ANNA, PASSWORD) as client:
            client.command("SELECT Sync")
            client.command("STORE 1 +FLAGS (\\Flagged)")
            client.command("STORE 2 +FLAGS (\\Deleted)")
            client.command("EXPUNGE")
        with imap_login(server.ports, BRUNO, PASSWORD) as client:
            client.command("SELECT Sync")
            client.command("STORE 5 +FLAGS (\\Seen $Label)")
            client.command("STORE 6 +FLAGS (\\Deleted)")
            client.command("EXPUNGE")
            client.append("Sync", mail.message("from-bruno"), "\\Answered")
        sync()
        one, two = state(server, ANNA, "Sync"), state(server, BRUNO, "Sync")
        assert one == two
        assert len(one) == len(sent) - 1 and "Sync-1" not in one and "Sync-5" not in one
        assert one["from-bruno"] == {b"\\Answered"} and b"\\Seen" in one["Sync-4"] and b"\\Flagged" in two["Sync-0"]
        sync()
        assert state(server, ANNA, "Sync") == one, "a sync with nothing to do changed something"


def test_offlineimap(server, tmp_path):
    sent = fill(server, CARLA, "Offline", 5)
    rc = tmp_path / "rc"
    rc.write_text(f"""[general]
accounts = carla
metadata = {tmp_path}/meta

[Account carla]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {tmp_path}/mail

[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {server.ports.imaps}
remoteuser = {CARLA}
remotepass = {PASSWORD}
ssl = yes
cert_fingerprint = {fingerprint(server)}
folderfilter = lambda name: name == "Offline"
""")
    go = ["offlineimap", "-c", rc, "-u", "basic", "-o"]
    run(*go)
    near = tmp_path / "mail" / "Offline"
    got = {mail.mark_of(p.read_bytes()) for d in ("cur", "new") for p in (near / d).iterdir()}
    assert got == set(sent)
    (near / "new" / "1.near.new").write_bytes(mail.message("near").replace(b"\r\n", b"\n"))
    next(p for d in ("cur", "new") for p in (near / d).iterdir() if mail.mark_of(p.read_bytes()) == "Offline-2").unlink()
    run(*go)
    assert set(state(server, CARLA, "Offline")) == set(sent) - {"Offline-2"} | {"near"}


def fingerprint(server):
    """As offlineimap compares it."""
    with socket.create_connection(("127.0.0.1", server.ports.imaps), timeout=10) as raw:
        with tls_context().wrap_socket(raw, server_hostname="mail.example.test") as tls:
            return hashlib.sha1(tls.getpeercert(binary_form=True)).hexdigest()


def test_imapfilter(server, tmp_path):
    fill(server, CARLA, "Filter", 6)
    fill(server, CARLA, "Sorted", 0)
    (tmp_path / "config.lua").write_text(f"""
options.certificates = false
options.hostnames = false
options.timeout = 30
account = IMAP {{ server = '127.0.0.1', port = {server.ports.imaps}, username = '{CARLA}', password = '{PASSWORD}', ssl = 'auto' }}
found = account.Filter:contain_subject('Filter-1') + account.Filter:contain_subject('Filter-4')
found:move_messages(account.Sorted)
account.Filter:contain_subject('Filter-2'):mark_seen()
""")
    run("imapfilter", "-t", certificate(server, tmp_path / "crt"), "-c", tmp_path / "config.lua", env={"HOME": str(tmp_path)})
    assert set(state(server, CARLA, "Sorted")) == {"Filter-1", "Filter-4"}
    assert state(server, CARLA, "Filter")["Filter-2"] == {b"\\Seen"}
