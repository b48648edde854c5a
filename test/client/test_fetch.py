"""Programs that fetch: mbsync, neomutt, fetchmail, getmail, curl. Mail stays what it is, also when fetched twice."""

import os
import re
import shutil
from pathlib import Path

import pytest
from client.tools import BRUNO, CARLA, arrived, certificate, run, screen

from lib import mail
from lib.server import PASSWORD
from lib.wire import imap_login

COUNT = 12


def fill(server, user, name, count=COUNT):
    """A mailbox with `count` known messages; their bytes by mark."""
    sent = {}
    with imap_login(server.ports, user, PASSWORD) as client:
        client.try_command(f"CREATE {name}")
        for number in range(count):
            mark = f"{name}-{number}"
            sent[mark] = mail.message(mark, size=300 + 997 * number)
            client.append(name, sent[mark])
    return sent


class TestMbsync:
    """isync keeps two copies equal: every UID or flag that the server gets wrong shows as a change."""

    @pytest.fixture
    def sync(self, server, tmp_path):
        (tmp_path / "rc").write_text(f"""
IMAPAccount server
# without a Host the certificate is compared as it is, not by name
Tunnel "/usr/bin/python3 {Path(__file__).with_name('pipe.py')} {server.ports.imap}"
User {BRUNO}
Pass {PASSWORD}
SSLType STARTTLS
CertificateFile {certificate(server, tmp_path / 'crt')}

IMAPStore far
Account server

MaildirStore near
Path {tmp_path}/mail/
Inbox {tmp_path}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
CopyArrivalDate yes
SyncState *
""")
        (tmp_path / "mail").mkdir()

        def go():
            text = run("mbsync", "-c", tmp_path / "rc", "-V", "all")
            assert not re.search(r"warning|error", text, re.I), text
            return text
        yield go, tmp_path / "mail"
        shutil.rmtree(tmp_path / "mail")

    @staticmethod
    def near(root, name):
        """Mark -> (bytes with CRLF, flags, path) of a local folder"""
        found = {}
        for path in [*(root / name / "cur").iterdir(), *(root / name / "new").iterdir()]:
            data = path.read_bytes().replace(b"\n", b"\r\n")
            data = re.sub(rb"^X-TUID: .*\r\n", b"", data, flags=re.M)
            found[mail.mark_of(data)] = (data, path.name.rpartition(":2,")[2], path)
        return found

    def test_sync_twice_then_two_way(self, server, sync):
        go, root = sync
        sent = fill(server, BRUNO, "Sync")
        go()
        got = self.near(root, "Sync")
        assert {m: d for m, (d, _, _) in got.items()} == sent
        names = sorted(p.name for p in (root / "Sync/cur").iterdir())
        go()
        assert sorted(p.name for p in (root / "Sync/cur").iterdir()) == names, "a second sync changed something"

        # both sides change at once: flags here and there, a delete on each side, a new message on each side
        with imap_login(server.ports, BRUNO, PASSWORD) as client:
            client.command("SELECT Sync")
            client.command("STORE 1 +FLAGS (\\Flagged)")
            client.command("STORE 2 +FLAGS (\\Deleted)")
            client.command("EXPUNGE")
            client.append("Sync", mail.message("far-new"), "\\Seen")
        got["Sync-3"][2].unlink()
        path = got["Sync-4"][2]
        path.rename(path.with_name(path.name.rpartition(":2,")[0] + ":2,S"))
        (root / "Sync/cur/1000.near.new:2,R").write_bytes(mail.message("near-new").replace(b"\r\n", b"\n"))
        go()
        wanted = {f"Sync-{n}" for n in range(COUNT)} - {"Sync-1", "Sync-3"} | {"far-new", "near-new"}
        got = self.near(root, "Sync")
        assert set(got) == wanted
        assert got["Sync-0"][1] == "F" and "S" in got["Sync-4"][1] and got["far-new"][1] == "S"
        with imap_login(server.ports, BRUNO, PASSWORD) as client:
            far = {mail.mark_of(d): d for d in client.messages("Sync").values()}
            assert set(far) == wanted
            flags = {}
            for text, literals in client.command("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"):
                flags[mail.mark_of(literals[0])] = re.search(rb"FLAGS \(([^)]*)\)", text).group(1)
        assert b"\\Seen" in flags["Sync-4"] and b"\\Answered" in flags["near-new"]

    def test_move_and_folders(self, server, sync):
        go, root = sync
        fill(server, BRUNO, "Here", 3)
        go()
        with imap_login(server.ports, BRUNO, PASSWORD) as client:
            client.command("CREATE There")
            client.command("SELECT Here")
            client.command("MOVE 2 There")
        go()
        assert set(self.near(root, "Here")) == {"Here-0", "Here-2"} and set(self.near(root, "There")) == {"Here-1"}
        names = [sorted(p.name for p in (root / n / "cur").iterdir()) for n in ("Here", "There")]
        go()
        assert [sorted(p.name for p in (root / n / "cur").iterdir()) for n in ("Here", "There")] == names


