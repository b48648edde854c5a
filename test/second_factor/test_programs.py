"""With a second factor, the primary password opens no program, on any protocol and by any mechanism (THREATS A.3); app
passwords open what they are for, from where they are for, as long as they are good."""

import imaplib
import json
import smtplib

import pytest

from lib import totp
from lib.server import PASSWORD, CommandFailed
from lib.wire import tls_context

ANNA, BRUNO, CARLA = "anna@example.test", "bruno@example.test", "carla@example.test"
SERVER = {"config": {"smtp": {"sign_in_attempts": 50}, "imap": {"sign_in_attempts": 50}}}


def imap_login(server, user, password, mechanism="LOGIN"):
    """"OK", or the text of the refusal."""
    client = imaplib.IMAP4_SSL("127.0.0.1", server.ports.imaps, ssl_context=tls_context(), timeout=30)
    try:
        if mechanism == "LOGIN":
            client.login(user, password)
        elif mechanism == "PLAIN":
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            answers = iter([user.encode(), password.encode()])
            client.authenticate("LOGIN", lambda _: next(answers))
        return "OK"
    except imaplib.IMAP4.error as e:
        return str(e)
    finally:
        client.shutdown()


def smtp_login(server, user, password, mechanism="PLAIN"):
    client = smtplib.SMTP_SSL("127.0.0.1", server.ports.submissions, context=tls_context(), timeout=30)
    client.ehlo("client.example")
    client.user, client.password = user, password
    try:
        if mechanism == "PLAIN":
            client.auth("PLAIN", client.auth_plain)
        else:
            client.auth("LOGIN", client.auth_login)
        return "OK"
    except smtplib.SMTPAuthenticationError as e:
        return f"{e.smtp_code} {e.smtp_error.decode()}"
    finally:
        client.close()


WAYS = [(imap_login, "LOGIN"), (imap_login, "PLAIN"), (imap_login, "LOGIN mechanism"), (smtp_login, "PLAIN"), (smtp_login, "LOGIN")]


@pytest.fixture(scope="module")
def enrolled(server):
    """Anna has one-time passwords."""
    made = server.cli_json("user", "totp", "enroll", ANNA)
    assert made["uri"].startswith("otpauth://totp/Ceralacca:anna") and made["secret"] in made["uri"]
    assert imap_login(server, ANNA, PASSWORD) == "OK"      # not before it is confirmed
    with pytest.raises(CommandFailed, match="not right"):
        server.cli("user", "totp", "confirm", ANNA, "000000" if totp.code(made["secret"]) != "000000" else "000001")
    done = server.cli_json("user", "totp", "confirm", ANNA, totp.code(made["secret"], -1))     # a clock one step late
    assert len(done["recovery"]) == 10
    return made["secret"]


def app_password(server, address, *options):
    return server.cli_json("user", "app-password", "add", address, "--name", "phone", *options)


@pytest.mark.parametrize("way", WAYS, ids=lambda w: f"{w[0].__name__}-{w[1]}")
def test_primary_password_opens_nothing(server, enrolled, way):
    login, mechanism = way
    said = login(server, ANNA, PASSWORD, mechanism)
    assert "app password" in said, said                    # who knows the password is told what to do
    wrong = login(server, ANNA, PASSWORD + "x", mechanism)
    assert "app password" not in wrong and wrong != "OK"    # who does not learns nothing
    assert wrong == login(server, "nobody@example.test", PASSWORD, mechanism).replace("nobody", "anna")     # A68


@pytest.mark.parametrize("way", WAYS, ids=lambda w: f"{w[0].__name__}-{w[1]}")
def test_app_password_opens(server, enrolled, way):
    login, mechanism = way
    good = app_password(server, ANNA, "--scope", "imap,smtp")["password"]
    assert login(server, ANNA, good, mechanism) == "OK"
    assert login(server, ANNA, good.replace("-", "").upper(), mechanism) == "OK"       # as people type it
    assert login(server, BRUNO, good, mechanism) != "OK"                               # it is Anna's
    assert login(server, ANNA, good[:-1] + ("a" if good[-1] != "a" else "b"), mechanism) != "OK"


def test_scope(server, enrolled):
    only_imap = app_password(server, ANNA, "--scope", "imap")["password"]
    assert imap_login(server, ANNA, only_imap) == "OK"
    assert "other services" in smtp_login(server, ANNA, only_imap)
    only_smtp = app_password(server, ANNA, "--scope", "smtp")["password"]
    assert smtp_login(server, ANNA, only_smtp) == "OK"
    assert "other services" in imap_login(server, ANNA, only_smtp)


def test_network(server, enrolled):
    elsewhere = app_password(server, ANNA, "--network", "192.0.2.0/24")["password"]
    assert "network" in imap_login(server, ANNA, elsewhere)
    here = app_password(server, ANNA, "--network", "127.0.0.0/8")["password"]
    assert imap_login(server, ANNA, here) == "OK"


