"""What a domain publishes: printed, loaded into a name server, found in order by `domain check`; and keys that change by themselves."""

import json
import re
import shutil
import subprocess
import time

import pytest
from relay.world import World

from lib.server import wait_until

pytestmark = pytest.mark.ours
dkim = pytest.importorskip("dkim", reason="python3-dkim is not installed")
DOMAIN = "example.test"
HOST = "mail.example.test. 60 IN A 127.0.0.9\nfar IN MX 10 mx.far\nmx.far IN A 127.0.0.2\n"


def zone_text(world):
    return world.server.cli("domain", "dns", DOMAIN).stdout


def publish(world, text=None):
    world.zone((zone_text(world) if text is None else text) + HOST)


def check(world):
    done = world.server.cli("domain", "check", DOMAIN, "--json", check=False)
    return done.returncode, json.loads(done.stdout)


def findings(report, *levels):
    return [f for f in report["findings"] if f["level"] in levels]


@pytest.fixture
def world():
    with World() as w:
        yield w


def test_what_is_printed_is_what_is_wanted(world):
    """Loaded into NSD as it is, everything is green."""
    publish(world)
    status, report = check(world)
    assert status == 0 and report["errors"] == 0, findings(report, "error")
    # loopback has no reverse zone that could be ours
    warnings = [f["text"] for f in findings(report, "warning") if f["type"] != "PTR"]
    assert len(warnings) == 1 and "p=none" in warnings[0], warnings
    kinds = {f["type"] for f in findings(report, "ok")}
    assert {"MX", "TXT", "SRV", "SPF", "CNAME"} <= kinds
    assert "TLSA" in {f["type"] for f in findings(report, "info")}       # the zone is not signed


def test_forms(world):
    """The same records as JSON and for nsupdate; a long TXT record in strings of 255 octets."""
    rows = world.server.cli_json("domain", "dns", DOMAIN)
    assert {"MX", "TXT", "SRV", "TLSA", "CNAME"} == {r["type"] for r in rows}
    rsa = next(r for r in rows if "k=rsa" in r["data"])
    assert f'"{rsa["data"][:255]}" "{rsa["data"][255:]}"' in zone_text(world)
    update = world.server.cli("domain", "dns", DOMAIN, "--nsupdate").stdout.splitlines()
    assert update[0] == f"zone {DOMAIN}." and update[-1] == "send"
    assert f"update delete {DOMAIN}. TXT" not in update and f"update delete {DOMAIN}. MX" in update
    assert sum(line.startswith("update add") for line in update) == len(rows)


