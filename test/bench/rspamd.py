"""Rspamd as a verifier: one worker on loopback, asked for DKIM, SPF, DMARC and ARC only; its DNS is a name server of the benchmark's own."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from lib.dns import NameServer
from lib.ports import free_port

PROGRAM = shutil.which("rspamd", path="/usr/bin:/usr/sbin")
SYMBOLS = ["DKIM_CHECK", "SPF_CHECK", "DMARC_CHECK", "ARC_CHECK"]
START_SECONDS = 20
CONFIG = """
.include "$CONFDIR/common.conf"
options {{
    filters = "dkim,regexp";
    local_addrs = [];
    pidfile = "{folder}/pid";
    tempdir = "{folder}";
    dns {{ nameserver = ["127.0.0.1:{dns}"]; timeout = 1s; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "error"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""


def ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid):
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Rspamd:
    def __init__(self, folder, records):
        self.folder = folder / "rspamd"
        self.folder.mkdir()
        self.folder.chmod(0o777)
        zone = "".join(f'{name} 60 IN TXT {" ".join(json.dumps(text[i:i + 250]) for i in range(0, len(text), 250))}\n' for name, text in records)
        self.dns = NameServer({"test.": zone})
        self.port = free_port(kinds=(socket.SOCK_STREAM,))
        self.process = None

    def __enter__(self):
        self.dns.start()
        config = self.folder / "rspamd.conf"
        config.write_text(CONFIG.format(folder=self.folder, dns=self.dns.port, port=self.port))
        user = ["-i"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen([PROGRAM, "-f", "-c", str(config), *user], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                self.verify(b"From: a@b.example\r\n\r\n")
                return self
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"rspamd did not answer within {START_SECONDS} s")

    def __exit__(self, *rest):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        self.dns.close()

    def verify(self, message, client=None):
        client = client or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        client.request("POST", "/checkv2", message, {"IP": "192.0.2.1", "Helo": "mx.sender.test", "From": "ann@sender.test",
                                                     "Settings": json.dumps({"symbols_enabled": SYMBOLS})})
        return json.loads(client.getresponse().read())

    def measure(self, messages):
        """Processor seconds of its workers for all, and how many it found good."""
        pids = children(self.process.pid)
        before, passed = sum(ticks(p) for p in pids), 0
        for message in messages:
            passed += "R_DKIM_ALLOW" in self.verify(message)["symbols"]
        return sum(ticks(p) for p in pids) - before, passed
