"""Sessions that do random things to the same mailboxes, each keeping what a client would keep. After every step what a
session believes must be what the server has."""

import random
import re

from .server import PASSWORD
from .wire import Closed, ImapError, imap_login

BOXES = ("INBOX", "Archive")
FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$one", "$two")
MESSAGE = b"From: model@example.test\r\nSubject: %d\r\n\r\nbody\r\n"
NO_EXPUNGE = ("FETCH", "STORE", "SEARCH", "SORT", "COPY")       # by number: EXPUNGE must wait (RFC 9051 section 5.5)


def numbers(text):
    """The members of a sequence set."""
    for part in text.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


class Belief:
    """Of one mailbox: UIDs in order (None: not known yet), flags and mod-sequences by UID."""

    def __init__(self):
        self.rows, self.flags, self.modseq, self.uidvalidity, self.highest = [], {}, {}, 0, 0

    def forget(self, row):
        uid = self.rows.pop(row)
        self.flags.pop(uid, None)
        self.modseq.pop(uid, None)

    def vanished(self, uids):
        for uid in uids:
            if uid in self.flags or uid in self.rows:
                self.forget(self.rows.index(uid))
            elif None in self.rows:      # told of by EXISTS, and gone before it was looked at
                self.rows.remove(None)


class Session:
    def __init__(self, server, user, kind):
        self.server, self.user, self.kind = server, user, kind
        self.wire = self.box = None
        self.kept = {}              # of QRESYNC: beliefs that outlive a connection
        self.connect()

    def connect(self):
        self.wire = imap_login(self.server.ports, self.user, PASSWORD)
        self.command = ""
        enable = {"plain": "", "condstore": "CONDSTORE", "qresync": "QRESYNC", "rev2": "IMAP4rev2", "uidonly": "QRESYNC UIDONLY"}[self.kind]
        if enable:
            self.run(f"ENABLE {enable}")

    @property
    def resyncs(self):
        return self.kind in ("qresync", "uidonly")

    @property
    def counts_modseq(self):
        return self.resyncs or self.kind == "condstore"

    # ---- what the server says ----

    def hear(self, text):
        text = text.decode(errors="replace")
        if self.box is None:
            return
        b = self.belief
        for pattern, act in HEARD:
            match = re.match(pattern, text)
            if match:
                act(self, b, match)
                return

    def on_exists(self, b, match):
        n = int(match.group(1))
        assert n >= len(b.rows), f"EXISTS {n} below {len(b.rows)} rows"
        b.rows += [None] * (n - len(b.rows))

    def on_expunge(self, b, match):
        words = self.command.split()
        assert not (words and words[0] in NO_EXPUNGE), f"EXPUNGE during {self.command}"
        assert not self.resyncs, "EXPUNGE where VANISHED is due"
        b.forget(int(match.group(1)) - 1)

    def on_vanished(self, b, match):
        assert self.resyncs, "VANISHED without QRESYNC"
        words = self.command.split()
        assert match.group(1) or not (words and words[0] in NO_EXPUNGE), f"VANISHED during {self.command}"
        b.vanished(numbers(match.group(2)))

    def on_fetch(self, b, match):
        number, by_uid, items = int(match.group(1)), match.group(2), match.group(3)
        assert bool(by_uid) == (self.kind == "uidonly"), f"wrong kind of FETCH: {match.group(0)}"
        uid = number if by_uid else None
        found = re.search(r"\bUID (\d+)", items)
        if found:
            uid = int(found.group(1))
        if by_uid:
            if uid not in b.rows:
                assert None in b.rows, f"FETCH of the unknown {uid}"
                b.rows[b.rows.index(None)] = uid
        else:
            assert number <= len(b.rows), f"FETCH {number} of {len(b.rows)}"
            assert uid is None or b.rows[number - 1] in (None, uid), f"{number} is {b.rows[number - 1]}, told {uid}"
            b.rows[number - 1] = uid = uid or b.rows[number - 1]
        flags = re.search(r"FLAGS \(([^)]*)\)", items)
        if flags and uid:
            b.flags[uid] = frozenset(flags.group(1).split()) - {"\\Recent"}
        modseq = re.search(r"MODSEQ \((\d+)\)", items)
        if modseq and uid:
            assert int(modseq.group(1)) >= b.modseq.get(uid, 0), f"MODSEQ of {uid} falls"
            b.modseq[uid] = int(modseq.group(1))

    def on_code(self, b, match):
        if match.group(1) == "UIDVALIDITY":
            b.uidvalidity = int(match.group(2))
        elif match.group(1) == "HIGHESTMODSEQ":
            assert int(match.group(2)) >= b.highest, "HIGHESTMODSEQ falls"
            b.highest = int(match.group(2))

    # ---- what the client does ----

    def run(self, text, ok=True):
        self.command = text
        tag = self.wire.start(text)
        while True:
            answer, _ = self.wire.response()
            if answer.startswith(tag.encode() + b" "):
                break
            self.hear(answer)
        status = answer[len(tag) + 1:].decode()
        assert status.startswith("OK") or not ok, f"{text}: {status}"
        if self.box and status.startswith("OK"):
            code = re.search(r"\[(HIGHESTMODSEQ) (\d+)\]", status)
            if code:
                self.on_code(self.belief, code)
        self.command = ""
        return status

    def select(self, box):
        old = self.kept.get(box) if self.resyncs else None
        self.box, self.belief = box, old or Belief()
        if old and old.highest:
            known = [u for u in old.rows if u]
            old.rows = known        # what had no UID yet was never looked at
            with_rows = len(known)
            tag = self.wire.start(f"SELECT {box} (QRESYNC ({old.uidvalidity} {old.highest}))")
            self.resync(tag, with_rows)
        else:
            self.run(f"SELECT {box}")
        self.kept[box] = self.belief
        self.look()

    def resync(self, tag, had):
        """EXISTS is the new count: rows are known only after VANISHED (EARLIER) has come."""
        exists, fetches, uidvalidity = 0, [], self.belief.uidvalidity
        while True:
            answer, _ = self.wire.response()
            if answer.startswith(tag.encode() + b" "):
                assert answer.split()[1] == b"OK", answer
                break
            text = answer.decode()
            match = re.match(r"\* (\d+) EXISTS", text)
            if match:
                exists = int(match.group(1))
            elif re.match(r"\* \d+ (UID)?FETCH", text):
                fetches.append(answer)
            else:
                self.hear(answer)
        b = self.belief
        assert b.uidvalidity == uidvalidity, "UIDVALIDITY changed"
        assert exists >= len(b.rows), f"{exists} messages, {len(b.rows)} of them known of before"
        b.rows += [None] * (exists - len(b.rows))
        for answer in fetches:
            self.hear(answer)

    def look(self):
        """Learns UIDs and flags of what it knows the number of only."""
        b = self.belief
        if None not in b.rows and all(u in b.flags for u in b.rows):
            return
        items = "(UID FLAGS MODSEQ)" if self.counts_modseq else "(UID FLAGS)"
        if self.kind == "uidonly":
            known = max([u for u in b.rows if u], default=0)
            self.run(f"UID FETCH {known + 1}:* {items}")
        else:
            first = next((i for i, u in enumerate(b.rows) if u is None or u not in b.flags), 0)
            self.run(f"FETCH {first + 1}:* {items}")

    def settle(self):
        """Everything that there is to hear."""
        for _ in range(5):
            self.run("NOOP")
            self.look()
            if None not in self.belief.rows:
                return

    def append(self, rng, count):
        message = MESSAGE % count
        flags = " ".join(rng.sample(FLAGS, rng.randrange(3)))
        self.run(f"APPEND {rng.choice(BOXES)} ({flags}) {{{len(message)}+}}\r\n" + message.decode())

    def some(self, rng):
        """A command's prefix and a set of messages."""
        b = self.belief
        known = [u for u in b.rows if u]
        if self.kind == "uidonly" or rng.random() < 0.5:
            if not known:
                return None
            first, last = sorted(rng.choices(known, k=2))
            return "UID ", f"{first}:{last}" if rng.random() < 0.7 else ",".join(map(str, sorted(rng.sample(known, min(3, len(known))))))
        if not b.rows:
            return None
        first, last = sorted(rng.choices(range(1, len(b.rows) + 1), k=2))
        return "", f"{first}:{last}"


