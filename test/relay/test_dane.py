"""DANE for SMTP (RFC 7672) against a signed DNS: who is believed, and that nobody can talk us out of it."""

import time

import pytest
from relay.world import World, entries

from lib import dns, pki
from lib.server import wait_until

pytestmark = [pytest.mark.ours, pytest.mark.skipif(not dns.can_sign(), reason="needs ldns-signzone")]

WRONG = "3 1 1 " + "5a" * 32
NOISE = "3 1 1 " + "7b" * 32                 # replaced in the signed zone: a bogus answer
TAMPERED = {"7b" * 32: "8c" * 32, "10 mx.bogusmx.test.": "11 mx.bogusmx.test."}


@pytest.fixture(scope="module")
def authority():
    made = pki.Authority()
    yield made
    made.close()


@pytest.fixture(scope="module")
def world():
    with World(signed=True) as w:
        w.dns.tampered = TAMPERED
        w.dns.zones["_tcp.mx.servfail.test."] = None
        yield w


def host_records(world, name, last, tlsa=(), more=""):
    lines = [f"{name} IN MX 10 mx.{name}.test.", f"mx.{name} IN A 127.0.0.{last}"]
    lines += [f"_{world.port}._tcp.mx.{name} IN TLSA {r}" for r in tlsa]
    return "\n".join(lines) + "\n" + more


def build(world, authority):
    """Every domain of the table on one signed zone; hosts 2 to 6 differ in their certificates only."""
    if hasattr(build, "sinks") and build.world is world:
        return build.sinks
    good, old = authority.issue("mx.ta.test"), authority.issue("mx.oldta.test", days=-2)
    own, plain = authority.self_signed("whatever.invalid"), authority.self_signed("mx.plain.test")
    sinks = {"good": world.host(2, pair=good), "old": world.host(3, pair=old), "own": world.host(4, pair=own),
             "clear": world.host(5, tls=False), "plain": world.host(6, pair=plain)}
    ca, leaf = pki.tlsa(authority.crt, 2, 0, 1), pki.tlsa(good[0])
    zone = {
        "match": (2, [leaf]),
        "cert": (2, [pki.tlsa(good[0], 3, 0, 2)]),
        "whole": (2, [pki.tlsa(good[0], 3, 0, 0)]),
        "ta": (2, [ca]),
        "mismatch": (2, [WRONG]),
        "rollover": (2, [WRONG, leaf]),
        "taname": (2, [ca]),
        "old": (3, [pki.tlsa(old[0])]),
        "oldta": (3, [ca]),
        "own": (4, [pki.tlsa(own[0])]),
        "ownwrong": (4, [leaf]),
        "stripped": (5, [leaf]),
        "cleartext": (5, []),
        "none": (6, []),
        "pkix": (6, ["0 0 1 " + "ab" * 32, "1 1 1 " + "cd" * 32]),
        "pkixclear": (5, ["1 1 1 " + "cd" * 32]),
        "bogus": (2, [NOISE]),
        "bogusmx": (2, [leaf]),
    }
    records = "".join(host_records(world, name, last, tlsa) for name, (last, tlsa) in zone.items())
    # whose TLSA records are in a zone that the name server cannot serve; and a domain with one such host and one that works
    records += host_records(world, "servfail", 2, more="_tcp.mx.servfail IN NS ns\n")
    records += "second IN MX 10 mx.mismatch.test.\nsecond IN MX 20 mx.match.test.\n"
    records += "alias IN MX 10 name.alias.test.\nname.alias IN CNAME mx.match\n"
    records += "taname IN MX 10 mx.ta.test.\n"          # taname has a second host, whose name the certificate has
    world.zone(records)
    build.world, build.sinks = world, sinks
    return sinks


DELIVERED = [("match", "good"), ("cert", "good"), ("whole", "good"), ("ta", "good"), ("rollover", "good"), ("old", "old"), ("own", "own"),
             ("none", "plain"), ("pkix", "plain"), ("second", "good"), ("alias", "good"), ("taname", "good")]


