"""Who wrote this? Mail from strangers through the whole server: verdicts, Authentication-Results, refusal, Junk."""

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from auth.world import ANNA, CLIENT, OTHER, Strangers, message, results, txt
from lib import dns, mail
from lib.server import PASSWORD
from lib.wire import imap_login

pytestmark = [pytest.mark.ours, pytest.mark.skipif(not dns.available(), reason="nsd is not installed")]

RECORDS = (
    txt("sender", "v=spf1 ip4:192.0.2.0/28 -all") + txt("_dmarc.sender", "v=DMARC1; p=reject")
    + txt("soft", "v=spf1 ip4:192.0.2.0/28 -all") + txt("_dmarc.soft", "v=DMARC1; p=quarantine")
    + txt("free", "v=spf1 ip4:192.0.2.0/28 -all") + txt("client", "v=spf1 ip4:192.0.2.7 -all")
    + txt("lists", "v=spf1 ip4:203.0.113.0/24 -all"))


@pytest.fixture(scope="module")
def world():
    with Strangers(RECORDS) as w:
        yield w


def test_spf_makes_dmarc_pass(world):
    mark, data = message("spf")
    assert world.send(data)[0] == 250
    line = results(world.find(mark))
    assert "spf=pass smtp.mailfrom=ann@sender.test" in line
    assert "spf=pass smtp.helo=client.test" in line
    assert "dkim=none" in line
    assert re.search(r"dmarc=pass \(p=reject dis=none\) header.from=sender.test", line), line


@pytest.mark.parametrize("selector", [b"rsa", b"ed"])
def test_dkim_makes_dmarc_pass(world, selector):
    """A signature of dkimpy's, from where SPF does not allow it."""
    mark, data = message("dkim")
    assert world.send(world.sign(data, selector), client=OTHER)[0] == 250
    line = results(world.find(mark))
    assert "spf=fail" in line and "dkim=pass" in line and "dmarc=pass" in line, line


def test_reject(world):
    """p=reject: 550 5.7.1, and nothing is delivered."""
    mark, data = message("reject")
    code, texts = world.send(data, client=OTHER)
    assert code == 550 and texts[0].startswith("5.7.1") and "sender.test" in texts[0], texts
    assert world.find(mark) is None and world.find(mark, "Junk") is None


def test_quarantine(world):
    mark, data = message("quarantine", sender="ann@soft.test")
    assert world.send(data, client=OTHER, sender="ann@soft.test")[0] == 250
    assert world.find(mark) is None
    assert "dmarc=fail (p=quarantine dis=quarantine)" in results(world.find(mark, "Junk"))


def test_no_policy(world):
    mark, data = message("free", sender="ann@free.test")
    assert world.send(data, client=OTHER, sender="ann@free.test")[0] == 250
    line = results(world.find(mark))
    assert "spf=fail" in line and "dmarc=none" in line


def test_null_sender(world):
    """A31: without MAIL FROM it is HELO that SPF is about."""
    mark, data = message("null", sender="postmaster@client.test")
    assert world.send(data, sender="", helo="client.test")[0] == 250
    line = results(world.find(mark))
    assert "spf=pass smtp.helo=client.test" in line and "mailfrom" not in line


def test_a31_helo_is_not_the_sender(world):
    """A31: HELO passes, MAIL FROM does not; a Received-SPF of the sender's changes nothing."""
    mark, data = message("helo")
    data = b"Received-SPF: pass (trust me)\r\n" + data
    assert world.send(data, client="192.0.2.200", helo="sender.test")[0] == 550


def test_a32_forged_results(world):
    """A32: fields that claim our name go, however they are written; those of others stay; ours is on top, once."""
    host = world.server.hostname
    forged = [f"Authentication-Results: {host}; dmarc=pass header.from=bank.test", f"AUTHENTICATION-RESULTS:\t{host.upper()}; spf=pass",
              f"Authentication-Results:\r\n\t{host}\r\n\t; dkim=pass header.d=bank.test", f"authentication-results: \"{host}\"; spf=pass",
              f"Authentication-Results: (a) {host} 1; spf=pass", f"Authentication-Results : {host}; spf=pass",
              f"Authentication-Results: {host}.; spf=pass"]
    other = "Authentication-Results: mx.elsewhere.test; spf=pass smtp.mailfrom=x@y.test"
    mark, data = message("forged")
    data = "\r\n".join(forged[:4] + ["Received: from a.test by b.test; Tue, 24 Nov 2026 10:00:00 +0000"] + forged[4:] + [other, ""]).encode() + data
    assert world.send(data)[0] == 250
    stored = world.find(mark)
    results(stored)
    fields = [f.strip() for f in re.findall(rb"^authentication-results\s*:.*", stored, re.I | re.M)]
    assert len(fields) == 2 and other.encode() in fields, fields
    assert b"bank.test" not in stored


