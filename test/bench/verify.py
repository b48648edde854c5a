"""Verification of signed mail: messages for each second of processor time, beside opendkim and rspamd where they are installed. Keys are made
for the run and DNS is a file. Ours is `inspect --jsonl`: SPF, DKIM, ARC, DMARC, marks and JSON; theirs what their test modes do."""

import os
import resource
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from bench import rspamd
from lib import mail
from lib.server import program

COUNT, SIZE = 1000, 5000
KINDS = {"RSA-2048": ("rsa", b"rsa-sha256"), "Ed25519": ("ed25519", b"ed25519-sha256")}
PATH = "/usr/sbin:/usr/bin"


def timed(command, cwd):
    """Processor seconds of a command and its children; its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def make(folder, name, count):
    """Signed messages in a folder, and the record that verifies them."""
    import dkim
    from auth.world import make_key
    kind, algorithm = KINDS[name]
    private, public = make_key(folder, kind)
    box = folder / kind
    box.mkdir()
    for i in range(count):
        data = mail.message(f"v{i}", size=SIZE, sender="ann@sender.test")
        field = dkim.sign(data, b"k", b"sender.test", private, signature_algorithm=algorithm, canonicalize=(b"relaxed", b"relaxed"),
                          include_headers=[b"from", b"to", b"subject", b"date", b"message-id"])
        (box / f"{i:05}").write_bytes(field + data)
    record = f"v=DKIM1; k={kind}; p={public}"
    (folder / f"{kind}.yaml").write_text(f'k._domainkey.sender.test: {{TXT: "{record}"}}\nsender.test: {{TXT: "v=spf1 ip4:192.0.2.0/24 -all"}}\n'
                                         '_dmarc.sender.test: {TXT: "v=DMARC1; p=reject"}\n')
    (folder / f"{kind}.dns").write_text(f"k._domainkey.sender.test {record}\n")
    (folder / f"{kind}.conf").write_text(f"Syslog no\nRequireSafeKeys no\nMode v\nTestDNSData file:{folder / kind}.dns\n")
    return box


def ours(folder, box, kind):
    files = sorted(p.name for p in box.iterdir())
    seconds, out = timed([program("release"), "inspect", *files, "--zone", folder / f"{kind}.yaml", "--ip", "192.0.2.1", "--from", "ann@sender.test",
                          "--helo", "mx.sender.test", "--jsonl"], box)
    return seconds / len(files), out.count(b'"result":"pass","selector"'), len(files)


def opendkim(folder, box, kind):
    files = sorted(p.name for p in box.iterdir())
    seconds, out = timed([shutil.which("opendkim", path=PATH), "-x", folder / f"{kind}.conf", "-t", ",".join(files), "-v", "-v"], box)
    return seconds / len(files), out.count(b"dkim=pass"), len(files)


def in_rspamd(folder, box, kind):
    records = [line.split(" ", 1) for line in (folder / f"{kind}.dns").read_text().splitlines()]
    records = [(name.removesuffix(".test"), text) for name, text in records]
    records += [("sender", "v=spf1 ip4:192.0.2.0/24 -all"), ("_dmarc.sender", "v=DMARC1; p=reject")]
    messages = [p.read_bytes() for p in sorted(box.iterdir())]
    with tempfile.TemporaryDirectory(dir=folder) as place, rspamd.Rspamd(Path(place), records) as server:
        os.chmod(folder, 0o711)
        seconds, passed = server.measure(messages)
    return seconds / len(messages), passed, len(messages)


def run(folder, repeats, match=""):
    """Prints the rows; skips visibly what is not installed."""
    sides = {"ceralacca": ours}
    if os.access(program("release"), os.X_OK) and shutil.which("opendkim", path=PATH):
        sides["opendkim"] = opendkim
    else:
        print("opendkim is left out: not installed")
    if rspamd.PROGRAM:
        sides["rspamd"] = in_rspamd
    else:
        print("rspamd is left out: not installed")
    lines = []
    for name in KINDS:
        title = f"verification of signed mail, {name}"
        if match not in title:
            continue
        box = make(folder, name, COUNT)
        kind = KINDS[name][0]
        for side, work in sides.items():
            runs = [work(folder, box, kind) for _ in range(repeats)]
            cost, passed = statistics.median(r[0] for r in runs), min(r[1] for r in runs)
            note = "" if passed == COUNT else f"   only {passed} of {COUNT} pass"
            lines.append(f"{title if side == 'ceralacca' else '':48} {side:16} {1 / cost:>9,.0f} {cost * 1000:>8.3f}{note}")
    if lines:
        print(f"\n{COUNT} messages of {SIZE} bytes; messages for a second of processor time, ms of it for each\n")
        print(f"{'':48} {'program':16} {'msgs/s':>9} {'CPU ms':>8}", *lines, sep="\n")

