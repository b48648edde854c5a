"""The authorisation server: code with PKCE, device flow, refresh, revocation, and what people have tried against such servers (RFC 9700)."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import struct
import time
import urllib.parse

import pytest

from lib import settings
from lib.server import PASSWORD
from lib.wire import Imap, Smtp
from web.browser import Browser, Forms

pytestmark = pytest.mark.ours
ANNA, BRUNO = "anna@example.test", "bruno@example.test"
SERVER = {"config": settings.ALL_SERVICES}
LOOPBACK, WEB, PRIVATE = "http://127.0.0.1/done", "https://app.example.test/cb?x=1", "com.example.app:/cb"
STATE = "st~ &=\u00e4/1"


@pytest.fixture(scope="module")
def clients(server):
    server.cli("client", "add", "mailer", "The <b>Mailer</b>", LOOPBACK, "scope=imap,smtp")
    server.cli("client", "add", "webby", "Webby", WEB, PRIVATE)
    server.cli("client", "add", "tv", "Television", "device", "scope=imap")
    return server


def pkce():
    verifier = secrets.token_urlsafe(48)
    return verifier, base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorize_path(challenge, **changes):
    parameters = {"response_type": "code", "client_id": "mailer", "redirect_uri": "http://127.0.0.1:4711/done", "scope": "imap smtp", "state": STATE,
                  "code_challenge": challenge, "code_challenge_method": "S256", **changes}
    return "/oauth/authorize?" + urllib.parse.urlencode({k: v for k, v in parameters.items() if v is not None})


def signed_in(server, user=ANNA, password=PASSWORD):
    browser = Browser(server)
    page = browser.get("/sign-in")
    answer = browser.submit(page, {"user": user, "password": password})
    assert answer.status == 303, answer.text
    return browser


def post(server, path, **fields):
    answer = Browser(server).request("POST", path, urllib.parse.urlencode(fields),
                                     {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"})
    return answer.status, json.loads(answer.text) if answer.text else {}


def code_of(server, browser=None, challenge=None, **changes):
    """A code, by the whole way through the pages."""
    browser = browser or signed_in(server)
    page = browser.get(authorize_path(challenge, **changes))
    assert page.status == 200, page.text
    answer = browser.submit(page, button="allow")
    assert answer.status == 303, answer.text
    return answer


def redeem(server, code, verifier, **changes):
    return post(server, "/oauth/token", **{"grant_type": "authorization_code", "client_id": "mailer", "code": code, "code_verifier": verifier,
                                           "redirect_uri": "http://127.0.0.1:4711/done", **changes})


def tokens(server, browser=None):
    verifier, challenge = pkce()
    code = code_of(server, browser, challenge).parameters()["code"]
    status, answer = redeem(server, code, verifier)
    assert status == 200, answer
    return answer


def refresh(server, token, **changes):
    return post(server, "/oauth/token", **{"grant_type": "refresh_token", "client_id": "mailer", "refresh_token": token, **changes})


def test_metadata(clients):
    answer = Browser(clients).get("/.well-known/oauth-authorization-server")
    m = json.loads(answer.text)
    assert m["issuer"] == Browser(clients).origin and m["code_challenge_methods_supported"] == ["S256"]
    assert m["token_endpoint"] == m["issuer"] + "/oauth/token" and m["authorization_response_iss_parameter_supported"] is True
    assert m["response_types_supported"] == ["code"] and "implicit" not in answer.text and "password" not in answer.text


def test_whole_code_flow(clients):
    """Browser: authorise, sign in, consent, back to a loopback port that was chosen a moment ago (RFC 8252 7.3); program: token, refresh."""
    verifier, challenge = pkce()
    browser = Browser(clients)
    answer = browser.get(authorize_path(challenge))
    assert answer.status == 303 and answer.location.startswith("/sign-in?to=")
    page = browser.get(answer.location)
    assert page.status == 200 and 'autocomplete="current-password"' in page.text and 'autocomplete="username"' in page.text
    answer = browser.submit(page, {"user": ANNA, "password": PASSWORD})
    assert answer.status == 303 and answer.location == authorize_path(challenge)
    page = browser.get(answer.location)
    assert "The &lt;b&gt;Mailer&lt;/b&gt;" in page.text and "<b>Mailer" not in page.text and ANNA in page.text
    assert "form-action 'self' http://127.0.0.1:4711;" in page.headers["Content-Security-Policy"]
    answer = browser.submit(page, button="allow")
    assert answer.status == 303 and answer.location.startswith("http://127.0.0.1:4711/done?")
    back = answer.parameters()
    assert back["state"] == STATE and back["iss"] == browser.origin        # RFC 9207
    status, given = redeem(clients, back["code"], verifier)
    assert status == 200 and given["token_type"] == "Bearer" and given["scope"] == "imap smtp" and given["expires_in"] == 3600
    status, again = refresh(clients, given["refresh_token"], scope="imap")
    assert status == 200 and again["scope"] == "imap" and again["refresh_token"] != given["refresh_token"]
    assert refresh(clients, again["refresh_token"], scope="imap sieve") == (400, {"error": "invalid_scope"})
    clients.cli("user", "revoke", ANNA)


def test_denied_by_the_person(clients):
    verifier, challenge = pkce()
    browser = signed_in(clients)
    answer = browser.submit(browser.get(authorize_path(challenge)), button="deny")
    assert answer.status == 303 and answer.parameters() == {"error": "access_denied", "state": STATE, "iss": browser.origin}


@pytest.mark.parametrize("changes", [
    {"redirect_uri": "http://127.0.0.1.evil.test/done"}, {"redirect_uri": "http://127.0.0.1:4711/done/../evil"}, {"redirect_uri": "http://127.0.0.1:4711/other"},
    {"redirect_uri": "http://127.0.0.1:4711@evil.test/done"}, {"redirect_uri": "http://localhost:4711/done"}, {"redirect_uri": "https://127.0.0.1:4711/done"},
    {"redirect_uri": "http://127.0.0.1:4711/done#x"}, {"redirect_uri": "http://127.0.0.1:4711/done?x=1"}, {"redirect_uri": "http://evil.test\\@127.0.0.1/done"},
    {"redirect_uri": "javascript:alert(1)"}, {"redirect_uri": "//evil.test/done"}, {"redirect_uri": ""}, {"redirect_uri": None},
    {"redirect_uri": "http://127.0.0.1:4711/done\r\nX: y"}, {"client_id": "nobody"}, {"client_id": None}, {"client_id": "mailer/../webby"},
    {"client_id": "webby", "redirect_uri": "https://app.example.test/cb"}, {"client_id": "webby", "redirect_uri": "https://APP.example.test/cb?x=1"},
    {"client_id": "webby", "redirect_uri": "https://app.example.test:444/cb?x=1"}, {"client_id": "webby", "redirect_uri": "com.example.app:/cb2"},
])
def test_a71_redirect_tricks(clients, changes):
    """A71; RFC 9700 4.1, 4.11: who is not registered is never redirected to, signed in or not; the person is told."""
    verifier, challenge = pkce()
    for browser in (Browser(clients), signed_in(clients)):
        answer = browser.get(authorize_path(challenge, **changes))
        assert answer.status == 400 and answer.location is None and answer.alerts


def test_parameters_twice(clients):
    verifier, challenge = pkce()
    path = authorize_path(challenge)
    for extra in ("&redirect_uri=http://evil.test", "&client_id=webby"):
        answer = signed_in(clients).get(path + extra)
        assert answer.status == 400 and answer.location is None
    answer = signed_in(clients).get(path + "&scope=imap")
    assert answer.parameters()["error"] == "invalid_request"


@pytest.mark.parametrize("changes, error", [
    ({"response_type": "token"}, "unsupported_response_type"), ({"response_type": None}, "invalid_request"), ({"scope": "imap admin"}, "invalid_scope"),
    ({"scope": "imap sieve"}, "invalid_scope"), ({"code_challenge_method": "plain"}, "invalid_request"), ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"), ({"code_challenge": "short"}, "invalid_request"), ({"response_mode": "fragment"}, "invalid_request"),
])
def test_bad_requests_go_back(clients, changes, error):
    """RFC 6749 4.1.2.1; RFC 7636: no code without a challenge, none with "plain" (downgrade)."""
    verifier, challenge = pkce()
    answer = Browser(clients).get(authorize_path(challenge, **changes))
    assert answer.status == 303 and answer.parameters()["error"] == error and answer.parameters()["iss"]


@pytest.mark.parametrize("changes", [
    {"code_verifier": secrets.token_urlsafe(48)}, {"code_verifier": ""}, {"code_verifier": "x" * 42}, {"client_id": "webby"},
    {"redirect_uri": "http://127.0.0.1:4712/done"}, {"redirect_uri": ""},
])
def test_code_for_somebody_else(clients, changes):
    """A stolen code, the wrong verifier, mix-up of clients and redirects: nothing, and the code is used up (RFC 9700 4.5)."""
    verifier, challenge = pkce()
    code = code_of(clients, challenge=challenge).parameters()["code"]
    assert redeem(clients, code, verifier, **changes) == (400, {"error": "invalid_grant"})
    assert redeem(clients, code, verifier) == (400, {"error": "invalid_grant"})


def test_replayed_code_revokes(clients):
    """RFC 6749 10.5: a code that is shown twice ends what was given for it."""
    verifier, challenge = pkce()
    code = code_of(clients, challenge=challenge).parameters()["code"]
    status, given = redeem(clients, code, verifier)
    assert status == 200
    assert redeem(clients, code, verifier) == (400, {"error": "invalid_grant"})
    assert refresh(clients, given["refresh_token"]) == (400, {"error": "invalid_grant"})


def test_refresh_reuse_revokes(clients):
    """RFC 9700 4.14.2: a refresh token that comes again was copied; both copies are worth nothing from then on."""
    first = tokens(clients)
    status, second = refresh(clients, first["refresh_token"])
    assert status == 200
    assert refresh(clients, first["refresh_token"]) == (400, {"error": "invalid_grant"})
    assert refresh(clients, second["refresh_token"]) == (400, {"error": "invalid_grant"})


def test_refresh_by_another_client(clients):
    given = tokens(clients)
    assert refresh(clients, given["refresh_token"], client_id="webby") == (400, {"error": "invalid_grant"})
    assert refresh(clients, given["refresh_token"], client_id="nobody") == (401, {"error": "invalid_client"})
    assert refresh(clients, given["refresh_token"])[0] == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revocation(clients, kind):
    """RFC 7009; somebody else's client can't, and junk is answered alike."""
    given = tokens(clients)
    assert post(clients, "/oauth/revoke", client_id="webby", token=given[kind])[0] == 200
    assert post(clients, "/oauth/revoke", client_id="mailer", token="junk" * 100)[0] == 200
    status, given = refresh(clients, given["refresh_token"])
    assert status == 200
    assert post(clients, "/oauth/revoke", client_id="mailer", token=given[kind])[0] == 200
    assert refresh(clients, given["refresh_token"]) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize("fields, status, error", [
    ({"grant_type": "password", "username": ANNA, "password": PASSWORD, "client_id": "mailer"}, 400, "unsupported_grant_type"),
    ({"grant_type": "client_credentials", "client_id": "mailer"}, 400, "unsupported_grant_type"),
    ({"client_id": "mailer"}, 400, "invalid_request"), ({"grant_type": "refresh_token", "client_id": "mailer"}, 400, "invalid_request"),
    ({"grant_type": "refresh_token", "refresh_token": "x"}, 401, "invalid_client"),
    ({"grant_type": "refresh_token", "refresh_token": "x", "client_id": "mailer"}, 400, "invalid_grant"),
    ({"grant_type": "authorization_code", "code": "x" * 200, "client_id": "mailer"}, 400, "invalid_request"),
    ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "x", "client_id": "mailer"}, 400, "unauthorized_client"),
    ({"grant_type": "authorization_code", "code": "x", "client_id": "tv"}, 400, "unauthorized_client"),
])
def test_token_endpoint_errors(clients, fields, status, error):
    assert post(clients, "/oauth/token", **fields) == (status, {"error": error})


def test_tokens_are_not_kept_in_clear(clients):
    """A64: what the store holds opens nothing: neither token, code nor cookie is in it."""
    browser = signed_in(clients)
    given = tokens(clients, browser)
    verifier, challenge = pkce()
    code = code_of(clients, browser, challenge).parameters()["code"]
    secret_parts = [base64.urlsafe_b64decode(t[3:] + "=" * (-len(t[3:]) % 4))[20:]
                    for t in (given["access_token"], given["refresh_token"], code, browser.cookies["__Host-session"])]
    found = 0
    for path in (clients.data / "store").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found += 1
            assert not any(s in data for s in secret_parts), path
            assert given["refresh_token"].encode() not in data
    assert found
    log = clients.log()
    assert all(t not in log for t in (given["access_token"], given["refresh_token"], code, browser.cookies["__Host-session"]))


# -- sign-in, cookies, forms

def test_a81_session_fixation(clients):
    """A81: a cookie that somebody planted is worth nothing, before the sign-in and after it."""
    planted = "cs_" + "A" * 70
    browser = Browser(clients)
    browser.cookies["__Host-session"] = planted
    page = browser.get("/sign-in")
    assert page.status == 200
    assert browser.submit(page, {"user": ANNA, "password": PASSWORD}).status == 303
    assert browser.cookies["__Host-session"] != planted
    other = Browser(clients)
    other.cookies["__Host-session"] = planted
    assert other.get("/device").location.startswith("/sign-in")
    altered = Browser(clients)
    value = browser.cookies["__Host-session"]
    altered.cookies["__Host-session"] = value[:-2] + ("AA" if value[-2:] != "AA" else "BB")
    assert altered.get("/device").location.startswith("/sign-in")


def test_forms_are_ours(clients):
    """No form without its token, with that of another browser, or of before the sign-in; nor from another site (CSRF, login CSRF)."""
    verifier, challenge = pkce()
    browser = signed_in(clients)
    page = browser.get(authorize_path(challenge))
    other = signed_in(clients).get(authorize_path(challenge))
    for token in ("", "x", other.forms[0]["fields"]["csrf"]):
        answer = browser.submit(page, {"csrf": token}, button="allow")
        assert answer.status == 403 and answer.location is None
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
        answer = browser.submit(page, button="allow", headers=headers)
        assert answer.status == 403 and answer.location is None
    fresh = Browser(clients)
    before = fresh.get("/sign-in")
    assert fresh.submit(before, {"user": ANNA, "password": PASSWORD}).status == 303
    assert fresh.submit(before, {"user": BRUNO, "password": PASSWORD}).status == 403
    assert Browser(clients).post("/sign-in", {"user": ANNA, "password": PASSWORD, "to": "/"}).status == 403


@pytest.mark.parametrize("to", ["https://evil.test/", "//evil.test/", "/\\evil.test", "/oauth/../evil", "javascript:alert(1)", "/oauth/token", "/%2fevil.test", "", "/nothing"])
def test_no_open_redirect_after_sign_in(clients, to):
    browser = Browser(clients)
    page = browser.get("/sign-in?" + urllib.parse.urlencode({"to": to}))
    assert page.forms[0]["fields"]["to"] == "/"
    assert browser.submit(page, {"to": to, "user": ANNA, "password": PASSWORD}).location == "/"


def test_wrong_password_and_unknown_user_are_alike(clients):
    """A68: the page says the same of both."""
    texts = []
    for user in (ANNA, "nobody@example.test"):
        browser = Browser(clients)
        answer = browser.submit(browser.get("/sign-in"), {"user": user, "password": "wrong wrong wrong"})
        assert answer.status == 401 and "__Host-session" not in browser.cookies
        texts.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert texts[0] == texts[1]


def test_a79_what_was_typed_is_text(clients):
    browser = Browser(clients)
    answer = browser.submit(browser.get("/sign-in"), {"user": '"><script>alert(1)</script>', "password": "x"})
    assert "<script" not in answer.text and "&quot;&gt;&lt;script&gt;" in answer.text


def test_sign_out(clients):
    verifier, challenge = pkce()
    browser = signed_in(clients)
    cookie = browser.cookies["__Host-session"]
    page = browser.get(authorize_path(challenge))
    assert browser.submit(page, form=1, button="sign-out").location == "/"
    assert "__Host-session" not in browser.cookies
    browser.cookies["__Host-session"] = cookie         # the server has forgotten it too
    assert browser.get("/device").location.startswith("/sign-in")


def test_a69_lock_and_new_password_end_sessions_and_tokens(clients):
    """A69: a lock, then a new password."""
    clients.add_user("dora")
    dora = "dora@example.test"
    browser = signed_in(clients, dora)
    given = tokens(clients, browser)
    clients.cli("user", "lock", dora)
    assert browser.get("/device").location.startswith("/sign-in")
    assert refresh(clients, given["refresh_token"]) == (400, {"error": "invalid_grant"})
    clients.cli("user", "unlock", dora)
    browser = signed_in(clients, dora)
    given = tokens(clients, browser)
    clients.cli("user", "passwd", dora, "--password-stdin", input="Another+Seal-4096\n")
    assert browser.get("/device").location.startswith("/sign-in")
    assert refresh(clients, given["refresh_token"]) == (400, {"error": "invalid_grant"})
    assert clients.cli_json("user", "tokens", dora) == []


def test_pages_are_accessible_and_translated(clients):
    """Every input has its label, every page its language; no script anywhere."""
    verifier, challenge = pkce()
    for language, sign_in in (("en", "Sign in"), ("it", "Accedi")):
        browser = Browser(clients, language)
        page = browser.get("/sign-in")
        assert f'lang="{language}"' in page.text and sign_in in page.text
        pages = [page]
        assert browser.submit(page, {"user": ANNA, "password": PASSWORD}).status == 303
        pages += [browser.get("/device"), browser.get(authorize_path(challenge))]
        for p in pages:
            assert p.status == 200 and "<script" not in p.text and "javascript" not in p.text and "style=" not in p.text
            parsed = Forms(p.text)
            assert parsed.ids <= parsed.labels


# -- second factor

def totp(secret, step=0):
    """RFC 6238 with what every app uses."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


