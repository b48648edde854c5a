"""Mail that leaves: routes, retries, refusals, broken neighbours."""

import re
import socket
import time

import pytest
from relay.world import ANNA, BRUNO, World

from lib import mail
from lib.server import PASSWORD, wait_until
from lib.sink import Cut, Raw, Sleep

pytestmark = pytest.mark.ours

ONE_HOST = "{d} IN MX 10 mx.{d}\nmx.{d} IN A 127.0.0.{n}\n"


@pytest.fixture
def world():
    with World() as w:
        yield w


def simple(world, domain="far", last=2, **options):
    sink = world.host(last, **options)
    world.zone(ONE_HOST.format(d=domain, n=last))
    return sink


def test_delivered_byte_for_byte(world):
    """A03, B33, B35: what leaves is what came in, behind a Received field; every line ends in CRLF; over TLS when offered."""
    sink = simple(world)
    body = ".\r\n..\r\n.text\r\n" + "x" * 900 + "\r\nlast"
    data = world.submit("out-plain", "x@far.test", data=mail.message("out-plain", sender=ANNA, recipient="x@far.test", body=body))
    got = sink.wait_for(1)[0]
    assert got.sender == ANNA and got.recipients == ["x@far.test"] and got.tls
    assert got.hello == "mail.example.test"
    assert got.data.endswith(data)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", got.data)
    assert got.data[:-len(data)].count(b"Received:") == 1
    world.queue_empty()
    assert world.no_reports()


def test_one_connection_for_several_recipients(world):
    sink = simple(world)
    world.submit("out-several", *[f"r{n}@far.test" for n in range(20)])
    wait_until(lambda: sum(len(m.recipients) for m in sink.mails) == 20, 20)
    assert len(sink.mails) == 1 and len(sink.mails[0].recipients) == 20


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "EOD"])
def test_4xx_is_tried_again(world, stage):
    """Temporary at any stage: tried again, delivered once, no report."""
    sink = simple(world)
    sink.on(stage, "421 4.3.2 not now" if stage in ("CONNECT", "EHLO") else "451 4.3.0 not now", times=2)
    world.submit(f"out-4xx-{stage}", "x@far.test")
    sink.wait_for(1)
    world.queue_empty()
    assert len(sink.mails) == 1 and world.no_reports()


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "EOD"])
def test_b05_5xx_is_final(world, stage):
    """B05: a permanent refusal, also after the dot: one report, no retry."""
    sink = simple(world)
    sink.on(stage, "550 5.7.1 we do not like this")
    world.submit(f"out-5xx-{stage}", "x@far.test")
    report = world.reports()[0]
    assert report.of("x@far.test")["Action"] == "failed"
    assert "5.7.1" in report.of("x@far.test")["Status"]
    assert "we do not like this" in report.of("x@far.test")["Diagnostic-Code"]
    attempts = sum(c.startswith(stage) for c in sink.commands)
    time.sleep(3)
    assert sum(c.startswith(stage) for c in sink.commands) == attempts, "tried again"
    assert len(world.reports()) == 1
    world.queue_empty()


def test_b31_report_is_well_formed(world):
    """B31, B32, A24, B35: RFC 3464 with action, status and text that agree; null sender; headers of the original only."""
    sink = simple(world)
    sink.on("RCPT", "550 5.1.1 no such user here", match="gone")
    world.submit("report-form", "gone@far.test")
    report = world.reports()[0]
    message = report.message
    assert message.get_content_type() == "multipart/report" and message.get_param("report-type") == "delivery-status"
    assert report.types[0] == "text/plain" and report.types[1] == "message/delivery-status"
    assert report.types[2] in ("message/rfc822-headers", "text/rfc822-headers")
    assert message["Auto-Submitted"] == "auto-replied" or message["Auto-Submitted"] == "auto-generated"
    assert message["To"] and ANNA in message["To"] and message["From"] and message["Date"] and message["Message-ID"]
    assert report.raw.lstrip().startswith(b"Return-Path: <>") or b"\r\nReturn-Path: <>" in report.raw
    assert "mail.example.test" in report.about["Reporting-MTA"]
    block = report.of("gone@far.test")
    assert block["Action"] == "failed" and block["Status"] == "5.1.1"
    assert block["Diagnostic-Code"].startswith("smtp;") and "no such user here" in block["Diagnostic-Code"]
    assert "gone@far.test" in report.text and "no such user here" in report.text
    original = report.original.get_payload(decode=True) or str(report.original.get_payload()[0]).encode()
    assert b"Subject: mark report-form" in original and not re.search(rb"(?m)^mark report-form", original)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", report.raw)