@pytest.mark.skipif(not shutil.which("nsupdate"), reason="nsupdate is not installed")
def test_nsupdate_reads_it(world):
    update = world.server.cli("domain", "dns", DOMAIN, "--nsupdate").stdout.replace("send\n", "show\n")
    done = subprocess.run(["nsupdate"], input=f"server 127.0.0.1 1\n{update}", capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout.count("IN\tTXT") + done.stdout.count(" TXT") > 3


FAULTS = {
    "nothing": ("", "error", "not published"),
    "two SPF records": (f'{DOMAIN}. IN TXT "v=spf1 mx -all"\n{DOMAIN}. IN TXT "v=spf1 a -all"\n', "error", "several"),
    "SPF for everybody": (f'{DOMAIN}. IN TXT "v=spf1 +all"\n', "error", "everybody"),
    "SPF without us": (f'{DOMAIN}. IN TXT "v=spf1 ip4:192.0.2.1 -all"\n', "error", "127.0.0.9"),
    "too many look-ups": (f'{DOMAIN}. IN TXT "v=spf1 ' + " ".join(f"a:h{n}.test" for n in range(12)) + ' -all"\n', "error", "look-ups"),
    "another mail server": (f"{DOMAIN}. IN MX 10 mx.elsewhere.test.\n", "error", "does not do what it should"),
    "an old key": ('{selector}._domainkey.' + DOMAIN + '. IN TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="\n', "error", "does not do"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(world, fault):
    text, level, word = FAULTS[fault]
    key = next(k for k in world.server.cli_json("key", "list", DOMAIN) if k["algorithm"].startswith("ed"))
    publish(world, text.format(selector=key["selector"]))
    status, report = check(world)
    assert status == 1
    assert any(word in f["text"] for f in findings(report, level)), report


def keys(world):
    return {k["selector"]: k["state"] for k in world.server.cli_json("key", "list", DOMAIN)}


def test_rotation_without_a_person():
    """Publish, wait, switch, retire: the switch only when the record is visible, nothing restarted, nothing unsigned."""
    with World() as world:
        world.server.stop()
        world.server.configure({"dkim": {"check_every": 1, "publish_wait": 2, "retire_after": 3}})
        world.server.start()
        pids = world.server.roles()
        publish(world)
        sink = world.host(2)
        first = keys(world)
        assert set(first.values()) == {"active"} and len(first) == 2
        world.server.cli("key", "rotate", DOMAIN)
        waiting = {s for s, state in keys(world).items() if state == "waiting"}
        assert len(waiting) == 2 and not waiting & set(first)
        world.submit("before", "x@far.test")
        before = sink.wait_for(1)[0].data
        assert all(re.search(rb"s=" + s.encode() + rb";", before) for s in first)
        time.sleep(2.5)
        assert {s for s, state in keys(world).items() if state == "waiting"} == waiting, "switched without a record"
        publish(world)
        wait_until(lambda: all(keys(world).get(s) == "active" for s in waiting), 30, step=0.3, what="the new keys are in use")
        world.submit("after", "x@far.test")
        after = sink.wait_for(2)[1].data
        assert all(re.search(rb"s=" + s.encode() + rb";", after) for s in waiting)
        assert not any(re.search(rb"s=" + s.encode() + rb";", after) for s in first)
        records = {k["name"]: k["record"] for k in world.server.cli_json("key", "list")}
        assert dkim.verify(after, dnsfunc=lambda name, timeout=5: records.get(name.decode().rstrip("."), "").encode())
        wait_until(lambda: set(keys(world)) == waiting, 30, step=0.3, what="the old keys are gone")
        assert world.server.roles() == pids, "something was restarted"
        world.server.restart()
        assert keys(world) == {s: "active" for s in waiting}


def test_domains_come_and_go(world):
    """A domain that is added has keys at once, without a restart; one that is deleted has none."""
    world.server.cli("domain", "add", "second.test")
    rows = world.server.cli_json("key", "list", "second.test")
    assert {r["state"] for r in rows} == {"active"} and len(rows) == 2
    selector = rows[0]["selector"]
    world.server.cli("key", "retire", "second.test", selector)
    done = world.server.cli("key", "retire", "second.test", rows[1]["selector"], check=False)
    assert done.returncode == 1 and "nothing could sign" in done.stderr
    world.server.cli("domain", "delete", "second.test")
    assert world.server.cli_json("key", "list", "second.test") == []
    world.server.stop()
    world.server.cli("domain", "add", "third.test")
    assert len(world.server.cli_json("key", "list", "third.test")) == 2
    folder = world.server.data / "keys" / "dkim" / "third.test"
    assert all(p.stat().st_mode & 0o077 == 0 for p in folder.iterdir())


LOGO = ('<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 1 1"><title>Example</title>'
        '<rect width="1" height="1" fill="#a02020"/></svg>')


def logo(world, *arguments):
    return world.server.cli("domain", "bimi", *arguments, check=False)


def test_logo_of_a_domain(world, tmp_path):
    """A file is judged, its address kept, printed, compared; a policy that only watches is named (BIMI)."""
    good, bad = tmp_path / "logo.svg", tmp_path / "bad.svg"
    good.write_text(LOGO)
    bad.write_text(LOGO.replace(' baseProfile="tiny-ps"', "").replace("<rect", "<script/><use href='https://e.test/#a'/><rect"))
    url = "https://example.test/logo.svg"

    done = logo(world, DOMAIN, url, "--file", str(bad))
    assert done.returncode == 1 and "nothing is changed" in done.stderr
    assert all(word in done.stdout for word in ("baseProfile", "not of SVG Tiny PS", "outside the file")), done.stdout
    assert "no logo" in logo(world, DOMAIN).stdout
    for wrong in ((DOMAIN, "http://example.test/logo.svg"), (DOMAIN, url + '";x'), ("other.test", url), (DOMAIN, url, "--file", "/nonexistent")):
        assert logo(world, *wrong).returncode == 1, wrong
    assert not [r for r in world.server.cli_json("domain", "dns", DOMAIN) if "_bimi" in r["name"]]

    done = logo(world, DOMAIN, url, "--file", str(good))
    assert done.returncode == 0 and "proper SVG" in done.stdout, done.stderr
    record = f"v=BIMI1; l={url}; a="
    assert world.server.cli_json("domain", "bimi", DOMAIN)["record"] == record
    row = next(r for r in world.server.cli_json("domain", "dns", DOMAIN) if "_bimi" in r["name"])
    assert row["name"] == f"default._bimi.{DOMAIN}" and row["data"] == record and row["type"] == "TXT"

    def verdicts(text):
        publish(world, text)
        rows = check(world)[1]["findings"]
        return {f["type"]: (f["level"], f["text"]) for f in rows if "_bimi" in f["name"] or f["type"] == "BIMI"}

    text = zone_text(world)
    found = verdicts(text)
    assert found["TXT"][0] == "ok" and found["BIMI"][0] == "warning" and "p=quarantine" in found["BIMI"][1], found


def test_logo_needs_a_strict_policy(world):
    world.server.cli("domain", "bimi", DOMAIN, "https://example.test/logo.svg", "https://example.test/vmc.pem")
    text = zone_text(world)
    assert "a=https://example.test/vmc.pem" in text
    publish(world, text.replace("p=none", "p=reject").replace("/logo.svg", "/old.svg"))
    rows = check(world)[1]["findings"]
    assert [f["level"] for f in rows if f["type"] == "BIMI"] == ["ok"], rows
    assert "does not do what it should" in next(f["text"] for f in rows if "_bimi" in f["name"])
    world.server.cli("domain", "bimi", DOMAIN, "none")
    assert "_bimi" not in zone_text(world)
    assert "bimi.set" in world.server.cli("log", "audit").stdout