def test_summary_describes_what_is_stored(world):
    """Offsets: each part that IMAP gives out is cut from the bytes with our field on top."""
    mark, data = message("parts", body="", headers="")
    data = data.replace(b"Content-Type: text/plain; charset=utf-8", b"Content-Type: multipart/mixed; boundary=b")
    data += b"--b\r\nContent-Type: text/plain\r\n\r\nfirst part\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>second\r\n--b--\r\n"
    assert world.send(data)[0] == 250
    with imap_login(world.server.ports, ANNA, PASSWORD) as client:
        client.command("SELECT INBOX")
        uid = max(client.messages())
        text = repr(client.command(f"UID FETCH {uid} (RFC822.SIZE BODY.PEEK[1] BODY.PEEK[2] BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    assert "first part" in text and "<p>second" in text and mark in text
    assert f"RFC822.SIZE {len(world.find(mark))}" in text


@pytest.mark.parametrize("size", [1000, 300_000, 3_000_000])
def test_any_size(world, size):
    """Small, mapped, and done in the pool: signed, verified, stored byte for byte below our field."""
    mark, data = message("size", size=size)
    signed = world.sign(data)
    assert world.send(signed, client=OTHER)[0] == 250
    stored = world.find(mark)
    assert "dkim=pass" in results(stored) and stored.endswith(signed)


def test_not_verified(world):
    """Loopback and LMTP are not strangers."""
    mark, data = message("local", sender="ann@sender.test")
    assert mail.send(world.server, data, sender="ann@sender.test")[0] == 250
    assert b"Authentication-Results" not in world.find(mark)


def test_large_and_many_at_once(world):
    """No message waits for another one's DNS."""
    marks = [message(f"many{i}") for i in range(30)]
    with ThreadPoolExecutor(10) as pool:
        assert [r[0] for r in pool.map(lambda m: world.send(m[1]), marks)] == [250] * 30


def test_list(world):
    """A list that breaks the signature is put aside, not refused: it proves to be where its List-Id says."""
    headers = "List-Id: Garden <garden.lists.test>\r\n"
    mark, data = message("list", headers=headers)
    assert world.send(data, client=OTHER, sender="bounce@lists.test")[0] == 250
    assert "override=mailing_list" in results(world.find(mark, "Junk"))
    mark, data = message("nolist", headers="List-Id: Garden <garden.elsewhere.test>\r\n")
    assert world.send(data, client=OTHER, sender="bounce@lists.test")[0] == 550


def test_a35_a34_replay_with_added_fields(world):
    """A34, A35: a signed message sent again with a second Subject or From on top passes for nothing."""
    for added in (b"Subject: You have won\r\n", b"From: <ceo@sender.test>\r\n", b"Reply-To: <x@evil.test>\r\nReply-To: <y@evil.test>\r\n"):
        mark, data = message("replay")
        assert world.send(added + world.sign(data), client=OTHER)[0] == 550


def test_a33_length(world):
    """A33: l= and something appended."""
    mark, data = message("length")
    signed = world.sign(data, length=True) + b"<p>Buy now\r\n"
    assert world.send(signed, client=OTHER)[0] == 550


@pytest.mark.parametrize("name, fields", [
    ("two", "From: <ann@free.test>\r\nFrom: <ann@sender.test>"), ("none", "X-From: nobody"), ("spaced", "From : <ann@free.test>\r\nFrom: <a@sender.test>"),
    ("domains", "From: <ann@free.test>, <ann@sender.test>"),
])
def test_a27_from_refused(world, name, fields):
    """A27: zero or several From fields; several authors, of whom one is not proven."""
    mark, data = message(name)
    data = data.replace(b"From: <ann@sender.test>", fields.encode())
    assert world.send(data, client=OTHER, sender="ann@free.test")[0] == 550


@pytest.mark.parametrize("name, field", [
    ("group", "From: Staff: ann@free.test;"), ("empty group", "From: Staff:;"), ("route", "From: <@relay.test:ann@free.test>"),
    ("encoded", "From: =?utf-8?q?ann=40sender.test?="), ("encoded in address", "From: <=?utf-8?q?ann?=@=?utf-8?q?sender.test?=>"),
    ("junk domain", "From: <ann@sender.test%00.free.test>"),
])
def test_a28_a29_a30_odd_from_is_put_aside(world, name, field):
    """A28, A29, A30: what readers may take for different authors never reaches the inbox."""
    mark, data = message(name.replace(" ", ""))
    data = data.replace(b"From: <ann@sender.test>", field.encode())
    code = world.send(data, client=OTHER, sender="ann@free.test")[0]
    assert code in (250, 550)
    assert world.find(mark) is None


@pytest.fixture(scope="module")
def silence():
    """A name server that hears and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@pytest.fixture(scope="module")
def dark(silence):
    """dark.test is asked of that one."""
    with Strangers(RECORDS, resolver={"stub": [f"dark.test=127.0.0.1@{silence}"], "timeout": 4}) as w:
        yield w


def test_a47_no_answer_holds_up_nobody(dark):
    """A38, A47: mail whose DNS never answers waits for itself alone, is bounded in time, and is neither refused nor let past a policy."""
    waiting, data = message("dark", sender="ann@dark.test")
    with ThreadPoolExecutor(20) as pool:
        slow = [pool.submit(dark.send, data.replace(waiting.encode(), f"{waiting}-{i}".encode()), OTHER, "ann@dark.test") for i in range(15)]
        time.sleep(0.3)
        started = time.monotonic()
        mark, quick = message("quick")
        assert dark.send(quick)[0] == 250
        assert time.monotonic() - started < 2
        assert [f.result()[0] for f in slow] == [250] * 15
    line = results(dark.find(f"{waiting}-0"))
    assert "spf=temperror" in line and "dmarc=temperror" in line
    assert "spf=pass" in results(dark.find(mark))


def test_a47_a_dead_domain_hides_nothing(dark):
    """A47: a signature whose key never comes, of another domain, does not keep p=reject from being obeyed."""
    mark, data = message("hides")
    signed = dark.sign(data, domain=b"dark.test")
    assert dark.send(signed, client=OTHER)[0] == 550


def test_answers_are_kept(world):
    """The second message of a sender waits for nobody: all its answers are at hand."""
    for _ in range(2):
        mark, data = message("kept")
        started = time.monotonic()
        assert world.send(world.sign(data))[0] == 250
    assert time.monotonic() - started < 1


def test_a30_a48_poisonous_names(world):
    """A30, A48: domains full of junk in every place."""
    for sender in ("ann@sender.test", "x@[192.0.2.1]"):
        mark, data = message("junk")
        data = (b"DKIM-Signature: v=1; a=rsa-sha256; d=%00.test\\; s=a b; h=from; bh=AAAA; b=AAAA\r\n"
                b"DKIM-Signature: v=1; a=rsa-sha256; d=" + b"a." * 300 + b"test; s=" + b"s" * 300 + b"; h=from; bh=AAAA; b=AAAA\r\n") + data
        assert world.send(data, sender=sender, helo="[192.0.2.7]")[0] in (250, 501, 550)


def marks(world, sender):
    """The marks of the last verdict about that sender, of those that tell whether he is known."""
    lines = [line for line in world.server.log().splitlines() if "scan.verdict" in line and sender in line]
    return [word for word in ("first-time", "correspondent") if word in lines[-1]]


def test_first_time_and_correspondents(world):
    """The store knows who has written before, and to whom the recipient has written."""
    assert world.send(message("new")[1], sender="ann@sender.test")[0] == 250
    who = f"new{time.monotonic_ns()}@sender.test"
    for number, want in enumerate((["first-time"], [])):
        assert world.send(message("again", sender=who)[1], sender=who)[0] == 250
        assert marks(world, who) == want, number
    assert mail.submit(world.server, mail.message("out", sender=ANNA, recipient=who), ANNA, [who], PASSWORD)[0] == 250
    assert world.send(message("reply", sender=who)[1], sender=who)[0] == 250
    assert marks(world, who) == ["correspondent"]


def test_python_reads_our_field(world):
    """RFC 8601: python3-authres finds in it what we found."""
    authres = pytest.importorskip("authres", reason="python3-authres is not installed")
    mark, data = message("authres")
    assert world.send(world.sign(data))[0] == 250
    parsed = authres.AuthenticationResultsHeader.parse(results(world.find(mark)))
    assert parsed.authserv_id == world.server.hostname
    found = {(r.method, r.result) for r in parsed.results}
    assert {("spf", "pass"), ("dkim", "pass"), ("dmarc", "pass")} <= found
    assert next(r for r in parsed.results if r.method == "dkim").header_d == "sender.test"


def test_configured_mildness():
    """authentication.dmarc: quarantine and authentication.uncertain: defer."""
    with Strangers(RECORDS, authentication={"dmarc": "quarantine", "uncertain": "defer"}) as w:
        mark, data = message("mild")
        assert w.send(data, client=OTHER)[0] == 250
        assert "override=local_policy" in results(w.find(mark, "Junk"))
        w.dns.zone("example.", None)            # configured without data: SERVFAIL
        mark, data = message("lost", sender="ann@lost.example")
        code, texts = w.send(data, client=OTHER, sender="ann@lost.example")
        assert code == 451 and texts[0].startswith("4.7.1"), texts