@pytest.mark.parametrize("domain,sink", DELIVERED)
def test_delivered(world, authority, domain, sink):
    """DANE-EE by key and certificate, DANE-TA; an expired certificate, a self-signed one, another name, all with DANE-EE; records that
    nobody can use, and none; a host that fails beside one that does not; the name behind an alias."""
    sink = build(world, authority)[sink]
    before = len(sink.mails)
    world.submit(f"dane-{domain}", f"x@{domain}.test")
    got = sink.wait_for(before + 1)[-1]
    assert got.tls and got.recipients == [f"x@{domain}.test"]


HELD = [("mismatch", "TLSA"), ("ownwrong", "TLSA"), ("oldta", "expired"), ("stripped", "offers no TLS"), ("pkixclear", "offers no TLS"),
        ("bogus", "TLSA"), ("servfail", "TLSA"), ("bogusmx", "DNS")]


@pytest.mark.parametrize("domain,why", HELD)
def test_a44_held_back(world, authority, domain, why):
    """A44: mismatch, DANE-TA that has expired, STARTTLS taken out, TLSA that is bogus or cannot be had, bogus MX: no mail leaves, in clear
    or otherwise; it waits, and the queue says why."""
    sinks = build(world, authority)
    recipient = f"x@{domain}.test"
    world.submit(f"dane-{domain}", recipient)

    def tried():
        return [e for e in entries(world.queue()) if e["recipient"] == recipient and e["attempts"] >= 2]
    entry = wait_until(tried, 30, step=0.3, what="second attempt")[0]
    assert why in entry["error"], entry
    assert not [m for s in sinks.values() for m in s.mails if recipient in m.recipients]


def test_insecure_zone_is_like_no_dane(world, authority):
    """A44: without a proof TLSA records say nothing: usual TLS, even where they do not fit."""
    sink = build(world, authority)["plain"]
    world.dns.zone("example.", "far IN MX 10 mx.far\nmx.far IN A 127.0.0.6\n" f"_{world.port}._tcp.mx.far IN TLSA {WRONG}\n")
    before = len(sink.mails)
    world.submit("dane-insecure", "x@far.example")
    assert sink.wait_for(before + 1)[-1].tls


def test_sni_is_the_base_domain(world, authority):
    """RFC 7672 section 8.1: the name under which the records were found."""
    sink = build(world, authority)["good"]
    world.submit("dane-sni", "sni@alias.test")
    wait_until(lambda: "mx.match.test" in sink.asked, 20)


def test_mended_host_gets_what_waited(world, authority):
    """The records are put right: what waited is delivered, once."""
    sinks = build(world, authority)
    records = world.dns.zones["test."]
    world.submit("dane-mend", "mend@mismatch.test")
    wait_until(lambda: [e for e in entries(world.queue()) if e["recipient"] == "mend@mismatch.test" and e["attempts"] >= 1], 20)
    fresh = records.replace(f"_{world.port}._tcp.mx.mismatch IN TLSA {WRONG}", f"_{world.port}._tcp.mx.mismatch 1 IN TLSA {pki.tlsa(sinks['good'].pair[0])}")
    world.zone(fresh)
    world.server.restart()                  # the old record is in the cache for a minute
    wait_until(lambda: [m for m in sinks["good"].mails if "mend@mismatch.test" in m.recipients], 40)
    time.sleep(2)
    assert sum("mend@mismatch.test" in m.recipients for m in sinks["good"].mails) == 1


def test_sessions_were_counted(world, authority):
    """RFC 8460: what came of the connections above stands in the relay's records; nothing about them was lost."""
    build(world, authority)
    world.submit("dane-count", "count@match.test")
    wait_until(lambda: "x@match.test" in world.server.log(), 20)
    time.sleep(4)
    assert "relay.results" not in world.server.log()