def enrol(server, name):
    """A person with one-time passwords; the code that confirmed them is spent."""
    address = server.add_user(name)
    secret = server.cli_json("user", "totp", "enroll", address)["secret"]
    server.cli("user", "totp", "confirm", address, totp(secret))
    return address, secret


def test_second_factor_in_the_browser(clients):
    """Password, then code; a wrong one once more; then the whole way to a token, which opens IMAP where the password does not."""
    address, secret = enrol(clients, "fiona")
    verifier, challenge = pkce()
    browser = Browser(clients)
    page = browser.get(browser.get(authorize_path(challenge)).location)
    page = browser.submit(page, {"user": address, "password": PASSWORD})
    assert page.status == 200 and "__Host-session" not in browser.cookies
    fields = page.forms[0]["fields"]
    assert 'autocomplete="one-time-code"' in page.text and len(fields["pending"]) >= 43 and "password" not in fields and PASSWORD not in page.text
    page = browser.submit(page, {"code": "000000"})
    assert page.alerts and page.forms[0]["fields"]["pending"] == fields["pending"]
    answer = browser.submit(page, {"code": totp(secret, 1)})       # the next step's: the present one was spent at enrolment
    assert answer.status == 303 and answer.location == authorize_path(challenge) and "__Host-session" in browser.cookies
    answer = browser.submit(browser.get(answer.location), button="allow")
    status, given = redeem(clients, answer.parameters()["code"], verifier)
    assert status == 200
    client = Imap(clients.ports.imaps, tls=True)
    assert not client.try_command(f'LOGIN {address} "{PASSWORD}"')[0].startswith(b"OK")
    assert imap_with(clients, "OAUTHBEARER", address, given["access_token"]) is not None
    again = Browser(clients)                                        # A65: a code is good once, and so is the ticket
    page = again.submit(again.get("/sign-in"), {"user": address, "password": PASSWORD})
    assert again.submit(page, {"code": totp(secret, 1)}).alerts and "__Host-session" not in again.cookies
    assert again.submit(page, {"pending": fields["pending"], "code": totp(secret, 1)}).status == 401


