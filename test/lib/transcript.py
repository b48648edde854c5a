r"""Dialogues with the server as text files (test/wire/smtp/*.txt, test/wire/imap/*.txt).

    # A01: what it shows
    C: EHLO client.example          a line to send, CRLF added; {anna} and {password} are filled in
    C> NOOP\r\n.\x00                bytes to send as they are: \r \n \0 \t \\ \xNN
    C*100 NOOP                      the line a hundred times, in one piece
    S: 250                          smtp: the next reply has this code; `S: 250 /text/` must match too, `S: 4..` works
    S: a1 OK                        imap: read up to this tagged line; it must start so, or match: `S: a1 /NO|BAD/`
    S+ * 1 EXISTS                   imap: one of the untagged lines since the last tagged one starts so
    S- * 1 EXISTS                   imap: none does
    S> +                            imap: the next line, whatever it is, starts so
    TLS                             start TLS on the connection
    CLOSED                          the server closes now, whatever it says before
    REFUSED a1                      imap: the tag gets NO or BAD, or the connection closes; nothing else is asked for
    SILENT 0.5                      nothing comes for half a second
    STORED 1                        that many new messages in Anna's INBOX since the start
    STORED 0..1
    PORT submission                 first line only: another port than the folder's
    WHOLE                           first line only: not to be split (the point is what stands in one segment)

Lines to send that stand together are sent together. Each dialogue runs whole, byte by byte, and with the input cut at
every place (short ones) or at random places (long ones)."""

import random
import re
import time

from .server import PASSWORD
from .wire import Closed, Imap, Smtp, imap_login

SHORT = 160          # bytes of input that are cut at every place
RANDOM_CUTS = 6
PAUSE = 0.002


class Step:
    def __init__(self, kind, argument, line):
        self.kind, self.argument, self.line = kind, argument, line


ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


def unescape(text):
    return re.sub(r"\\(x[0-9a-fA-F]{2}|[rnt0\\])",
                  lambda m: chr(int(m.group(1)[1:], 16)) if m.group(1)[0] == "x" else ESCAPES[m.group(1)], text)


class Transcript:
    def __init__(self, path):
        self.path, self.protocol = path, path.parent.name
        self.port, self.whole_only, self.steps = self.protocol, False, []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            self._line(line, number)

    def _line(self, line, number):
        if not line.strip() or line.startswith("#"):
            return
        filled = line.replace("{anna}", "anna@example.test").replace("{bruno}", "bruno@example.test").replace("{password}", PASSWORD)
        word, _, rest = filled.partition(" ")
        if word == "PORT":
            self.port = rest.strip()
        elif word == "WHOLE":
            self.whole_only = True
        elif word in ("C:", "C>") or re.fullmatch(r"C\*\d+", word):
            data = unescape(rest).encode("latin-1") if word == "C>" else (rest + "\r\n").encode("latin-1")
            if word.startswith("C*"):
                data *= int(word[2:])
            if self.steps and self.steps[-1].kind == "send":
                self.steps[-1].argument += data
            else:
                self.steps.append(Step("send", data, number))
        else:
            kind = {"S:": "reply", "S+": "seen", "S-": "unseen", "S>": "next", "TLS": "tls", "CLOSED": "closed",
                    "SILENT": "silent", "REFUSED": "refused", "STORED": "stored"}.get(word)
            assert kind, f"{self.path}:{number}: what is {word!r}?"
            self.steps.append(Step(kind, rest.strip(), number))

    def input_size(self):
        return sum(len(s.argument) for s in self.steps if s.kind == "send")

    def splits(self):
        """Functions that cut a piece of input; the offset counts over the whole dialogue."""
        yield "whole", lambda data, offset: [data]
        if self.whole_only:
            return
        size = self.input_size()
        if size <= 4000:
            yield "each byte", lambda data, offset: [data[i:i + 1] for i in range(len(data))]
        if size <= SHORT:
            for place in range(1, size):
                yield f"cut at {place}", lambda data, offset, place=place: cut(data, place - offset)
        else:
            for number in range(RANDOM_CUTS):
                chooser = random.Random(f"{self.path.name} {number}")
                places = sorted(chooser.sample(range(1, size), min(size - 1, 12)))
                yield f"random cuts {number}", lambda data, offset, places=places: cuts(data, [p - offset for p in places])


def cut(data, place):
    return [data[:place], data[place:]] if 0 < place < len(data) else [data]


