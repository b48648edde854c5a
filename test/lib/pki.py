"""Certificates for mail servers of the tests: an authority, and what it and others issue."""

import hashlib
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

CA_CONF = """[ca]
default_ca = d
[d]
database = {folder}/index
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = p
unique_subject = no
copy_extensions = copy
[p]
commonName = supplied
"""


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


class Authority:
    """issue("mx.test") makes (chain file, key file): the certificate, then that of the authority; days: how long it is still valid."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="ceralacca-pki-")
        self.folder = Path(self.temporary.name)
        (self.folder / "index").write_text("")
        (self.folder / "serial").write_text("1000\n")
        (self.folder / "conf").write_text(CA_CONF.format(folder=self.folder))
        self.crt, self.key = self.folder / "ca.crt", self.folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-keyout", self.key,
                "-out", self.crt, "-subj", "/CN=Test Authority")

    def close(self):
        self.temporary.cleanup()

    def issue(self, name, days=30):
        base = self.folder / f"{name}.{days}"
        key, request, leaf, chain = (Path(f"{base}.{kind}") for kind in ("key", "csr", "crt", "chain"))
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
                "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
        now = datetime.now(timezone.utc)
        openssl("ca", "-batch", "-config", self.folder / "conf", "-cert", self.crt, "-keyfile", self.key, "-in", request, "-out", leaf, "-notext",
                "-startdate", f"{now - timedelta(days=60):%Y%m%d%H%M%SZ}", "-enddate", f"{now + timedelta(days=days):%Y%m%d%H%M%SZ}")
        chain.write_text(leaf.read_text() + self.crt.read_text())
        return chain, key

    def self_signed(self, name):
        base = self.folder / f"{name}.own"
        crt, key = Path(f"{base}.crt"), Path(f"{base}.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-keyout", key, "-out", crt,
                "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
        return crt, key


def tlsa(crt, usage=3, selector=1, matching=1):
    """The RDATA of a TLSA record for the first certificate of a file."""
    data = openssl("x509", "-in", crt, "-outform", "der")
    if selector == 1:
        data = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], check=True, capture_output=True,
                              input=openssl("x509", "-in", crt, "-pubkey", "-noout")).stdout
    data = data if matching == 0 else hashlib.new({1: "sha256", 2: "sha512"}[matching], data).digest()
    return f"{usage} {selector} {matching} {data.hex()}"