def test_second_factor_is_not_skipped(clients):
    """No ticket, somebody else's, one tried too often: never a session (A71)."""
    address, secret = enrol(clients, "gino")
    browser = Browser(clients)
    page = browser.get("/sign-in")
    csrf = page.forms[0]["fields"]["csrf"]
    for extra in ({"pending": "A" * 43, "code": totp(secret, 1)}, {"pending": "x", "code": "1"}, {"code": totp(secret, 1)}):
        answer = browser.post("/sign-in", {"csrf": csrf, "to": "/", **extra})
        assert answer.status == 401 and "__Host-session" not in browser.cookies
    page = browser.submit(page, {"user": address, "password": PASSWORD})
    for i in range(5):
        answer = browser.submit(page, {"code": f"00000{i}"})
    assert answer.status == 401
    assert browser.submit(page, {"code": totp(secret, 1)}).status == 401 and "__Host-session" not in browser.cookies


# -- devices

def begin(server, **changes):
    return post(server, "/oauth/device", **{"client_id": "tv", "scope": "imap", **changes})


def poll(server, device_code, **changes):
    return post(server, "/oauth/token", **{"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": "tv", "device_code": device_code, **changes})


def enter(browser, user_code, decision="allow"):
    page = browser.submit(browser.get("/device"), {"user_code": user_code})
    if page.status != 200:
        return page
    return browser.submit(page, button=decision)