def test_b13_null_mx(world):
    """B13: a domain that takes no mail fails at once, without a look at its address."""
    sink = world.host(2)
    world.zone("none IN MX 0 .\nnone IN A 127.0.0.2\n")
    world.submit("null-mx", "x@none.test")
    report = world.reports()[0]
    assert report.of("x@none.test")["Status"] == "5.1.10" and report.of("x@none.test")["Action"] == "failed"
    assert sink.connections == 0


def test_no_such_domain(world):
    world.zone("")
    world.submit("nxdomain", "x@nowhere.test")
    block = world.reports()[0].of("x@nowhere.test")
    assert block["Action"] == "failed" and block["Status"].startswith("5.")


def test_mx_order(world):
    """The best preference first; the next when it does not answer; address records when there is no MX; CNAME followed (B13)."""
    first, second, third = world.host(2), world.host(3), world.host(4)
    world.zone("far IN MX 20 b.far\nfar IN MX 10 a.far\na.far IN A 127.0.0.2\nb.far IN A 127.0.0.3\n"
               "half IN MX 10 dead.half\nhalf IN MX 20 b.far\ndead.half IN A 127.0.0.9\n"
               "plain IN A 127.0.0.4\nalias IN CNAME plain\n")
    world.submit("mx-first", "x@far.test")
    first.wait_for(1)
    assert not second.mails
    world.submit("mx-second", "x@half.test")
    second.wait_for(1)
    world.submit("mx-implicit", "x@plain.test")
    third.wait_for(1)
    world.submit("mx-cname", "x@alias.test")
    third.wait_for(2)


def test_b12_broken_ipv6(world):
    """B12: an AAAA that leads nowhere, beside an A that works: delivered in the same attempt."""
    sink = world.host(2)
    world.zone("far IN MX 10 mx.far\nmx.far IN AAAA 2001:db8::1\nmx.far IN A 127.0.0.2\n"
               "six IN MX 10 mx.six\nmx.six IN AAAA ::1\nmx.six IN A 127.0.0.2\n")
    start = time.monotonic()
    world.submit("v6-unreachable", "x@far.test")
    sink.wait_for(1)
    world.submit("v6-refused", "x@six.test")
    sink.wait_for(2)
    print(f"both after {time.monotonic() - start:.1f} s")


def test_b12_black_hole(world):
    """B12: an address that swallows the connection, beside one that works."""
    hole = socket.socket()
    hole.bind(("127.0.0.5", world.port))
    hole.listen(0)
    fillers = []
    for _ in range(8):          # a full queue of connections answers no more
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.5", world.port))
        fillers.append(s)
    sink = world.host(2)
    world.zone("far IN MX 10 hole.far\nfar IN MX 20 mx.far\nhole.far IN A 127.0.0.5\nmx.far IN A 127.0.0.2\n")
    world.submit("hole", "x@far.test")
    sink.wait_for(1, seconds=90)
    for s in (*fillers, hole):
        s.close()


@pytest.mark.parametrize("fault", ["cut", "garbage", "454"])
def test_b11_broken_tls_falls_back_to_clear(world, fault):
    """B11: opportunistic TLS that breaks: again in clear, on a new connection."""
    sink = simple(world)
    if fault == "454":
        sink.on("STARTTLS", "454 4.7.0 TLS not available")
    else:
        sink.on("TLS", Cut() if fault == "cut" else Raw(b"this is not TLS at all\r\n"))
    world.submit(f"tls-{fault}", "x@far.test")
    got = sink.wait_for(1)[0]
    assert not got.tls
    world.queue_empty()
    assert world.no_reports()