def test_fetchmail(server, tmp_path):
    sent = fill(server, CARLA, "ForFetchmail")
    rc = tmp_path / "rc"
    rc.write_text(f"""poll 127.0.0.1 protocol IMAP port {server.ports.imaps}
user "{CARLA}" password "{PASSWORD}" ssl no sslcertck folder ForFetchmail fetchall no rewrite
mda "/bin/sh -c 'cat > {tmp_path}/$$.eml'" stripcr
""")
    rc.chmod(0o600)
    run("fetchmail", "-f", rc, "--nosyslog", "--pidfile", tmp_path / "pid", env={"HOME": str(tmp_path)}, statuses=(0,))
    got = [p.read_bytes().replace(b"\n", b"\r\n") for p in tmp_path.glob("*.eml")]
    # fetchmail adds a Received field
    assert sorted(mail.mark_of(d) for d in got) == sorted(sent)
    assert all(any(d.endswith(s.split(b"\r\n\r\n", 1)[1]) for s in sent.values()) for d in got)
    with imap_login(server.ports, CARLA, PASSWORD) as client:
        assert client.count("ForFetchmail") == 0
    # nothing left: exit status 1
    run("fetchmail", "-f", rc, "--nosyslog", "--pidfile", tmp_path / "pid", env={"HOME": str(tmp_path)}, statuses=(1,))


def test_getmail(server):
    """getmail will not deliver as root: then it delivers as nobody."""
    sent = fill(server, CARLA, "ForGetmail")
    folder = server.folder / "getmail"
    for sub in ("cur", "new", "tmp"):
        (folder / "mail" / sub).mkdir(parents=True)
    owner = ""
    if os.geteuid() == 0:
        owner = "user = nobody"
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "nobody")
    (folder / "rc").write_text(f"""[retriever]
type = SimpleIMAPSSLRetriever
server = 127.0.0.1
port = {server.ports.imaps}
username = {CARLA}
password = {PASSWORD}
mailboxes = ("ForGetmail",)
[destination]
type = Maildir
path = {folder}/mail/
{owner}
[options]
read_all = false
delivered_to = false
received = false
""")
    run("getmail", "--getmaildir", folder, "--rcfile", folder / "rc")
    got = [re.sub(rb"(?m)^(Return-Path|X-getmail-retrieved-from-mailbox): .*\r\n", b"", p.read_bytes().replace(b"\n", b"\r\n")) for p in (folder / "mail/new").iterdir()]
    got = {mail.mark_of(d): d for d in got}
    assert sorted(got) == sorted(sent)
    assert got == sent
    run("getmail", "--getmaildir", folder, "--rcfile", folder / "rc")
    assert len(list((folder / "mail/new").iterdir())) == len(sent), "old messages fetched again"


class TestNeomutt:
    @pytest.fixture
    def rc(self, server, tmp_path):
        path = tmp_path / "rc"
        path.write_text(f"""
set imap_user = "{BRUNO}"
set imap_pass = "{PASSWORD}"
set ssl_verify_host = no
set ssl_verify_dates = no
set certificate_file = {certificate(server, tmp_path / 'crt')}
set delete = yes
set quit = yes
set confirmappend = no
set confirmcreate = no
set wait_key = no
set imap_check_subscribed = no
set folder = "imaps://127.0.0.1:{server.ports.imaps}/"
""")
        return path

    def test_read_flag_copy_delete(self, server, rc, tmp_path):
        """Opens a folder over IMAP, writes one message out, flags one, copies one, deletes one."""
        sent = fill(server, BRUNO, "ForNeomutt", 4)
        with imap_login(server.ports, BRUNO, PASSWORD) as client:
            client.command("CREATE Copied")
        keys = ("<first-entry><pipe-message>cat > " + str(tmp_path / "out") + "<enter>"
                "<first-entry><flag-message>"
                "<first-entry><next-entry><copy-message>=Copied<enter>"
                "<last-entry><delete-message><sync-mailbox><quit>")
        drawn = screen("neomutt", "-n", "-F", str(rc), "-f", f"imaps://127.0.0.1:{server.ports.imaps}/ForNeomutt",
                       "-e", f'push "{keys}"')
        assert (tmp_path / "out").exists(), drawn[-1500:]
        assert b"mark ForNeomutt-0" in (tmp_path / "out").read_bytes()
        with imap_login(server.ports, BRUNO, PASSWORD) as client:
            left = [mail.mark_of(d) for d in client.messages("ForNeomutt").values()]
            assert left == [f"ForNeomutt-{n}" for n in range(3)], drawn[-1500:]
            assert b"\\Flagged" in client.command("FETCH 1 FLAGS")[0][0]
            assert list(client.messages("Copied").values()) == [sent["ForNeomutt-1"]]


class TestCurl:
    def fetch(self, server, what, *options, scheme="imaps"):
        port = server.ports.imaps if scheme == "imaps" else server.ports.imap
        return run("curl", "-sS", "--insecure", "--ssl-reqd", "--url", f"{scheme}://127.0.0.1:{port}/{what}", "--user", f"{CARLA}:{PASSWORD}",
                   *options)

    @pytest.mark.parametrize("scheme", ["imap", "imaps"])
    def test_list_search_fetch_upload(self, server, tmp_path, scheme):
        name = f"ForCurl{scheme}"
        sent = fill(server, CARLA, name, 3)
        assert name in self.fetch(server, "", scheme=scheme)
        assert self.fetch(server, f"{name}?ALL", scheme=scheme).split() == ["*", "SEARCH", "1", "2", "3"]
        text = self.fetch(server, f"{name};MAILINDEX=2", scheme=scheme)
        assert text.encode().replace(b"\n", b"\r\n").replace(b"\r\r", b"\r") == sent[f"{name}-1"]
        (tmp_path / "m").write_bytes(mail.message("curl-upload"))
        self.fetch(server, name, "--upload-file", tmp_path / "m", scheme=scheme)
        assert arrived(server, "curl-upload", CARLA, name=name) == mail.message("curl-upload")
        assert "4 EXISTS" in self.fetch(server, "", "--request", f"EXAMINE {name}", scheme=scheme)