def test_device_flow(clients):
    status, asked = begin(clients)
    assert status == 200 and asked["interval"] == 5 and re.fullmatch("[B-Z]{4}-[B-Z]{4}", asked["user_code"])
    assert asked["verification_uri"] == Browser(clients).origin + "/device"
    assert poll(clients, asked["device_code"]) == (400, {"error": "authorization_pending"})
    assert poll(clients, asked["device_code"]) == (400, {"error": "slow_down"})
    browser = Browser(clients)
    answer = browser.get(asked["verification_uri_complete"])
    page = browser.get(answer.location)
    answer = browser.submit(page, {"user": ANNA, "password": PASSWORD})
    page = browser.get(answer.location)
    assert page.forms[0]["fields"]["user_code"] == asked["user_code"]       # filled in, and yet to be confirmed
    page = browser.submit(page)
    assert "Television" in page.text and "127.0.0.1" in page.text and "only if you have just started it" in page.text
    assert "connected" in browser.submit(page, button="allow").text
    time.sleep(11)                                                          # slow_down made the interval ten seconds
    assert poll(clients, asked["device_code"], client_id="mailer") == (400, {"error": "unauthorized_client"})
    status, given = poll(clients, asked["device_code"])
    assert status == 200 and given["scope"] == "imap"
    assert poll(clients, asked["device_code"])[1]["error"] in ("expired_token", "invalid_grant")        # once
    assert enter(signed_in(clients), asked["user_code"]).status == 400       # used up