def test_a06_response_injection(world):
    """A06: what stands behind the 220 in clear is thrown away; the capabilities are asked for again inside TLS."""
    sink = simple(world)
    sink.on("STARTTLS", Raw(b"220 go ahead\r\n250-sink.test\r\n250-AUTH PLAIN\r\n250 FORGED\r\n", then_tls=True))
    world.submit("injection", "x@far.test")
    got = sink.wait_for(1)[0]
    # it may refuse this host and go in clear; it must not believe the forged reply
    assert not any(c.startswith("AUTH") for c in sink.commands)
    if got.tls:
        assert sum(c.startswith("EHLO") for c in sink.commands) >= 2


def test_b07_partial_results(world):
    """B07: 250, 450 and 550 in one transaction: one copy each in the end, one report, about the right one."""
    sink = simple(world)
    sink.on("RCPT", "450 4.2.1 later", match="later@", times=2)
    sink.on("RCPT", "550 5.1.1 never", match="never@")
    world.submit("partial", "now@far.test", "later@far.test", "never@far.test")
    wait_until(lambda: sorted(r for m in sink.mails for r in m.recipients) == ["later@far.test", "now@far.test"], 30)
    report = world.reports()[0]
    assert list(report.recipients) == ["never@far.test"]
    world.queue_empty()
    assert len(world.reports()) == 1 and len(sink.mails) == 2


def test_b09_lost_reply(world):
    """B09: the other side stores and cuts the line before its 250: two copies at most, the same Message-ID, and the log tells."""
    sink = simple(world)
    sink.on("EOD", Cut(store=True), times=1)
    world.submit("lost-reply", "x@far.test")
    wait_until(lambda: len(sink.mails) == 2, 30, what="second attempt")
    world.queue_empty()
    assert len(sink.mails) == 2
    assert all(b"Message-ID: <lost-reply@outside.test>" in m.data for m in sink.mails)


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "EOD"])
def test_line_cut_at_any_stage(world, stage):
    sink = simple(world)
    sink.on(stage, Cut(), times=1)
    world.submit(f"cut-{stage}", "x@far.test")
    sink.wait_for(1)
    world.queue_empty()
    assert len(sink.mails) == 1 and world.no_reports()


def test_b10_stale_connection(world):
    """B10: 421 between two messages: a new connection, no penalty; an error in mail 1 does not touch mail 2."""
    sink = simple(world)
    sink.on("MAIL", "421 4.4.2 idle too long", match=ANNA, times=1)
    sink.on("EOD", "554 5.6.0 this one not", times=1)
    world.submit("stale-1", "x@far.test")
    world.submit("stale-2", "y@far.test")
    sink.wait_for(1)
    assert len(world.reports()) == 1
    world.queue_empty()


def test_b01_dns_outage(world):
    """B01: no answer and SERVFAIL defer; nothing is bounced; all is delivered afterwards."""
    sink = world.host(2)
    zone = ONE_HOST.format(d="far", n=2)
    world.zone(zone)
    world.dns.stop()
    world.submit("dns-dead", "x@far.test")
    time.sleep(3)
    assert world.no_reports()
    world.dns.zones["test."] = None
    world.dns.start()
    world.submit("dns-servfail", "y@far.test")
    time.sleep(3)
    assert world.no_reports()
    world.zone(zone)
    sink.wait_for(2, seconds=60)
    world.queue_empty()
    assert world.no_reports()


def test_a13_hostile_replies(world):
    """A13: replies without end, without text, with mixed codes, of a megabyte: bounded, and the next mail goes."""
    sink = simple(world)
    for number, reply in enumerate([b"250-x\r\n" * 20000 + b"250 x\r\n", b"250\r\n", b"250-a\r\n550 b\r\n", b"250 " + b"x" * 1000000 + b"\r\n",
                                    b"\xff\xfe\0\r\n", b"99999999999 x\r\n"]):
        sink.on("MAIL", Raw(reply), match="MAIL", times=1)
        world.submit(f"hostile-{number}", "x@far.test")
    sink.clear()
    world.submit("after-hostile", "x@far.test")
    wait_until(lambda: any(b"mark after-hostile" in m.data for m in sink.mails), 60)
    assert "relay" in world.server.roles()


