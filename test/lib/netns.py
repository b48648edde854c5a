"""Network namespaces of the test's own: a server in one, clients in the other, joined by a cable. Needs root."""

import contextlib
import ctypes
import os
import shutil
import subprocess

CLONE_NEWNET = 0x40000000
TOOLS = "/usr/sbin:/sbin:/usr/bin:/bin"


def run(*command, check=True, **options):
    return subprocess.run(list(map(str, command)), check=check, capture_output=True, text=True, timeout=options.pop("timeout", 30),
                          env=dict(os.environ, PATH=TOOLS), **options)


def why_not():
    """Why namespaces can't be had here; empty when they can."""
    if os.geteuid() != 0:
        return "needs root: network namespaces"
    for tool in ("ip", "nft", "nsenter"):
        if not shutil.which(tool, path=TOOLS):
            return f"{tool} is not installed"
    probe = run("unshare", "-n", "ip", "link", "add", "type", "veth", check=False)
    return "" if probe.returncode == 0 else f"no namespace with a veth pair: {probe.stderr.strip()}"


class Namespace:
    def __init__(self, name):
        self.name = name
        run("ip", "netns", "add", name)
        self.path = f"/run/netns/{name}"
        self.prefix = ["nsenter", f"--net={self.path}"]        # of a command that shall run there
        self("ip", "link", "set", "lo", "up")

    def __call__(self, *command, **options):
        return run(*self.prefix, *command, **options)

    @contextlib.contextmanager
    def entered(self):
        """Sockets that this thread makes meanwhile are in there, and stay so."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as home, open(self.path) as there:
            if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield self
            finally:
                if libc.setns(home.fileno(), CLONE_NEWNET) != 0:
                    os._exit(3)         # a test that goes on in the wrong network proves nothing

    def close(self):
        run("ip", "netns", "delete", self.name, check=False)


class Cable:
    """with Cable() as c: c.server and c.clients are namespaces. The server has 192.0.2.1 and 2001:db8::1; the clients' end answers for
    all of 192.0.2.0/24 above .9 and of 2001:db8::/64 that were asked for."""

    SERVER4, SERVER6 = "192.0.2.1", "2001:db8::1"

    def __init__(self, clients=()):
        name = f"cer{os.getpid()}"
        self.parts = []
        try:
            self.server = self._add(f"{name}s")
            self.clients = self._add(f"{name}c")
            run("ip", "link", "add", "s0", "netns", self.server.name, "type", "veth", "peer", "name", "c0", "netns", self.clients.name)
            for there, device, addresses in ((self.server, "s0", (self.SERVER4, self.SERVER6)), (self.clients, "c0", clients)):
                for address in addresses:
                    there("ip", "address", "add", f"{address}/{'64' if ':' in address else '24'}", "dev", device, *(["nodad"] if ":" in address else []))
                there("ip", "link", "set", device, "up")
        except BaseException:
            self.close()
            raise

    def _add(self, name):
        self.parts.append(Namespace(name))
        return self.parts[-1]

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.close()

    def close(self):
        for part in self.parts:
            part.close()