def test_device_denied_and_typed_as_people_type(clients):
    status, asked = begin(clients)
    typed = " " + asked["user_code"].lower().replace("-", " ") + " "
    assert "not let in" in enter(signed_in(clients, BRUNO), typed, "deny").text
    assert poll(clients, asked["device_code"]) == (400, {"error": "access_denied"})


def test_device_errors(clients):
    assert begin(clients, client_id="mailer") == (400, {"error": "unauthorized_client"})
    assert begin(clients, client_id="nobody") == (401, {"error": "invalid_client"})
    assert begin(clients, scope="smtp") == (400, {"error": "invalid_scope"})
    assert poll(clients, "junk") == (400, {"error": "invalid_grant"})


def test_brute_force_of_user_codes(clients):
    """RFC 8628 5.1: ten wrong codes, and the account waits, also with the right one."""
    clients.add_user("emil")
    browser = signed_in(clients, "emil@example.test")
    status, asked = begin(clients)
    results = [enter(browser, f"BCDF-{secrets.choice('GHJK')}{secrets.choice('LMNP')}{secrets.choice('QRST')}{secrets.choice('VWXZ')}").status for _ in range(10)]
    assert results == [400] * 10
    assert enter(browser, asked["user_code"]).status == 429
    assert enter(signed_in(clients, BRUNO), asked["user_code"]).status == 200


