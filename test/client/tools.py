"""What the tests of real clients share."""

import os
import pty
import re
import select
import signal
import ssl
import subprocess
import time

from lib import mail
from lib.server import PASSWORD, wait_until

ANNA, BRUNO, CARLA = "anna@example.test", "bruno@example.test", "carla@example.test"


def run(*command, input=None, env=None, timeout=60, statuses=(0,), cwd=None):
    """A client program; its output stands in the failure."""
    done = subprocess.run([str(c) for c in command], input=input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=timeout, env=dict(os.environ, **(env or {})), cwd=cwd)
    text = done.stdout.decode(errors="replace")
    assert done.returncode in statuses, f"{command[0]}: exit status {done.returncode}\n{text[-3000:]}"
    return text


def screen(*command, seconds=30, env=None):
    """A full-screen program in a terminal of its own, until it ends; what it drew."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], [str(c) for c in command], dict(os.environ, TERM="xterm", LINES="40", COLUMNS="120", **(env or {})))
    drawn, end = b"", time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    drawn += os.read(terminal, 65536)
                except OSError:
                    break
        else:
            os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"{command[0]} did not end in {seconds} s:\n{plain(drawn)[-2000:]}")
    finally:
        os.waitpid(pid, 0)
        os.close(terminal)
    return plain(drawn)


def plain(drawn):
    return re.sub(r"\x1b[\[(][0-9;?]*[A-Za-z]", " ", drawn.decode(errors="replace"))


def certificate(server, path):
    """The server's certificate as a file that clients can be told to trust."""
    path.write_text(ssl.get_server_certificate(("127.0.0.1", server.ports.imaps)))
    return path


def arrived(server, mark, user=BRUNO, seconds=15, name="INBOX"):
    """The message with this mark, once it is in the mailbox."""
    return wait_until(lambda: next((m for m in mail.mailbox(server, user, PASSWORD, name).values() if str(mark).encode() in m),
                                   None), seconds, step=0.1, what=f"{mark} in {user} {name}")