HEARD = (
    (r"\* (\d+) EXISTS", Session.on_exists),
    (r"\* (\d+) EXPUNGE", Session.on_expunge),
    (r"\* VANISHED (\(EARLIER\) )?([\d:,]+)", Session.on_vanished),
    (r"\* (\d+) (UID)?FETCH \((.*)\)$", Session.on_fetch),
    (r"\* OK \[(UIDVALIDITY|HIGHESTMODSEQ) (\d+)\]", Session.on_code),
)


class Model:
    KINDS = ("plain", "qresync", "condstore", "rev2", "uidonly")

    def __init__(self, server, user, seed):
        self.server, self.user, self.rng, self.count = server, user, random.Random(seed), 0
        self.sessions = [Session(server, user, kind) for kind in self.KINDS]
        self.judge = imap_login(server.ports, user, PASSWORD)
        for s in self.sessions:
            s.select(self.rng.choice(BOXES))

    def close(self):
        for s in self.sessions:
            s.wire.close()
        self.judge.close()

    def truth(self, box):
        """[(uid, flags, modseq)] as a session sees it that knows nothing."""
        self.judge.command(f"EXAMINE {box}")
        rows = []
        for text, _ in self.judge.command("UID FETCH 1:* (FLAGS MODSEQ)"):
            match = re.search(rb"UID (\d+) FLAGS \(([^)]*)\) MODSEQ \((\d+)\)", text)
            if match:
                rows.append((int(match.group(1)), frozenset(match.group(2).decode().split()) - {"\\Recent"}, int(match.group(3))))
        return rows

    def check(self):
        truth = {box: self.truth(box) for box in BOXES}
        for s in self.sessions:
            s.settle()
            want, b = truth[s.box], s.belief
            assert b.rows == [u for u, _, _ in want], f"{s.kind} in {s.box}: {b.rows} is {[u for u, _, _ in want]}"
            wrong = [(u, sorted(b.flags.get(u, ["?"])), sorted(f)) for u, f, _ in want if b.flags.get(u) != f]
            assert not wrong, f"{s.kind} in {s.box}: flags (uid, believed, so): {wrong}"
            wrong = [(u, b.modseq.get(u), m) for u, _, m in want if s.counts_modseq and b.modseq.get(u) != m]
            assert not wrong, f"{s.kind} in {s.box}: mod-sequence (uid, believed, so): {wrong}"

    # ---- steps ----

    def append(self, s):
        self.count += 1
        s.append(self.rng, self.count)

    def store(self, s):
        chosen = s.some(self.rng)
        if chosen:
            op = self.rng.choice(("+", "-", "")) + "FLAGS" + self.rng.choice(("", ".SILENT"))
            flags = self.rng.sample(FLAGS, self.rng.randrange(1, 3))
            s.run(f"{chosen[0]}STORE {chosen[1]} {op} ({' '.join(flags)})", ok=False)
            if "SILENT" in op:
                s.run(f"{chosen[0]}FETCH {chosen[1]} (FLAGS)", ok=False)

    def expunge(self, s):
        if self.rng.random() < 0.5:
            s.run("EXPUNGE")
        elif [u for u in s.belief.rows if u]:
            uids = [u for u in s.belief.rows if u]
            s.run(f"UID EXPUNGE {uids[0]}:{uids[len(uids) // 2]}")

    def copy(self, s):
        chosen = s.some(self.rng)
        if chosen and len(s.belief.rows) < 60:
            s.run(f"{chosen[0]}COPY {chosen[1]} {self.rng.choice(BOXES)}", ok=False)

    def move(self, s):
        chosen = s.some(self.rng)
        if chosen:
            s.run(f"{chosen[0]}MOVE {chosen[1]} {self.rng.choice(BOXES)}", ok=False)

    def search(self, s):
        s.run("UID SEARCH " + self.rng.choice(("ALL", "UNSEEN", "DELETED NOT SEEN", "KEYWORD $one")))

    def idle(self, s):
        """Another session acts meanwhile."""
        tag = s.wire.start("IDLE")
        while not s.wire.response()[0].startswith(b"+"):
            pass
        others = [x for x in self.sessions if x is not s]
        self.act(self.rng.choice(others), (self.append, self.store, self.expunge, self.move))
        s.wire.send("DONE\r\n")
        while True:
            answer, _ = s.wire.response()
            if answer.startswith(tag.encode()):
                return
            s.hear(answer)

    def select(self, s):
        s.select(self.rng.choice(BOXES))

    def reconnect(self, s):
        box = s.box
        s.wire.close()
        s.box = None
        s.connect()
        s.select(box)

    def act(self, s, steps):
        s.look()
        self.rng.choice(steps)(s)

    def step(self):
        steps = (self.append, self.append, self.append, self.store, self.store, self.store, self.expunge, self.copy, self.move, self.search,
                 self.idle, self.select, self.reconnect)
        self.act(self.rng.choice(self.sessions), steps)

    def crash(self):
        """kill -9 in the middle: what was confirmed is there, and sessions find their way back."""
        before = {box: self.truth(box) for box in BOXES}
        for s in self.sessions:
            s.wire.close()
        self.judge.close()
        self.server.kill_all()
        self.server.start()
        self.judge = imap_login(self.server.ports, self.user, PASSWORD)
        assert {box: self.truth(box) for box in BOXES} == before, "a crash took back what was confirmed"
        for s in self.sessions:
            box, s.box = s.box, None
            s.connect()
            s.select(box)


def run(server, user, seed, steps, crash_every=0):
    """Raises AssertionError with the seed and the step."""
    model = Model(server, user, seed)
    try:
        for n in range(1, steps + 1):
            try:
                model.step()
                model.check()
                if crash_every and n % crash_every == 0:
                    model.crash()
                    model.check()
            except (AssertionError, Closed, ImapError) as e:
                raise AssertionError(f"seed {seed}, step {n}: {e}") from e
    finally:
        model.close()