# -- the end of it: mail

def bearer(mechanism, user, token):
    text = f"n,a={user},\x01auth=Bearer {token}\x01\x01" if mechanism == "OAUTHBEARER" else f"user={user}\x01auth=Bearer {token}\x01\x01"
    return base64.b64encode(text.encode()).decode()


def imap_with(server, mechanism, user, token):
    """The IMAP session, or None when the token is refused."""
    client = Imap(server.ports.imaps, tls=True)
    assert f"AUTH={mechanism}".encode() in client.try_command("CAPABILITY")[1][0][0]
    client.send(f"x AUTHENTICATE {mechanism} {bearer(mechanism, user, token)}\r\n")
    line, _ = client.response()
    if line.startswith(b"+"):
        assert json.loads(base64.b64decode(line[2:]))["status"] == "invalid_token"
        client.send("AQ==\r\n")
        line, _ = client.response()
    if line.startswith(b"x OK"):
        return client
    assert line.startswith(b"x NO [AUTHENTICATIONFAILED]"), line
    return None


def smtp_with(server, mechanism, user, token):
    client = Smtp(server.ports.submissions, tls=True)
    client.hello()
    code, _ = client.command(f"AUTH {mechanism} {bearer(mechanism, user, token)}")
    if code == 334:
        code, _ = client.command("AQ==")
    return code


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
def test_token_opens_mail(clients, mechanism):
    """From the browser to the mailbox: the token of the code flow signs in to IMAP and submission."""
    given = tokens(clients)
    client = imap_with(clients, mechanism, ANNA, given["access_token"])
    assert client.count() >= 0
    client.close()
    assert smtp_with(clients, mechanism, ANNA, given["access_token"]) == 235
    clients.cli("user", "revoke", ANNA)


