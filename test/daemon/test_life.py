"""init, serve, status, reload, stop; and what happens when something is in the way."""

import base64
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest

from conftest import make_server
from bench.measure import process_cpu
from lib import mail
from lib.server import PASSWORD, CommandFailed, Server, alive, program, run, wait_until
from lib.wire import Imap, Smtp, imap_login

pytestmark = pytest.mark.ours
ANNA = "anna@example.test"


def test_init_prints_what_to_publish(own_server):
    text = own_server.init_output
    for word in ("mail.example.test", "example.test", "MX", "v=spf1", "serve"):
        assert word in text, text
    assert (own_server.data / "ceralacca.yaml").exists()
    mode = (own_server.data / "keys").stat().st_mode
    assert mode & 0o077 == 0, "others can read the keys"


def test_init_refuses_what_is_there(own_server):
    before = (own_server.data / "ceralacca.yaml").read_bytes()
    with pytest.raises(CommandFailed) as e:
        run(program(), "init", "-d", own_server.data, "--hostname", "other.test", "--domain", "other.test")
    assert e.value.status == 1 and len(e.value.err.strip().splitlines()) == 1
    assert (own_server.data / "ceralacca.yaml").read_bytes() == before


@pytest.mark.parametrize("arguments,status", [
    (["nosuchverb"], 2), (["init"], 2), (["user", "add"], 2), (["user", "add", "not an address"], 1),
    (["status", "--nosuchoption"], 2), (["user", "passwd", "nobody@example.test"], 1), (["help"], 0), (["--help"], 0), (["version"], 0),
])
def test_exit_statuses(own_server, arguments, status):
    """0, 1 (refused, one clear line on stderr), 2 (usage)."""
    done = run(program(), *arguments, *(["-d", own_server.data] if arguments[0] not in ("help", "--help", "version", "init") else []),
               check=False, input=PASSWORD + "\n")
    assert done.returncode == status, done
    if status == 1:
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    if status == 2:
        assert "usage" in (done.stderr + done.stdout).lower() or "help" in done.stderr


def test_every_verb_has_help_with_an_example():
    listing = run(program(), "help").stdout
    verbs = re.findall(r"^  ([a-z][a-z0-9-]*(?: [a-z0-9-]+)*)  ", listing, re.M)
    assert len(verbs) > 10, listing
    for words in verbs:
        done = run(program(), *words.split(), "--help", check=False)
        assert done.returncode == 0 and "example" in done.stdout.lower(), (words, done)


def test_start_status_stop(own_server):
    """Up in under a second with an empty store, status tells, stop leaves nothing behind."""
    assert own_server.cli("status", check=False).returncode == 1
    start = time.monotonic()
    own_server.start()
    print(f"up after {time.monotonic() - start:.2f} s")
    assert time.monotonic() - start < 5
    status = json.loads(own_server.cli("status", "--json").stdout)
    assert status["state"] == "up" and {"smtp", "imap", "store", "auth", "keys"} <= {r["role"] for r in status["roles"]}
    assert all(listener["answers"] for listener in status["listeners"])
    pids = own_server.pids()
    assert own_server.stop() == 0
    assert not any(alive(p) for p in pids)
    assert own_server.cli("status", check=False).returncode == 1


def test_stop_verb_and_signals(own_server):
    for end in (lambda: own_server.cli("stop"), lambda: os.kill(own_server.process.pid, signal.SIGTERM),
                lambda: os.kill(own_server.process.pid, signal.SIGINT)):
        own_server.start()
        end()
        assert own_server.process.wait(20) == 0
        own_server.process = None


def test_stop_lets_the_transaction_in_hand_end(own_server):
    """A message whose end has been sent is answered, and kept."""
    own_server.start()
    with Smtp(own_server.ports.smtp) as client:
        client.hello()
        client.envelope("s@outside.test", ANNA)
        client.expect(354, "DATA")
        client.send(b"Subject: mark in-hand\r\n\r\n")
        os.kill(own_server.process.pid, signal.SIGTERM)
        time.sleep(0.3)
        client.send(b"text\r\n.\r\n")
        code, _ = client.reply()
    own_server.process.wait(30)
    own_server.process = None
    own_server.start()
    there = "in-hand" in [mail.mark_of(m) for m in mail.mailbox(own_server, ANNA, PASSWORD).values()]
    assert there == (code == 250)
    assert code in (250, 421, 451)


