"""`./dev bench`: the same load on Ceralacca and on Postfix 3.7 + Dovecot 2.3, interleaved in one run on one disk, all with
durable defaults. What counts is the ratio: machines differ and are noisy. Figures are medians over the repeats."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench import measure, verify  # noqa: E402
from lib import rivals, server as ours, settings  # noqa: E402
from lib.wire import imap_login  # noqa: E402

PASSWORD = "Bench-Wax+Seal-77"
SIZE = 5120
APPENDERS = 10


class Contender:
    """A server with mailboxes, in a process group of its own."""

    def __init__(self, name, server, boxes):
        self.name, self.server = name, server
        self.group = measure.Group(name)
        server.preexec = self.group.enter
        self.group.pids = server.pids
        server.init()
        self.users = [f"u{n:03d}@{server.domain}" for n in range(boxes)]
        if hasattr(server, "add_users"):
            server.add_users(self.users, PASSWORD)
            server.start()
        else:
            server.start()
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(lambda u: server.add_user(u, PASSWORD), self.users))
        self.list = server.folder / "bench-users"
        self.list.write_text("".join(f"{u} {PASSWORD}\n" for u in self.users))
        self.list_append = server.folder / "bench-appenders"
        self.list_append.write_text("".join(f"{u} {PASSWORD}\n" for u in self.users[:APPENDERS]))

    def close(self):
        self.server.close()
        self.group.close()

    def offers(self, options):
        """MULTIAPPEND is an extension."""
        if "--batch" not in options:
            return True
        with imap_login(self.server.ports, self.users[0], PASSWORD) as client:
            return b"MULTIAPPEND" in client.command("CAPABILITY")[0][0]

    def run(self, load, mode, sessions, count, *options, users=None):
        """One run of the load generator: its figures and the server's."""
        ports = self.server.ports
        port = {"smtp": ports.smtp, "lmtp": ports.lmtp}.get(mode, ports.imaps)
        command = [load, mode, "--port", port, "--imaps", ports.imaps, "--users", users or self.list, "--sessions", sessions,
                   "--count", count, "--size", SIZE, "--seed", time.time_ns() % 1000000, *options]
        process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        try:
            first = process.stderr.readline()
            if first != "ready\n":
                raise SystemExit(f"{self.name} {mode}: {first}{process.stderr.read()}\n{self.server.log()[-2000:]}")
            before_cpu, before_flushes = self.group.cpu(), measure.flushes(self.server.folder)
            with measure.Peak(self.group, ours.pss_kib) as peak:
                out, err = process.communicate("\n", timeout=300)
            cpu, flushed = self.group.cpu() - before_cpu, measure.flushes(self.server.folder)
        finally:
            process.kill()
            process.wait()
        result = json.loads(out)
        done = max(result["done"], 1)
        if result["failed"] or result["missing"]:
            print(f"  {self.name} {mode}: {result['failed']} failed, {result['missing']} not visible", file=sys.stderr)
        result["rate"] = result["done"] / result["visible_seconds"]
        result["cpu_ms"] = cpu * 1000 / done
        result["flushes"] = None if before_flushes is None else (flushed - before_flushes) / done
        result["memory"] = peak.most
        if result["attempts"]:
            print(f"  {self.name}: {result['attempts'] / result['seconds']:.0f} wrong sign-ins/s were answered; a command took "
                  f"{result['p50_ms']:.2f} ms (median), {result['p99_ms']:.2f} ms (p99)", file=sys.stderr)
        return result


def compile_load(folder):
    program = folder / "load"
    subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-pthread", "-o", program, *sorted(HERE.glob("*.c")), "-lssl", "-lcrypto"],
                   check=True)
    return program


def works(options):
    """(title, mode, sessions, count, options, user list) of each measurement; `scale` shortens all."""
    def many(count):
        return max(int(count * options.scale), 20)
    rows = []
    for sessions in options.sessions:
        rows.append((f"delivery by SMTP, {sessions} session{'s' if sessions > 1 else ''}", "smtp", sessions,
                     many(300 if sessions == 1 else 2000), [], None))
    if not options.short:
        rows += [
            ("SMTP, many messages a connection, 10 sessions", "smtp", 10, many(2000), ["--per-connection", 0], None),
            ("SMTP with STARTTLS, 10 sessions", "smtp", 10, many(1000), ["--starttls"], None),
            ("LMTP, many messages a connection, 10 sessions", "lmtp", 10, many(2000), ["--per-connection", 0], None),
            ("APPEND, 1 session", "append", 1, many(1000), [], "append"),
            ("APPEND, 10 sessions", "append", 10, many(3000), [], "append"),
            ("APPEND of 100 at once, 1 session", "append", 1, many(3000), ["--batch", 100], "append"),
            ("sign-in over TLS, 10 sessions", "login", 10, many(400), [], None),
            ("a person's command, nothing beside it", "flood", 1, many(500), [], None),
            ("a person's command, 1,000 attackers signing in", "flood", 1000, many(500), [], None),
        ]
    return [row for row in rows if options.match in row[0]]