def test_a71_token_of_another_user_scope_or_kind(clients):
    """A71: alice's token for bob; a token without the scope; a refresh token, a code or the password in the place of an access token."""
    given = tokens(clients)
    status, narrow = refresh(clients, given["refresh_token"], scope="imap")
    assert imap_with(clients, "XOAUTH2", BRUNO, narrow["access_token"]) is None
    assert imap_with(clients, "XOAUTH2", ANNA, narrow["access_token"]) is not None
    assert smtp_with(clients, "XOAUTH2", ANNA, narrow["access_token"]) == 535
    token = narrow["access_token"]
    flipped = token[:50] + ("A" if token[50] != "A" else "B") + token[51:]
    for wrong in (narrow["refresh_token"], flipped, "x", base64.b64encode(PASSWORD.encode()).decode()):
        assert imap_with(clients, "OAUTHBEARER", ANNA, wrong) is None
    clients.cli("user", "revoke", ANNA)


def test_a69_revoked_token_ends_sessions(clients):
    """A69, A71: a revoked token opens nothing, and what it had opened ends at once."""
    given = tokens(clients)
    client = imap_with(clients, "OAUTHBEARER", ANNA, given["access_token"])
    client.command("SELECT INBOX")
    client.send("i IDLE\r\n")
    while not client.response()[0].startswith(b"+"):
        pass
    assert post(clients, "/oauth/revoke", client_id="mailer", token=given["refresh_token"])[0] == 200
    assert client.closed(10)
    assert imap_with(clients, "OAUTHBEARER", ANNA, given["access_token"]) is None


