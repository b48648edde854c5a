"""Reports of other servers: recognised by where they go, unpacked within limits, kept, added up; and no word back."""

import base64
import gzip
import io
import time
import zipfile

import pytest
from relay.world import World

from lib import mail
from lib.server import PASSWORD, wait_until

pytestmark = pytest.mark.ours
DOMAIN = "example.test"
YESTERDAY = int(time.time()) // 86400 * 86400 - 86400


def row(ip, count, dkim, spf, disposition="none"):
    return (f"<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>{disposition}</disposition>"
            f"<dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated></row><identifiers><header_from>{DOMAIN}</header_from></identifiers>"
            "<auth_results/></record>")


def aggregate(number, *rows):
    return (f"<?xml version='1.0'?><feedback><report_metadata><org_name>far.test</org_name><email>a@far.test</email>"
            f"<report_id>{number}</report_id><date_range><begin>{YESTERDAY}</begin><end>{YESTERDAY + 86399}</end></date_range></report_metadata>"
            f"<policy_published><domain>{DOMAIN}</domain><p>none</p></policy_published>{''.join(rows)}</feedback>").encode()


TLS = (b'{"organization-name":"far","date-range":{"start-datetime":"2026-01-01T00:00:00Z","end-datetime":"2026-01-01T23:59:59Z"},'
       b'"contact-info":"a@far.test","report-id":"t1","policies":[{"policy":{"policy-type":"sts","policy-domain":"example.test"},'
       b'"summary":{"total-successful-session-count":10,"total-failure-session-count":2}}]}')
FAILURE = b"Feedback-Type: auth-failure\r\nUser-Agent: x/1\r\nVersion: 1\r\nAuth-Failure: dkim\r\nReported-Domain: example.test\r\nSource-IP: 192.0.2.9\r\n"


def zipped(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("report.xml", data)
    return out.getvalue()


def send(world, to, kind, content, sender="reports@far.test"):
    body = base64.encodebytes(content).decode().replace("\n", "\r\n")
    data = (f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: Report Domain: {DOMAIN}\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\n"
            f"Content-Transfer-Encoding: base64\r\n\r\n{body}").encode()
    code, texts = mail.send(world.server, data, sender, [to])
    assert code == 250, texts


def reports(world, count=None, *words):
    def listed():
        return world.server.cli_json("report", "list", *words)
    if count is not None:
        wait_until(lambda: len(listed()) == count, 20, step=0.2, what=f"{count} reports")
    return listed()


@pytest.fixture(scope="module")
def world():
    with World() as w:
        yield w


def test_kept_and_added_up(world):
    to = f"dmarc-reports@{DOMAIN}"
    send(world, to, "application/gzip", gzip.compress(aggregate("r1", row("192.0.2.1", 7, "pass", "fail"), row("192.0.2.2", 3, "fail", "fail", "reject"))))
    send(world, to, "application/zip", zipped(aggregate("r2", row("192.0.2.1", 5, "fail", "pass"))))
    send(world, to, "text/xml", aggregate("r2", row("192.0.2.1", 5, "fail", "pass")))       # the same once more
    send(world, f"tls-reports@{DOMAIN}", "application/tlsrpt+gzip", gzip.compress(TLS))
    send(world, to, "message/feedback-report", FAILURE)
    rows = reports(world, 4)
    assert sorted(r["kind"] for r in rows) == ["dmarc", "dmarc", "failure", "tls"]
    summary = world.server.cli_json("report", "summary", DOMAIN)[DOMAIN]
    assert (summary["messages"], summary["passed"], summary["failed"]) == (15, 12, 3)
    assert summary["sources"]["192.0.2.1"]["messages"] == 12 and summary["sources"]["192.0.2.2"]["failed"] == 3
    assert (summary["tls_succeeded"], summary["tls_failed"], summary["failure_reports"]) == (10, 2, 1)
    one = next(r for r in rows if r["id"] == "r1")
    assert world.server.cli_json("report", "show", one["key"])["messages"] == 10
    assert "192.0.2.2" in world.server.cli("report", "summary").stdout
    assert world.server.cli("report", "show", "in/none", check=False).returncode == 1


def test_old_ones_go(world):
    """What is older than 400 days is not kept for long (it is looked at with `dkim.check_every`)."""
    before = len(reports(world))
    send(world, f"dmarc-reports@{DOMAIN}", "text/xml", aggregate("old", row("192.0.2.8", 1, "pass", "pass")).replace(str(YESTERDAY + 86399).encode(), b"1700086399"))
    world.queue_empty()
    world.server.restart()
    reports(world, before)


def test_no_word_back_and_nothing_in_mailboxes(world):
    """A77, A24: what cannot be read, or would grow without end, goes; nobody is told, nothing else waits."""
    far = world.host(2)
    world.zone("far IN MX 10 mx.far\nmx.far IN A 127.0.0.2\n")
    before = len(reports(world))
    bomb = gzip.compress(b"\0" * (64 << 20), 9)
    for kind, content in (("application/gzip", bomb), ("application/gzip", b"\x1f\x8bnothing"), ("text/plain", b"hello"),
                          ("text/xml", b"<!DOCTYPE feedback [<!ENTITY a 'b'>]><feedback>&a;</feedback>"), ("application/json", b"{" + b"[" * 100000)):
        send(world, f"dmarc-reports@{DOMAIN}", kind, content)
    world.queue_empty()
    time.sleep(1)
    assert len(reports(world)) == before and not far.mails
    send(world, f"dmarc-reports@{DOMAIN}", "text/xml", aggregate("after", row("192.0.2.3", 1, "pass", "pass")))
    reports(world, before + 1)


def test_a_mailbox_of_that_name_comes_first(world):
    world.server.add_user(f"tls-reports@{DOMAIN}")
    before = len(reports(world))
    send(world, f"tls-reports@{DOMAIN}", "application/tlsrpt+gzip", gzip.compress(TLS))
    assert wait_until(lambda: mail.mailbox(world.server, f"tls-reports@{DOMAIN}", PASSWORD), 20)
    assert len(reports(world)) == before


def test_kept_through_a_restart(world):
    before = reports(world)
    world.server.restart()
    assert reports(world) == before