def test_revoked(server, enrolled):
    made = app_password(server, BRUNO)
    client = imaplib.IMAP4_SSL("127.0.0.1", server.ports.imaps, ssl_context=tls_context(), timeout=30)
    client.login(BRUNO, made["password"])
    assert any(p["id"] == made["id"] and p["last_used"] for p in server.cli_json("user", "app-password", "list", BRUNO))
    server.cli("user", "app-password", "revoke", BRUNO, made["id"])
    with pytest.raises(imaplib.IMAP4.abort):                # the session that it opened ends (A69)
        for _ in range(50):
            client.noop()
    client.shutdown()
    assert imap_login(server, BRUNO, made["password"]) != "OK"
    assert imap_login(server, BRUNO, PASSWORD) == "OK"      # Bruno has no second factor


def test_confirm_ends_open_sessions(server):
    """Whoever sat in the account with the password alone is out (A69)."""
    client = imaplib.IMAP4_SSL("127.0.0.1", server.ports.imaps, ssl_context=tls_context(), timeout=30)
    client.login(CARLA, PASSWORD)
    secret = server.cli_json("user", "totp", "enroll", CARLA)["secret"]
    server.cli("user", "totp", "confirm", CARLA, totp.code(secret))
    with pytest.raises(imaplib.IMAP4.abort):
        for _ in range(50):
            client.noop()
    client.shutdown()
    assert imap_login(server, CARLA, PASSWORD) != "OK"
    server.cli("user", "totp", "remove", CARLA)
    assert imap_login(server, CARLA, PASSWORD) == "OK"


def test_restart_forgets_nothing(own_server):
    """The sealed key, app passwords and the policy are there after kill -9; the store's files hold no secret."""
    server = own_server
    server.start()
    secret = server.cli_json("user", "totp", "enroll", ANNA)["secret"]
    server.cli("user", "totp", "confirm", ANNA, totp.code(secret))
    good = app_password(server, ANNA)["password"]
    server.kill_all()
    server.start()
    assert imap_login(server, ANNA, good) == "OK"
    assert imap_login(server, ANNA, PASSWORD) != "OK"
    letters = good.replace("-", "").encode()
    for path in (server.data / "store").rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert letters not in held and good.encode() not in held and secret.encode() not in held
    for secret_text in (good, secret, PASSWORD):
        assert secret_text not in server.log()


def test_policy(own_server):
    """Required, with a grace that is over: nothing opens; with grace: a warning tells how long."""
    server = own_server
    server.start()
    server.cli("user", "require-2fa", ANNA)
    assert imap_login(server, ANNA, PASSWORD) == "OK"
    assert "required, not set up" in server.cli_json("user", "second-factor", ANNA)["second_factor"]
    rule = server.cli_json("policy", "second-factor", "--grace", "0")
    assert rule == {"domain": "", "people": "optional", "administrators": "required", "grace_days": 0}
    assert "second factor is required" in imap_login(server, ANNA, PASSWORD)
    assert "second factor is required" in smtp_login(server, ANNA, PASSWORD)
    assert imap_login(server, BRUNO, PASSWORD) == "OK"
    server.cli("policy", "second-factor", "--people", "required", "--domain", "example.test")
    assert imap_login(server, BRUNO, PASSWORD) != "OK"
    server.cli("user", "require-2fa", BRUNO, "optional")
    assert imap_login(server, BRUNO, PASSWORD) == "OK"
    server.cli("policy", "second-factor", "--people", "off", "--domain", "example.test")
    with pytest.raises(CommandFailed, match="off"):
        server.cli("user", "totp", "enroll", CARLA)


def test_sessions_are_listed_and_end(server):
    """Who is signed in, from where, by what; one session ends, the others go on."""
    app = app_password(server, BRUNO, "--scope", "imap")["password"]
    clients = []
    for password in (PASSWORD, app):
        client = imaplib.IMAP4_SSL("127.0.0.1", server.ports.imaps, ssl_context=tls_context(), timeout=30)
        client.login(BRUNO, password)
        clients.append(client)
    sessions = server.cli_json("user", "sessions", BRUNO)
    assert [(s["service"], s["peer"], s["means"]) for s in sessions] == [("imap", "127.0.0.1", "password"), ("imap", "127.0.0.1", "app: phone")]
    server.cli("user", "sessions", "end", BRUNO, str(sessions[0]["id"]))
    with pytest.raises(imaplib.IMAP4.abort):
        for _ in range(50):
            clients[0].noop()
    assert clients[1].noop()[0] == "OK"
    with pytest.raises(CommandFailed, match="no such session"):
        server.cli("user", "sessions", "end", BRUNO, str(sessions[0]["id"]))
    server.cli("user", "sessions", "end", BRUNO)
    with pytest.raises(imaplib.IMAP4.abort):
        for _ in range(50):
            clients[1].noop()
    for client in clients:
        client.shutdown()
    assert server.cli_json("user", "sessions", BRUNO) == []


def test_audit_sees_administrators(own_server):
    """`audit` tells whether those who may do everything have one."""
    server = own_server
    server.start()
    admin = next(p["address"] for p in server.cli_json("user", "list") if p["admin"])

    def state():
        done = server.cli("audit", "--json", check=False)
        return next(f["state"] for f in json.loads(done.stdout)["findings"] if f["id"] == "people.second-factor")

    assert state() == "missing"
    secret = server.cli_json("user", "totp", "enroll", admin)["secret"]
    server.cli("user", "totp", "confirm", admin, totp.code(secret))
    assert state() == "ok"