def test_roles_end_with_the_parent(own_server):
    own_server.start()
    pids = own_server.pids()
    os.kill(own_server.process.pid, signal.SIGKILL)
    wait_until(lambda: not any(alive(p) for p in pids), 5, what="all roles gone")


def test_port_taken(own_server):
    """The message names the port and who holds it; nothing keeps running."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", own_server.ports.imaps))
        taken.listen()
        own_server.start(wait=False)
        assert own_server.process.wait(20) == 1
        own_server.process = None
        log = own_server.log()
        assert str(own_server.ports.imaps) in log
        assert str(os.getpid()) in log or "python" in log, log


def test_data_folder_in_use(own_server):
    own_server.start()
    done = run(program(), "serve", "-d", own_server.data, check=False, timeout=20)
    assert done.returncode == 1
    assert str(own_server.process.pid) in done.stderr + done.stdout or "in use" in done.stderr + done.stdout
    own_server.wait(5)


def test_no_data_folder(tmp_path):
    done = run(program(), "serve", "-d", tmp_path / "nothing", check=False, timeout=20)
    assert done.returncode == 1 and "init" in done.stderr + done.stdout


@pytest.mark.parametrize("text,line", [("server:\n  hostname: [\n", 2), ("nosuchsection:\n  a: 1\n", 1), ("limits:\n  message_size: many\n", 2),
                                       ("server:\n  stop_seconds: 0\n", 2), ("server:\n\tport_base: 1\n", 2)])
def test_wrong_yaml(own_server, text, line):
    """FILE:LINE of what is wrong."""
    path = own_server.data / "ceralacca.yaml"
    path.write_text(text)
    done = run(program(), "serve", "-d", own_server.data, check=False, timeout=20)
    assert done.returncode == 1
    match = re.search(r"ceralacca\.yaml:(\d+)", done.stderr + done.stdout)
    assert match or "stop_seconds" in done.stderr, done
    if match:
        assert abs(int(match.group(1)) - line) <= 1, done.stderr


def test_newer_version(own_server):
    """Data of a newer version is refused untouched (B21)."""
    version = next((p for p in own_server.data.rglob("*") if p.name.lower() == "version"), None)
    if version is None:
        pytest.skip("the data folder keeps its version elsewhere")
    old = version.read_text()
    version.write_text(re.sub(r"\d+", lambda m: str(int(m.group()) + 100), old, count=1))
    done = run(program(), "serve", "-d", own_server.data, check=False, timeout=20)
    assert done.returncode == 1 and re.search("newer|version", done.stderr + done.stdout)
    version.write_text(old)
    own_server.start()


@pytest.mark.parametrize("role", ["smtp", "imap", "scan", "auth", "keys", "resolver", "relay"])
def test_role_dies(own_server, role):
    """A role that is killed comes back; the others go on, and everything works again."""
    server = own_server.start()
    roles = server.roles()
    assert role in roles, roles
    with Imap(server.ports.imap) as bystander:
        dead = server.kill_role(role)
        wait_until(lambda: dead not in server.pids() and len(server.roles().get(role, [])) == len(roles[role]), 10, what=f"{role} again")
        if role not in ("imap", "auth", "keys", "scan"):
            assert bystander.command("NOOP") is not None
    others = {r: p for r, p in roles.items() if r != role}
    assert {r: p for r, p in server.roles().items() if r != role} == others, "another role was started again"
    wait_until(lambda: works(server), 15, step=0.3, what="mail flows again")


def works(server):
    mark = f"works-{time.monotonic_ns()}"
    try:
        return (mail.send(server, mail.message(mark))[0] == 250
                and any(mail.mark_of(m) == mark for m in mail.mailbox(server, ANNA, PASSWORD).values()))
    except Exception:
        return False


def test_store_dies(own_server):
    """B02, B03: without the store nothing is acknowledged or refused for good; it comes back by itself."""
    server = own_server.start()
    server.kill_role("store")
    with Smtp(server.ports.smtp) as client:
        client.hello()
        client.command("MAIL FROM:<s@outside.test>")
        code, _ = client.command(f"RCPT TO:<{ANNA}>")
        assert code == 250 or 400 <= code < 500
    wait_until(lambda: works(server), 20, step=0.3, what="mail flows again")


def test_role_dies_again_and_again(own_server):
    """Back-off: a role that keeps dying is not started in a busy loop, and comes up in the end."""
    server = own_server.start()
    deaths, end = 0, time.monotonic() + 5
    while time.monotonic() < end:
        for pid in server.roles().get("scan", []):
            server._signal(pid, signal.SIGKILL)
            deaths += 1
        time.sleep(0.02)
    print(f"{deaths} deaths in 5 s")
    assert deaths < 150
    wait_until(lambda: works(server), 60, step=0.5, what="mail flows again")


def test_reload(own_server):
    """SIGHUP and the reload verb: new limits count, sessions live on, a broken file changes nothing."""
    server = own_server.start()
    with imap_login(server.ports, ANNA, PASSWORD) as session:
        server.configure({"limits": {"message_size": 100000}})
        server.cli("reload")
        wait_until(lambda: offered_size(server) == 100000, 10, what="the new size")
        session.command("NOOP")
        good = (server.data / "ceralacca.yaml").read_text()
        (server.data / "ceralacca.yaml").write_text("limits: [\n")
        done = server.cli("reload", check=False)
        assert done.returncode == 1 and "ceralacca.yaml" in done.stderr
        session.command("NOOP")
        assert offered_size(server) == 100000
        (server.data / "ceralacca.yaml").write_text(good)
        server.reload()
        time.sleep(0.5)
        assert works(server)


def offered_size(server):
    with Smtp(server.ports.smtp) as client:
        return next((int(t.split()[1]) for t in client.hello() if t.startswith("SIZE ")), None)


def test_b54_new_certificate(own_server, tmp_path):
    """B54: a new certificate is used on all ports after a reload; open sessions live on; a broken file keeps the old one."""
    server = own_server.start()

    def serials():
        found = []
        for port in (server.ports.submissions, server.ports.imaps, server.ports.https):
            found.append(ssl.get_server_certificate(("127.0.0.1", port)))
        return found
    old = serials()
    with imap_login(server.ports, ANNA, PASSWORD) as session:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9", "-keyout",
                        tmp_path / "key", "-out", tmp_path / "crt", "-subj", "/CN=mail.example.test", "-addext",
                        "subjectAltName=DNS:mail.example.test"], check=True, capture_output=True)
        for name, source in (("tls.key", "key"), ("tls.crt", "crt")):
            target = server.data / "keys" / name
            owner = target.stat()
            shutil.copyfile(tmp_path / source, target)
            os.chown(target, owner.st_uid, owner.st_gid)
        server.cli("reload")
        wait_until(lambda: all(a != b for a, b in zip(serials(), old)), 60, step=0.5, what="the new certificate")
        new = serials()
        session.command("NOOP")
        (server.data / "keys/tls.crt").write_text("broken")
        server.cli("reload", check=False)
        time.sleep(1)
        assert serials() == new
        assert works(server)


def test_logs_hold_no_secret(own_server):
    """No password, no body, no token in any log line, whatever happened."""
    server = own_server.start()
    secret = "Very-Secret+Phrase-99"
    server.add_user("dora", secret)
    with Imap(server.ports.imaps, tls=True) as client:
        client.login("dora@example.test", secret)
        client.try_command(f"LOGIN dora@example.test {secret}")
    with Imap(server.ports.imaps, tls=True) as client:
        client.try_command(f"LOGIN dora@example.test wrong-{secret}")
    with Smtp(server.ports.submissions, tls=True) as client:
        client.hello()
        client.command(f"AUTH PLAIN {secret}")
        client.login("dora@example.test", secret)
        client.envelope("dora@example.test", ANNA)
        client.data(mail.message("log", sender="dora@example.test", body="the-body-of-this-message"))
    server.kill_role("smtp")
    server.stop()
    log = server.log()
    assert log.strip()
    for word in (secret, "the-body-of-this-message"):
        assert word not in log
    assert base64.b64encode(f"\0dora@example.test\0{secret}".encode()).decode() not in log


def test_a91_log_injection(own_server):
    """A91: line breaks, control codes and a fake address in names do not make log lines of their own."""
    server = own_server.start()
    with Smtp(server.ports.smtp) as client:
        client.command("EHLO \x1b[31mevil\x07")
        client.command("MAIL FROM:<a\x1b[2J@outside.test>")
        client.command("EHLO x from=192.0.2.1 msg=\"fake\"")
    with Imap(server.ports.imaps, tls=True) as client:
        name = b"x\r\nsession.failed 192.0.2.1\r\n"
        client.send(b"a LOGIN {%d}\r\n" % len(name))
        client.response()
        client.send(name + b" {1}\r\n")
        client.response()
        client.send(b"x\r\n")
        client.finish("a")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", server.log())
    assert not any(line.startswith("session.failed") for line in server.log().splitlines())


def test_b53_descriptors_stay_flat(own_server):
    """B53: sessions that end in every way leave no descriptor behind."""
    server = own_server.start()

    def sessions(count):
        for number in range(count):
            with Smtp(server.ports.smtp) as client:
                client.hello()
                if number % 3 == 0:
                    client.envelope("s@outside.test", ANNA)
                    client.expect(354, "DATA")
                    client.send(b"half a mess")
                elif number % 3 == 1:
                    client.command("QUIT")
            with Imap(server.ports.imap) as client:
                if number % 2:
                    client.command("LOGOUT")
            if number % 10 == 0:
                mail.send(server, mail.message(f"fd-{number}-{time.monotonic_ns()}"))
                with imap_login(server.ports, ANNA, PASSWORD) as client:
                    client.command("SELECT INBOX")
    sessions(50)
    time.sleep(1)
    before = server.descriptors()
    sessions(1000)
    wait_until(lambda: all(count <= before[role] + 6 for role, count in server.descriptors().items()), 10,
               what=f"as few descriptors as before: {before} -> {server.descriptors()}")


def test_b53_out_of_descriptors(own_server):
    """B53: at the limit the server neither dies nor spins, and recovers."""
    server = make_server(config={"limits": {"connections_per_source": 100000}})
    try:
        server.preexec = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
        server.start()
        many = []
        for _ in range(500):
            try:
                many.append(socket.create_connection(("127.0.0.1", server.ports.smtp), timeout=1))
            except OSError:
                break
        time.sleep(1)
        roles = server.roles()
        busy = sum(process_cpu(p) for p in server.pids())
        time.sleep(2)
        assert sum(process_cpu(p) for p in server.pids()) - busy < 1, "it spins"
        for s in many:
            s.close()
        wait_until(lambda: works(server), 20, step=0.3, what="mail flows again")
        assert server.roles() == roles
    finally:
        server.close()


def test_two_servers_side_by_side():
    """--port-base: two on one machine know nothing of each other."""
    with Server() as one, Server() as two:
        for server in (one, two):
            server.add_user("anna")
            server.start()
        assert works(one) and works(two)
        one.stop()
        assert works(two)


def test_locked_user_cannot_sign_in_but_gets_mail(own_server):
    server = own_server.start()
    server.cli("user", "lock", ANNA)
    with Imap(server.ports.imaps, tls=True) as client:
        status, _ = client.try_command(f"LOGIN {ANNA} {PASSWORD}")
        assert status.startswith(b"NO")
    assert mail.send(server, mail.message("for-locked"))[0] == 250
    server.cli("user", "unlock", ANNA)
    assert "for-locked" in [mail.mark_of(m) for m in mail.mailbox(server, ANNA, PASSWORD).values()]


def test_a69_lock_ends_live_sessions(own_server):
    """A69: locked or with a changed password: IDLE and open submission sessions end too."""
    server = own_server.start()
    acts = {ANNA: lambda: server.cli("user", "lock", ANNA),
            "bruno@example.test": lambda: server.cli("user", "passwd", "bruno@example.test", "--password-stdin", input="Another-Wax+Seal-1\n")}
    for user, act in acts.items():
        with imap_login(server.ports, user, PASSWORD) as client:
            client.command("SELECT INBOX")
            client.send("i IDLE\r\n")
            client.response()
            act()
            assert client.closed(10), f"the session of {user} lives on"


def test_memory_at_rest(own_server):
    """All roles, no mail: the figure is printed, the aim is 120 MB."""
    server = own_server.start()
    time.sleep(1)
    print(f"{server.pss_kib() / 1024:.0f} MiB at rest")
    assert server.pss_kib() < 120 * 1024


def test_stop_right_after_reload(own_server):
    """A stop that comes while the certificates are being renewed does not wait for a process that nobody told."""
    for wait in (0, 0.03, 0.06):
        own_server.start()
        own_server.reload()
        time.sleep(wait)
        start = time.monotonic()
        assert own_server.stop() == 0
        assert time.monotonic() - start < 8
