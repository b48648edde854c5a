"""Reads imaptest scripts (the suite's scripted_test.md): header, groups of commands, what they must be answered."""

import os
import re
from dataclasses import dataclass, field

COMMAND = re.compile(rb"(?:(\d+) )?(?:(tag\w*) )?(.*)", re.DOTALL)
STATUS = re.compile(rb'(ok|no|bad|"")(?: (.*))?$', re.IGNORECASE | re.DOTALL)


@dataclass
class Command:
    line: int
    text: bytes
    connection: int = 1
    tag: bytes = b""
    status: bytes = b""         # ok, no, bad; "" in quotes for any
    prefix: bytes = b""         # of what follows the status


@dataclass
class Group:
    """Commands sent together, and the untagged responses: (kind, template); kind "*" required, "!" forbidden, "?" either."""
    commands: list = field(default_factory=list)
    untagged: list = field(default_factory=list)

    def open(self):
        return any(not c.status for c in self.commands)


def preprocess(lines):
    """(number, line) without comments and without what !ifenv leaves out."""
    keep = [True]
    for number, line in lines:
        word, _, rest = line.partition(b" ")
        if word in (b"!ifenv", b"!ifnenv"):
            keep.append((rest.decode() in os.environ) == (word == b"!ifenv"))
        elif word == b"!else":
            keep[-1] = not keep[-1]
        elif word == b"!endif":
            keep.pop()
        elif all(keep) and not line.startswith(b"#"):
            yield number, line


def join_literals(lines):
    """A line that ends in {{{ goes on until one that begins with }}}, which may begin a literal again."""
    joined = None
    for number, line in lines:
        if joined is None:
            joined, first, inside = line, number, line.endswith(b"{{{")
        elif inside and not line.startswith(b"}}}"):
            joined += b"\n" + line
        else:
            joined += b"\n" + line
            inside = line.endswith(b"{{{")
        if not inside:
            yield first, joined
            joined = None


class Script:
    def __init__(self, path):
        lines = [(i + 1, line) for i, line in enumerate(path.read_bytes().split(b"\n"))]
        self.header, lines = self._header(lines)
        self.groups = []
        self.mbox = path.with_name(path.name + ".mbox")
        if not self.mbox.exists():
            self.mbox = path.with_name("default.mbox")
        for number, line in join_literals(preprocess(lines)):
            if line.strip():
                self._line(number, line)

    def _header(self, lines):
        header = {}
        for i, (_, line) in enumerate(lines):
            if line.startswith(b"#"):
                continue
            if not line.strip():
                return header, lines[i + 1:]
            name, _, value = line.decode().partition(":")
            header[name.strip()] = value.strip()
        return header, []

    @property
    def connections(self):
        return int(self.header.get("connections", "1"))

    def _line(self, number, line):
        kind = line[:2]
        if kind in (b"* ", b"! ", b"? "):
            self.groups[-1].untagged.append((kind[:1].decode(), line[2:]))
            return
        match = COMMAND.match(line)
        connection = int(match.group(1) or 1)
        tag, rest = match.group(2) or b"", match.group(3)
        status = STATUS.match(rest)
        last = self.groups[-1] if self.groups else None
        if status and last and last.open():
            self._ended(last, connection, tag, status)
            return
        command = Command(number, rest, connection, tag)
        if status:
            command.text, command.status = status.group(2) or b"", status.group(1).lower()
        if not (tag and last and last.open() and not last.untagged and last.commands[0].connection == connection):
            self.groups.append(Group())
        self.groups[-1].commands.append(command)

    def _ended(self, group, connection, tag, status):
        for command in group.commands:
            if not command.status and command.tag == tag:
                command.status, command.prefix = status.group(1).lower(), status.group(2) or b""
                return
        raise ValueError(f"nothing is open for {tag!r} on connection {connection}")


MONTHS = {m: i for i, m in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


def messages(path):
    """[(internal date for APPEND, message with CRLF)] of an mbox file."""
    found = []
    for part in re.split(rb"(?m)^(?=From [^\n]*\d\d:\d\d:\d\d \d{4})", path.read_bytes()):
        if not part:
            continue
        line, _, body = part.partition(b"\n")
        words = line.split()
        year, zone = (words[6], words[7]) if len(words) > 7 else (words[6], b"+0000")
        date = b"%2d-%s-%s %s %s" % (int(words[4]), words[3], year, words[5], zone)
        found.append((date, crlf(body)))
    return found


def crlf(data):
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)
