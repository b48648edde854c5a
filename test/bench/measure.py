"""Counters of a group of processes and of a disk: processor time, memory, flushes."""

import os
import threading
import time
from pathlib import Path

CPUACCT = Path("/sys/fs/cgroup/cpuacct")


class Group:
    """The processes of one server. Processor time comes from a cgroup where one can be made (it counts those that have
    ended too), otherwise from /proc, which counts children that were waited for."""

    def __init__(self, name):
        self.path = None
        self.pids = lambda: []
        for parent, counter in ((CPUACCT, "cpuacct.usage"), (Path("/sys/fs/cgroup"), "cpu.stat")):
            path = parent / f"ceralacca-bench-{name}-{os.getpid()}"
            try:
                path.mkdir()
            except OSError:
                continue
            if (path / counter).exists():
                self.path, self.counter = path, path / counter
                return
            path.rmdir()

    def enter(self):
        """For preexec_fn: the new process belongs to the group."""
        if self.path:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def cpu(self):
        """Seconds so far."""
        if not self.path:
            return sum(process_cpu(pid) for pid in self.pids())
        text = self.counter.read_text()
        if self.counter.name == "cpuacct.usage":
            return int(text) / 1e9
        return int(text.split("usage_usec", 1)[1].split()[0]) / 1e6

    def members(self):
        return [int(p) for p in (self.path / "cgroup.procs").read_text().split()] if self.path else self.pids()

    def close(self):
        for _ in range(50):
            if not self.path:
                return
            try:
                self.path.rmdir()
                self.path = None
            except OSError:
                time.sleep(0.1)


def process_cpu(pid):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Peak(threading.Thread):
    """The largest memory (PSS, MiB) of a group while it runs."""

    def __init__(self, group, pss_kib, every=0.5):
        super().__init__(daemon=True)
        self.group, self.pss_kib, self.every = group, pss_kib, every
        self.most, self.ending = 0, threading.Event()

    def __enter__(self):
        self.sample()
        self.start()
        return self

    def __exit__(self, *rest):
        self.ending.set()
        self.join()
        self.sample()

    def sample(self):
        self.most = max(self.most, sum(self.pss_kib(pid) for pid in self.group.members()) / 1024)

    def run(self):
        while not self.ending.wait(self.every):
            self.sample()


def flushes(folder):
    """Flush requests that the disk below `folder` has completed, or None where the kernel does not say."""
    device = os.stat(folder).st_dev
    for line in Path("/proc/diskstats").read_text().splitlines():
        fields = line.split()
        if (int(fields[0]), int(fields[1])) == (os.major(device), os.minor(device)) and len(fields) > 18:
            return int(fields[18])
    return None
