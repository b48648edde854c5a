"""A name server of one's own (NSD) on a free loopback port."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import dns.message
import dns.query

from .ports import free_port

SOA = "@ 60 IN SOA ns.{zone} hostmaster.{zone} {serial} 60 60 60 1\n@ 60 IN NS ns.{zone}\nns 60 IN A 127.0.0.1\n"
RANGES = ("test.", "example.", "arpa.")     # everything the tests ask about; names not in the zone do not exist


class NameServer:
    """zone("test.", records): `records` is zone file text with names relative to the zone. A zone given as None is
    configured but has no data: NSD answers SERVFAIL for it. sign("test.") before the start: from then on that zone is
    signed (NSEC3), and what it returns is the trust anchor; text in `tampered` that stands in the signed zone is
    replaced in it, so that it is bogus."""

    def __init__(self, zones=None):
        self.folder = Path(tempfile.mkdtemp(prefix="ceralacca-dns-"))
        self.port = free_port(kinds=(socket.SOCK_DGRAM, socket.SOCK_STREAM))
        self.zones = {name: "" for name in RANGES}
        self.zones.update(zones or {})
        self.serial = 0
        self.process = None
        self.keys, self.tampered = {}, {}

    def sign(self, name):
        """The DS record of a key for this zone."""
        made = subprocess.run(["/usr/bin/ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name], cwd=self.folder, check=True,
                              capture_output=True, text=True)
        self.keys[name] = self.folder / made.stdout.strip()
        return " ".join((self.folder / f"{made.stdout.strip()}.ds").read_text().split())

    def _sign(self, name, path):
        subprocess.run(["/usr/bin/ldns-signzone", "-n", "-o", name, "-f", f"{path}.signed", str(path), str(self.keys[name])],
                       check=True, capture_output=True)
        text = Path(f"{path}.signed").read_text()
        for old, new in self.tampered.items():
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *rest):
        self.close()

    def zone(self, name, records):
        """Replace a zone, and serve it from now on."""
        self.zones[name] = records
        if self.process:
            self.stop()
            self.start()

    def _write(self):
        self.serial += 1
        # rrl off: NSD otherwise drops answers past 200 a second
        lines = ["server:", f"  ip-address: 127.0.0.1@{self.port}", "  do-ip6: no", "  server-count: 1", '  username: ""',
                 f"  zonesdir: {self.folder}", f"  pidfile: {self.folder}/pid", f"  database: {self.folder}/db",
                 f"  xfrdir: {self.folder}", f"  xfrdfile: {self.folder}/xfrd", f"  zonelistfile: {self.folder}/list",
                 "  rrl-ratelimit: 0", "  hide-version: yes", "remote-control:", "  control-enable: no"]
        for number, (name, records) in enumerate(self.zones.items()):
            path = self.folder / f"zone{number}"
            if records is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(f"$ORIGIN {name}\n$TTL 60\n" + SOA.format(zone=name.lstrip("."), serial=self.serial) + records + "\n")
                if name in self.keys:
                    self._sign(name, path)
            lines += ["zone:", f"  name: {name}", f"  zonefile: {path}"]
        (self.folder / "nsd.conf").write_text("\n".join(lines) + "\n")

    def start(self):
        self._write()
        (self.folder / "db").unlink(missing_ok=True)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/nsd", "-d", "-c", str(self.folder / "nsd.conf")], stdout=log, stderr=log)
        query = dns.message.make_query("test.", "SOA")
        for _ in range(100):
            try:
                dns.query.udp(query, "127.0.0.1", port=self.port, timeout=0.1)
                return
            except Exception:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)
        raise AssertionError("nsd does not answer: " + (self.folder / "log").read_text())

    def stop(self):
        """From now on questions stay without answer."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
            self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def ask(port, name, kind):
    """For tests of the harness itself."""
    return dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", port=port, timeout=2)


def available():
    return os.access("/usr/sbin/nsd", os.X_OK)


def can_sign():
    return available() and os.access("/usr/bin/ldns-signzone", os.X_OK)