def median(results, key):
    values = [r[key] for r in results if r[key] is not None]
    return statistics.median(values) if values else None


def text(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def table(rows, results, names):
    """One line a measurement and server, the ratio in the line of the first."""
    lines = [f"{'':48} {'server':16} {'msgs/s':>9} {'CPU ms':>8} {'flushes':>8} {'p99 ms':>8} {'MiB':>7}   ratio (speed, CPU)"]
    for title, *_ in rows:
        for number, name in enumerate(names):
            runs = results.get((title, name))
            if not runs:
                lines.append(f"{title if number == 0 else '':48} {name:16} {'not offered':>20}")
                continue
            figures = {key: median(runs, key) for key in ("rate", "cpu_ms", "flushes", "p99_ms", "memory")}
            ratio = ""
            if number == 0 and len(names) > 1:
                other = results.get((title, names[1]), [{"rate": 0, "cpu_ms": 0}])
                ratio = f"{figures['rate'] / max(median(other, 'rate'), 1e-6):.1f}x, {median(other, 'cpu_ms') / max(figures['cpu_ms'], 1e-6):.1f}x"
            lines.append(f"{title if number == 0 else '':48} {name:16} {text(figures['rate'], 0):>9} {text(figures['cpu_ms'], 3):>8} "
                         f"{text(figures['flushes'], 2):>8} {text(figures['p99_ms'], 1):>8} {text(figures['memory'], 0):>7}   {ratio}")
    return "\n".join(lines)


def parse():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--only", choices=["ceralacca", "rivals"], help="measure one side only")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--short", action="store_true", help="delivery by SMTP only")
    parser.add_argument("--match", default="", help="measurements whose title holds this")
    parser.add_argument("--scale", type=float, default=1, help="times as many messages")
    parser.add_argument("--boxes", type=int, default=100, help="mailboxes")
    parser.add_argument("--format", default="sdbox", choices=["sdbox", "mdbox", "maildir"], help="Dovecot's mailbox format")
    parser.add_argument("--json", type=Path, help="write every single result to this file")
    parser.add_argument("--disk", type=Path, help="folder on the disk to measure (default /var/tmp)")
    return parser.parse_args()


def contenders(options):
    found = []
    try:
        if options.only != "rivals":
            found.append(Contender("ceralacca", ours.Server(config=settings.ALL_SERVICES), options.boxes))
        if options.only != "ceralacca":
            why = rivals.missing()
            if why:
                print(f"Postfix and Dovecot are left out: {why}")
            else:
                found.append(Contender("postfix+dovecot", rivals.Rivals(format=options.format), options.boxes))
    except BaseException:
        for contender in found:
            contender.close()
        raise
    return found


def main():
    options = parse()
    if options.disk:
        os.environ["CERALACCA_TEST_DISK"] = str(options.disk)
    folder = Path(tempfile.mkdtemp(prefix="ceralacca-bench-"))
    sides = []
    try:
        if not options.short and options.only != "rivals":
            verify.run(folder, options.repeats, options.match)
        rows, results = works(options), {}
        if not rows:
            return
        load = compile_load(folder)
        sides = contenders(options)
        for repeat in range(options.repeats):
            for title, mode, sessions, count, more, users in rows:
                for side in sides:
                    if not side.offers(more):
                        continue
                    time.sleep(0.5)
                    result = side.run(load, mode, sessions, count, *more, users=side.list_append if users == "append" else None)
                    results.setdefault((title, side.name), []).append(result)
                    print(f"  {repeat + 1}/{options.repeats} {title}: {side.name} {result['rate']:.0f}/s, {result['cpu_ms']:.3f} ms CPU",
                          file=sys.stderr, flush=True)
        print(f"\n{options.boxes} mailboxes, messages of {SIZE} bytes, medians of {options.repeats}; a delivery counts when IMAP STATUS shows it;\n"
              "one message a connection unless noted; CPU and flushes for each message; MiB is the peak of PSS over all processes.\n"
              "Flushes are those of the whole disk. Sign-in: Dovecot compares plain passwords here, Ceralacca argon2id with its cache.\n")
        print(table(rows, results, [s.name for s in sides]))
        if options.json:
            options.json.write_text(json.dumps([{"work": t, "server": n, **r} for (t, n), rs in results.items() for r in rs], indent=1))
    finally:
        for side in sides:
            side.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
