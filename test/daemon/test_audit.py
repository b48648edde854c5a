"""`ceralacca audit`: every protection with its state and its evidence, in a form that monitoring can rely on."""

import json
import os
import subprocess

import pytest

pytestmark = pytest.mark.ours
STATES = {"ok", "weak", "missing", "unknown"}
LOCAL_DNS = {"resolver": {"forward": ["127.0.0.1@9"], "timeout": 1}}      # nobody answers there, and nobody outside is asked


def audit(server):
    """(id -> finding, exit status)"""
    done = server.cli("audit", "--json", check=False)
    report = json.loads(done.stdout)
    found = {f["id"]: f for f in report["findings"]}
    assert len(found) == len(report["findings"]), "an id stands twice"
    for f in report["findings"]:
        assert set(f) == {"id", "measure", "state", "evidence", "advice"} and f["state"] in STATES
        assert f["evidence"] and (f["state"] == "ok" or f["advice"]), f
    assert all(report[s] == sum(f["state"] == s for f in found.values()) for s in STATES)
    assert done.returncode == (1 if report["weak"] + report["missing"] else 0)
    return found, done.returncode


def issue(server, days, name=None):
    """A certificate for the server by an authority of the test's own, valid for that many days."""
    keys = server.data / "keys"
    name = name or server.hostname

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=30)
    authority = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *authority, "-keyout", server.folder / "ca.key", "-out", server.folder / "ca.crt", "-subj", "/CN=Authority", "-days", 3650)
    openssl("req", "-new", "-key", keys / "tls.key", "-out", server.folder / "csr", "-subj", f"/CN={name}")
    (server.folder / "ext").write_text(f"subjectAltName=DNS:{name}\n")
    openssl("x509", "-req", "-in", server.folder / "csr", "-CA", server.folder / "ca.crt", "-CAkey", server.folder / "ca.key", "-CAcreateserial",
            "-out", keys / "tls.crt", "-days", days, "-extfile", server.folder / "ext")


@pytest.mark.server(config=LOCAL_DNS)
def test_findings_of_a_fresh_server(own_server):
    own_server.start()
    found, status = audit(own_server)
    assert status == 1
    want = {"server.running": "ok", "server.restarts": "ok", "tls.certificate": "weak", "people.administrators": "ok", "people.second-factor": "missing", "people.password-policy": "ok", "audit.log": "ok", "config": "ok", "files": "ok",
            "dns.validation": "unknown", "listeners.smtp": "ok", "listeners.imaps": "ok"}
    assert want == {k: found[k]["state"] for k in want}
    assert {k for k in found if k.startswith("walls.")} >= {f"walls.{r}" for r in ("keys", "auth", "store", "smtp", "imap", "scan", "relay", "resolver", "firewall")}
    assert "self-signed" in found["tls.certificate"]["evidence"]
    if os.geteuid() == 0:
        assert found["server.users"]["state"] == "ok" and all(f["state"] == "ok" for k, f in found.items() if k.startswith("walls."))
    else:
        assert found["server.users"]["state"] == "weak"
    text = own_server.cli("audit", check=False)
    assert text.returncode == 1 and "tls.certificate: put a certificate" in text.stdout


@pytest.mark.server(config={**LOCAL_DNS, "relay": {"allow_loopback": True}, "firewall": {"kernel": False}, "server": {"proxy_from": ["0.0.0.0/0"]},
                            "smtp": {"sign_in_attempts": 50}})
def test_lines_that_weaken_are_found(own_server):
    """Secure by default: a weaker setting needs a line, and the line shows."""
    found, status = audit(own_server)
    assert status == 1
    weak = {k for k in found if k.startswith("config.")}
    assert weak == {"config.relay.allow_loopback", "config.firewall.kernel", "config.server.proxy_from", "config.smtp.sign_in_attempts"}
    assert all(found[k]["state"] == "weak" and "remove the line" in found[k]["advice"] for k in weak)


def test_a_weak_password_policy_shows(own_server):
    own_server.cli("policy", "set", "organisation", "length=8", "not-breached=0")
    finding = audit(own_server)[0]["people.password-policy"]
    assert finding["state"] == "weak" and "8 characters" in finding["evidence"] and "taken" in finding["evidence"]


def test_without_a_server(own_server):
    found, status = audit(own_server)
    assert status == 1 and found["server.running"]["state"] == "missing"
    assert not any(k.startswith(("walls", "listeners")) for k in found), "nothing is said about what cannot be seen"


@pytest.mark.parametrize("days, name, state, words", [(300, None, "ok", "CN=Authority"), (5, None, "weak", "expires on"), (0, None, "missing", "expired on"),
                                                      (300, "other.example.test", "weak", "not for mail.example.test")])
def test_certificates(own_server, days, name, state, words):
    """B54: what is about to end, has ended, or is for somebody else."""
    issue(own_server, days, name)
    finding = audit(own_server)[0]["tls.certificate"]
    assert finding["state"] == state and words in finding["evidence"]


def test_a_broken_certificate_and_open_files(own_server):
    (own_server.data / "keys" / "tls.crt").write_text("nothing\n")
    (own_server.data / "keys" / "tls.key").chmod(0o644)
    (own_server.data / "ceralacca.yaml").chmod(0o666)
    found, _ = audit(own_server)
    assert found["tls.certificate"]["state"] == "missing"
    assert found["files.key"]["state"] == found["files.configuration"]["state"] == "weak"


def test_a_full_disk_shows(own_server):
    own_server.configure({"store": {"reserve": 1 << 40}})
    assert audit(own_server)[0]["disk.reserve"]["state"] == "missing"


@pytest.mark.server(config=LOCAL_DNS)
def test_a_role_that_died_shows(own_server):
    own_server.start()
    own_server.kill_role("scan")
    own_server.wait()
    found, _ = audit(own_server)
    assert found["server.restarts"]["state"] == "weak" and "scan-0 1 times" in found["server.restarts"]["evidence"]
