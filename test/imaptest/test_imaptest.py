"""The scripts of Dovecot's imaptest, run by a runner of our own."""

import re


import pytest
from client.tools import ANNA
from imaptest.match import Matcher, parse
from imaptest.script import Script, crlf, messages

from lib import settings, suites
from lib.server import PASSWORD
from lib.wire import imap_login

SERVER = {"config": {**settings.ALL_SERVICES, "limits": {"connections_per_source": 10000}}}
FOLDER = suites.find("imap-imaptest")
NOT_SCRIPTS = {"COPYING", "COPYING.MIT", "NOTICE"}
NAMES = sorted(p.name for p in FOLDER.iterdir() if p.is_file() and not p.suffix and p.name not in NOT_SCRIPTS) if FOLDER else []

# What a script wants of a server that is not ours to give. Each with its reason.
OTHERWISE = {
    "append-binary": "a message is kept as it was appended, NUL included; the script wants it re-encoded",
}


def clean(client):
    """No mailbox and no subscription of an earlier script."""
    names = [re.search(rb'"/" "?([^"]*)"?$', text).group(1) for text, _ in client.command('LIST "" imaptest*')]
    for name in sorted(names, key=len, reverse=True):
        client.try_command(f'DELETE "{name.decode()}"')
    for text, _ in client.command('LSUB "" imaptest*'):
        client.try_command(f'UNSUBSCRIBE "{text.split(b" ")[-1].decode().strip(chr(34))}"')


class Run:
    def __init__(self, server, script):
        self.script, self.server = script, server
        self.mail, self.next = messages(script.mbox), 0
        user, domain = ANNA.split("@")
        self.variables = {k.encode(): v.encode() for k, v in {
            "mailbox": "imaptest", "mailbox_url": "imaptest", "user": ANNA, "username": user, "domain": domain,
            "password": PASSWORD}.items()}
        for i, (_, message) in enumerate(self.mail, 1):
            header, _, body = message.partition(b"\r\n\r\n")
            self.variables |= {b"full%d" % i: message, b"hdr%d" % i: header + b"\r\n\r\n", b"body%d" % i: body}
        self.matcher = Matcher(self.variables)
        self.counts = {}

    def __enter__(self):
        self.clients = {}
        return self

    def __exit__(self, *rest):
        for client in self.clients.values():
            client.close()

    def capable(self):
        words = {w.lower() for text, _ in self.clients[1].command("CAPABILITY") for w in text.split()}
        return [c for c in self.script.header.get("capabilities", "").split() if c.lower().encode() not in words]

    def prepare(self):
        state = self.script.header.get("state", "selected")
        for i in range(1, self.script.connections + 1):
            self.clients[i] = imap_login(self.server.ports, ANNA, PASSWORD)
        clean(self.clients[1])
        if state in ("created", "appended", "selected"):
            self.clients[1].command("CREATE imaptest")
        if state in ("appended", "selected"):
            wanted = self.script.header.get("messages", "all")
            for _ in range(len(self.mail) if wanted == "all" else int(wanted)):
                self.send(1, b"a", b"append")
                self.finish(1, b"a", [])
        if state == "selected":
            for i in self.clients:
                self.note(i, self.clients[i].command("SELECT imaptest"))

    def note(self, connection, untagged):
        for text, _ in untagged:
            exists = re.match(rb"\* (\d+) EXISTS", text, re.IGNORECASE)
            if exists:
                self.counts[connection] = int(exists.group(1))

    def send(self, connection, tag, text):
        """Literals of the script, and the next message of the mbox where an APPEND has none."""
        words = text.split()
        if words and words[0].lower() == b"append" and b"{{{" not in text and b"catenate" not in text.lower():
            date, message = self.mail[self.next % len(self.mail)]
            self.next += 1
            if len(words) == 1:
                text += b" $mailbox"
            text = self.matcher.expand(text) + b' "%s" {%d+}\r\n' % (date, len(message)) + message
        else:
            pieces = re.split(rb"(~?\{\{\{\n.*?\n\}\}\})", text, flags=re.DOTALL)
            text = b"".join(self.literal(p) if p.endswith(b"}}}") else self.matcher.expand(p) for p in pieces)
        self.clients[connection].send(tag + b" " + text + b"\r\n")

    @staticmethod
    def literal(piece):
        start = piece.index(b"\n") + 1
        data = piece[start:-4] if piece.startswith(b"~") else crlf(piece[start:-4])
        return (b"~" if piece.startswith(b"~") else b"") + b"{%d+}\r\n" % len(data) + data

    def finish(self, connection, tag, seen):
        """The tagged response; untagged ones go to seen, with the numbers that messages had when they came."""
        while True:
            text, _ = self.clients[connection].response()
            if text.startswith(tag + b" "):
                return text[len(tag) + 1:]
            if not text.startswith(b"* "):
                continue
            seen.append((parse(text[2:]), dict(self.numbers)))
            self.note(connection, [(text, [])])
            gone = re.match(rb"\* (\d+) EXPUNGE", text, re.IGNORECASE)
            if gone:
                self.expunged(int(gone.group(1)), connection)

    def expunged(self, number, connection):
        self.counts[connection] = self.counts.get(connection, 1) - 1
        self.numbers = {was: 0 if now == number else now - (now > number) for was, now in self.numbers.items()}

    numbers = {}

    def group(self, group):
        connection, seen = group.commands[0].connection, []
        self.numbers = {n: n for n in range(1, self.counts.get(connection, 0) + 1)}
        self.matcher.numbers = self.numbers
        tags = [c.tag or b"x%d" % c.line for c in group.commands]
        self.variables[b"tag"] = tags[-1]
        for command, tag in zip(group.commands, tags):
            self.send(connection, tag, command.text)
        for command, tag in zip(group.commands, tags):
            status = self.finish(connection, tag, seen)
            self.status(command, status)
        self.untagged(group, seen)

    def status(self, command, status):
        want = command.status
        right = want in (b'""', b"") or status.lower().startswith(want)
        assert right, f"line {command.line}: {command.text[:200]!r}: {want!r} wanted, {status!r} came"
        if not command.prefix:
            return
        word, _, rest = status.partition(b" ")
        template = parse(b"ok " + command.prefix, template=True)
        assert self.matcher.matches(template, parse(b"ok " + rest)), f"line {command.line}: {command.prefix!r} wanted: {status!r}"

    def untagged(self, group, seen):
        where = f"line {group.commands[-1].line}"
        required = [(kind, text, parse(text, template=True)) for kind, text in group.untagged]
        open_ = [r for r in required if r[0] != "!"]
        for response, self.matcher.numbers in seen:
            for kind, text, template in required:
                if kind == "!":
                    assert not self.matcher.matches(template, response), f"{where}: forbidden {text!r}: {response}"
            open_ = [r for r in open_ if not self.matcher.matches(r[2], response)]
        missing = [text for kind, text, _ in open_ if kind == "*"]
        assert not missing, f"{where}: {group.commands[-1].text[:200]!r}: missing {missing}, came {[r for r, _ in seen]}"


@pytest.mark.parametrize("name", NAMES)
def test_script(server, name):
    if name in OTHERWISE:
        pytest.skip(OTHERWISE[name])
    with Run(server, Script(FOLDER / name)) as run:
        run.prepare()
        missing = run.capable()
        if missing:
            pytest.skip(f"not offered: {' '.join(missing)}")
        for group in run.script.groups:
            run.group(group)


def test_suite_is_there():
    suites.suite("imap-imaptest")
    assert len(NAMES) == 72
