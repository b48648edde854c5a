"""The interactive sign-in with a second factor: password, then a code that is good once (A65)."""

import urllib.parse

import pytest
from web.browser import Browser

from lib import totp
from lib.server import PASSWORD

ANNA = "anna@example.test"


@pytest.fixture(scope="module")
def enrolled(server):
    secret = server.cli_json("user", "totp", "enroll", ANNA)["secret"]
    codes = server.cli_json("user", "totp", "confirm", ANNA, totp.code(secret, -1))["recovery"]
    return secret, codes


def asked_for_code(server, password=PASSWORD):
    browser = Browser(server)
    page = browser.submit(browser.get("/sign-in"), {"user": ANNA, "password": password})
    return browser, page


def test_code_is_good_once(server, enrolled):
    secret, _ = enrolled
    browser, page = asked_for_code(server)
    assert page.status == 200 and "__Host-session" not in browser.cookies and 'autocomplete="one-time-code"' in page.text
    code = totp.code(secret)
    answer = browser.submit(page, {"code": code})
    assert answer.status == 303 and "__Host-session" in browser.cookies
    browser, page = asked_for_code(server)
    answer = browser.submit(page, {"code": code})           # seen over a shoulder
    assert answer.status != 303 and "__Host-session" not in browser.cookies
    answer = browser.submit(answer, {"code": totp.code(secret, 1)})         # the next one; a clock that is one step early
    assert answer.status == 303 and "__Host-session" in browser.cookies


def test_recovery_code_is_good_once(server, enrolled):
    _, codes = enrolled
    browser, page = asked_for_code(server)
    assert browser.submit(page, {"code": codes[0].upper().replace("-", " ")}).status == 303
    browser, page = asked_for_code(server)
    assert browser.submit(page, {"code": codes[0]}).status != 303
    browser, page = asked_for_code(server)
    assert browser.submit(page, {"code": codes[1]}).status == 303
    assert server.cli_json("user", "second-factor", ANNA)["recovery_codes_left"] == 8


def test_three_tries_then_the_password_again(server, enrolled):
    secret, _ = enrolled
    browser, page = asked_for_code(server)
    first = page
    for _ in range(3):
        page = browser.submit(first, {"code": "000000"})
        assert page.status != 303
    good = totp.code(secret, 1)
    page = browser.submit(first, {"code": good})
    assert page.status == 401 and "__Host-session" not in browser.cookies


def test_no_step_can_be_left_out(server, enrolled):
    """No code without a password, no empty code, no app password in the browser."""
    _, codes = enrolled
    browser, page = asked_for_code(server, PASSWORD + "x")
    assert page.status == 401
    forged = {**page.forms[0]["fields"], "pending": "A" * 43, "code": codes[2]}
    answer = browser.request("POST", "/sign-in", urllib.parse.urlencode(forged), {"Content-Type": "application/x-www-form-urlencoded",
                                                                                  "Origin": browser.origin})
    assert answer.status == 401 and "__Host-session" not in browser.cookies
    browser, page = asked_for_code(server)
    assert browser.submit(page, {"code": ""}).status != 303
    app = server.cli_json("user", "app-password", "add", ANNA, "--name", "phone", "--scope", "all")["password"]
    browser, page = asked_for_code(server, app)
    assert page.status == 401 and "__Host-session" not in browser.cookies


def test_recovery_codes_when_the_seal_is_lost(own_server):
    """Restored without DIR/auth: one-time passwords cannot be read any more and open nothing; recovery codes still do."""
    server = own_server.start()
    secret = server.cli_json("user", "totp", "enroll", ANNA)["secret"]
    codes = server.cli_json("user", "totp", "confirm", ANNA, totp.code(secret, -1))["recovery"]
    server.stop()
    (server.data / "auth" / "seal.key").unlink()
    server.start()
    browser, page = asked_for_code(server)
    assert browser.submit(page, {"code": totp.code(secret)}).status != 303 and "__Host-session" not in browser.cookies
    browser, page = asked_for_code(server)
    assert browser.submit(page, {"code": codes[0]}).status == 303 and "__Host-session" in browser.cookies