def cuts(data, places):
    places = [0] + [p for p in places if 0 < p < len(data)] + [len(data)]
    return [data[a:b] for a, b in zip(places, places[1:])]


class Run:
    """One pass of a dialogue over a fresh connection."""

    def __init__(self, transcript, server, split):
        self.transcript, self.split, self.offset = transcript, split, 0
        self.server, self.untagged, self.sent_all = server, [], True
        kind = Smtp if transcript.protocol == "smtp" else Imap
        port = getattr(server.ports, transcript.port)
        self.client = kind(port, greet=False, tls=transcript.port in ("submissions", "imaps"))

    def go(self):
        try:
            for step in self.transcript.steps:
                try:
                    getattr(self, step.kind)(step.argument)
                except (AssertionError, Closed, OSError, ValueError) as e:
                    raise AssertionError(f"{self.transcript.path.name}:{step.line}: {step.kind} {step.argument!r}: "
                                         f"{type(e).__name__} {e}") from e
        finally:
            self.client.close()

    def send(self, data):
        pieces = self.split(data, self.offset)
        self.offset += len(data)
        for number, piece in enumerate(pieces):
            try:
                self.client.send(piece)
            except (ConnectionError, OSError):
                self.sent_all = False       # the server may close before it has read all; the next step says whether it may
                return
            if number < len(pieces) - 1:
                time.sleep(PAUSE if len(pieces) < 50 else 0.0003)

    def reply(self, wanted):
        if self.transcript.protocol == "smtp":
            match = re.fullmatch(r"(\S+)(?: /(.*)/)?", wanted)
            code, texts = self.client.reply()
            assert re.fullmatch(match.group(1), str(code)), f"got {code} {texts}"
            assert not match.group(2) or re.search(match.group(2), "\n".join(texts)), f"got {code} {texts}"
            return
        self.untagged = []
        tag = wanted.split(" ")[0].encode() + b" "
        while True:
            text, _ = self.client.response()
            if text.startswith(tag):
                assert matches(text, wanted.split(" ", 1)[1] if " /" in wanted else wanted), f"got {text[:300]!r}"
                return
            assert not re.match(rb"[A-Za-z0-9]+ (OK|NO|BAD)\b", text), f"got {text[:300]!r}"
            self.untagged.append(text)

    def refused(self, tag):
        """imap: NO or BAD for the tag, or the connection closes; never a continuation."""
        try:
            while True:
                text, _ = self.client.response()
                assert not text.startswith(b"+"), "it asked for more"
                assert not text.startswith(tag.encode() + b" OK"), f"got {text!r}"
                if text.startswith(tag.encode() + b" "):
                    return
        except Closed:
            return

    def seen(self, wanted):
        assert any(matches(u, wanted) for u in self.untagged), f"untagged: {self.untagged[:20]}"

    def unseen(self, wanted):
        assert not any(matches(u, wanted) for u in self.untagged), f"untagged: {self.untagged[:20]}"

    def next(self, wanted):
        text, _ = self.client.response()
        assert matches(text, wanted), f"got {text[:300]!r}"

    def tls(self, _):
        self.client.start_tls()

    def closed(self, _):
        assert self.client.closed(15), "still open"

    def silent(self, seconds):
        assert self.client.silent(float(seconds)), f"it said {self.client.buffer[:200]!r}"

    def stored(self, wanted):
        low, _, high = wanted.partition("..")
        self.client.close()
        count = stored_count(self.server) - self.before
        assert int(low) <= count <= int(high or low), f"{count} messages stored"

    before = 0


def matches(text, wanted):
    """A prefix, or /a pattern/."""
    if len(wanted) > 1 and wanted.startswith("/") and wanted.endswith("/"):
        return re.search(wanted[1:-1].encode(), text)
    return text.upper().startswith(wanted.upper().encode())


def stored_count(server, user="anna@example.test"):
    with imap_login(server.ports, user, PASSWORD) as client:
        return client.count()


def run(transcript, server):
    """Every way of splitting; the name of the split stands in what fails."""
    counts = any(s.kind == "stored" for s in transcript.steps)
    passes = 0
    for name, split in transcript.splits():
        one = Run(transcript, server, split)
        one.before = stored_count(server) if counts else 0
        try:
            one.go()
        except AssertionError as e:
            raise AssertionError(f"{e} ({name})") from None
        passes += 1
    return passes