def test_slow_neighbour_does_not_stop_others(world):
    slow, fast = world.host(2), world.host(3)
    slow.on("CONNECT", Sleep(20))
    world.zone(ONE_HOST.format(d="slow", n=2) + ONE_HOST.format(d="fast", n=3))
    world.submit("slow", "x@slow.test")
    start = time.monotonic()
    world.submit("fast", "x@fast.test")
    fast.wait_for(1, seconds=10)
    assert time.monotonic() - start < 10


def test_b32_report_for_a_null_sender_is_never_made(world):
    """A24, B32: a report that cannot be delivered ends there."""
    sink = simple(world)
    sink.on("RCPT", "550 5.1.1 no")
    code, _ = mail.send(world.server, mail.message("null-sender"), sender="", recipients=[BRUNO])
    assert code == 250
    assert world.no_reports(BRUNO)


def test_local_and_remote_recipients_together(world):
    sink = simple(world)
    world.submit("mixed", BRUNO, "x@far.test")
    sink.wait_for(1)
    assert any(mail.mark_of(m) == "mixed" for m in mail.mailbox(world.server, BRUNO, PASSWORD).values())


def test_b27_queue_survives_a_kill(world):
    """B27: kill -9 of everything in mid-delivery: tried again, delivered."""
    sink = simple(world)
    sink.on("EOD", Sleep(3), times=1)
    world.submit("killed", "x@far.test")
    wait_until(lambda: any(c.startswith("EOD") for c in sink.commands), 20)
    world.server.kill_all()
    world.server.start()
    sink.wait_for(1, seconds=60)
    world.queue_empty(60)


def test_b29_delay_and_expiry():
    """B29, B31: 4xx for ever: one report of delay, then one of failure, and the queue is empty."""
    with World(warn_after=2, expire_after=10) as world:
        sink = simple(world)
        sink.on("RCPT", "450 4.2.1 later")
        world.submit("expire", "x@far.test")
        reports = world.reports(count=2, seconds=60)
        assert sorted(r.of("x@far.test")["Action"] for r in reports) == ["delayed", "failed"]
        delayed = next(r for r in reports if r.of("x@far.test")["Action"] == "delayed")
        assert delayed.of("x@far.test")["Status"].startswith("4.")
        world.queue_empty()


def test_b30_b06_smart_host():
    """B30, B06: the route is decided at each attempt; a refused sign-in at our own smart host is our fault: deferred."""
    with World(smarthost="[127.0.0.3]:{port}", smarthost_user="us", smarthost_password="wrong") as world:
        first, second = world.host(3, extensions=("PIPELINING", "AUTH PLAIN LOGIN")), world.host(4)
        first.on("AUTH", "535 5.7.8 no")
        world.zone("")
        world.submit("smart", "x@anywhere.test")
        wait_until(lambda: any(c.startswith("AUTH") for c in first.commands), 20)
        time.sleep(1)
        assert world.no_reports()
        world.server.configure({"relay": {"smarthost": f"[127.0.0.4]:{world.port}", "smarthost_user": "", "smarthost_password": ""}})
        world.server.restart()
        second.wait_for(1, seconds=60)
        assert world.no_reports()


def test_a23_loops_to_ourselves():
    """A23: an MX that is loopback, unspecified or our own name fails with 5.4.6 and is never connected to."""
    with World(allow_loopback=False) as world:
        sink = world.host(2)
        zones = {"lo": "127.0.0.2", "zero": "0.0.0.0", "own": "127.0.0.1"}
        world.zone("".join(f"{d} IN MX 10 mx.{d}\nmx.{d} IN A {a}\n" for d, a in zones.items())
                   + "six IN MX 10 mx.six\nmx.six IN AAAA ::1\nmapped IN MX 10 mx.mapped\nmx.mapped IN AAAA ::ffff:127.0.0.2\n"
                   + "name IN MX 10 mail.example.test.\nlocal IN MX 10 localhost.\n")
        domains = [*zones, "six", "mapped", "name"]
        for number, domain in enumerate(domains):
            world.submit(f"loop-{number}", f"x@{domain}.test")
        reports = world.reports(count=len(domains), seconds=60)
        for report in reports:
            for block in report.recipients.values():
                assert block["Action"] == "failed" and block["Status"] == "5.4.6", block.as_string()
        assert sink.connections == 0
