"""REQUIRETLS and TLS-Required (RFC 8689): more than the policy of the recipient's domain, and less."""

import smtplib
import ssl

import pytest
from relay.world import ANNA, World, entries

from lib import dns, mail, pki
from lib.server import PASSWORD, wait_until

pytestmark = [pytest.mark.ours, pytest.mark.skipif(not dns.can_sign(), reason="needs ldns-signzone")]

WRONG = "3 1 1 " + "5a" * 32
OFFERS = ("PIPELINING", "8BITMIME", "SIZE", "REQUIRETLS")


@pytest.fixture(scope="module")
def world():
    authority = pki.Authority()
    pair = authority.issue("mx.test")
    with World(signed=True) as w:
        w.sink2 = w.host(2, pair=pair, extensions=OFFERS)       # offers REQUIRETLS
        w.sink3 = w.host(3, pair=pair)                          # does not
        w.sink4 = w.host(4, tls=False, extensions=OFFERS)       # has no TLS
        leaf = pki.tlsa(pair[0])
        rows = {"good": (2, leaf), "old": (3, leaf), "clear": (4, leaf), "wrong": (2, WRONG), "nodane": (2, None), "weak": (4, WRONG)}
        w.zone("".join(f"{d} IN MX 10 mx.{d}\nmx.{d} IN A 127.0.0.{n}\n" + (f"_{w.port}._tcp.mx.{d} IN TLSA {t}\n" if t else "")
                       for d, (n, t) in rows.items()))
        w.dns.zone("example.", "far IN MX 10 mx.far\nmx.far IN A 127.0.0.2\n")
        yield w
    authority.close()


def send(world, mark, recipient, fields="", options=()):
    data = mail.message(mark, sender=ANNA, recipient=recipient)
    data = fields.encode() + data
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", world.server.ports.submission, timeout=20) as s:
        s.starttls(context=context)
        s.login(ANNA, PASSWORD)
        s.sendmail(ANNA, [recipient], data, mail_options=list(options))


def test_goes_with_the_mark(world):
    """RFC 8689 section 4.2.1: authenticated TLS, and the mark is passed on."""
    send(world, "rt-good", "x@good.test", options=["REQUIRETLS"])
    got = wait_until(lambda: [m for m in world.sink2.mails if "x@good.test" in m.recipients], 30)[0]
    assert got.tls and "REQUIRETLS" in got.parameters.upper()


@pytest.mark.parametrize("domain,status", [("old.test", "5.7.30"), ("clear.test", "5.7.10"), ("wrong.test", "5.7.10"),
                                           ("nodane.test", "5.7.10"), ("far.example", "5.7.30")])
def test_bounces(world, domain, status):
    """Not offered, no TLS, another certificate, an unknown authority, hosts that anybody could have named: a report, never the mail."""
    recipient = f"x@{domain}"
    send(world, f"rt-{domain}", recipient, options=["REQUIRETLS"])
    report = wait_until(lambda: [r for r in world.reports() if recipient in r.recipients], 40)[0]
    assert report.of(recipient)["Status"] == status and report.of(recipient)["Action"] == "failed"
    assert not [m for s in (world.sink2, world.sink3, world.sink4) for m in s.mails if recipient in m.recipients]
    world.server.cli_json("queue", "list")


@pytest.mark.parametrize("domain,sink", [("wrong.test", "sink2"), ("weak.test", "sink4"), ("good.test", "sink2")])
def test_tls_required_no(world, domain, sink):
    """RFC 8689 section 3: the sender would rather have it arrive: a policy that fails does not hold it."""
    recipient = f"any@{domain}"
    send(world, f"tn-{domain}", recipient, fields="TLS-Required: No\r\n")
    wait_until(lambda: [m for m in getattr(world, sink).mails if recipient in m.recipients], 30)


def test_same_domain_without_the_field_waits(world):
    send(world, "tn-not", "not@wrong.test")
    wait_until(lambda: [e for e in entries(world.queue()) if e["recipient"] == "not@wrong.test" and e["attempts"] >= 2], 30)
    assert not [m for m in world.sink2.mails if "not@wrong.test" in m.recipients]
