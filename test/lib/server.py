"""A Ceralacca of one's own: data folder, people, processes, and a sure end."""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import yaml

from .ports import PortBase

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 30
STOP_SECONDS = 20
PASSWORD = "Red-Wax+Seal-2048"
PR_SET_PDEATHSIG = 1
DOMAIN = "example.test"
HOSTNAME = "mail.example.test"


class CommandFailed(Exception):
    def __init__(self, command, status, out, err):
        super().__init__(f"{' '.join(map(str, command))}: exit status {status}\n{out}{err}")
        self.status, self.out, self.err = status, out, err


def program(variant="release"):
    """Path of the built server; CERALACCA_PROGRAM overrides it."""
    chosen = os.environ.get("CERALACCA_PROGRAM")
    if chosen and variant == "release":
        return Path(chosen)
    return ROOT / "build" / ("" if variant == "release" else variant) / "ceralacca"


def run(*command, check=True, input=None, timeout=60, env=None):
    done = subprocess.run([str(c) for c in command], input=input, capture_output=True, text=True, timeout=timeout,
                          env=dict(os.environ, **(env or {})), errors="replace")
    if check and done.returncode:
        raise CommandFailed(command, done.returncode, done.stdout, done.stderr)
    return done


def merge(base, extra):
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


def wait_until(condition, seconds=10, step=0.05, what="condition"):
    """The first true value of condition()."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not so within {seconds} s")
        time.sleep(step)


def proc_status(pid):
    """/proc/PID/status as a dict of strings."""
    text = Path(f"/proc/{pid}/status").read_text()
    return {k: v.strip() for k, v in (line.split(":", 1) for line in text.splitlines() if ":" in line)}


def pss_kib(pid):
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (OSError, ProcessLookupError):
        return 0
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))


class Server:
    """with Server(config={...}) as s: s.add_user("anna"); s.start(); ... Everything is gone at the end."""

    def __init__(self, *, variant="release", folder=None, config=None, hostname=HOSTNAME, domain=DOMAIN, serve_options=(),
                 user=None, within=()):
        # the walls build attacks itself when it runs: it serves, the command line is the release's
        self.program, self.serving = program(), program(variant)
        self.own_folder = folder is None
        self.within = list(within)      # words before each command: a network namespace (lib/netns.py)
        # below /var/tmp rather than /tmp: a real disk, so that a flush is a flush
        base = os.environ.get("CERALACCA_TEST_DISK", "/var/tmp")
        self.folder = Path(tempfile.mkdtemp(prefix="ceralacca-test-", dir=base)) if folder is None else Path(folder)
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.log_path = self.folder / "log"
        self.hostname, self.domain = hostname, domain
        self.serve_options = list(serve_options)
        self.ports = PortBase()
        self.process = None
        self.preexec = None             # runs in each new server process; the benchmark puts it into a group
        self.extra_config = config or {}
        self.inited = False

    def __enter__(self):
        try:
            self.init()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, *rest):
        self.close()

    # -- commands

    def cli(self, *arguments, **options):
        """Run a command on this data folder; -d comes last, so `cli("queue", "list")`."""
        return run(*self.within, self.program, *arguments, "-d", self.data, **options)

    def cli_json(self, *arguments):
        return json.loads(self.cli(*arguments, "--json").stdout)

    def init(self):
        if self.inited:
            return
        self.init_output = run(self.program, "init", "-d", self.data, "--hostname", self.hostname, "--domain", self.domain,
                               "--port-base", self.ports.base, "--listen", "127.0.0.1").stdout
        self.inited = True
        self.configure(self.extra_config)

    def configure(self, extra):
        """Deep-merge `extra` into ceralacca.yaml."""
        if not extra:
            return
        path = self.data / "ceralacca.yaml"
        config = merge(yaml.safe_load(path.read_text()) or {}, extra)
        path.write_text(yaml.safe_dump(config, sort_keys=False))

    def add_user(self, name, password=PASSWORD, *options):
        address = name if "@" in name else f"{name}@{self.domain}"
        self.cli("user", "add", address, "--password-stdin", *options, input=password + "\n")
        return address

    # -- life

    def start(self, wait=True, seconds=START_SECONDS):
        assert self.process is None or self.process.poll() is not None, "already running"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*self.within, str(self.serving), "serve", "-d", str(self.data), *self.serve_options],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                            preexec_fn=self._before_exec)
        if wait:
            self.wait(seconds)
        return self

    def _before_exec(self):
        # a test that is killed leaves no server behind
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if self.preexec:
            self.preexec()

    def wait(self, seconds=START_SECONDS):
        """Until every listener answers."""
        done = self.cli("status", "--wait", str(seconds), check=False, timeout=seconds + 10)
        if done.returncode:
            raise AssertionError(f"not up within {seconds} s: {done.stdout}{done.stderr}\n{self.log()[-3000:]}")

    def stop(self, seconds=STOP_SECONDS):
        """SIGTERM and a bounded wait; returns the exit status."""
        if self.process is None:
            return None
        pids = self.pids()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill_all()
                raise AssertionError(f"did not stop within {seconds} s\n{self.log()[-2000:]}")
        status, self.process = self.process.returncode, None
        self._reap(pids)
        return status

    def restart(self):
        self.stop()
        return self.start()

    def reload(self):
        os.kill(self.process.pid, signal.SIGHUP)

    def kill_all(self):
        """kill -9 of the parent and every role at once, as a power cut would."""
        if self.process is None:
            return
        pids = self.pids()
        for pid in pids:
            self._signal(pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None
        self._reap(pids)

    def kill_role(self, role, index=0):
        """kill -9 one process of a role; returns its pid."""
        pid = self.roles()[role][index]
        self._signal(pid, signal.SIGKILL)
        return pid

    @staticmethod
    def _signal(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    def _reap(self, pids):
        """Roles end with their parent; make sure of it."""
        try:
            wait_until(lambda: not any(alive(p) for p in pids), 5)
        except AssertionError:
            for pid in pids:
                self._signal(pid, signal.SIGKILL)
            wait_until(lambda: not any(alive(p) for p in pids), 5, what="processes gone after SIGKILL")

    def close(self):
        try:
            if self.process is not None:
                self.kill_all()
        finally:
            self.ports.release()
            if self.own_folder and not os.environ.get("CERALACCA_TEST_KEEP"):
                shutil.rmtree(self.folder, ignore_errors=True)

    # -- looking

    def pids(self):
        """The parent and all its descendants that live."""
        if self.process is None or self.process.poll() is not None:
            return []
        return descendants(self.process.pid)

    def roles(self):
        """Role name -> pids, from /proc: a role names itself in its command line."""
        found = {}
        for pid in self.pids():
            name = role_of(pid)
            if name:
                found.setdefault(name, []).append(pid)
        return found

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def pss_kib(self):
        return sum(pss_kib(pid) for pid in self.pids())

    def descriptors(self):
        """Role -> number of open descriptors (summed over its processes)."""
        return {role: sum(len(os.listdir(f"/proc/{p}/fd")) for p in pids) for role, pids in self.roles().items()}


def alive(pid):
    try:
        return not proc_status(pid)["State"].startswith("Z")
    except (OSError, ProcessLookupError):
        return False


def descendants(pid):
    found, todo = [], [pid]
    while todo:
        p = todo.pop()
        if not alive(p):
            continue
        found.append(p)
        try:
            for task in os.listdir(f"/proc/{p}/task"):
                todo += map(int, Path(f"/proc/{p}/task/{task}/children").read_text().split())
        except (OSError, ProcessLookupError):
            continue
    return found


ROLES = {"parent", "keys", "auth", "store", "smtp", "imap", "http", "scan", "relay", "resolver", "fetch", "guard", "firewall"}


def role_of(pid):
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        comm = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ProcessLookupError):
        return None
    text = " ".join([comm] + [w.decode(errors="replace") for w in words])
    if "serve" in text.split():
        return "parent"
    for word in re.findall(r"[a-z]+", text):
        if word in ROLES:
            return word
    return None


class LogWatch:
    """Reads what a server writes after this point; for tests that wait for one line."""

    def __init__(self, server):
        self.server, self.start_at = server, server.log_path.stat().st_size if server.log_path.exists() else 0

    def text(self):
        with open(self.server.log_path, "rb") as f:
            f.seek(self.start_at)
            return f.read().decode(errors="replace")

    def wait_for(self, pattern, seconds=10):
        return wait_until(lambda: re.search(pattern, self.text()), seconds, what=f"log line /{pattern}/")