def test_replayed_code_ends_sessions(clients):
    """RFC 6749 10.5, to the end: who got in with what came from the code is out."""
    verifier, challenge = pkce()
    code = code_of(clients, challenge=challenge).parameters()["code"]
    status, given = redeem(clients, code, verifier)
    client = imap_with(clients, "OAUTHBEARER", ANNA, given["access_token"])
    assert redeem(clients, code, verifier)[0] == 400
    assert client.closed(10)
    assert imap_with(clients, "OAUTHBEARER", ANNA, given["access_token"]) is None


# -- administration

def test_clients_by_command_line(clients):
    server = clients
    listed = {c["id"]: c for c in server.cli_json("client", "list")}
    assert listed["mailer"]["scope"] == "imap smtp" and listed["mailer"]["redirects"] == [LOOPBACK] and listed["tv"]["device"] is True
    for arguments in (["bad id", "X", LOOPBACK], ["x", "X", "http://evil.test/"], ["x", "X", "https://a.test/#f"], ["x", "X", "app:/cb"], ["mailer", "X", LOOPBACK],
                      ["x", "\u202eX", LOOPBACK], ["x", "X", "scope=imap"], ["x", "X", LOOPBACK, "scope=root"]):
        done = server.cli("client", "add", *arguments, check=False)
        assert done.returncode == 1 and done.stderr.startswith("ceralacca: "), arguments
    server.cli("client", "add", "gone", "Gone", LOOPBACK)
    server.cli("client", "remove", "gone")
    assert "gone" not in {c["id"] for c in server.cli_json("client", "list")}
    assert server.cli("client", "remove", "gone", check=False).returncode == 1
    assert "REDIRECTS" in server.cli("client", "list").stdout


def test_tokens_by_command_line(clients):
    clients.cli("user", "revoke", ANNA)
    browser = signed_in(clients)
    first, second = tokens(clients, browser), tokens(clients, browser)
    listed = clients.cli_json("user", "tokens", ANNA)
    assert sorted(t["kind"] for t in listed) == ["browser", "client", "client"]
    grant = [t for t in listed if t["kind"] == "client"][0]
    assert grant["client"] == "mailer" and grant["scope"] == "imap smtp" and grant["from"] == "127.0.0.1"
    clients.cli("user", "revoke", ANNA, grant["id"])
    results = sorted(refresh(clients, t["refresh_token"])[0] for t in (first, second))
    assert results == [200, 400]
    clients.cli("user", "revoke", ANNA)
    assert clients.cli_json("user", "tokens", ANNA) == []
    assert browser.get("/device").location.startswith("/sign-in")
    assert clients.cli("user", "revoke", ANNA, "zz", check=False).returncode == 1


def test_b52_auth_restarts(clients):
    """Codes, tokens and cookies outlive the process that made them."""
    verifier, challenge = pkce()
    browser = signed_in(clients)
    code = code_of(clients, browser, challenge).parameters()["code"]
    clients.kill_role("auth")
    time.sleep(0.3)
    clients.wait()
    status, given = redeem(clients, code, verifier)
    assert status == 200
    assert refresh(clients, given["refresh_token"])[0] == 200
    assert browser.get("/device").status == 200
