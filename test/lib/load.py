"""Senders and appenders at full speed, and the account of what was promised: every message that was answered with 250
or OK is there exactly once, byte for byte; one whose answer never came, or was a temporary failure, may be there once or not
at all (its sender tries again); one that was refused for good is not there."""

import itertools
import random
import threading
import time

from . import mail
from .server import PASSWORD
from .wire import Closed, ImapError, Smtp, imap_login

SIZES = [300, 1000, 5000, 5000, 5000, 20000, 120000]


class Ledger:
    """mark -> (digest of the bytes sent, user); which marks were promised, which were refused; the rest is in doubt."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sent, self.promised, self.refused = {}, set(), set()

    def begin(self, mark, users, data):
        with self.lock:
            self.sent[mark] = (len(data), mail.digest(data), tuple(users))

    def promise(self, mark):
        with self.lock:
            self.promised.add(mark)

    def refuse(self, mark):
        with self.lock:
            self.refused.add(mark)

    def check(self, boxes):
        """boxes: user -> list of message bytes. The list of what is wrong, in words."""
        wrong, seen = [], {}
        for user, messages in boxes.items():
            for data in messages:
                mark = mail.mark_of(data)
                if mark is None:
                    continue        # not of this load
                known = self.sent.get(mark)
                if known is None:
                    wrong.append(f"{user}: {mark} was never sent")
                    continue
                size, digest, users = known
                # the server may put fields in front of a delivered message, never change it
                if mail.digest(data[-size:]) != digest:
                    wrong.append(f"{user}: {mark} is not what was sent ({len(data)} of {size} bytes)")
                if user not in users:
                    wrong.append(f"{user}: {mark} was for {users}")
                seen[mark, user] = seen.get((mark, user), 0) + 1
        for (mark, user), count in seen.items():
            if count > 1:
                wrong.append(f"{user}: {mark} is there {count} times")
            if mark in self.refused:
                wrong.append(f"{user}: {mark} was refused, and is there")
        for mark in self.promised:
            for user in self.sent[mark][2]:
                if user in boxes and (mark, user) not in seen:
                    wrong.append(f"{user}: {mark} was promised, and is not there")
        for mark, (_, _, users) in self.sent.items():
            there = [(mark, user) in seen for user in users if user in boxes]
            if any(there) and not all(there):
                wrong.append(f"{mark}: one recipient has it, another not")
        return wrong


class Load:
    """Threads that send until stop(). They live through every fault of the server: reconnect, go on."""

    def __init__(self, server, users, ledger=None, smtp=4, append=2, name="load", sizes=SIZES, several=True):
        self.server, self.users, self.ledger, self.name, self.sizes = server, list(users), ledger or Ledger(), name, sizes
        self.several = several
        self.numbers = itertools.count()
        self.ending = threading.Event()
        self.replies = {}
        self.threads = [threading.Thread(target=self._run, args=(work, n), daemon=True)
                        for work, count in ((self._deliver, smtp), (self._append, append)) for n in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *rest):
        self.stop()

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a sender hangs"

    def _run(self, work, number):
        chooser = random.Random(f"{self.name} {number} {work.__name__}")
        while not self.ending.is_set():
            try:
                work(chooser)
            except (OSError, Closed, ImapError, AssertionError, ValueError):
                time.sleep(0.02)        # the server is being killed: try again

    def _next(self, chooser, users):
        mark = f"{self.name}-{next(self.numbers)}"
        data = mail.message(mark, size=chooser.choice(self.sizes))
        self.ledger.begin(mark, users, data)
        return mark, data

    def _count(self, code):
        self.replies[code] = self.replies.get(code, 0) + 1

    def _deliver(self, chooser):
        with Smtp(self.server.ports.smtp, seconds=20) as client:
            client.hello()
            for _ in range(chooser.choice([1, 1, 5, 50])):
                if self.ending.is_set():
                    break
                users = chooser.sample(self.users, chooser.choice([1, 1, 1, min(3, len(self.users))]) if self.several else 1)
                mark, data = self._next(chooser, users)
                client.envelope("s@outside.test", *users)
                code, _ = client.data(data)
                self._count(code)
                if code == 250:
                    self.ledger.promise(mark)
                elif code >= 500:
                    self.ledger.refuse(mark)

    def _append(self, chooser):
        user = chooser.choice(self.users)
        with imap_login(self.server.ports, user, PASSWORD, seconds=20) as client:
            for _ in range(chooser.choice([5, 50])):
                if self.ending.is_set():
                    break
                mark, data = self._next(chooser, [user])
                try:
                    client.append("INBOX", data)
                except ImapError:
                    self._count("NO")
                    raise
                self.ledger.promise(mark)
                self._count("OK")


def boxes(server, users):
    """user -> messages of the INBOX, read over IMAP"""
    return {user: list(mail.mailbox(server, user, PASSWORD).values()) for user in users}
