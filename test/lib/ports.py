"""Free ports for a server of many listeners, also while other tests of the same machine look for theirs."""

import random
import socket

OFFSETS = {"smtp": 25, "submissions": 465, "submission": 587, "lmtp": 24, "imap": 143, "imaps": 993,
           "pop3": 110, "pop3s": 995, "sieve": 4190, "http": 80, "https": 443}
FIRST, LAST, STEP = 11000, 28000, 100     # with 4190 added still below the kernel's ephemeral ports


def can_bind(port, address="127.0.0.1"):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((address, port))
        except OSError:
            return False
    return True


class PortBase:
    """A number to give to --port-base. It stays reserved, by the name of an abstract socket for each port, until
    release() or the end of the process."""

    def __init__(self):
        bases = list(range(FIRST, LAST, STEP))
        random.shuffle(bases)
        for base in bases:
            if self._reserve(base):
                return
        raise RuntimeError("no free port base")

    def _reserve(self, base):
        self.locks = []
        for offset in OFFSETS.values():
            lock = socket.socket(socket.AF_UNIX)
            self.locks.append(lock)
            try:
                lock.bind(f"\0ceralacca-test-port-{base + offset}")
            except OSError:
                self.release()
                return False
            if not can_bind(base + offset):
                self.release()
                return False
        self.base = base
        return True

    def release(self):
        for lock in self.locks:
            lock.close()
        self.locks = []

    def __getattr__(self, name):
        if name in OFFSETS:
            return self.base + OFFSETS[name]
        raise AttributeError(name)


def free_port(address="127.0.0.1", kinds=(socket.SOCK_STREAM,)):
    """One port that is free for all `kinds` (TCP, UDP) at this moment."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _ in range(100):
        with socket.socket(family, kinds[0]) as s:
            s.bind((address, 0))
            port = s.getsockname()[1]
        try:
            for kind in kinds[1:]:
                with socket.socket(family, kind) as other:
                    other.bind((address, port))
            return port
        except OSError:
            continue
    raise RuntimeError("no free port")
