"""Daily reports to domains that ask for them: what was judged is counted, and leaves as signed mail; only to who agreed."""

import email
import email.policy
import gzip
import re
import shutil
import subprocess
import xml.etree.ElementTree as tree

import pytest
from auth.world import OTHER, Strangers, message

from lib import settings, suites
from lib.ports import free_port
from lib.server import wait_until
from lib.sink import Sink

pytestmark = pytest.mark.ours
dkim = pytest.importorskip("dkim", reason="python3-dkim is not installed")
SPACE = "{urn:ietf:params:xml:ns:dmarc-2.0}"
ZONE = """sender IN TXT "v=spf1 ip4:192.0.2.7 -all"
_dmarc.sender IN TXT "v=DMARC1; p=none; rua=mailto:rep@sender.test,mailto:agreed@far.test,mailto:never@alien.test,mailto:small@sender.test!10"
sender IN MX 10 mx
far IN MX 10 mx
alien IN MX 10 mx
mx IN A 127.0.0.3
sender.test._report._dmarc.far IN TXT "v=DMARC1"
quiet IN TXT "v=spf1 -all"
_dmarc.quiet IN TXT "v=DMARC1; p=none"
"""


def unpack(mail_bytes):
    mail = email.message_from_bytes(mail_bytes, policy=email.policy.default)
    part = next(p for p in mail.walk() if p.get_content_type() == "application/gzip")
    return mail, part.get_filename(), gzip.decompress(part.get_content())


def validate(xml, folder):
    """Against the schema of the suite: a draft of RFC 9990's, without its default namespace and three elements that the RFC has."""
    folder_of_suite = suites.find("dmarc-reports")
    if not folder_of_suite or not shutil.which("xmllint"):
        return
    text = (folder_of_suite / "mail-dmarc" / "rua-schema.xsd").read_text()
    space = 'targetNamespace="urn:ietf:params:xml:ns:dmarc-2.0"'
    assert space in text
    text = text.replace(space, space + ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0" elementFormDefault="qualified"', 1)
    for name, kind, before in (("version", "decimal", "report_metadata"), ("generator", "string", "error"), ("testing", "string", "discovery_method")):
        mark = f'<xs:element name="{before}"'
        assert mark in text
        text = text.replace(mark, f'<xs:element name="{name}" type="xs:{kind}" minOccurs="0"/>{mark}', 1)
    (folder / "schema.xsd").write_text(text)
    (folder / "report.xml").write_bytes(xml)
    done = subprocess.run(["xmllint", "--noout", "--schema", folder / "schema.xsd", folder / "report.xml"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def test_reports_leave(tmp_path):
    """Counts, identifiers and results as they were; size limits and destinations that did not agree are kept to (RFC 9990 4)."""
    port = free_port()
    with Strangers(ZONE, **settings.relay(port, dmarc_report_every=4)) as world, Sink("127.0.0.3", port) as sink:
        for _ in range(3):
            world.send(message("good")[1])
        world.send(message("bad")[1], client=OTHER, sender="eve@evil.test")
        world.send(message("quiet", sender="x@quiet.test")[1], sender="x@quiet.test")

        def rows(domain_of):
            found = {}
            for m in list(sink.mails):
                if m.recipients != [domain_of]:
                    continue
                for record in tree.fromstring(unpack(m.data)[2]).iter(SPACE + "record"):
                    key = (record.findtext(f".//{SPACE}source_ip"), record.findtext(f".//{SPACE}policy_evaluated/{SPACE}spf"))
                    found[key] = found.get(key, 0) + int(record.findtext(f".//{SPACE}count"))
            return found

        want = {("192.0.2.7", "pass"): 3, (OTHER, "fail"): 1}
        wait_until(lambda: rows("rep@sender.test") == want and rows("agreed@far.test") == want, 30, step=0.3, what="both reports")
        assert {m.recipients[0] for m in sink.mails} == {"rep@sender.test", "agreed@far.test"}
        got = sink.mails[0]
        assert got.sender == ""
        records = {k["name"]: k["record"] for k in world.server.cli_json("key", "list")}
        assert dkim.verify(got.data, dnsfunc=lambda name, timeout=5: records.get(name.decode().rstrip("."), "").encode())
        mail, name, xml = unpack(got.data)
        assert re.fullmatch(r"mail\.example\.test!sender\.test!\d+!\d+\.xml\.gz", name)
        assert mail["Subject"].startswith("Report Domain: sender.test") and mail["From"].addresses[0].addr_spec == "postmaster@mail.example.test"
        root = tree.fromstring(xml)
        assert root.findtext(f"{SPACE}policy_published/{SPACE}p") == "none"
        begin, end = (int(root.findtext(f".//{SPACE}{w}")) for w in ("begin", "end"))
        assert end - begin == 3
        one = next(r for r in root.iter(SPACE + "record"))
        assert one.findtext(f".//{SPACE}header_from") == "sender.test"
        assert one.findtext(f"{SPACE}auth_results/{SPACE}spf/{SPACE}domain")
        validate(xml, tmp_path)


def test_kept_through_a_restart_and_sent_later():
    """What was counted is written; the report of a period that ended while the server was down goes out afterwards."""
    port = free_port()
    with Strangers(ZONE, **settings.relay(port, dmarc_report_every=5)) as world, Sink("127.0.0.3", port) as sink:
        world.send(message("one")[1])
        wait_until(lambda: sink.mails, 30, step=0.2, what="the first report")
        world.server.restart()
        world.send(message("two")[1])
        before = len(sink.mails)
        wait_until(lambda: len(sink.mails) > before, 30, step=0.2, what="the second report")
